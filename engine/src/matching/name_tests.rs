//! Tests: is a name found among a hundred thousand, whichever script it was typed in?
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::made_up::{Dice, Spelt, spelt};
use super::{Name, NameIndex};

/// How many people are made up.
const PEOPLE: usize = 100_000;

/// More first names, from the data beside the repository where it is there.
fn more_names() -> Vec<String> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let files = [
        "persian-names/MansourM/FirstNames.csv",
        "arabic-names/Arabic_names.csv",
    ];
    let mut names = BTreeSet::new();
    for file in files {
        let Ok(text) = std::fs::read_to_string(data.join(file)) else {
            assert!(
                std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
                "{file} is not there, and no test may be made smaller"
            );
            eprintln!("smaller: {file} is not there, only the names of the fixture are combined");
            continue;
        };
        let first = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next());
        names.extend(first.map(str::to_owned));
    }
    names.into_iter().collect()
}

/// People of given and family names, some of whom have the names of the fixture.
fn people(spelt: &[Spelt], dice: &mut Dice) -> Vec<String> {
    let more = more_names();
    let given: Vec<&str> = spelt
        .iter()
        .filter(|line| !line.family)
        .map(|line| line.name)
        .collect();
    let family: Vec<&str> = spelt
        .iter()
        .filter(|line| line.family)
        .map(|line| line.name)
        .collect();
    let endings = ["ی", "زاده", "پور", "نژاد", "یان", "فر"];
    let mut people = Vec::with_capacity(PEOPLE);
    while people.len() < PEOPLE {
        let common = more.is_empty() || dice.below(2) == 0;
        let first = if common {
            dice.pick(&given)
        } else {
            dice.pick(&more).as_str()
        };
        let last = match dice.below(3) {
            0 => (*dice.pick(&family)).to_owned(),
            1 if !more.is_empty() => format!("{}{}", dice.pick(&more), dice.pick(&endings)),
            _ => format!("{}{}", dice.pick(&given), dice.pick(&endings)),
        };
        people.push(format!("{first} {last}"));
    }
    people
}

/// Who is looked for, and how that is typed: each spelling of the fixture once, beside a spelling of another name.
fn questions(spelt: &[Spelt], dice: &mut Dice) -> Vec<(String, String)> {
    let mut questions = Vec::new();
    for line in spelt {
        let partners: Vec<&Spelt> = spelt
            .iter()
            .filter(|other| other.family != line.family && other.arabic == line.arabic)
            .collect();
        for spelling in &line.spellings {
            let partner = *dice.pick(&partners);
            let typed = *dice.pick(&partner.spellings);
            questions.push(match line.family {
                true => (
                    format!("{} {}", partner.name, line.name),
                    format!("{typed} {spelling}"),
                ),
                false => (
                    format!("{} {}", line.name, partner.name),
                    format!("{spelling} {typed}"),
                ),
            });
        }
    }
    questions
}

#[test]
fn the_fixture_has_three_hundred_names_and_their_usual_spellings() {
    let spelt = spelt();
    assert!(spelt.len() >= 300, "{}", spelt.len());
    assert!(spelt.iter().filter(|line| line.arabic).count() >= 100);
    let spellings: usize = spelt.iter().map(|line| line.spellings.len()).sum();
    assert!(spellings >= 1_000, "{spellings}");
}

#[test]
fn nearly_every_spelling_meets_its_name_under_a_key() {
    let (mut all, mut apart) = (0, Vec::new());
    for line in spelt() {
        let keys = Name::of(line.name).keys();
        for spelling in &line.spellings {
            let shared = Name::of(spelling)
                .keys()
                .iter()
                .any(|key| keys.contains(key));
            all += 1;
            if !shared {
                apart.push((line.name, *spelling));
            }
        }
    }
    assert!(apart.len() * 100 <= all, "of {all} not: {apart:?}");
}

#[test]
fn a_person_is_among_the_first_five_of_a_hundred_thousand_however_the_name_is_spelt() {
    let spelt = spelt();
    let mut dice = Dice(20_261_123);
    let mut people = people(&spelt, &mut dice);
    let questions = questions(&spelt, &mut dice);
    // Those who are looked for take the places of others.
    for (name, _) in &questions {
        let place = dice.below(PEOPLE);
        people[place] = name.clone();
    }
    let index = NameIndex::of(people.iter().map(String::as_str));
    let mut missed = Vec::new();
    for (name, typed) in &questions {
        let nearest = index.nearest(typed, 5);
        if !nearest.iter().any(|(place, _)| people[*place] == *name) {
            missed.push((name, typed));
        }
    }
    assert!(
        missed.len() * 100 <= questions.len() * 2,
        "of {} not: {missed:?}",
        questions.len()
    );
}
