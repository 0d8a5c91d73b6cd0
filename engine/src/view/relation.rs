//! Which records belong to this one?
//!
//! Those that lead to it by a path of references: `about`, or `point.subscriber.party`. The path is walked from its end,
//! from index to index, so that nothing is read that does not belong. Of whom somebody may not see a link between, he
//! sees nothing beyond it either.

use std::collections::HashMap;
use std::rc::Rc;

use crate::error::Result;
use crate::query::Reader;
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Object, Schema, did_you_mean, leads_to};
use crate::store::{Direction, Span, spaces};

/// The path to the record itself.
pub(super) const ITSELF: &str = "id";

/// How many references a path has at most.
const MOST_STEPS: usize = 3;

/// How many links of one object are followed at one step, those that were made last.
const MOST_BETWEEN: usize = 200;

/// How many records that belong are looked at, those that were made last.
const MOST_RELATED: usize = 1_000;

/// How many records are read to find those that somebody sees.
const MOST_JUDGED: usize = 20_000;

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

    /// The numbers of an object's records that lead to the record by any of these paths.
    pub(super) fn of(
        &mut self,
        reader: &Reader,
        object: &Object,
        by: &[String],
    ) -> Result<Vec<u128>> {
        let mut numbers = Vec::new();
        for path in by {
            if path == ITSELF {
                let is_one = object.prefix() == self.to.prefix();
                numbers.extend(is_one.then_some(self.to.number()));
            } else {
                self.by_path(reader, object, path, MOST_RELATED, &mut numbers)?;
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// Takes those that lead to the record by one path, until there are so many.
    fn by_path(
        &mut self,
        reader: &Reader,
        object: &Object,
        path: &str,
        most: usize,
        numbers: &mut Vec<u128>,
    ) -> Result<()> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let Some(field) = object.field(first) else {
            return Ok(());
        };
        let links = match rest {
            Some(rest) => self.links(reader, rest)?,
            None => Rc::from([self.to]),
        };
        for link in links.iter() {
            let named = reader.schema.by_prefix(link.prefix());
            if named.is_some_and(|named| field.kind.refers_to(&named.name)) {
                take(reader, object, field.number, *link, most, numbers)?;
            }
        }
        Ok(())
    }

    /// The records of whatever object that lead to the record by a path.
    fn links(&mut self, reader: &Reader, path: &str) -> Result<Rc<[RecordId]>> {
        if let Some(known) = self.links.get(path) {
            return Ok(known.clone());
        }
        let mut links = Vec::new();
        for object in reader.schema.objects() {
            let mut numbers = Vec::new();
            self.by_path(reader, object, path, MOST_BETWEEN, &mut numbers)?;
            let ids = numbers.into_iter();
            links.extend(ids.map(|number| RecordId::new(object.prefix(), number)));
        }
        let links: Rc<[RecordId]> = links.into();
        self.links.insert(path.to_owned(), links.clone());
        Ok(links)
    }
}

/// Takes the records whose field names another, the one that was made last first, until there are `most`.
fn take(
    reader: &Reader,
    of: &Object,
    field: u32,
    to: RecordId,
    most: usize,
    numbers: &mut Vec<u128>,
) -> Result<()> {
    let mut key = spaces::of_field(spaces::INDEX, of.number, field);
    spaces::push_indexed(&mut key, Some(&Value::Reference(to)));
    let mut span = Span::prefix(&key);
    let seeing = reader.seeing.as_ref();
    let sees_all = seeing.is_none_or(|seeing| seeing.reads_all(of.prefix()));
    let mut judged = 0;
    while numbers.len() < most && judged < MOST_JUDGED {
        let asked = most - numbers.len();
        let found = reader.snapshot.list(&span, Direction::Backward, asked)?;
        judged += found.len();
        for number in found.iter().filter_map(|(key, _)| spaces::id_at_end(key)) {
            let id = RecordId::new(of.prefix(), number);
            if sees_all || reader.get_stored(id)?.is_some() {
                numbers.push(number);
            }
        }
        match found.last_key() {
            Some(last) if found.len() == asked => span = span.beyond(last, Direction::Backward),
            _ => break,
        }
    }
    Ok(())
}
