//! Is what is found what a plain loop over all records finds?

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::*;

/// Repeatable numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// Few letters, so that words begin alike and are alike.
const WORDS: [&str; 14] = [
    "علی",
    "علي",
    "علیزاده",
    "رضا",
    "رضایی",
    "رضائی",
    "کریم",
    "كريمي",
    "تهران",
    "تهرانی",
    "Ali",
    "alireza",
    "شرکت",
    "12",
];

/// The same, as they fold.
fn plain(text: &str) -> Vec<String> {
    let folded: String = text
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'ي' | 'ئ' => 'ی',
            'ك' => 'ک',
            other => other,
        })
        .collect();
    folded.split_whitespace().map(str::to_owned).collect()
}

/// What a field says, with its weight.
type Fields = Vec<(Vec<String>, u8)>;

/// Closeness and weight, as the documentation says.
fn near(fields: &Fields, typed: &[String]) -> Option<(Closeness, Reverse<u8>)> {
    let just = fields
        .iter()
        .filter(|(words, _)| words == typed)
        .map(|(_, weight)| *weight)
        .max();
    if let Some(weight) = just {
        return Some((Closeness::Exact, Reverse(weight)));
    }
    let mut all = Vec::new();
    for word in typed {
        let fits = fields.iter().flat_map(|(words, weight)| {
            let starts = words.iter().filter(|known| known.starts_with(word));
            starts.map(move |known| (known == word, *weight))
        });
        all.push(fits.max()?);
    }
    let closeness = match all.iter().all(|(whole, _)| *whole) {
        true => Closeness::Words,
        false => Closeness::Beginnings,
    };
    Some((
        closeness,
        Reverse(all.iter().map(|(_, weight)| *weight).max()?),
    ))
}

struct Model {
    session: Session,
    records: BTreeMap<RecordId, Fields>,
    dice: Dice,
}

impl Model {
    fn phrase(&mut self) -> String {
        let count = 1 + self.dice.below(3);
        let words: Vec<&str> = (0..count).map(|_| self.dice.of(&WORDS)).collect();
        words.join(" ")
    }

    fn change(&mut self) {
        let (name, beside) = (self.phrase(), self.phrase());
        let known: Vec<RecordId> = self.records.keys().copied().collect();
        let owner = self.dice.of(&["sara", "mina"]);
        match self.dice.below(10) {
            0 if !known.is_empty() => {
                let id = known[self.dice.below(known.len())];
                let _ = self.session.delete(id).unwrap();
                self.records.remove(&id);
            }
            1 | 2 if !known.is_empty() => {
                let id = known[self.dice.below(known.len())];
                let _ = self.session.update(id, json!({"name": name})).unwrap();
                self.records.get_mut(&id).unwrap()[0].0 = plain(&name);
            }
            3..6 => {
                let id = create(
                    &self.session,
                    "lead",
                    json!({"name": name, "company": beside, "owner": owner}),
                );
                self.records
                    .insert(id, vec![(plain(&name), 90), (plain(&beside), 50)]);
            }
            _ => {
                let id = create(
                    &self.session,
                    "account",
                    json!({"name": name, "owner": owner}),
                );
                self.records.insert(id, vec![(plain(&name), 90)]);
            }
        }
    }

    /// What a loop over what somebody may read finds.
    fn expected(&self, session: &Session, typed: &str) -> Vec<(RecordId, Closeness)> {
        let words = plain(typed);
        let mut all: Vec<_> = self
            .records
            .iter()
            .filter(|(id, _)| session.get(**id).is_ok())
            .filter_map(|(id, fields)| Some((near(fields, &words)?, Reverse(id.number()), *id)))
            .collect();
        all.sort();
        all.into_iter()
            .map(|((closeness, _), _, id)| (id, closeness))
            .collect()
    }

    fn compare(&mut self, session: &Session) {
        let phrase = self.phrase();
        let cut = phrase.chars().count() - self.dice.below(2);
        let typed: String = phrase.chars().take(cut).collect();
        let limit = 1 + self.dice.below(40);
        let found = session
            .search(&Search::new(typed.as_str()).limit(limit))
            .unwrap();
        assert!(found.complete, "{typed}");
        let mut expected = self.expected(session, &typed);
        expected.truncate(limit);
        let hits: Vec<_> = found
            .hits
            .iter()
            .map(|hit| (hit.id, hit.closeness))
            .collect();
        assert_eq!(
            hits.get(..expected.len()),
            Some(expected.as_slice()),
            "{typed}: {hits:?}"
        );
        // What follows was read otherwise, or has some of the words.
        for hit in &found.hits[expected.len()..] {
            assert!(session.get(hit.id).is_ok());
            assert!(
                !expected.iter().any(|(id, _)| *id == hit.id),
                "{typed}: {hit:?}"
            );
        }
    }
}

#[test]
fn every_answer_is_what_a_plain_loop_over_what_one_may_see_finds() {
    let session = memory();
    session.add_standard_roles().unwrap();
    let own = json!({"objects": {"account": {"read": "own"}, "lead": {"read": "own"}}});
    create(
        &session,
        "role",
        json!({"key": "own", "name": "Own", "definition": own}),
    );
    create(
        &session,
        "user",
        json!({"login": "mina", "name": "0", "role": "administrator"}),
    );
    let sara = create(
        &session,
        "user",
        json!({"login": "sara", "name": "0", "role": "own"}),
    );
    session.enforce_access(true).unwrap();
    let sara = session.engine().session_as(Actor::User(sara));
    let (records, dice) = (BTreeMap::new(), Dice(1));
    let mut model = Model {
        session: session.clone(),
        records,
        dice,
    };
    for round in 0..800 {
        model.change();
        model.compare(&session);
        model.compare(&sara);
        if round % 200 == 0 {
            checked(&session);
        }
    }
    checked(&session);
}
