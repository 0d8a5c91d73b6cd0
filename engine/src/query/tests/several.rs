//! Is a list the same whatever indexes of several fields there are?

use proptest::prelude::*;

use super::model::{Plain, STATUSES, Tree, asked, date, number, one, place, text, tree, world};
use crate::query::{Operator, Query, SortKey};

/// Fields of a deal, in some order.
pub(super) fn several() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

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
