//! Where is the contract, what did it say before, and how does an offer look on paper?

use std::io::{self, Read, Write};
use std::path::Path;

use peyvand::locale::without_marks;
use peyvand::{Filter, Locale, Record, RecordId, RenderOptions, plain_text};
use serde_json::json;

use super::DemoError;
use super::case::Case;
use super::customers::company_id;
use super::dice::Dice;
use super::figures::{all, reference};
use super::layout::{count, heading, plural, short_hash};

/// The offers are printed into these, beside the folders of the store.
pub(super) const PAGES: [(&str, Locale); 2] =
    [("offer-fa.html", Locale::Fa), ("offer-en.html", Locale::En)];

/// One more, which the tour proposes to print.
pub(super) const PROPOSED: &str = "offer-ar.html";

/// How long a customer may take to pay, before and after he asked.
const DAYS: [&str; 2] = ["سی", "چهل و پنج"];

/// How the firm names itself on paper; without a territory, so that it is the letterhead of all branches.
pub(crate) fn profile() -> serde_json::Value {
    json!({
        "key": "arvand", "name": "Arvand group", "name_en": "Arvand Group",
        "name_fa": "گروه اروند", "name_ar": "مجموعة أروند",
        "national_id": company_id(&mut Dice::new(0)),
        "address_en": "12 Azadi Street\nTehran", "address_fa": "تهران، خیابان آزادی، شمارهٔ ۱۲",
        "address_ar": "طهران، شارع آزادي، رقم ١٢",
        "postal_code": "0000014040", "phone": "+98 21 0014 0400",
        "email": super::letters::OUR_ADDRESS, "website": "https://arvand.example",
        "accounts": [{"bank": "بانک نمونه", "iban": "IR00 0000 0000 0000 0000 1404 00"}],
    })
}

pub(super) fn print(case: &Case<'_>, dir: &Path, out: &mut dyn Write) -> Result<(), DemoError> {
    let _ = case.engine.session().create("company_profile", profile())?;
    contract(case, out)?;
    offers(case, dir, out)
}

fn contract(case: &Case<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "The contract: stored, found, changed")?;
    let session = &case.session;
    let customer = case.account.title();
    // The deal is called by what is sold and to whom.
    let sold = case.deal.title().replace(&format!(" · {customer}"), "");
    let written = DAYS.map(|days| {
        include_str!("papers/contract.fa.txt")
            .replace("{customer}", &customer)
            .replace("{subject}", &sold)
            .replace("{days}", days)
    });
    let put = |text: &str| session.put_file("قرارداد.txt", None, &mut text.as_bytes());
    let [first, second] = [put(&written[0])?, put(&written[1])?];
    let fields = json!({
        "title": format!("قرارداد فروش و پشتیبانی · {customer}"),
        "document_type": "contract", "language": "fa", "state": "draft",
    });
    let belongs_to = [case.account.id(), case.deal.id()];
    let committed = session.add_document(&first, fields, &belongs_to)?;
    let document = session.get(committed.id()?)?;
    writeln!(
        out,
        "  stored       {} bytes of {}, kept once, under their hash {}:",
        count(first.size),
        first.media_type,
        short_hash(&first.hash.to_string())
    )?;
    writeln!(out, "               {}", document.id())?;
    writeln!(out, "               {}", document.title())?;
    let by_type = all(
        &case.engine.session(),
        "document",
        &Filter::eq("document_type", "contract"),
    )?;
    let of_customer = attached_to(case, case.account.id())?;
    let of_deal = attached_to(case, case.deal.id())?;
    writeln!(
        out,
        "  found        by its type: {}; by the customer: {}; by the deal: {}",
        plural(by_type.len() as u64, "contract"),
        plural(of_customer.len() as u64, "document"),
        plural(of_deal.len() as u64, "document"),
    )?;
    let note = "the customer asked for 45 days to pay instead of 30";
    let _ = session.add_version(document.id(), &second, Some(note))?;
    let versions = session.versions(document.id())?;
    writeln!(
        out,
        "  changed      {note}: {}",
        plural(versions.len() as u64, "version")
    )?;
    for version in &versions {
        let number = version.get("number").map(ToString::to_string);
        writeln!(
            out,
            "  version {}    {}",
            number.unwrap_or_default(),
            on_payment(&read(case, version)?)
        )?;
    }
    Ok(())
}

fn attached_to(case: &Case<'_>, record: RecordId) -> peyvand::Result<Vec<RecordId>> {
    let attachments = all(
        &case.engine.session(),
        "attachment",
        &Filter::eq("record", record),
    )?;
    let documents = attachments
        .iter()
        .filter_map(|attachment| reference(attachment, "document"));
    Ok(documents.collect())
}

fn read(case: &Case<'_>, version: &Record) -> Result<String, DemoError> {
    let mut text = String::new();
    let mut file = case.session.open_file(version.id(), "file")?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// The article that the customer did not like.
fn on_payment(contract: &str) -> &str {
    let mut lines = contract.lines();
    lines
        .find(|line| line.starts_with("مادهٔ ۳"))
        .unwrap_or_default()
}

fn offers(case: &Case<'_>, dir: &Path, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "The offer, on the firm's paper")?;
    let _ = case.engine.session().add_standard_templates()?;
    for (name, language) in PAGES {
        let options = RenderOptions::default().language(language);
        let page = case.session.render("offer", case.deal.id(), &options)?;
        let path = dir.join(name);
        std::fs::write(&path, &page.body).map_err(|source: io::Error| DemoError::Dir {
            path: path.clone(),
            source,
        })?;
        writeln!(
            out,
            "  {}   to be opened in a browser and printed",
            path.display()
        )?;
        let firm = part(&page.body, "<div class=\"name\">", "</div>");
        let subject = page.subject.unwrap_or_default();
        let words = part(&page.body, "<p class=\"words\">", "</p>");
        for line in [firm, without_marks(&subject).into_owned(), words] {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}

/// What a page says between two of its tags.
fn part(page: &str, from: &str, to: &str) -> String {
    let after = page.split_once(from).map(|(_, after)| after);
    let inside = after.and_then(|after| after.split_once(to));
    let text = plain_text(inside.map_or("", |(inside, _)| inside));
    without_marks(&text).into_owned()
}
