//! Who are the customers, their people and the leads, as the demo enters them?

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use peyvand::{RecordId, Request, Session};
use serde_json::{Map, Value as Json, json};

use super::dice::Dice;
use super::names::{Firm, Language, Person};
use super::words::{self, Amounts, BRANCHES, Branch, Currency};

/// Somebody who sells.
pub(super) struct Seller {
    pub(super) id: RecordId,
    /// A place in [`BRANCHES`].
    pub(super) branch: usize,
    /// How many of a hundred deals are won.
    pub(super) wins: u64,
}

/// An account, as far as the year needs to know it.
#[derive(Clone)]
pub(super) struct Customer {
    pub(super) id: RecordId,
    pub(super) name: String,
    pub(super) language: Language,
    pub(super) seller: usize,
    pub(super) contacts: Vec<RecordId>,
}

/// A lead, as far as the year needs to know it.
pub(super) struct NewLead {
    pub(super) id: RecordId,
    pub(super) language: Language,
    pub(super) seller: usize,
    pub(super) known: Option<usize>,
    pub(super) company: Option<String>,
}

/// What the demo knows about its company.
#[derive(Default)]
pub(super) struct Company {
    pub(super) sellers: Vec<Seller>,
    pub(super) customers: Vec<Customer>,
    names: BTreeSet<String>,
}

impl Company {
    pub(super) fn seller(&self, place: usize) -> Option<&Seller> {
        self.sellers.get(place)
    }

    pub(super) fn branch_of(&self, seller: usize) -> &'static Branch {
        let place = self.seller(seller).map_or(0, |seller| seller.branch);
        BRANCHES.get(place).unwrap_or(&BRANCHES[0])
    }
}

/// Fields in the making: what is empty is left out.
pub(super) fn filled(fields: Json) -> Map<String, Json> {
    match fields {
        Json::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        _ => Map::new(),
    }
}

/// Whoever writes new cards; the requests pile up for the commit of the day.
pub(super) struct Clerk<'a> {
    pub(super) session: &'a Session,
    pub(super) dice: &'a mut Dice,
    pub(super) company: &'a mut Company,
    pub(super) asks: &'a mut Vec<Request>,
    pub(super) day: NaiveDate,
}

impl Clerk<'_> {
    /// A seller, each branch as often as its share says.
    fn some_seller(&mut self) -> usize {
        let branch = self
            .dice
            .weighted(&BRANCHES.each_ref().map(|branch| (branch.share, branch.key)));
        let here: Vec<usize> = (0..self.company.sellers.len())
            .filter(|place| self.company.branch_of(*place).key == branch)
            .collect();
        self.dice.choose(&here).copied().unwrap_or(0)
    }

    fn firm(&mut self, language: Language) -> Firm {
        let mut firm = Firm::new(language, self.dice);
        for _ in 0..60 {
            if !self.company.names.contains(&firm.name) {
                break;
            }
            firm = Firm::new(language, self.dice);
        }
        self.company.names.insert(firm.name.clone());
        firm
    }

    fn phone(&mut self, prefix: &str) -> String {
        let number = format!(
            "{prefix}{:02} {:04}",
            self.dice.below(100),
            self.dice.below(10_000)
        );
        // As people type it: now and then in the digits of their own keyboard.
        if prefix.starts_with("+98") && self.dice.chance(30) {
            persian_digits(&number)
        } else {
            number
        }
    }

    /// A new account with its people, entered by the desk; gives its place among the customers.
    pub(super) fn account(&mut self, people: usize) -> peyvand::Result<usize> {
        let seller = self.some_seller();
        let branch = self.company.branch_of(seller);
        let language = self.dice.weighted(&branch.languages);
        let firm = self.firm(language);
        let id = self.session.new_id("account")?;
        let employees = self
            .dice
            .weighted(&[(45, (5, 60)), (38, (60, 400)), (17, (400, 6_000))]);
        let iranian = branch.country == "IR";
        let street = self.dice.pick(&words::streets(language));
        let fields = json!({
            "name": firm.name,
            "roles": if self.dice.chance(8) { json!(["customer", "partner"]) } else { json!(["customer"]) },
            "industry": firm.industry,
            "website": format!("https://{}", firm.domain),
            "email": format!("info@{}", firm.domain),
            "phone": self.phone(branch.phone.0),
            "address": {"street": street, "city": self.dice.pick(&branch.cities), "country": branch.country},
            "employees": self.dice.between(employees),
            "founded": self.dice.between((1960, 2022)),
            "owner": self.owner(seller),
            "territory": branch.key,
            "company_id": iranian.then(|| written(company_id(self.dice), self.dice)),
            "tax_number": (!iranian).then(|| format!("TRN-{:09}", self.dice.below(1_000_000_000))),
        });
        self.asks
            .push(Request::create_as(id, "account", filled(fields)));
        self.company.customers.push(Customer {
            id,
            name: firm.name,
            language,
            seller,
            contacts: Vec::new(),
        });
        let place = self.company.customers.len() - 1;
        for _ in 0..people {
            self.contact(place, Some(&firm.domain))?;
        }
        Ok(place)
    }

    /// A new contact of a customer, affiliated with it, and sometimes with a second one.
    pub(super) fn contact(&mut self, customer: usize, domain: Option<&str>) -> peyvand::Result<()> {
        let Some(of) = self.company.customers.get(customer).cloned() else {
            return Ok(());
        };
        let branch = self.company.branch_of(of.seller);
        let person = Person::new(of.language, self.dice);
        let title = self.dice.pick(&words::titles(of.language));
        let id = self.session.new_id("contact")?;
        let honorific = self
            .dice
            .chance(12)
            .then(|| of.language.of("دکتر", "د.", "Dr."));
        let iranian = branch.country == "IR";
        let born = self
            .day
            .checked_sub_days(Days::new(self.dice.between((24 * 365, 62 * 365)) as u64));
        let fields = json!({
            "name": filled(json!({"title": honorific, "given": person.given, "family": person.family})),
            "job_title": title,
            "email": domain.filter(|_| self.dice.chance(85)).map(|domain| format!("{}@{domain}", person.latin)),
            "mobile": self.dice.chance(90).then(|| self.phone(branch.phone.1)),
            "preferred_channel": self.dice.pick(&["phone", "mobile", "email", "messenger", "visit"]),
            "birth_date": born.filter(|_| self.dice.chance(40)).map(|day| day.to_string()),
            "account": of.id.to_string(),
            "owner": self.owner(of.seller),
            "territory": branch.key,
            "person_id": (iranian && self.dice.chance(65)).then(|| written(person_id(self.dice), self.dice)),
        });
        self.asks
            .push(Request::create_as(id, "contact", filled(fields)));
        self.affiliation(id, of.id, title);
        if self.dice.chance(8) && self.company.customers.len() > 1 {
            let second = self.dice.below(self.company.customers.len());
            if let Some(other) = self
                .company
                .customers
                .get(second)
                .filter(|other| other.id != of.id)
                .map(|other| other.id)
            {
                self.affiliation(
                    id,
                    other,
                    of.language
                        .of("عضو هیئت‌مدیره", "عضو مجلس الإدارة", "Board member"),
                );
            }
        }
        if let Some(customer) = self.company.customers.get_mut(customer) {
            customer.contacts.push(id);
        }
        Ok(())
    }

    fn affiliation(&mut self, contact: RecordId, account: RecordId, role: &str) {
        let since = self
            .day
            .checked_sub_days(Days::new(self.dice.between((60, 3_000)) as u64))
            .map(|day| day.to_string());
        let fields = json!({"contact": contact.to_string(), "account": account.to_string(), "role": role, "since": since});
        self.asks
            .push(Request::create("affiliation", filled(fields)));
    }

    /// A new lead; four in ten come from a customer that is known.
    pub(super) fn lead(&mut self) -> peyvand::Result<NewLead> {
        let known = self
            .dice
            .chance(45)
            .then(|| self.dice.below(self.company.customers.len()));
        let customer = known.and_then(|place| self.company.customers.get(place).cloned());
        let seller = customer
            .as_ref()
            .map_or_else(|| self.some_seller(), |customer| customer.seller);
        let branch = self.company.branch_of(seller);
        let language = customer.as_ref().map_or_else(
            || self.dice.weighted(&branch.languages),
            |customer| customer.language,
        );
        let person = Person::new(language, self.dice);
        let id = self.session.new_id("lead")?;
        let firm = (customer.is_none() && self.dice.chance(88)).then(|| self.firm(language));
        let company = customer
            .map(|customer| customer.name)
            .or_else(|| firm.as_ref().map(|firm| firm.name.clone()));
        let email = firm
            .as_ref()
            .filter(|_| self.dice.chance(70))
            .map(|firm| format!("{}@{}", person.latin, firm.domain));
        let employees = self.dice.weighted(&[(60, (5, 60)), (40, (60, 900))]);
        let currency = self.dice.weighted(&branch.currencies);
        let fields = json!({
            "name": {"given": person.given, "family": person.family},
            "company": company,
            "job_title": self.dice.chance(75).then(|| self.dice.pick(&words::titles(language))),
            "email": email,
            "phone": self.dice.chance(82).then(|| self.phone(branch.phone.1)),
            "source": self.dice.weighted(&[(26, "web"), (22, "referral"), (17, "campaign"), (12, "call"), (13, "event"), (7, "partner"), (3, "other")]),
            "industry": firm.as_ref().map(|firm| firm.industry),
            "employees": self.dice.chance(55).then(|| self.dice.between(employees)),
            "budget": self.dice.chance(40).then(|| amount(currency, self.dice).1),
            "owner": self.owner(seller),
            "territory": branch.key,
        });
        self.asks
            .push(Request::create_as(id, "lead", filled(fields)));
        Ok(NewLead {
            id,
            language,
            seller,
            known,
            company,
        })
    }

    fn owner(&self, seller: usize) -> Option<String> {
        self.company
            .seller(seller)
            .map(|seller| seller.id.to_string())
    }
}

/// An amount of a deal: the number, and as it is written in a request.
pub(super) fn amount(currency: Currency, dice: &mut Dice) -> (i64, String) {
    let Amounts { ranges, step } = currency.amounts();
    let range = dice.weighted(&ranges);
    let number = dice.between(range) / step * step;
    (number, format!("{number} {}", currency.code()))
}

/// A company's national id: ten digits and the check digit that the plugin looks for.
pub(super) fn company_id(dice: &mut Dice) -> String {
    let ten: Vec<u32> = [1, 0]
        .into_iter()
        .chain((0..8).map(|_| dice.below(10) as u32))
        .collect();
    with_check(&ten, company_check(&ten))
}

fn company_check(ten: &[u32]) -> u32 {
    let added = ten.last().copied().unwrap_or(0) + 2;
    ten.iter()
        .zip([29, 27, 23, 19, 17].into_iter().cycle())
        .map(|(digit, weight)| (digit + added) * weight)
        .sum::<u32>()
        % 11
        % 10
}

/// A person's national id. It begins with 000, which no registry office has.
fn person_id(dice: &mut Dice) -> String {
    let nine: Vec<u32> = [0, 0, 0]
        .into_iter()
        .chain((0..6).map(|_| dice.below(10) as u32))
        .collect();
    with_check(&nine, person_check(&nine))
}

fn person_check(nine: &[u32]) -> u32 {
    let rest = nine
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| digit * weight)
        .sum::<u32>()
        % 11;
    if rest < 2 { rest } else { 11 - rest }
}

fn with_check(digits: &[u32], check: u32) -> String {
    digits.iter().chain([&check]).map(u32::to_string).collect()
}

/// One digit off: what a tired hand types.
pub(super) fn mistyped(id: &str) -> String {
    id.char_indices()
        .map(|(place, digit)| {
            if place == 4 {
                char::from_digit((digit.to_digit(10).unwrap_or(0) + 1) % 10, 10).unwrap_or('0')
            } else {
                digit
            }
        })
        .collect()
}

/// The same number as different people write it.
fn written(id: String, dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => persian_digits(&id),
        1 => format!(
            "{}-{}",
            id.get(..3).unwrap_or_default(),
            id.get(3..).unwrap_or_default()
        ),
        _ => id,
    }
}

fn persian_digits(text: &str) -> String {
    text.chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|digit| char::from_u32(u32::from('۰') + digit))
                .unwrap_or(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digits_are_those_of_published_examples() {
        assert_eq!(person_check(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), 1);
        assert_eq!(company_check(&[1, 0, 3, 8, 0, 2, 8, 4, 7, 9]), 0);
    }

    #[test]
    fn a_mistyped_id_differs_in_one_digit() {
        assert_eq!(mistyped("10380284790"), "10381284790");
        assert_eq!(mistyped("10389284790"), "10380284790");
        assert_eq!(persian_digits("+98 21"), "+۹۸ ۲۱");
    }
}
