//! What does a reader of one position see, and what does a commit that was read at one mind?

use super::*;

pub(super) fn a_snapshot_sees_nothing_newer(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"b", b"1")]).unwrap();
    let old = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"2"), delete(b"b"), put(b"c", b"2")]).unwrap();
    store.fold().unwrap();
    let new = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"3")]).unwrap();
    store.fold().unwrap();
    let keys = [b"a".as_slice(), b"b", b"c"];
    let some = |value: &[u8]| Some(value.to_vec());
    let (before, after) = (
        [some(b"1"), some(b"1"), None],
        [some(b"2"), None, some(b"2")],
    );
    assert_eq!(old.get_many(&keys).unwrap(), before);
    assert_eq!(new.get_many(&keys).unwrap(), after);
    let span = Span::prefix(b"");
    let rows = old.scan(&span, Direction::Forward, 9).unwrap();
    let wanted = [
        (b"a".to_vec(), b"1".to_vec()),
        (b"b".to_vec(), b"1".to_vec()),
    ];
    assert_eq!(rows, wanted);
    assert_eq!(get(&store, b"a"), some(b"3"));
}

pub(super) fn a_change_after_the_reading_is_a_conflict(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"b", b"1")]).unwrap();
    let read = Snapshot::pin(&store);
    let guarded = |key: &[u8]| Commit {
        at: read.position(),
        unchanged: vec![b"absent".to_vec(), key.to_vec()],
        writes: vec![put(b"out", b"1")],
        ..Commit::default()
    };
    commit(&store, vec![put(b"a", b"2")]).unwrap();
    store.fold().unwrap();
    let refused = store.commit(guarded(b"a"));
    assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"a"));
    store.commit(guarded(b"b")).unwrap();
    // A delete is a change, and so is the first write of a key that was absent.
    commit(&store, vec![delete(b"b")]).unwrap();
    let refused = store.commit(guarded(b"b"));
    assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"b"));
    commit(&store, vec![put(b"absent", b"1")]).unwrap();
    let refused = store.commit(guarded(b"c"));
    assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"absent"));
}

pub(super) fn a_conflict_leaves_nothing(store: Store) {
    let read = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    let head = store.head();
    let refused = store.commit(Commit {
        at: read.position(),
        unchanged: vec![b"a".to_vec()],
        writes: vec![put(b"a", b"2"), put(b"b", b"2")],
        ..Commit::default()
    });
    assert!(refused.is_err());
    assert_eq!(store.head(), head);
    assert_eq!(get(&store, b"b"), None);
    assert_eq!(get(&store, b"a"), Some(b"1".to_vec()));
}

pub(super) fn an_unpinned_position_is_gone_after_a_fold(store: Store) {
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    let at = store.pin();
    store.unpin(at);
    commit(&store, vec![put(b"a", b"2")]).unwrap();
    store.fold().unwrap();
    let gone = store.get_many(at, &[b"a"]);
    assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
    let gone = store.scan(at, &Span::prefix(b"a"), Direction::Backward, 1);
    assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
    let refused = store.commit(Commit {
        at,
        unchanged: vec![b"other".to_vec()],
        ..Commit::default()
    });
    assert!(matches!(
        refused,
        Err(CommitError::Store(StoreError::SnapshotGone { .. }))
    ));
}

pub(super) fn an_older_position_stays_readable(store: Store) {
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    commit(&store, vec![put(b"a", b"2")]).unwrap();
    commit(&store, vec![delete(b"a")]).unwrap();
    store.fold().unwrap();
    store.prune().unwrap();
    assert_eq!(store.oldest(), Position::START);
    for (number, wanted) in [None, Some(b"1"), Some(b"2"), None].into_iter().enumerate() {
        let at = Position::from_number(number as u64);
        let old = Snapshot::pin_at(&store, at).unwrap();
        assert_eq!(old.position(), at);
        let wanted = wanted.map(|value| value.to_vec());
        assert_eq!(old.get(b"a").unwrap(), wanted);
        let rows = old
            .scan(&Span::prefix(b""), Direction::Backward, 9)
            .unwrap();
        assert_eq!(rows.len(), usize::from(wanted.is_some()));
        let guarded = store.commit(Commit {
            at,
            unchanged: vec![b"a".to_vec()],
            ..Commit::default()
        });
        assert_eq!(guarded.is_ok(), number == 3);
    }
}

pub(super) fn a_pinned_position_stays_readable(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"b", b"1")]).unwrap();
    let old = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"2"), delete(b"b")]).unwrap();
    store.fold().unwrap();
    commit(&store, vec![put(b"a", b"3"), put(b"b", b"3")]).unwrap();
    store.fold().unwrap();
    store.prune().unwrap();
    let one = Some(b"1".to_vec());
    assert_eq!(old.get_many(&[b"a", b"b"]).unwrap(), [one.clone(), one]);
    let rows = old.scan(&Span::prefix(b""), Direction::Forward, 9).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(store.oldest(), old.position());
    drop(old);
    store.prune().unwrap();
    assert_eq!(store.oldest(), store.head());
}

pub(super) fn the_last_commits_stay_readable(store: Store) {
    for number in 0..9 {
        commit(&store, vec![put(b"a", &[number]), put(&[number], b"1")]).unwrap();
    }
    store.fold().unwrap();
    commit(&store, vec![put(b"a", b"new")]).unwrap();
    store.fold().unwrap();
    store.prune().unwrap();
    assert_eq!(store.oldest().get(), 7);
    for number in 7..10_u8 {
        let old = Snapshot::pin_at(&store, Position::from_number(number.into())).unwrap();
        assert_eq!(old.get(b"a").unwrap(), Some(vec![number - 1]));
        let rows = old
            .scan(&Span::prefix(b""), Direction::Forward, 99)
            .unwrap();
        assert_eq!(rows.len(), usize::from(number.min(9)) + 1);
    }
    let gone = Snapshot::pin_at(&store, Position::from_number(6));
    assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
}
