//! How do the kit's words become the contract's, and back?

use super::binding::peyvand::plugin::types;
use crate::columns::{Batch, Column, Kind, Layout, PatchColumns};
use crate::effect::{
    Action, Content, Effect, FieldValue, Message, Method, Recipient, Reply, Request, Response,
    Target,
};
use crate::patch::Refusal;
use crate::row::Hook;
use crate::settings::BindError;

impl From<types::Kind> for Kind {
    fn from(kind: types::Kind) -> Self {
        match kind {
            types::Kind::Boolean => Self::Boolean,
            types::Kind::Integer => Self::Integer,
            types::Kind::Decimal => Self::Decimal,
            types::Kind::Date => Self::Date,
            types::Kind::Instant => Self::Instant,
            types::Kind::Duration => Self::Duration,
            types::Kind::Text => Self::Text,
            types::Kind::Money => Self::Money,
            types::Kind::Structured => Self::Structured,
        }
    }
}

fn layout(columns: Vec<types::Column>) -> Layout {
    Layout::new(
        columns
            .into_iter()
            .map(|column| Column {
                name: column.name,
                kind: column.kind.into(),
            })
            .collect(),
    )
}

impl From<types::Hook> for Hook {
    fn from(hook: types::Hook) -> Self {
        Self {
            number: hook.number,
            point: hook.point,
            name: hook.name,
            object: hook.object,
            reads: layout(hook.reads),
            writes: layout(hook.writes),
        }
    }
}

impl From<BindError> for types::BindError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Setting(name, what_to_do) => Self::Setting((name, what_to_do)),
            BindError::UnknownHook(hook) => Self::UnknownHook(hook),
            BindError::Other(what) => Self::Other(what),
        }
    }
}

impl From<types::Batch> for Batch {
    fn from(batch: types::Batch) -> Self {
        Self {
            rows: batch.rows,
            cells: batch.cells,
            present: batch.present,
            text: batch.text,
        }
    }
}

impl From<PatchColumns> for types::Patches {
    fn from(patches: PatchColumns) -> Self {
        Self {
            at: patches.at,
            column: patches.column,
            cells: patches.cells,
            present: patches.present,
            text: patches.text,
        }
    }
}

pub(super) fn refusals(refusals: Vec<Refusal>) -> Vec<types::Refusal> {
    refusals
        .into_iter()
        .map(|refusal| types::Refusal {
            row: refusal.row,
            column: refusal.column,
            code: refusal.fault.code.to_owned(),
            message: refusal.fault.message.into_owned(),
        })
        .collect()
}

pub(super) fn effects(effects: Vec<Effect>) -> Vec<types::Effect> {
    effects.into_iter().map(effect).collect()
}

fn effect(effect: Effect) -> types::Effect {
    let fields = effect.fields;
    types::Effect {
        row: effect.row,
        key: effect.key,
        action: match effect.action {
            Action::Create(object) => types::Action::Create(new_record(object, fields)),
            Action::Update(which) => types::Action::Update(types::ChangedRecord {
                which: which.into(),
                fields: fields.into_iter().map(assignment).collect(),
            }),
            Action::Delete(which) => types::Action::Delete(which.into()),
            Action::Send(message) => types::Action::Send((*message).into()),
            Action::Request(request) => types::Action::Request((*request).into()),
            Action::Keep(key, value) => types::Action::Store(types::StoreWrite { key, value }),
        },
    }
}

pub(super) fn new_record(object: String, fields: Vec<(String, FieldValue)>) -> types::NewRecord {
    types::NewRecord {
        object,
        fields: fields.into_iter().map(assignment).collect(),
    }
}

impl From<Target> for types::Target {
    fn from(target: Target) -> Self {
        match target {
            Target::Id(id) => Self::Id(id),
            Target::Row(row) => Self::Row(row),
            Target::Made(key) => Self::Made(key),
        }
    }
}

impl From<Message> for types::Message {
    fn from(message: Message) -> Self {
        Self {
            to: match message.to {
                Recipient::Party(which) => types::Recipient::Party(which.into()),
                Recipient::Address { address, name } => {
                    types::Recipient::Address(types::Address { address, name })
                }
            },
            channel: message.channel,
            content: match message.content {
                Content::Words {
                    subject,
                    text,
                    html,
                } => types::MessageContent::Words(types::Words {
                    subject,
                    text,
                    html,
                }),
                Content::Template { template, about } => {
                    types::MessageContent::Template(types::TemplateUse {
                        template,
                        about: about.into(),
                    })
                }
            },
            about: message.about.into_iter().map(Into::into).collect(),
            purpose: message.purpose,
            language: message.language,
            send_after: message.send_after.map(|at| at.0),
            expires_at: message.expires_at.map(|at| at.0),
        }
    }
}

impl From<Request> for types::HttpRequest {
    fn from(request: Request) -> Self {
        let header = |(name, value)| types::HttpHeader { name, value };
        Self {
            method: match request.method {
                Method::Get => types::HttpMethod::Get,
                Method::Head => types::HttpMethod::Head,
                Method::Post => types::HttpMethod::Post,
                Method::Put => types::HttpMethod::Put,
                Method::Patch => types::HttpMethod::Patch,
                Method::Delete => types::HttpMethod::Delete,
            },
            url: request.url,
            headers: request.headers.into_iter().map(header).collect(),
            body: request.body,
            time_out: request.time_out_ms,
            reply_to: request.reply_to,
            context: request.context,
        }
    }
}

fn assignment((field, value): (String, FieldValue)) -> types::Assignment {
    let value = match value {
        FieldValue::Nothing => types::Value::Nothing,
        FieldValue::Boolean(yes) => types::Value::Boolean(yes),
        FieldValue::Integer(number) => types::Value::Integer(number),
        FieldValue::Decimal(number) => types::Value::Decimal(number.to_string()),
        FieldValue::Date(day) => types::Value::Date(day.0),
        FieldValue::Instant(moment) => types::Value::Instant(moment.0),
        FieldValue::Duration(length) => types::Value::Duration(length.0),
        FieldValue::Text(text) => types::Value::Text(text),
        FieldValue::Money(money) => types::Value::Money(types::Money {
            amount: money.amount.to_string(),
            currency: money.currency.code().to_owned(),
        }),
        FieldValue::Json(document) => types::Value::Structured(document),
        FieldValue::Reference(which) => types::Value::Reference(which.into()),
    };
    types::Assignment { field, value }
}

pub(super) fn reply(reply: types::Reply) -> Reply {
    Reply {
        key: reply.key,
        context: reply.context,
        about: reply.about,
        answer: match reply.answer {
            types::ReplyAnswer::Response(response) => Ok(Response {
                status: response.status,
                headers: response
                    .headers
                    .into_iter()
                    .map(|header| (header.name, header.value))
                    .collect(),
                body: response.body,
            }),
            types::ReplyAnswer::Failed(why) => Err(why),
        },
    }
}
