//! Who is to be forgotten, and who is to stay?

use serde_json::json;

use super::search::Search;
use crate::message::{Channel, InboundSms, MessageDraft, Recipient};
use crate::record::RecordId;
use crate::session::Session;

/// A person whose like there is not among the others.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
    pub(super) key: &'static str,
    pub(super) email: &'static str,
}

pub(super) const ERASED: Person = Person {
    name: "زرتشت كيهان‌نورد",
    phone: "0912 777 4417",
    key: "+989127774417",
    email: "Zartosht.Keyhan@Example.ir",
};
pub(super) const KEPT: Person = Person {
    name: "Quirinus Blåbærgård",
    phone: "0912 777 4418",
    key: "+989127774418",
    email: "quirinus@example.com",
};

impl Person {
    pub(super) fn fields(&self) -> serde_json::Value {
        json!({"name": self.name, "phone": self.phone, "email": self.email})
    }

    /// A document about him with two versions, each of which names him, as do the names of their files.
    pub(super) fn documented(&self, session: &Session, id: RecordId) {
        let put = |text: &str| {
            let text = format!("{text}: {} {}", self.name, self.phone);
            let name = format!("{text}.txt");
            session.put_file(&name, None, &mut text.as_bytes()).unwrap()
        };
        let document = session.add_document(&put("قرارداد"), json!({}), &[id]);
        let document = document.unwrap().id().unwrap();
        drop(
            session
                .add_version(document, &put("متمم"), Some(self.email))
                .unwrap(),
        );
    }

    /// What was written: a mail to him, an SMS from him, a mail to his address alone and a colleague's answer to it,
    /// and a message that is in the bin already, as is what somebody said about him.
    pub(super) fn corresponded(&self, session: &Session, id: RecordId) {
        let body = self.body();
        let mail = |to: Recipient, about: Option<RecordId>| {
            let mut draft = MessageDraft::new(to, self.name, &body).by(Channel::Email);
            draft.from = Some(("crm@bimeh.example".to_owned(), String::new()));
            draft.reply_to = about;
            session.send(draft).unwrap().id
        };
        let address = |text: String| Recipient::Address {
            address: text,
            name: self.name.to_owned(),
        };
        let _to_him = mail(Recipient::Record(id), None);
        let by_address = mail(address(self.email.to_uppercase()), None);
        let _answer = mail(
            address("colleague@bimeh.example".to_owned()),
            Some(by_address),
        );
        let thrown_away = mail(address(self.email.to_owned()), None);
        drop(session.delete(thrown_away).unwrap());
        let sms = InboundSms::new(self.phone, "3000", &body);
        drop(session.receive_sms(sms).unwrap());
        let said = session.comment(id, &body).unwrap().id().unwrap();
        drop(session.delete(said).unwrap());
    }

    pub(super) fn body(&self) -> String {
        format!("قسط {} سررسید شد", self.name)
    }

    pub(super) fn search(&self) -> Search {
        // As the words by which he is found have them.
        let first_name = self.name.split(' ').next().unwrap_or_default();
        let last_digit_first: String = self
            .key
            .chars()
            .rev()
            .filter(char::is_ascii_digit)
            .collect();
        Search::new(&[
            self.name,
            first_name,
            self.phone,
            self.key,
            &last_digit_first,
            self.email,
            &self.body(),
        ])
    }
}
