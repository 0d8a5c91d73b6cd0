//! What may somebody do to a store?

use proptest::prelude::*;

/// Key, outcome and probability of the stages that a store begins with.
pub(super) const STAGES: [(&str, &str, &str); 6] = [
    ("prospecting", "open", "10"),
    ("qualification", "open", "25"),
    ("proposal", "open", "50"),
    ("negotiation", "open", "75"),
    ("won", "won", "100"),
    ("lost", "lost", "0"),
];

/// What somebody does. A number picks one of the records that there are.
#[derive(Clone, Debug)]
pub(super) enum Step {
    NewAccount {
        employees: i64,
        code: u8,
    },
    NewDeal {
        account: usize,
        stage: usize,
        amount: i64,
    },
    Resize {
        account: usize,
        employees: i64,
    },
    Recode {
        account: usize,
        code: u8,
    },
    Move {
        deal: usize,
        stage: usize,
    },
    Assign {
        deal: usize,
        account: usize,
    },
    Delete {
        record: usize,
    },
    Restore {
        record: usize,
    },
    Reopen {
        close: bool,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let pick = || 0..12_usize;
    prop_oneof![
        3 => (0..40_i64, 0..12_u8).prop_map(|(employees, code)| Step::NewAccount { employees, code }),
        5 => (pick(), 0..6_usize, 0..30_i64).prop_map(|(account, stage, amount)| Step::NewDeal { account, stage, amount }),
        2 => (pick(), 0..40_i64).prop_map(|(account, employees)| Step::Resize { account, employees }),
        1 => (pick(), 0..12_u8).prop_map(|(account, code)| Step::Recode { account, code }),
        6 => (pick(), 0..6_usize).prop_map(|(deal, stage)| Step::Move { deal, stage }),
        3 => (pick(), pick()).prop_map(|(deal, account)| Step::Assign { deal, account }),
        3 => (0..24_usize).prop_map(|record| Step::Delete { record }),
        3 => (0..24_usize).prop_map(|record| Step::Restore { record }),
        1 => any::<bool>().prop_map(|close| Step::Reopen { close }),
    ]
}
