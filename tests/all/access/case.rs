//! Who and what is there, by chance?

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Places in the lists of the case; past the end is none.
    pub(super) role: usize,
    pub(super) team: usize,
    pub(super) territory: usize,
    pub(super) manager: usize,
    pub(super) active: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) scopes: [usize; 4],
    pub(super) exports: [usize; 4],
    pub(super) confidential: bool,
    /// Whether it hides the employees of accounts and the amounts of opportunities.
    pub(super) hides: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) owner: usize,
    pub(super) territory: usize,
    /// The account that it belongs to or is about.
    pub(super) account: usize,
    pub(super) number: i64,
    pub(super) industry: usize,
    pub(super) confidential: bool,
    pub(super) open: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) object: usize,
    pub(super) place: usize,
    pub(super) whom: usize,
    pub(super) kind: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) roles: Vec<Role>,
    pub(super) people: Vec<Person>,
    /// Each below the one of this place, where that is an earlier one.
    pub(super) territories: Vec<usize>,
    pub(super) things: [Vec<Thing>; 4],
    pub(super) shares: Vec<Share>,
    pub(super) filters: Vec<(usize, i64)>,
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let role = (any::<[u8; 4]>(), any::<[u8; 4]>(), any::<bool>(), 0..4_u8).prop_map(
        |(scopes, exports, confidential, hides)| Role {
            scopes: scopes.map(|scope| usize::from(scope) % 5),
            exports: exports.map(|scope| usize::from(scope) % 5),
            confidential,
            hides: hides == 0,
        },
    );
    let person = (0..3_usize, 0..3_usize, 0..5_usize, 0..6_usize, 0..8_u8).prop_map(
        |(role, team, territory, manager, active)| Person {
            role,
            team,
            territory,
            manager,
            active: active > 0,
        },
    );
    let thing = (
        (0..6_usize, 0..5_usize, 0..8_usize),
        (0..9_i64, 0..3_usize),
        (
            prop_oneof![4 => Just(false), 1 => Just(true)],
            any::<bool>(),
        ),
    )
        .prop_map(
            |((owner, territory, account), (number, industry), (confidential, open))| Thing {
                owner,
                territory,
                account,
                number,
                industry,
                confidential,
                open,
            },
        );
    let things = [
        vec(thing.clone(), 4..8),
        vec(thing.clone(), 0..8),
        vec(thing.clone(), 0..10),
        vec(thing, 0..10),
    ];
    let share =
        (0..4_usize, 0..8_usize, 0..5_usize, 0..3_usize).prop_map(|(object, place, whom, kind)| {
            Share {
                object,
                place,
                whom,
                kind,
            }
        });
    (
        vec(role, 3),
        vec(person, 5),
        vec(0..4_usize, 4),
        things,
        vec(share, 0..5),
        vec((0..6_usize, 0..9_i64), 3),
    )
        .prop_map(
            |(roles, people, territories, things, shares, filters)| Case {
                roles,
                people,
                territories,
                things,
                shares,
                filters,
            },
        )
}
