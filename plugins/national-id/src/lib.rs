//! Is this Iranian identifier right, what is its one canonical form, and how is it shown?

mod check;
mod words;

use peyvand_plugin::language::digit_of;
use peyvand_plugin::{BindError, Fault, FieldType, Language, Plugin, Settings};

use check::Wrong;

/// The kinds of identifier, each a field type of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PersonId,
    CompanyId,
    EconomicCode,
    PostalCode,
    BankCard,
    Sheba,
    ForeignId,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "person-id" => Self::PersonId,
            "company-id" => Self::CompanyId,
            "economic-code" => Self::EconomicCode,
            "postal-code" => Self::PostalCode,
            "bank-card" => Self::BankCard,
            "sheba" => Self::Sheba,
            "foreign-id" => Self::ForeignId,
            _ => return None,
        })
    }

    /// How many characters stand together when it is shown; the last number goes on.
    fn groups(self, length: usize) -> &'static [usize] {
        match (self, length) {
            (Self::PersonId, _) => &[3, 6, 1],
            (Self::PostalCode, _) => &[5],
            (Self::EconomicCode, 14) => &[10, 4],
            _ => &[4],
        }
    }
}

/// The plugin with its settings.
#[derive(Debug, Clone, Copy)]
pub struct NationalId {
    language: Language,
    postal_code_strict: bool,
    check_company: bool,
    foreign_id_strict: bool,
}

impl Plugin for NationalId {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        Ok(Self {
            language: Language::of_setting(settings, "language")?,
            postal_code_strict: settings.boolean("postal-code-strict")?,
            check_company: settings.boolean("economic-code-check-company")?,
            foreign_id_strict: settings.boolean("foreign-id-strict")?,
        })
    }

    fn serves(_point: &str, name: &str) -> bool {
        Kind::named(name).is_some()
    }
}

/// What people and spreadsheets put between the digits and around them.
fn is_filling(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '-' | '_' | '.' | '/' | '\u{640}' // tatweel
            | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' // hyphens, dashes, minus
            | '\u{200b}'..='\u{200f}' | '\u{61c}' // joiners and direction marks
            | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The value with Latin digits and capital letters and without filling.
fn bare(value: &str) -> String {
    value
        .chars()
        .filter(|c| !is_filling(*c))
        .map(|c| match digit_of(c) {
            Some(digit) => char::from(b'0' + digit),
            None => c.to_ascii_uppercase(),
        })
        .collect()
}

fn canonical(kind: Kind, value: &str) -> String {
    let bare = bare(value);
    let all_digits = check::digits(&bare).is_some();
    match kind {
        // Spreadsheets take an id for a number and drop its zeros. They are given back only
        // where the check digit says that they were there.
        Kind::PersonId if all_digits && matches!(bare.len(), 8 | 9) => {
            let padded = format!("{bare:0>10}");
            match check::person_id(&padded) {
                Ok(()) => padded,
                Err(_) => bare,
            }
        }
        Kind::Sheba if all_digits && bare.len() == 24 => format!("IR{bare}"),
        _ => bare,
    }
}

impl NationalId {
    fn check(&self, kind: Kind, value: &str) -> Result<(), Wrong> {
        match kind {
            Kind::PersonId => check::person_id(value),
            Kind::CompanyId => check::company_id(value),
            Kind::EconomicCode => check::economic_code(value, self.check_company),
            Kind::PostalCode => check::postal_code(value, self.postal_code_strict),
            Kind::BankCard => check::bank_card(value),
            Kind::Sheba => check::sheba(value),
            Kind::ForeignId => check::foreign_id(value, self.foreign_id_strict),
        }
    }
}

impl FieldType for NationalId {
    fn normalise(&self, kind: &str, value: &str) -> Option<String> {
        let canonical = canonical(Kind::named(kind)?, value);
        (canonical != value).then_some(canonical)
    }

    fn validate(&self, kind: &str, value: &str) -> Result<(), Fault> {
        let Some(kind) = Kind::named(kind) else {
            return Ok(());
        };
        self.check(kind, value).map_err(|wrong| Fault {
            code: wrong.code(),
            message: words::message(kind, wrong, self.language).into(),
        })
    }

    fn format(&self, kind: &str, value: &str, locale: &str) -> String {
        let language = Language::of_locale(locale);
        let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some(kind) = Kind::named(kind).filter(|_| plain) else {
            return value.to_owned();
        };
        let groups = kind.groups(value.len());
        let mut shown = String::with_capacity(2 * value.len());
        let (mut group, mut left) = (0, groups.first().copied().unwrap_or(4));
        for c in value.chars() {
            if left == 0 {
                // The no-break space keeps groups of digits in their order inside text that
                // runs from right to left; a plain space would turn them round.
                shown.push('\u{a0}');
                group += 1;
                left = groups.get(group).or(groups.last()).copied().unwrap_or(4);
            }
            shown.push(c);
            left -= 1;
        }
        language.digits(&shown)
    }
}

peyvand_plugin::export!(NationalId: field_type);

#[cfg(test)]
mod tests;
