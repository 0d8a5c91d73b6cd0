//! What does the host answer? A guest of tests: a lead's `orders` say, one a line, what it asks
//! and does, with parts between `|`; what it was told goes into the lead's `findings`.

use peyvand_plugin::effect::{Method, Request};
use peyvand_plugin::records::{self, Query};
use peyvand_plugin::text::{self, Calendar, CalendarDay};
use peyvand_plugin::{
    AfterCommit, Answer, BeforeSave, BindError, Date, Effects, Message, OnReply, Plugin, Reply,
    Row, Settings, Target, store,
};

/// The guest. It keeps nothing.
#[derive(Debug)]
pub struct Surveyor;

impl Plugin for Surveyor {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        settings.text("greeting")?;
        Ok(Self)
    }
}

/// The parts of an order.
fn parts(order: &str) -> impl Iterator<Item = &str> {
    order.split('|').map(str::trim)
}

fn get(object: &str, id: &str, field: &str) -> String {
    match records::get(object, &[id], &[field]) {
        Ok(got) if got.found == [false] => "missing".to_owned(),
        Ok(got) => {
            let records = got.selected.records();
            let first = records.rows().next();
            let text = first.and_then(|row| row.text(field).map(str::to_owned));
            text.unwrap_or_else(|| "absent".to_owned())
        }
        Err(error) => error.to_string(),
    }
}

fn query(object: &str, filter: &str, sort: &str, field: &str) -> String {
    let fields = [field];
    let query = Query {
        sort,
        ..Query::new(object, filter, &fields)
    };
    match query.run() {
        Ok(page) => {
            let records = page.selected.records();
            let texts = records
                .rows()
                .map(|row| row.text(field).unwrap_or("absent").to_owned());
            texts.collect::<Vec<_>>().join(",")
        }
        Err(error) => error.to_string(),
    }
}

fn named(day: Date, calendar: Calendar) -> String {
    let Some(named) = calendar.name(day) else {
        return "no day".to_owned();
    };
    let CalendarDay { year, month, day } = named;
    let again = calendar.day(named).map(|day| day.0);
    format!("{year}/{month}/{day} {again:?}")
}

/// What one order finds out; none where it is none of these.
fn find_out(order: &str, today: Date) -> Option<String> {
    let mut parts = parts(order);
    let verb = parts.next()?;
    let mut part = || parts.next().unwrap_or_default();
    Some(match verb {
        "get" => get(part(), part(), part()),
        "query" => query(part(), part(), part(), part()),
        "count" => match records::count(part(), part()) {
            Ok(count) => count.to_string(),
            Err(error) => error.to_string(),
        },
        "kept" => match store::get(part()) {
            Some(value) => String::from_utf8_lossy(&value).into_owned(),
            None => "nothing".to_owned(),
        },
        "scan" => {
            let entries = store::scan(part(), None, 100);
            let keys: Vec<String> = entries.into_iter().map(|(key, _)| key).collect();
            keys.join(",")
        }
        "fold" => text::fold(part()),
        "digits" => text::ascii_digits(part()),
        "phone" => text::phone(part(), "98", "0").unwrap_or_else(|| "no number".to_owned()),
        "jalali" => named(today, Calendar::Jalali),
        "hijri" => named(today, Calendar::Hijri),
        "random" => format!("{} {}", peyvand_plugin::random(), peyvand_plugin::random()),
        _ => return None,
    })
}

impl BeforeSave for Surveyor {
    fn before_save(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let mut findings = Vec::new();
        for order in row.text("orders").unwrap_or_default().lines() {
            findings.extend(find_out(order, row.today()));
            let mut parts = parts(order);
            let verb = parts.next().unwrap_or_default();
            let mut part = || parts.next().unwrap_or_default();
            match verb {
                "keep" => answer.keep(part(), part()),
                "forget" => answer.forget(part()),
                "child" => {
                    answer
                        .create(part())
                        .set("kind", "task")
                        .set("subject", part())
                        .set_row("about");
                }
                "refuse" => answer.refuse("refused", "it was told to"),
                _ => {}
            }
        }
        if !findings.is_empty() {
            answer.set("findings", findings.join("\n"));
        }
    }
}

impl AfterCommit for Surveyor {
    fn after_commit(&self, row: &Row<'_>, effects: &mut Effects) {
        let id = row.text("id").unwrap_or_default();
        for order in row.text("orders").unwrap_or_default().lines() {
            let mut parts = parts(order);
            let verb = parts.next().unwrap_or_default();
            let mut part = || parts.next().unwrap_or_default();
            match verb {
                "chain" => {
                    effects
                        .create("activity", "first")
                        .set("kind", "task")
                        .set("subject", "first")
                        .set("about", Target::Row(row.index()));
                    effects
                        .update(Target::Made("first".to_owned()), "then")
                        .set("subject", part());
                }
                "delete" => effects.delete(part(), "delete"),
                "sms" => {
                    let message = Message::words(Target::Row(row.index()), "sms", "", part());
                    effects.send(message, "sms");
                }
                "ask" => {
                    let request = Request::new(Method::Post, part());
                    effects.request(request.reply_to("answered", id), "ask");
                }
                "remember" => effects.keep(part(), Some(part().into()), "remember"),
                _ => {}
            }
        }
    }
}

impl OnReply for Surveyor {
    fn on_reply(&self, _hook: &str, reply: &Reply, effects: &mut Effects) {
        let subject = match &reply.answer {
            Ok(response) => {
                let body = String::from_utf8_lossy(&response.body);
                format!("{} {body}", response.status)
            }
            Err(why) => why.clone(),
        };
        effects
            .create("activity", format!("heard:{}", reply.context))
            .set("kind", "task")
            .set("subject", subject)
            .set("about", reply.about.as_str());
    }
}

peyvand_plugin::export!(Surveyor: before_save, after_commit, on_reply);
