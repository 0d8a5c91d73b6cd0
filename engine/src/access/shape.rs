//! Whose is a record of this object?
//!
//! Read out of the object's fields, so that what an administrator or an add-on declares is protected like the standard
//! objects.

use crate::record::{Record, Value};
use crate::schema::{Field, FieldKind, Object, OnDelete};

/// Those by which the program is governed: only who administers changes them.
const GOVERNING: [&str; 5] = ["user", "team", "role", "territory", "deputy"];

/// What a record that has no territory of its own may be about, the first that is set.
const ABOUT: [&str; 6] = [
    "about",
    "opportunity",
    "lead",
    "contact",
    "account",
    "record",
];

/// How it is told whose a record is. The numbers are those of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nobody's: seen by all whose role reads the object, changed by those whose role reaches all.
    Open,
    /// As `Open`, and changed by administrators alone.
    Governing,
    /// The engine's own notes, which administrators read and nobody writes.
    Noted,
    /// A key to the workspace: for who administers. Its user sees that there is one.
    Key { user: u32 },
    /// One user's and nobody else's. Where it is about a record, those who see that one may see it too.
    Personal { user: u32, seen_with: Option<u32> },
    /// A part of other records: seen by who sees all of them. Changed by its author, where it has one.
    With {
        parents: Vec<u32>,
        author: Option<u32>,
    },
    /// Nobody's, or one user's.
    Private { to: u32 },
    /// A view, form or dashboard: for its owner, a team, a role or everyone.
    Audience {
        audience: u32,
        owner: u32,
        team: u32,
        role: u32,
    },
    /// A share of a record, made by who may do what it gives.
    Sharing { record: u32, verbs: u32 },
    /// Somebody's.
    Owned {
        owner: u32,
        territory: Option<u32>,
        /// What it is about, where it has no territory: who sees that sees this, unless his role gives him but his own.
        about: Vec<u32>,
        /// A document, which belongs to the records that it is attached to.
        attached: bool,
    },
}

impl Shape {
    pub(super) fn of(object: &Object) -> Self {
        let refers = |name: &str, to: &str| {
            let field = object.field(name)?;
            matches!(&field.kind, FieldKind::Reference { to: all, .. } if all.iter().any(|one| one == to))
                .then_some(field.number)
        };
        let number = |name: &str| object.field(name).map(|field| field.number);
        if GOVERNING.contains(&object.name.as_str()) {
            return Self::Governing;
        }
        if object.name == "confidential_look" {
            return Self::Noted;
        }
        if object.name == "sharing"
            && let (Some(record), Some(verbs)) = (number("record"), number("verbs"))
        {
            return Self::Sharing { record, verbs };
        }
        if object.name == "api_key"
            && let Some(user) = number("user")
        {
            return Self::Key { user };
        }
        let owner = refers("owner", "user");
        if let (Some(audience), Some(owner), Some(team), Some(role)) = (
            number("audience"),
            owner,
            refers("team", "team"),
            refers("role", "role"),
        ) {
            return Self::Audience {
                audience,
                owner,
                team,
                role,
            };
        }
        if let Some(to) = refers("private_to", "user") {
            return Self::Private { to };
        }
        if let Some(owner) = owner {
            let territory = refers("territory", "territory");
            let about = match territory {
                Some(_) => Vec::new(),
                None => {
                    let about = ABOUT.iter().filter_map(|name| object.field(name));
                    let about = about.filter(|field| is_reference(field));
                    about.map(|field| field.number).collect()
                }
            };
            return Self::Owned {
                owner,
                territory,
                about,
                attached: object.name == "document",
            };
        }
        let part_of = |field: &&Field| {
            field.required
                && matches!(&field.kind, FieldKind::Reference { on_delete, .. } if *on_delete == OnDelete::Cascade)
        };
        let parents: Vec<&Field> = object.live_fields().filter(part_of).collect();
        if let Some(user) = parents
            .iter()
            .find(|field| field.kind.refers_to("user") && field.name == "user")
        {
            return Self::Personal {
                user: user.number,
                seen_with: number("about").filter(|_| object.name == "follow"),
            };
        }
        match parents.is_empty() {
            true => Self::Open,
            false => Self::With {
                parents: parents.iter().map(|field| field.number).collect(),
                author: refers("author", "user"),
            },
        }
    }

    /// The field that says whose a new record is, where that is its maker's while nobody says otherwise.
    pub(super) fn owner_of_new(&self, record: &Record) -> Option<u32> {
        match self {
            Self::Owned { owner, .. } => Some(*owner),
            Self::Audience {
                audience, owner, ..
            } => match record.value(*audience).and_then(Value::as_text) {
                None | Some("owner") => Some(*owner),
                Some(_) => None,
            },
            _ => None,
        }
    }
}

fn is_reference(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Reference { .. })
}

/// The field that says of a record that it is confidential.
pub(super) fn confidential(object: &Object) -> Option<u32> {
    let field = object.field("confidential")?;
    (field.kind == FieldKind::Boolean).then_some(field.number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::schema::standard_schema;

    #[test]
    fn the_standard_objects_are_told_by_their_fields() {
        let schema = standard_schema();
        let shape = |name: &str| Shape::of(schema.object(name).unwrap());
        assert!(
            matches!(shape("account"), Shape::Owned { territory: Some(_), ref about, attached: false, .. } if about.is_empty())
        );
        assert!(
            matches!(shape("activity"), Shape::Owned { territory: None, ref about, .. } if about.len() == 1)
        );
        assert!(matches!(shape("message"), Shape::Owned { ref about, .. } if about.len() == 4));
        assert!(matches!(
            shape("document"),
            Shape::Owned { attached: true, .. }
        ));
        assert!(
            matches!(shape("affiliation"), Shape::With { ref parents, .. } if parents.len() == 2)
        );
        assert!(matches!(
            shape("comment"),
            Shape::With {
                author: Some(_),
                ..
            }
        ));
        assert!(matches!(
            shape("notification"),
            Shape::Personal {
                seen_with: None,
                ..
            }
        ));
        assert!(matches!(
            shape("follow"),
            Shape::Personal {
                seen_with: Some(_),
                ..
            }
        ));
        assert!(matches!(shape("view"), Shape::Audience { .. }));
        assert!(matches!(shape("tag"), Shape::Private { .. }));
        assert!(matches!(shape("sharing"), Shape::Sharing { .. }));
        for name in ["product", "stage", "company_profile", "template"] {
            assert_eq!(shape(name), Shape::Open, "{name}");
        }
        for name in GOVERNING {
            assert_eq!(shape(name), Shape::Governing, "{name}");
        }
    }
}
