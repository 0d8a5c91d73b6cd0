//! What is deleted before it is erased, and in which order?

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::engine::Engine;
use crate::error::Result;
use crate::query::Reader;
use crate::record::RecordId;
use crate::schema::{FieldKind, OnDelete};
use crate::session::Session;
use crate::write::{Fields, Request};

/// What may stand in the way of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Whatever stands in the way of any.
    ByTheRules,
    /// Nothing: it was erased once, and only this store does not know of it. A reference that would keep it from being
    /// deleted is cleared; what cannot be without goes to the bin.
    InAnyCase,
}

/// Deletes what is live of these records, and gives them with everything that went to the bin along with them.
pub(super) fn delete(
    session: &Session,
    ids: &BTreeSet<RecordId>,
    how: How,
    warnings: &mut Vec<String>,
) -> Result<BTreeSet<RecordId>> {
    let (reader, _) = session.engine.read()?;
    let order = live_in_order(&reader, ids)?;
    if how == How::InAnyCase {
        for id in &order {
            let requests = ways_cleared(&reader, *id, OnDelete::Restrict, ids)?;
            if !requests.is_empty() {
                warnings.extend(session.commit(requests)?.warnings);
            }
        }
    }
    drop(reader);
    if !order.is_empty() {
        let delete = |id: RecordId| Request::Delete { id, revision: None };
        let done = session.commit(order.into_iter().map(delete))?;
        warnings.extend(done.warnings);
    }
    with_along(&session.engine, ids)
}

/// The live ones, each after those that refer to it, so that none stands in the way of another.
fn live_in_order(reader: &Reader, ids: &BTreeSet<RecordId>) -> Result<Vec<RecordId>> {
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    for id in ids {
        visit(reader, *id, ids, &mut seen, &mut order)?;
    }
    Ok(order)
}

fn visit(
    reader: &Reader,
    id: RecordId,
    ids: &BTreeSet<RecordId>,
    seen: &mut BTreeSet<RecordId>,
    order: &mut Vec<RecordId>,
) -> Result<()> {
    if !seen.insert(id) {
        return Ok(());
    }
    let Some(record) = reader.get_stored(id)? else {
        return Ok(());
    };
    for (from, field) in reader.schema.referrers(record.object()) {
        if matches!(&field.kind, FieldKind::Reference { on_delete, .. } if *on_delete != OnDelete::Keep)
        {
            for referring in reader.referring(from, field.number, id)? {
                visit(reader, referring, ids, seen, order)?;
            }
        }
    }
    if ids.contains(&id) {
        order.push(id);
    }
    Ok(())
}

/// What is to be done to other records that are bound to one by such a rule, so that it can be deleted.
fn ways_cleared(
    reader: &Reader,
    id: RecordId,
    rule: OnDelete,
    ids: &BTreeSet<RecordId>,
) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    let object = reader.object_of(id)?;
    for (from, field) in reader.schema.referrers(&object.name) {
        if !matches!(&field.kind, FieldKind::Reference { on_delete, .. } if *on_delete == rule) {
            continue;
        }
        for referring in reader.referring(from, field.number, id)? {
            if ids.contains(&referring) {
                continue;
            }
            requests.push(match field.required || rule == OnDelete::Cascade {
                true => Request::Delete {
                    id: referring,
                    revision: None,
                },
                false => {
                    Request::update(referring, Fields::default().with(&field.name, Json::Null))
                }
            });
        }
    }
    Ok(requests)
}

/// Unbinds other records from these, which are not there any longer.
pub(super) fn let_go(
    session: &Session,
    ids: &BTreeSet<RecordId>,
    warnings: &mut Vec<String>,
) -> Result<()> {
    for id in ids {
        for rule in [OnDelete::Restrict, OnDelete::Cascade] {
            let (reader, _) = session.engine.read()?;
            let requests = ways_cleared(&reader, *id, rule, ids)?;
            drop(reader);
            if !requests.is_empty() {
                warnings.extend(session.commit(requests)?.warnings);
            }
        }
    }
    Ok(())
}

/// These records and those that lie in the bin because they went along with one of them.
fn with_along(engine: &Engine, ids: &BTreeSet<RecordId>) -> Result<BTreeSet<RecordId>> {
    let (reader, _) = engine.read()?;
    let mut all = ids.clone();
    for id in ids {
        let Some((_, binned)) = reader.binned(*id)? else {
            continue;
        };
        for along in binned.along.iter().filter_map(|text| text.parse().ok()) {
            if let Some((_, along_binned)) = reader.binned(along)?
                && along_binned.root == *id
            {
                all.insert(along);
            }
        }
    }
    Ok(all)
}
