//! What may a guest ask to be done?

use wasmtime::component::{ComponentType, Lift, Lower};

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum Scalar {
    #[component(name = "nothing")]
    Nothing,
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "decimal")]
    Decimal(String),
    #[component(name = "date")]
    Date(i32),
    #[component(name = "instant")]
    Instant(i64),
    #[component(name = "duration")]
    Duration(i64),
    #[component(name = "text")]
    Text(String),
    #[component(name = "money")]
    Money(Money),
    #[component(name = "structured")]
    Structured(String),
    #[component(name = "reference")]
    Reference(Target),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Money {
    pub(in crate::plugin) amount: String,
    pub(in crate::plugin) currency: String,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum Target {
    #[component(name = "id")]
    Id(String),
    #[component(name = "row")]
    Row(u32),
    #[component(name = "made")]
    Made(String),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Assignment {
    pub(in crate::plugin) field: String,
    pub(in crate::plugin) value: Scalar,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct NewRecord {
    pub(in crate::plugin) object: String,
    pub(in crate::plugin) fields: Vec<Assignment>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct ChangedRecord {
    pub(in crate::plugin) which: Target,
    pub(in crate::plugin) fields: Vec<Assignment>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct StoreWrite {
    pub(in crate::plugin) key: String,
    pub(in crate::plugin) value: Option<Vec<u8>>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Effect {
    pub(in crate::plugin) row: u32,
    pub(in crate::plugin) key: String,
    pub(in crate::plugin) action: Action,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum Action {
    #[component(name = "create")]
    Create(NewRecord),
    #[component(name = "update")]
    Update(ChangedRecord),
    #[component(name = "delete")]
    Delete(Target),
    #[component(name = "send")]
    Send(Message),
    #[component(name = "request")]
    Request(HttpRequest),
    #[component(name = "store")]
    Store(StoreWrite),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Message {
    pub(in crate::plugin) to: Recipient,
    pub(in crate::plugin) channel: Option<String>,
    pub(in crate::plugin) content: MessageContent,
    pub(in crate::plugin) about: Vec<Target>,
    pub(in crate::plugin) purpose: Option<String>,
    pub(in crate::plugin) language: Option<String>,
    #[component(name = "send-after")]
    pub(in crate::plugin) send_after: Option<i64>,
    #[component(name = "expires-at")]
    pub(in crate::plugin) expires_at: Option<i64>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum Recipient {
    #[component(name = "party")]
    Party(Target),
    #[component(name = "address")]
    Address(Address),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Address {
    pub(in crate::plugin) address: String,
    pub(in crate::plugin) name: String,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum MessageContent {
    #[component(name = "words")]
    Words(Words),
    #[component(name = "template")]
    Template(TemplateUse),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Words {
    pub(in crate::plugin) subject: String,
    pub(in crate::plugin) text: String,
    pub(in crate::plugin) html: String,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct TemplateUse {
    pub(in crate::plugin) template: String,
    pub(in crate::plugin) about: Target,
}

#[allow(dead_code, reason = "wasmtime makes them of what a guest says")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub(in crate::plugin) enum Method {
    #[component(name = "get")]
    Get,
    #[component(name = "head")]
    Head,
    #[component(name = "post")]
    Post,
    #[component(name = "put")]
    Put,
    #[component(name = "patch")]
    Patch,
    #[component(name = "delete")]
    Delete,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Header {
    pub(in crate::plugin) name: String,
    pub(in crate::plugin) value: String,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct HttpRequest {
    pub(in crate::plugin) method: Method,
    pub(in crate::plugin) url: String,
    pub(in crate::plugin) headers: Vec<Header>,
    pub(in crate::plugin) body: Vec<u8>,
    #[component(name = "time-out")]
    pub(in crate::plugin) time_out: Option<u32>,
    #[component(name = "reply-to")]
    pub(in crate::plugin) reply_to: Option<String>,
    pub(in crate::plugin) context: String,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct Reply {
    pub(in crate::plugin) key: String,
    pub(in crate::plugin) context: String,
    pub(in crate::plugin) about: String,
    pub(in crate::plugin) answer: ReplyAnswer,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(in crate::plugin) enum ReplyAnswer {
    #[component(name = "response")]
    Response(HttpResponse),
    #[component(name = "failed")]
    Failed(String),
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(in crate::plugin) struct HttpResponse {
    pub(in crate::plugin) status: u16,
    pub(in crate::plugin) headers: Vec<Header>,
    pub(in crate::plugin) body: Vec<u8>,
}
