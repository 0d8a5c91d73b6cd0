//! May a guest have another system asked, and this?
//!
//! What a request says is outside input: its host is the one that was granted, however the address is written, and its
//! headers are no others than a plugin may set.

use super::contract::{self, Header, Method};
use super::effects::Reach;
use crate::hook::{HttpHeader, HttpRequest};
use crate::record::RecordId;

const BODY: usize = 64 << 10;
const CONTEXT: usize = 4 << 10;
const HEADERS: usize = 50;
const URL: usize = 4 << 10;

impl Reach {
    pub(super) fn request(
        &self,
        request: contract::HttpRequest,
        key: &str,
        about: RecordId,
    ) -> Result<HttpRequest, String> {
        let host = host_of(&request.url)?;
        self.grants.call(host)?;
        if request.body.len() > BODY || request.context.len() > CONTEXT {
            return Err(format!(
                "a request has a body of at most {BODY} bytes and a context of at most {CONTEXT}"
            ));
        }
        if let Some(hook) = &request.reply_to
            && !self.replies.contains(hook)
        {
            return Err(format!("its manifest has no on-reply hook '{hook}'"));
        }
        Ok(HttpRequest {
            plugin: self.grants.plugin().to_string(),
            key: key.to_owned(),
            method: method(request.method).to_owned(),
            headers: headers(request.headers)?,
            url: request.url,
            body: request.body,
            time_out_ms: request.time_out,
            reply_to: request.reply_to,
            context: request.context,
            about: about.to_string(),
        })
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

fn headers(given: Vec<Header>) -> Result<Vec<HttpHeader>, String> {
    if given.len() > HEADERS {
        return Err(format!("a request has at most {HEADERS} headers"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    // The host sets these, or they would say another request than the one that was allowed.
    const OURS: [&str; 6] = [
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "idempotency-key",
        "upgrade",
    ];
    let header = |Header { name, value }: Header| {
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(plain) || OURS.contains(&lower.as_str()) {
            return Err(format!("a plugin cannot set the header '{name}'"));
        }
        if value.chars().any(char::is_control) {
            return Err(format!("the header {name} has a control character"));
        }
        Ok(HttpHeader { name, value })
    };
    given.into_iter().map(header).collect()
}

/// The host of an address, without its port.
pub(super) fn host_of(url: &str) -> Result<&str, String> {
    let wrong = || format!("'{url}' is not an address such as https://api.example.com/path");
    let is_plain = url.len() <= URL && url.bytes().all(|byte| byte.is_ascii_graphic());
    let (scheme, rest) = url
        .split_once("://")
        .filter(|_| is_plain && !url.contains('\\'))
        .ok_or_else(wrong)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_name) || port.parse::<u16>().is_err() {
        return Err(wrong());
    }
    match scheme {
        "https" => Ok(host),
        "http" if matches!(host, "localhost" | "127.0.0.1") => Ok(host),
        "http" => Err(format!("'{url}' is not encrypted: ask by https")),
        _ => Err(wrong()),
    }
}
