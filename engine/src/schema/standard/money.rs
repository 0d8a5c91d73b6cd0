//! What is one currency worth in another?

use super::{Declaration, description, object, text};
use crate::schema::field::{Field, FieldKind};

pub(super) fn objects() -> Vec<Declaration> {
    let code = |name: &str| {
        let mut code = text(name).required().indexed();
        code.max_length = Some(3);
        code
    };
    vec![object(
        "exchange_rate",
        "xrt",
        ["Exchange rate", "نرخ ارز", "سعر الصرف"],
        None,
        "from",
        vec![
            code("from").label("From currency", "از ارز", "من العملة"),
            code("to").label("To currency", "به ارز", "إلى العملة"),
            Field::new("day", FieldKind::Date)
                .required()
                .indexed()
                .label("Day", "روز", "اليوم"),
            Field::new("rate", FieldKind::Decimal)
                .required()
                .label("Rate", "نرخ", "السعر"),
            description(),
        ],
    )]
}
