//! Does a scan give what is there, in order and to its end?

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use super::*;

/// A map and a store with the same entries, some in pages, some changed or deleted above them.
pub(super) fn scattered(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut map = BTreeMap::new();
    let key = |number: usize| format!("k{:04}", number * 7 % 1000).into_bytes();
    for part in 0..10 {
        let rows = (part * 50..part * 50 + 50).map(|number| (key(number), vec![part as u8; 60]));
        let rows: Vec<Row> = rows.collect();
        commit(
            store,
            rows.iter().map(|(key, value)| put(key, value)).collect(),
        )
        .unwrap();
        map.extend(rows);
        if part == 3 || part == 6 {
            store.fold().unwrap();
        }
    }
    let gone: Vec<Vec<u8>> = map.keys().skip(40).step_by(3).cloned().collect();
    commit(store, gone.iter().map(|key| delete(key)).collect()).unwrap();
    gone.iter().for_each(|key| drop(map.remove(key)));
    for key in [b"".to_vec(), vec![0], vec![255], vec![255; 9]] {
        commit(store, vec![put(&key, b"edge")]).unwrap();
        map.insert(key, b"edge".to_vec());
    }
    map
}

pub(super) fn scans_agree_with_a_map_in_both_directions(store: Store) {
    let map = scattered(&store);
    let read = Snapshot::pin(&store);
    let bounds = ["", "k", "k0005", "k0300", "k0301", "k07", "k9", "z"];
    for start in bounds {
        for end in bounds {
            let span = Span {
                start: start.into(),
                end: end.into(),
            };
            let upper = match end {
                "" => Bound::Unbounded,
                end => Bound::Excluded(end.as_bytes()),
            };
            let inside = !span.is_empty();
            let range =
                inside.then(|| map.range::<[u8], _>((Bound::Included(start.as_bytes()), upper)));
            let rows = range.into_iter().flatten();
            let rows: Vec<Row> = rows
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for limit in [0, 1, 17, 10_000] {
                let wanted: Vec<Row> = rows.iter().take(limit).cloned().collect();
                assert_eq!(read.scan(&span, Direction::Forward, limit).unwrap(), wanted);
                let wanted: Vec<Row> = rows.iter().rev().take(limit).cloned().collect();
                assert_eq!(
                    read.scan(&span, Direction::Backward, limit).unwrap(),
                    wanted
                );
            }
        }
    }
    for direction in [Direction::Forward, Direction::Backward] {
        let mut found = Vec::new();
        let mut span = Span::prefix(b"");
        loop {
            let rows = read.scan(&span, direction, 13).unwrap();
            let Some((last, _)) = rows.last() else { break };
            span = span.beyond(last, direction);
            found.extend(rows);
        }
        if direction == Direction::Backward {
            found.reverse();
        }
        assert_eq!(found, map.clone().into_iter().collect::<Vec<Row>>());
    }
}

pub(super) fn scan_all_goes_through_every_page_until_it_is_told_to_stop(store: Store) {
    let writes =
        (0..2500_u32).map(|number| put(&[b"p/", &number.to_be_bytes()[..]].concat(), b"v"));
    commit(&store, writes.chain([put(b"p0", b"outside")]).collect()).unwrap();
    let read = Snapshot::pin(&store).clone();
    for stop in [1, 1000, 1001, 9999] {
        let mut count = 0;
        let each = |_: &[u8], _: &[u8]| -> Result<ControlFlow<()>, StoreError> {
            count += 1;
            Ok(if count == stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        };
        read.scan_all(b"p/", each).unwrap();
        assert_eq!(count, stop.min(2500));
    }
}
