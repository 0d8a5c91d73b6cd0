//! How is a guest told what another system answered?

use super::contract::{self, Header, HttpResponse, ReplyAnswer};
use crate::hook::{HttpAnswer, Reply};

/// One reply in the words of the contract.
pub(super) fn told(reply: &Reply) -> contract::Reply {
    contract::Reply {
        key: reply.key.clone(),
        context: reply.context.clone(),
        about: reply.about.to_string(),
        answer: match &reply.answer {
            HttpAnswer::Failed(why) => ReplyAnswer::Failed(why.clone()),
            HttpAnswer::Response {
                status,
                headers,
                body,
            } => ReplyAnswer::Response(HttpResponse {
                status: *status,
                headers: headers
                    .iter()
                    .map(|header| Header {
                        name: header.name.clone(),
                        value: header.value.clone(),
                    })
                    .collect(),
                body: body.clone(),
            }),
        },
    }
}
