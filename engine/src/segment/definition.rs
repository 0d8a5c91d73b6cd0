//! What is a segment made of?

use serde_json::{Value as Json, json};

use crate::query::Filter;
use crate::record::{Record, RecordId, Value};

/// How segments are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    Union,
    Intersection,
    /// The first without the others.
    Difference,
}

impl Joined {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "union" => Self::Union,
            "intersection" => Self::Intersection,
            "difference" => Self::Difference,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::Intersection => "intersection",
            Self::Difference => "difference",
        }
    }
}

/// What a segment is made of, with ids for names: what holds whatever others are called later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Filter(Filter),
    List,
    Of(Joined, Vec<RecordId>),
}

impl Bound {
    pub(crate) fn of(segment: &Record) -> Option<Self> {
        match segment.get("bound")? {
            Value::Json(json) => Self::from_json(json),
            _ => None,
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        if let Some(filter) = json.get("filter") {
            return Filter::from_json(filter).ok().map(Self::Filter);
        }
        if json.get("list").is_some() {
            return Some(Self::List);
        }
        let joined = Joined::from_name(json.get("join")?.as_str()?)?;
        let of = json.get("of")?.as_array()?.iter();
        let ids = of.map(|id| id.as_str()?.parse().ok());
        Some(Self::Of(joined, ids.collect::<Option<_>>()?))
    }

    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Filter(filter) => json!({"filter": filter.to_json()}),
            Self::List => json!({"list": true}),
            Self::Of(joined, ids) => {
                let of: Vec<String> = ids.iter().map(ToString::to_string).collect();
                json!({"join": joined.name(), "of": of})
            }
        }
    }
}
