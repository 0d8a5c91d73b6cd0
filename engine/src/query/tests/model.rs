//! Does any filter over any records find what a plain loop finds, whatever indexes there are?

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use serde_json::json;

use super::shelf::{Shelf, sort};
use crate::query::{Condition, Filter, Operator, Query, SortKey};
use crate::schema::{FieldKind, Schema, SchemaChange, standard_schema};

/// As it is stored, and as it may be typed.
const NAMES: [(&str, &str); 4] = [
    ("بانک ملّی", "بانك ملّي"),
    ("بانک", "بانك"),
    ("ACME ۱۲", "acme 12"),
    ("نفت", "نفت"),
];
const STATUSES: [&str; 3] = ["open", "won", "lost"];

#[derive(Clone, Debug)]
struct Account {
    name: Option<usize>,
    industry: Option<usize>,
    employees: Option<i64>,
    parent: Option<usize>,
}

#[derive(Clone, Debug)]
struct Deal {
    name: usize,
    status: Option<usize>,
    probability: Option<i64>,
    close_date: Option<i64>,
    account: Option<usize>,
}

/// What a plain loop compares.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Plain {
    Text(String),
    Number(i64),
    Day(NaiveDate),
    Place(usize),
}

fn folded(text: &str) -> Plain {
    Plain::Text(crate::locale::fold_text(text))
}

fn day(offset: i64) -> NaiveDate {
    // Around the turn of the Persian year.
    NaiveDate::from_ymd_opt(2026, 3, 14).unwrap() + Days::new(u64::try_from(offset).unwrap())
}

struct World {
    accounts: Vec<Account>,
    deals: Vec<Deal>,
}

impl World {
    /// The value of a path of a deal, followed by hand.
    fn value(&self, deal: &Deal, path: &str) -> Option<Plain> {
        let account = |place: Option<usize>| self.accounts.get(place?);
        let of = |account: Option<&Account>, field: &str| match field {
            "name" => Some(folded(NAMES[account?.name?].0)),
            "industry" => Some(folded(NAMES[account?.industry?].0)),
            "employees" => Some(Plain::Number(account?.employees?)),
            "parent" => Some(Plain::Place(account?.parent?)),
            _ => panic!("{field}"),
        };
        match path {
            "name" => Some(folded(NAMES[deal.name].0)),
            "status" => Some(Plain::Text(STATUSES[deal.status?].to_owned())),
            "probability" => Some(Plain::Number(deal.probability?)),
            "close_date" => Some(Plain::Day(day(deal.close_date?))),
            "account" => Some(Plain::Place(deal.account?)),
            path => {
                let here = account(deal.account);
                match path.strip_prefix("account.parent.") {
                    Some(field) => of(account(here?.parent), field),
                    None => of(here, path.strip_prefix("account.").unwrap()),
                }
            }
        }
    }

    fn stands_below(&self, place: usize, top: usize) -> bool {
        let mut at = Some(place);
        (0..=self.accounts.len()).any(|_| {
            let found = at == Some(top);
            at = at.and_then(|place| self.accounts.get(place)?.parent);
            found
        })
    }

    fn holds(&self, deal: &Deal, asked: &Asked) -> bool {
        let value = self.value(deal, asked.path);
        let within =
            |value: &Plain, (first, last): &(Plain, Plain)| first <= value && value <= last;
        let unequal = matches!(asked.operator, Operator::Ne | Operator::Nin);
        let Some(value) = value else {
            return unequal || (asked.operator == Operator::IsNull && asked.wants_empty);
        };
        let any = || asked.plain.iter().any(|range| within(&value, range));
        let (first, last) = (&asked.plain[0].0, &asked.plain[0].1);
        match (asked.operator, &value, first) {
            (Operator::Eq | Operator::In, ..) => any(),
            (Operator::Ne | Operator::Nin, ..) => !any(),
            (Operator::Gt, ..) => value > *last,
            (Operator::Gte, ..) => value >= *first,
            (Operator::Lt, ..) => value < *first,
            (Operator::Lte, ..) => value <= *last,
            (Operator::Between, ..) => *first <= value && value <= asked.plain[1].1,
            (Operator::Contains, Plain::Text(text), Plain::Text(part)) => {
                text.contains(part.as_str())
            }
            (Operator::StartsWith, Plain::Text(text), Plain::Text(part)) => {
                text.starts_with(part.as_str())
            }
            (Operator::Under, Plain::Place(place), Plain::Place(top)) => {
                self.stands_below(*place, *top)
            }
            (Operator::IsNull, ..) => !asked.wants_empty,
            (operator, ..) => panic!("{operator}"),
        }
    }

    fn shelf(&self, indexed: u32, several: &[Vec<&str>]) -> Shelf {
        let shelf = Shelf::of(with_several(with_indexes(indexed), several));
        let id = |place: usize| shelf.id("account", place as u128 + 1).to_string();
        for (account, number) in self.accounts.iter().zip(1..) {
            let name = account.name.map(|name| NAMES[name].0);
            let industry = account.industry.map(|industry| NAMES[industry].0);
            let fields = json!({"name": name, "industry": industry, "employees": account.employees, "parent": account.parent.map(id)});
            shelf.put("account", number, present(fields));
        }
        for (deal, number) in self.deals.iter().zip(1..) {
            let fields = json!({
                "name": NAMES[deal.name].0,
                "status": deal.status.map(|status| STATUSES[status]),
                "probability": deal.probability,
                "close_date": deal.close_date.map(|offset| day(offset).to_string()),
                "account": deal.account.map(id),
            });
            shelf.put("opportunity", number, present(fields));
        }
        shelf
    }
}

fn present(fields: serde_json::Value) -> serde_json::Value {
    let serde_json::Value::Object(mut fields) = fields else {
        panic!()
    };
    fields.retain(|_, value| !value.is_null());
    fields.into()
}

/// The standard schema with other fields indexed: each by one of these bits.
fn with_indexes(bits: u32) -> Schema {
    let standard = standard_schema();
    let mut place = 0;
    let mut objects = Vec::new();
    for object in standard.objects() {
        let mut object = (**object).clone();
        for field in &mut object.fields {
            let asked = [
                "name",
                "industry",
                "employees",
                "status",
                "probability",
                "close_date",
            ];
            if asked.contains(&field.name.as_str())
                && matches!(object.name.as_str(), "account" | "opportunity")
                && field.kind != FieldKind::Json
            {
                field.indexed = bits >> (place % 32) & 1 == 1;
                place += 1;
            }
        }
        objects.push(object);
    }
    Schema::of(objects)
}

/// The schema with these indexes of several fields of deals, and no others.
fn with_several(mut schema: Schema, several: &[Vec<&str>]) -> Schema {
    let mut object = (**schema.object("opportunity").unwrap()).clone();
    object.indexes.clear();
    schema.put(object);
    for fields in several {
        let change = SchemaChange::AddIndex {
            object: "opportunity".to_owned(),
            fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        };
        // The same fields may be drawn twice.
        if let Ok(object) = change.apply(&schema) {
            schema.put(object);
        }
    }
    schema
}

/// Fields of a deal, in some order.
fn several() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    let fields = vec!["name", "status", "probability", "close_date", "account"];
    let some = Just(fields).prop_shuffle();
    let some = (some, 2..5_usize).prop_map(|(mut fields, few)| {
        fields.truncate(few);
        fields
    });
    proptest::collection::vec(some, 0..4)
}

/// Conditions as lists have them: values of some fields, and mostly a stretch of another.
fn narrowed() -> impl Strategy<Value = Tree> {
    use Operator::{Between, Eq, Gt, Gte, IsNull, Lt, Lte};
    const GIVEN: &[Operator] = &[Eq, Eq, Eq, IsNull];
    const STRETCH: &[Operator] = &[Gt, Gte, Lt, Lte, Between];
    let status = (0..3_usize).prop_map(|at| {
        let status = STATUSES[at].to_owned();
        (status.clone(), one(Plain::Text(status)))
    });
    let given = prop_oneof![
        asked(&["status"], GIVEN, status),
        asked(&["name"], GIVEN, text()),
        asked(&["probability"], GIVEN, number()),
        asked(&["account"], GIVEN, place()),
        asked(&["close_date"], GIVEN, date()),
    ];
    let stretch = prop_oneof![
        asked(&["probability"], STRETCH, number()),
        asked(&["close_date"], STRETCH, date()),
        asked(&["name"], STRETCH, text()),
    ];
    let given = proptest::collection::vec(given.prop_map(Tree::Is), 0..3);
    let stretch = proptest::option::weighted(0.5, stretch.prop_map(Tree::Is));
    let rest = proptest::option::weighted(0.3, tree());
    (given, stretch, rest).prop_map(|(mut all, stretch, rest)| {
        all.extend(stretch);
        all.extend(rest);
        Tree::All(all)
    })
}

/// A condition in both forms.
#[derive(Clone, Debug)]
struct Asked {
    path: &'static str,
    operator: Operator,
    typed: Vec<String>,
    /// From the first to the last value that an operand stands for.
    plain: Vec<(Plain, Plain)>,
    wants_empty: bool,
}

const TEXTS: [&str; 4] = [
    "name",
    "account.name",
    "account.industry",
    "account.parent.industry",
];
const NUMBERS: [&str; 3] = [
    "probability",
    "account.employees",
    "account.parent.employees",
];
const PLACES: [&str; 2] = ["account", "account.parent"];

fn one(value: Plain) -> (Plain, Plain) {
    (value.clone(), value)
}

/// Operands with what they stand for.
fn text() -> impl Strategy<Value = (String, (Plain, Plain))> {
    (0..NAMES.len()).prop_map(|at| (NAMES[at].1.to_owned(), one(folded(NAMES[at].1))))
}

fn number() -> impl Strategy<Value = (String, (Plain, Plain))> {
    (0..6_i64).prop_map(|number| (number.to_string(), one(Plain::Number(number))))
}

fn date() -> impl Strategy<Value = (String, (Plain, Plain))> {
    let range = |first: i64, last: i64| (Plain::Day(day(first)), Plain::Day(day(last)));
    // The clock shows 2026-03-31; 1405 began on the 21st, the month of April the day after.
    let words = vec![
        ("today".to_owned(), range(17, 17)),
        ("last-7-days".to_owned(), range(11, 17)),
        (
            "this-month".to_owned(),
            (
                Plain::Day(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()),
                Plain::Day(day(17)),
            ),
        ),
        (
            "last-month@persian".to_owned(),
            (
                Plain::Day(NaiveDate::from_ymd_opt(2026, 2, 20).unwrap()),
                Plain::Day(day(6)),
            ),
        ),
        ("۱۴۰۵/۰۱@persian".to_owned(), range(7, 37)),
        ("1405/01/12@persian".to_owned(), range(18, 18)),
    ];
    prop_oneof![
        (0..30_i64).prop_map(move |offset| (day(offset).to_string(), range(offset, offset))),
        proptest::sample::select(words),
    ]
}

fn place() -> impl Strategy<Value = (String, (Plain, Plain))> {
    (0..8_usize).prop_map(|place| {
        let id = crate::RecordId::new(
            standard_schema().object("account").unwrap().prefix(),
            place as u128 + 1,
        );
        (id.to_string(), one(Plain::Place(place)))
    })
}

fn asked(
    paths: &'static [&'static str],
    operators: &'static [Operator],
    operand: impl Strategy<Value = (String, (Plain, Plain))> + 'static,
) -> BoxedStrategy<Asked> {
    (
        proptest::sample::select(paths),
        proptest::sample::select(operators),
        proptest::collection::vec(operand, 2..4),
        any::<bool>(),
    )
        .prop_map(|(path, operator, mut operands, wants_empty)| {
            match operator {
                Operator::In | Operator::Nin => {}
                Operator::Between => operands.truncate(2),
                _ => operands.truncate(1),
            }
            let (mut typed, plain): (Vec<_>, Vec<_>) = operands.into_iter().unzip();
            if operator == Operator::IsNull {
                typed = vec![wants_empty.to_string()];
            }
            Asked {
                path,
                operator,
                typed,
                plain,
                wants_empty,
            }
        })
        .boxed()
}

fn condition() -> impl Strategy<Value = Asked> {
    use Operator::{
        Between, Contains, Eq, Gt, Gte, In, IsNull, Lt, Lte, Ne, Nin, StartsWith, Under,
    };
    let status = (0..3_usize).prop_map(|at| {
        (
            STATUSES[at].to_owned(),
            one(Plain::Text(STATUSES[at].to_owned())),
        )
    });
    const ORDERED: &[Operator] = &[Eq, Ne, Gt, Gte, Lt, Lte, In, Nin, Between, IsNull];
    prop_oneof![
        asked(
            &TEXTS,
            &[
                Eq, Ne, Gt, Gte, Lt, Lte, In, Nin, Contains, StartsWith, IsNull, Between
            ],
            text()
        ),
        asked(&["status"], &[Eq, Ne, In, Nin, IsNull], status),
        asked(&NUMBERS, ORDERED, number()),
        asked(&["close_date"], ORDERED, date()),
        asked(&PLACES, &[Eq, Ne, In, Nin, Under, IsNull], place()),
    ]
}

#[derive(Clone, Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Is(Asked),
}

fn tree() -> impl Strategy<Value = Tree> {
    condition()
        .prop_map(Tree::Is)
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                3 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Tree::All),
                1 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Tree::Any),
                1 => inner.prop_map(|tree| Tree::Not(Box::new(tree))),
            ]
        })
}

impl Tree {
    fn filter(&self) -> Filter {
        match self {
            Self::All(parts) => Filter::And(parts.iter().map(Self::filter).collect()),
            Self::Any(parts) => Filter::Or(parts.iter().map(Self::filter).collect()),
            Self::Not(inner) => !inner.filter(),
            Self::Is(asked) => Filter::Is(Condition::new(asked.path, asked.operator, &asked.typed)),
        }
    }

    fn holds(&self, world: &World, deal: &Deal) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(world, deal)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(world, deal)),
            Self::Not(inner) => !inner.holds(world, deal),
            Self::Is(asked) => world.holds(deal, asked),
        }
    }
}

fn maybe<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.8, value)
}

prop_compose! {
    fn world()(
        accounts in proptest::collection::vec((maybe(0..4_usize), maybe(0..4_usize), maybe(0..6_i64), maybe(0..8_usize)), 1..8),
        deals in proptest::collection::vec((0..4_usize, maybe(0..3_usize), maybe(0..6_i64), maybe(0..30_i64), maybe(0..9_usize)), 0..60),
    ) -> World {
        let accounts = accounts.into_iter().map(|(name, industry, employees, parent)| Account { name, industry, employees, parent });
        let deals = deals.into_iter().map(|(name, status, probability, close_date, account)| Deal { name, status, probability, close_date, account });
        World { accounts: accounts.collect(), deals: deals.collect() }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(&self.accounts)
            .entries(&self.deals)
            .finish()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_filter_finds_what_a_plain_loop_finds(
        world in world(),
        trees in proptest::collection::vec(tree(), 6),
        indexed in any::<u32>(),
        several in several(),
        limit in 1..9_usize,
        order in proptest::sample::select(vec!["", "-id", "close_date", "-probability,name", "account.name,-id", "-account.parent.employees"]),
    ) {
        for shelf in [world.shelf(indexed, &several), world.shelf(!indexed, &[])] {
            for tree in &trees {
                let filter = tree.filter();
                let found = world.deals.iter().zip(1..).filter(|(deal, _)| tree.holds(&world, deal));
                let wanted: Vec<u128> = found.map(|(_, number)| number).collect();
                prop_assert_eq!(shelf.found("opportunity", &filter.to_string()), &wanted[..], "{}", filter);
                let query = Query::new("opportunity").filter(filter).sort(sort(order)).limit(limit);
                let (mut paged, _) = shelf.all_pages(&query);
                let whole = shelf.page(&query.clone().limit(1000)).unwrap();
                let at_once: Vec<u128> = whole.records.iter().map(|record| record.id.number).collect();
                prop_assert_eq!(&paged, &at_once, "{} by {}", query.filter, order);
                paged.sort_unstable();
                prop_assert_eq!(&paged, &wanted, "{} by {}", query.filter, order);
            }
        }
    }

    #[test]
    fn a_list_is_the_same_whatever_indexes_of_several_fields_there_are(
        world in world(),
        trees in proptest::collection::vec(narrowed(), 6),
        indexed in any::<u32>(),
        several in several(),
        limit in 1..9_usize,
        orders in proptest::collection::vec(
            proptest::sample::subsequence(vec!["status", "name", "probability", "account", "close_date"], 0..4).prop_shuffle(),
            6
        ),
        directions in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 6),
    ) {
        let (with, without) = (world.shelf(indexed, &several), world.shelf(0, &[]));
        for ((tree, order), (first, rest, by_id)) in trees.iter().zip(&orders).zip(directions) {
            let mut keys: Vec<SortKey> = order.iter().map(|name| SortKey::ascending(*name)).collect();
            keys.extend(by_id.then(|| SortKey::ascending("id")));
            for (place, key) in keys.iter_mut().enumerate() {
                key.descending = if place == 0 { first } else { first == rest };
            }
            let query = Query::new("opportunity").filter(tree.filter()).sort(keys);
            let (listed, _) = without.all_pages(&query.clone().limit(1000));
            let (paged, _) = with.all_pages(&query.clone().limit(limit));
            prop_assert_eq!(&paged, &listed, "{:?} with {:?}", query, several);
            let mut found = listed;
            found.sort_unstable();
            let deals = world.deals.iter().zip(1..);
            let wanted: Vec<u128> = deals.filter(|(deal, _)| tree.holds(&world, deal)).map(|(_, number)| number).collect();
            prop_assert_eq!(found, &wanted[..]);
            prop_assert_eq!(with.found("opportunity", &query.filter.to_string()), wanted);
        }
    }
}
