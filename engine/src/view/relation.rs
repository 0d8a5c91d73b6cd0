//! Which records belong to this one?
//!
//! Those that lead to it by a path of references: `about`, or `point.subscriber.party`. The path is walked from its end,
//! from index to index, so that nothing is read that does not belong. Of whom somebody may not see a link between, he
//! sees nothing beyond it either.

use super::look::Look;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Object, Schema, did_you_mean, leads_to};
use crate::store::{Direction, Span, spaces};

/// The path to the record itself.
pub(super) const ITSELF: &str = "id";

/// How many references a path has at most.
const MOST_STEPS: usize = 3;

/// How many links between are followed at one step, those that were made last.
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

/// Records of one object that belong to another record.
struct Related {
    numbers: Vec<u128>,
    most: usize,
}

impl Related {
    fn new(most: usize) -> Self {
        Self {
            numbers: Vec::new(),
            most,
        }
    }

    /// Takes those whose field names `to`, the one that was made last first.
    fn take(&mut self, reader: &Reader, of: &Object, field: u32, to: RecordId) -> Result<()> {
        let mut key = spaces::of_field(spaces::INDEX, of.number, field);
        spaces::push_indexed(&mut key, Some(&Value::Reference(to)));
        let mut span = Span::prefix(&key);
        let seeing = reader.seeing.as_ref();
        let sees_all = seeing.is_none_or(|seeing| seeing.reads_all(of.prefix()));
        let mut judged = 0;
        while self.numbers.len() < self.most && judged < MOST_JUDGED {
            let room = self.most - self.numbers.len();
            let found = reader.snapshot.list(&span, Direction::Backward, room)?;
            for number in found.iter().filter_map(|(key, _)| spaces::id_at_end(key)) {
                let id = RecordId::new(of.prefix(), number);
                if sees_all || reader.get_stored(id)?.is_some() {
                    self.numbers.push(number);
                }
            }
            judged += found.len();
            match found.last_key() {
                Some(last) if found.len() == room && !sees_all => {
                    span = span.beyond(last, Direction::Backward);
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn walk(
        &mut self,
        reader: &Reader,
        object: &Object,
        path: &[&str],
        to: RecordId,
    ) -> Result<()> {
        let Some((first, rest)) = path.split_first() else {
            return Ok(());
        };
        let Some(field) = object.field(first) else {
            return Ok(());
        };
        let Some(next) = rest.first() else {
            let Some(end) = reader.schema.by_prefix(to.prefix()) else {
                return Ok(());
            };
            return match field.kind.refers_to(&end.name) {
                true => self.take(reader, object, field.number, to),
                false => Ok(()),
            };
        };
        for between in targets(&reader.schema, &field.kind) {
            if between.field(next).is_none() {
                continue;
            }
            let mut links = Self::new(MOST_BETWEEN);
            links.walk(reader, between, rest, to)?;
            for number in links.numbers {
                let link = RecordId::new(between.prefix(), number);
                self.take(reader, object, field.number, link)?;
            }
        }
        Ok(())
    }
}

/// The numbers of an object's records that lead to a record by any of these paths.
pub(super) fn related(
    look: &Look,
    object: &Object,
    by: &[String],
    to: RecordId,
) -> Result<Vec<u128>> {
    let mut related = Related::new(MOST_RELATED);
    for path in by {
        if path == ITSELF {
            let is_one = object.prefix() == to.prefix();
            related.numbers.extend(is_one.then_some(to.number()));
            continue;
        }
        let steps: Vec<&str> = path.split('.').collect();
        related.walk(&look.reader, object, &steps, to)?;
    }
    related.numbers.sort_unstable();
    related.numbers.dedup();
    Ok(related.numbers)
}
