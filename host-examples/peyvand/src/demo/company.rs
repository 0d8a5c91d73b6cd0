//! How does the demo company begin? Its branches, teams, people and products, the plugins and scripts, and the
//! customers that it has already.

use chrono::NaiveDate;
use peyvand::{Engine, Field, FieldKind, RecordId, Request, SchemaChange, Session};
use serde_json::json;

use super::customers::{Clerk, Company, Seller, filled};
use super::dice::Dice;
use super::names::{Language, Person};
use super::words::{BRANCHES, PRODUCTS};

/// How many accounts there are on the first day; three people in each.
pub(super) const FIRST_ACCOUNTS: usize = 110;
pub(super) const PEOPLE_EACH: usize = 3;

const SCRIPTS: [&str; 2] = [
    include_str!("scripts/large-deal-guard.rhai"),
    include_str!("scripts/won-thanks.rhai"),
];

/// Key, names and rights of each role: once access is enforced, a director sees and does all, a manager what lies in
/// the branch, a seller the team's customers and works on his own, and the desk enters what others report.
const ROLES: [(&str, [&str; 3], &str); 4] = [
    (
        "director",
        ["Director", "مدیر عامل", "المدير العام"],
        r#"{"objects": {"*": {"read": "all", "create": "all", "update": "all", "delete": "all", "export": "all"}},
            "confidential": true, "administer": true}"#,
    ),
    (
        "manager",
        ["Branch manager", "مدیر شعبه", "مدير الفرع"],
        r#"{"objects": {"*": {"read": "territory", "create": "territory", "update": "territory", "delete": "team", "export": "territory"}}}"#,
    ),
    (
        "seller",
        ["Seller", "فروشنده", "البائع"],
        r#"{"objects": {"*": {"read": "team", "create": "own", "update": "own"}}}"#,
    ),
    (
        "desk",
        ["Sales desk", "میز فروش", "مكتب المبيعات"],
        r#"{"objects": {"*": {"read": "all", "create": "all", "update": "all"}}}"#,
    ),
];

/// The company, and the user who enters what the branches report.
pub(super) struct Founded {
    pub(super) company: Company,
    pub(super) desk: RecordId,
}

pub(super) fn found(
    engine: &Engine,
    dice: &mut Dice,
    day: NaiveDate,
    plugins: &[(String, Vec<u8>)],
) -> peyvand::Result<Founded> {
    let session = engine.session();
    let (mut company, desk) = organisation(&session, dice)?;
    rules(&session, plugins)?;
    let mut asks = Vec::new();
    for (code, family, english, persian, arabic, price) in PRODUCTS {
        let fields = json!({
            "code": code, "name": english, "family": family, "price": format!("{}000000 IRR", price),
            "description": format!("{persian} · {arabic}"),
        });
        asks.push(Request::create("product", fields));
    }
    let session = engine.session_as(peyvand::Actor::User(desk));
    let mut clerk = Clerk {
        session: &session,
        dice,
        company: &mut company,
        asks: &mut asks,
        day,
    };
    for _ in 0..FIRST_ACCOUNTS {
        clerk.account(PEOPLE_EACH)?;
    }
    let _ = session.commit(asks)?;
    Ok(Founded { company, desk })
}

/// Territories, teams, roles and users in one commit; the managers come in the order in which they are needed.
fn organisation(session: &Session, dice: &mut Dice) -> peyvand::Result<(Company, RecordId)> {
    let mut asks: Vec<Request> = [("iran", "ایران"), ("gulf", "الخليج")]
        .map(|(key, name)| Request::create("territory", json!({"key": key, "name": name})))
        .into();
    for (key, [en, fa, ar], rights) in ROLES {
        let rights: serde_json::Value = serde_json::from_str(rights).unwrap_or_default();
        let label = json!({"en": en, "fa": fa, "ar": ar});
        let fields = json!({"key": key, "name": en, "label": label, "definition": rights});
        asks.push(Request::create("role", fields));
    }
    let mut company = Company::default();
    let mut logins = Vec::new();
    let director = user(
        session,
        dice,
        &mut asks,
        &mut logins,
        json!({"role": "director", "locale": "fa"}),
        Language::Persian,
    )?;
    let desk = session.new_id("user")?;
    asks.push(Request::create_as(desk, "user", json!({"login": "desk", "name": "Sales desk", "role": "desk", "locale": "en", "manager": director.to_string()})));
    for (place, branch) in BRANCHES.iter().enumerate() {
        let language = branch.languages[0].1;
        let manager = session.new_id("user")?;
        asks.push(Request::create("territory", json!({"key": branch.key, "name": branch.name, "parent": branch.parent, "manager": manager.to_string()})));
        asks.push(Request::create("team", json!({"key": branch.key, "name": format!("{} · {}", branch.name, "Sales"), "territory": branch.key, "manager": manager.to_string()})));
        let about = json!({"role": "manager", "territory": branch.key, "team": branch.key, "locale": language.tag(), "manager": director.to_string()});
        user_as(manager, dice, &mut asks, &mut logins, about, language);
        for _ in 0..branch.sellers {
            // In the Gulf, one seller in two speaks Arabic first.
            let language = dice.weighted(&branch.languages);
            let about = json!({"role": "seller", "territory": branch.key, "team": branch.key, "locale": language.tag(), "manager": manager.to_string()});
            let id = user(session, dice, &mut asks, &mut logins, about, language)?;
            company.sellers.push(Seller {
                id,
                branch: place,
                wins: dice.between((38, 66)) as u64,
            });
        }
    }
    let _ = session.commit(asks)?;
    Ok((company, desk))
}

fn user(
    session: &Session,
    dice: &mut Dice,
    asks: &mut Vec<Request>,
    logins: &mut Vec<String>,
    about: serde_json::Value,
    language: Language,
) -> peyvand::Result<RecordId> {
    let id = session.new_id("user")?;
    user_as(id, dice, asks, logins, about, language);
    Ok(id)
}

fn user_as(
    id: RecordId,
    dice: &mut Dice,
    asks: &mut Vec<Request>,
    logins: &mut Vec<String>,
    about: serde_json::Value,
    language: Language,
) {
    let mut person = Person::new(language, dice);
    while logins.contains(&person.latin) {
        person = Person::new(language, dice);
    }
    let mut fields = filled(about);
    fields.insert("login".to_owned(), person.latin.clone().into());
    fields.insert("name".to_owned(), person.full().into());
    fields.insert(
        "email".to_owned(),
        format!("{}@arvand.example", person.latin).into(),
    );
    asks.push(Request::create_as(id, "user", fields));
    logins.push(person.latin);
}

/// Plugins, the fields that need them, scripts: all through the write path, each durable by itself.
fn rules(session: &Session, plugins: &[(String, Vec<u8>)]) -> peyvand::Result<()> {
    for (_, bytes) in plugins {
        session.install_unsigned_plugin(bytes, serde_json::Value::Null)?;
    }
    let of = |of: &str| FieldKind::Plugin { of: of.to_owned() };
    let _ = session.change_schema([
        SchemaChange::AddField {
            object: "account".to_owned(),
            field: Field::new("company_id", of("national-id/company-id"))
                .indexed()
                .label("Company id", "شناسهٔ ملی", "المعرّف الوطني للشركة"),
        },
        SchemaChange::AddField {
            object: "contact".to_owned(),
            field: Field::new("person_id", of("national-id/person-id"))
                .indexed()
                .label("National id", "کد ملی", "الرقم الوطني"),
        },
    ])?;
    for text in SCRIPTS {
        session.install_script(text)?;
    }
    Ok(())
}
