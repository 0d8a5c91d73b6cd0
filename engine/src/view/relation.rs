//! Which records belong to this one?
//!
//! Those that lead to it by a path of references: `about`, or `point.subscriber.party`. The path is walked from its end,
//! from index to index, so that nothing is read that does not belong. Of whom somebody may not see a link between, he
//! sees nothing beyond it either.

use std::collections::HashMap;
use std::rc::Rc;

use crate::error::Result;
use crate::query::{Link, Patience, Reader};
use crate::record::RecordId;
use crate::schema::{FieldKind, Object, Schema, did_you_mean, leads_to};

/// The path to the record itself.
pub(super) const ITSELF: &str = "id";

/// How many references a path has at most.
const MOST_STEPS: usize = 3;

/// How many links of one object are followed at one step, those that were made last.
const MOST_BETWEEN: usize = 200;

/// How many records that belong are looked at, those that were made last.
const MOST_RELATED: usize = 1_000;

fn targets<'s>(schema: &'s Schema, kind: &FieldKind) -> Vec<&'s Object> {
    let FieldKind::Reference { to, .. } = kind else {
        return Vec::new();
    };
    let objects = schema.objects().map(|object| &**object);
    objects
        .filter(|object| leads_to(to, &object.name))
        .collect()
}

/// What is wrong with a path from the records of an object to those of others.
pub(super) fn fault(schema: &Schema, object: &Object, path: &str, on: &[String]) -> Option<String> {
    if path == ITSELF {
        let fits = on.is_empty() || on.contains(&object.name);
        return (!fits).then(|| {
            format!(
                "`id` is the record itself, and {} is not among `on`",
                object.name
            )
        });
    }
    let steps: Vec<&str> = path.split('.').collect();
    if steps.len() > MOST_STEPS {
        return Some(format!("'{path}' has more than {MOST_STEPS} references"));
    }
    let mut reached: Vec<&Object> = vec![object];
    for step in steps {
        let fields = reached.iter().filter_map(|object| object.field(step));
        let next: Vec<&Object> = fields
            .flat_map(|field| targets(schema, &field.kind))
            .collect();
        if next.is_empty() {
            let references = reached.iter().flat_map(|object| object.live_fields());
            let references = references.filter(|field| !targets(schema, &field.kind).is_empty());
            let near = did_you_mean(step, references.map(|field| field.name.as_str()));
            return Some(format!("'{step}' in '{path}' is no reference{near}"));
        }
        reached = next;
    }
    let arrives = on.is_empty() || reached.iter().any(|object| on.contains(&object.name));
    (!arrives).then(|| format!("'{path}' leads to none of {}", on.join(", ")))
}

/// The records that lead to one, as far as they were asked for: panels share what lies between.
pub(crate) struct Related {
    to: RecordId,
    /// By the path from the links to the record.
    links: HashMap<String, Rc<[RecordId]>>,
}

impl Related {
    pub(crate) fn new(to: RecordId) -> Self {
        Self {
            to,
            links: HashMap::new(),
        }
    }

    /// The numbers of an object's records that lead to the record by any of these paths, of many those of the records
    /// that were made last.
    pub(super) fn of(
        &mut self,
        reader: &Reader,
        object: &Object,
        by: &[String],
    ) -> Result<Vec<u128>> {
        let mut links = Vec::new();
        for path in by.iter().filter(|path| *path != ITSELF) {
            links.extend(self.ends(reader, object, path)?);
        }
        // Each panel has its own: it shows the same alone and among others.
        let mut patience = Patience::new();
        let found = reader.last_referring(object, &links, MOST_RELATED, &mut patience)?;
        let mut numbers: Vec<u128> = found.iter().map(|id| id.number()).collect();
        if by.iter().any(|path| path == ITSELF) && object.prefix() == self.to.prefix() {
            numbers.push(self.to.number());
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// Where a path from an object's records arrives: its first field, and what that names.
    fn ends(&mut self, reader: &Reader, object: &Object, path: &str) -> Result<Vec<Link>> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let Some(field) = object.field(first) else {
            return Ok(Vec::new());
        };
        let links = match rest {
            Some(rest) => self.links(reader, rest)?,
            None => Rc::from([self.to]),
        };
        let named = |link: &&RecordId| {
            let named = reader.schema.by_prefix(link.prefix());
            named.is_some_and(|named| field.kind.refers_to(&named.name))
        };
        let ends = links.iter().filter(named);
        Ok(ends.map(|link| (field.number, *link)).collect())
    }

    /// The records of whatever object that lead to the record by a path.
    fn links(&mut self, reader: &Reader, path: &str) -> Result<Rc<[RecordId]>> {
        if let Some(known) = self.links.get(path) {
            return Ok(known.clone());
        }
        let mut links = Vec::new();
        let mut patience = Patience::new();
        for object in reader.schema.objects() {
            let ends = self.ends(reader, object, path)?;
            links.extend(reader.last_referring(object, &ends, MOST_BETWEEN, &mut patience)?);
        }
        let links: Rc<[RecordId]> = links.into();
        self.links.insert(path.to_owned(), links.clone());
        Ok(links)
    }
}
