//! Sets of records that are kept: those that pass a filter, lists, and what is made of both.

use super::{
    Declaration, TITLE, description, key, object, option, owner, reference_on_delete, text,
};
use crate::schema::field::{ANY_OBJECT, Field, FieldKind, OnDelete};

pub(super) fn objects() -> Vec<Declaration> {
    vec![segment(), segment_member()]
}

fn segment() -> Declaration {
    let json = |name: &str| Field::new(name, FieldKind::Json);
    object(
        "segment",
        "seg",
        ["Segment", "بخش", "الشريحة"],
        Some("key"),
        "name",
        vec![
            key(),
            text("name")
                .required()
                .searchable(TITLE)
                .label("Name", "نام", "الاسم"),
            text("object")
                .required()
                .indexed()
                .label("Object", "شیء", "الكائن"),
            option(
                "kind",
                &["filter", "list", "union", "intersection", "difference"],
            )
            .default("filter")
            .option_label("filter", "A filter", "یک فیلتر", "مرشح")
            .option_label("union", "All of several", "همه‌ی چند بخش", "اتحاد شرائح")
            .option_label(
                "intersection",
                "What several have in common",
                "اشتراک چند بخش",
                "تقاطع شرائح",
            )
            .option_label(
                "difference",
                "The first without the others",
                "نخستین بدون بقیه",
                "الأولى دون البقية",
            )
            .label("Made by", "ساخته از", "تتكوّن من"),
            Field::new("filter", FieldKind::LongText).label("Filter", "فیلتر", "المرشح"),
            json("made_of").label("Made of", "از این بخش‌ها", "من الشرائح"),
            // What the engine reads: the filter with ids for names, the segments by their ids.
            json("bound")
                .read_only()
                .label("As kept", "چنان که نگه داشته می‌شود", "كما تُحفظ"),
            owner(),
            description(),
        ],
    )
}

/// A record on a list. It goes to the bin with either of them and comes back with it.
fn segment_member() -> Declaration {
    object(
        "segment_member",
        "sgm",
        ["Member of a segment", "عضو بخش", "عضو الشريحة"],
        None,
        "segment",
        vec![
            reference_on_delete("segment", "segment", OnDelete::Cascade)
                .required()
                .label("Segment", "بخش", "الشريحة"),
            reference_on_delete("member", ANY_OBJECT, OnDelete::Cascade)
                .required()
                .label("Member", "عضو", "العضو"),
            text("only_one")
                .unique()
                .read_only()
                .label("Only one of", "یکتا برای", "فريد لكل"),
        ],
    )
}
