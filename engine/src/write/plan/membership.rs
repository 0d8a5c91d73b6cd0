//! Which segments do the records of a commit enter and leave?
//!
//! A changed record is judged by the segments of its object as it was and as it is to be. Where segments themselves
//! change, all records of their objects are: such a commit is alone, and everybody sees it whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::{Draft, Drafts, Entry, Planner, Write, delete, put};
use crate::error::Result;
use crate::journal::Subject;
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::segment::{Listed, Segments, kept_lists, listing};
use crate::store::spaces;

/// Lists that records are put on, or taken off.
type Listings = BTreeMap<RecordId, Vec<(u128, bool)>>;

/// The segments before and after a commit, and how many more are in each.
struct Change<'a> {
    old: &'a Segments,
    new: &'a Segments,
    listings: Listings,
    counts: BTreeMap<u128, i64>,
}

impl Planner {
    /// True when segments themselves are changed.
    pub(super) fn membership(&mut self, drafts: &Drafts, write: &Write<'_>) -> Result<bool> {
        let segments = drafts.drafts.iter();
        let segments = segments.filter(|draft| draft.object.name == "segment");
        let changed: BTreeMap<RecordId, Option<Record>> = segments
            .map(|draft| (draft.id, draft.after.clone()))
            .collect();
        let old = write.segments;
        if changed.is_empty() && old.is_empty() {
            return Ok(false);
        }
        let reader = Reader {
            schema: drafts.schema.clone(),
            ..write.reader.clone()
        };
        let reshaped = match changed.is_empty() {
            true => None,
            false => Some(Segments::load(&reader, &changed)?),
        };
        let new = reshaped.as_ref().unwrap_or(old);
        let mut change = Change {
            old,
            new,
            listings: listings(drafts),
            counts: BTreeMap::new(),
        };
        let differing = old.differing(new);
        let written: BTreeSet<RecordId> = drafts.drafts.iter().map(|draft| draft.id).collect();
        for object in &differing {
            self.all_records(*object, &written, &reader, &mut change)?;
        }
        for draft in &drafts.drafts {
            self.drafted(
                draft,
                differing.contains(&draft.object.number),
                &reader,
                &mut change,
            )?;
        }
        self.only_listed(&written, &differing, &reader, &mut change)?;
        let counts = change.counts.into_iter().filter(|(_, count)| *count != 0);
        self.writes
            .extend(counts.map(|(segment, count)| Entry::Add {
                key: spaces::member_count(segment),
                count,
                sum: 0,
            }));
        Ok(!differing.is_empty())
    }

    /// A record that the commit writes.
    fn drafted(
        &mut self,
        draft: &Draft,
        alone: bool,
        reader: &Reader,
        change: &mut Change<'_>,
    ) -> Result<()> {
        let object = draft.object.number;
        if !change.old.are_over(object) && !change.new.are_over(object) {
            return Ok(());
        }
        let listed = self.listed(draft.id, object, alone, reader, change)?;
        let records = (draft.before.as_ref(), draft.after.as_ref());
        self.move_record(object, draft.id, records, listed, change);
        Ok(())
    }

    /// Records that are put on a list or taken off one, and are not written themselves.
    fn only_listed(
        &mut self,
        written: &BTreeSet<RecordId>,
        differing: &BTreeSet<u32>,
        reader: &Reader,
        change: &mut Change<'_>,
    ) -> Result<()> {
        for id in change.listings.keys().copied().collect::<Vec<_>>() {
            let Some(object) = reader.schema.by_prefix(id.prefix()).cloned() else {
                continue;
            };
            if differing.contains(&object.number) || written.contains(&id) {
                continue;
            }
            let record = reader.get_stored(id)?;
            self.unchanged.push(spaces::of_record(
                spaces::RECORD,
                object.number,
                id.number(),
            ));
            let listed = self.listed(id, object.number, false, reader, change)?;
            let records = (record.as_ref(), record.as_ref());
            self.move_record(object.number, id, records, listed, change);
        }
        Ok(())
    }

    /// All records of an object whose segments change, but for those that the commit writes.
    fn all_records(
        &mut self,
        object: u32,
        written: &BTreeSet<RecordId>,
        reader: &Reader,
        change: &mut Change<'_>,
    ) -> Result<()> {
        let Some(of) = reader.schema.by_number(object).cloned() else {
            return Ok(());
        };
        let listed: Listed = kept_lists(reader, object, change.old.lists(object))?;
        let nowhere = BTreeSet::new();
        reader.each(&of, |record| {
            let id = record.id();
            if !written.contains(&id) {
                let listed = listed.get(&id.number()).unwrap_or(&nowhere).clone();
                let records = (Some(&record), Some(&record));
                self.move_record(object, id, records, listed, change);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The lists that a record is on. Nobody may put it on another one meanwhile.
    fn listed(
        &mut self,
        id: RecordId,
        object: u32,
        alone: bool,
        reader: &Reader,
        change: &Change<'_>,
    ) -> Result<BTreeSet<u128>> {
        let lists: Vec<u128> = change.old.lists(object).collect();
        let keys: Vec<Vec<u8>> = lists
            .iter()
            .map(|list| spaces::member(object, *list, id.number()))
            .collect();
        let found = reader
            .snapshot
            .get_many(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let on = lists.into_iter().zip(&found);
        let on = on.filter(|(_, found)| found.is_some());
        let listed = on.map(|(list, _)| list).collect();
        if !alone {
            self.unchanged.extend(keys);
        }
        Ok(listed)
    }

    fn move_record(
        &mut self,
        object: u32,
        id: RecordId,
        (before, after): (Option<&Record>, Option<&Record>),
        mut listed: BTreeSet<u128>,
        change: &mut Change<'_>,
    ) {
        let was_in = change.old.of(object, before, &listed);
        // What is taken off goes first: a member may be replaced by another one in one commit.
        let listings = change.listings.get(&id).map_or(&[][..], Vec::as_slice);
        for (list, _) in listings.iter().filter(|(_, on)| !on) {
            listed.remove(list);
        }
        listed.extend(listings.iter().filter(|(_, on)| *on).map(|(list, _)| *list));
        let is_in = change.new.of(object, after, &listed);
        let key = |segment: &u128| spaces::member(object, *segment, id.number());
        let mut writes = Vec::new();
        for segment in was_in.difference(&is_in) {
            *change.counts.entry(*segment).or_default() -= 1;
            writes.push(delete(key(segment)));
        }
        for segment in is_in.difference(&was_in) {
            *change.counts.entry(*segment).or_default() += 1;
            writes.push(put(key(segment), Vec::new()));
        }
        if !writes.is_empty() {
            let id = id.number();
            self.leaves.add(Subject { object, id }, writes);
        }
    }
}

fn listings(drafts: &Drafts) -> Listings {
    let mut listings = Listings::new();
    let members = drafts.drafts.iter();
    for draft in members.filter(|draft| draft.object.name == "segment_member") {
        for (record, on) in [(&draft.before, false), (&draft.after, true)] {
            if let Some((list, member)) = record.as_ref().and_then(listing) {
                listings.entry(member).or_default().push((list, on));
            }
        }
    }
    listings
}
