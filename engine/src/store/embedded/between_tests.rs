//! Does who reads in the middle of a fold see all that he is to see?
//!
//! Between the moment when the tree has a batch and the one when the cache has it too, the two differ. Whoever reads then
//! may find a current page in the tree and the history beside it in the cache.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use super::layers::Layers;
use super::pages::Pages;
use super::tree::{Pair, Tree};
use crate::journal::Position;
use crate::store::overlay::{Change, Overlay};
use crate::store::{Direction, Row, Span, StoreError};

type Look = Box<dyn FnOnce() + Send>;

/// A tree in memory that lets somebody look when it has a batch that nobody else knows of.
#[derive(Clone, Default)]
struct Watched {
    pairs: Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>,
    look: Arc<Mutex<Option<Look>>>,
}

impl Tree for Watched {
    fn last_before(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        let pairs = self.pairs.lock().unwrap();
        let mut range = pairs.range::<[u8], _>((Bound::Unbounded, bound));
        Ok(range.next_back().map(|(k, v)| (k.clone(), v.clone())))
    }

    fn first_after(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        let pairs = self.pairs.lock().unwrap();
        let mut range = pairs.range::<[u8], _>((bound, Bound::Unbounded));
        Ok(range.next().map(|(k, v)| (k.clone(), v.clone())))
    }

    fn apply(&self, batch: Vec<Change>) -> Result<(), StoreError> {
        let mut pairs = self.pairs.lock().unwrap();
        for (key, value) in batch {
            match value {
                Some(value) => pairs.insert(key, value),
                None => pairs.remove(&key),
            };
        }
        drop(pairs);
        let look = self.look.lock().unwrap().take();
        if let Some(look) = look {
            look();
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn at(number: u64) -> Position {
    Position::from_number(number)
}

fn key(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// Merges values of keys, or their deletion, as one commit.
fn merge(pages: &Pages, position: u64, keys: std::ops::Range<u32>, value: Option<&[u8]>) {
    let mut overlay = Overlay::default();
    for number in keys {
        overlay.put(at(position), key(number), value.map(<[u8]>::to_vec));
    }
    let merged = pages.merge(overlay.iter(), Position::START, &|| false);
    assert!(merged.unwrap());
}

/// What is there as of a position, looked for in both directions and key by key.
fn seen(pages: &Pages, position: u64, reach: u64) -> [usize; 3] {
    let layers = Layers {
        overlay: Overlay::default(),
        folding: None,
        pages: Some(pages.clone()),
        folded: at(reach),
        reach: at(reach),
        oldest: Position::START,
    };
    let count = |direction| {
        let mut rows: Vec<Row> = Vec::new();
        let mut span = Some(Span::prefix(&[]));
        while let Some(left) = span.take() {
            let read = layers.scan_chunk(at(position), left, direction, usize::MAX, &mut rows);
            span = read.unwrap();
        }
        rows.len()
    };
    let one_by_one = (0..ALL).filter(|number| {
        let found = layers.get(&key(*number), at(position));
        found.unwrap().is_some()
    });
    [
        count(Direction::Forward),
        count(Direction::Backward),
        one_by_one.count(),
    ]
}

const ALL: u32 = 300;

/// Reads the history as of position 1 while a batch that deletes `gone` is in the tree and not in the cache.
fn read_between(warm: impl Fn(&Pages)) -> [usize; 3] {
    let tree = Watched::default();
    let pages = Pages::new(Box::new(tree.clone()), 1 << 20);
    let value = [7; 100];
    merge(&pages, 1, 0..ALL, Some(&value));
    // So that there is history already, which somebody has read.
    merge(&pages, 2, 0..20, None);
    pages.cache().clear();
    warm(&pages);
    let told = Arc::new(Mutex::new(None));
    let (watching, tell) = (pages.clone(), Arc::clone(&told));
    *tree.look.lock().unwrap() = Some(Box::new(move || {
        *tell.lock().unwrap() = Some(seen(&watching, 1, 3));
    }));
    merge(&pages, 3, 20..ALL, None);
    assert_eq!(seen(&pages, 1, 3), [ALL as usize; 3], "afterwards");
    assert_eq!(seen(&pages, 3, 3), [0; 3], "of now");
    let told = told.lock().unwrap().take();
    told.unwrap()
}

#[test]
fn history_that_is_at_hand_is_not_older_than_the_page_that_was_overwritten() {
    let history_only = |pages: &Pages| {
        let found = super::history::History::new(pages, at(1)).get(&key(3));
        assert!(found.unwrap().is_some());
    };
    assert_eq!(read_between(history_only), [ALL as usize; 3]);
}

#[test]
fn what_is_at_hand_of_both_is_seen_whole() {
    let both = |pages: &Pages| assert_eq!(seen(pages, 1, 2), [ALL as usize; 3]);
    assert_eq!(read_between(both), [ALL as usize; 3]);
    assert_eq!(read_between(|_| ()), [ALL as usize; 3]);
}
