//! What is lead-score without its sandbox?

use peyvand_lead_score::LeadScore;
use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::testing::{Outcome, Rows};
use peyvand_plugin::{Currency, Date, Decimal, Kind, Money, Plugin};

/// The plugin's own code, called through the guest kit's columns, without component, sandbox or engine.
pub(crate) struct Native {
    plugin: LeadScore,
    rows: Rows,
}

impl Native {
    /// With as many rows, of what the hook reads of its records after the engine's own rules.
    pub(crate) fn new(count: usize) -> Self {
        let manifest =
            Manifest::read(include_str!("../../../plugins/lead-score/plugin.toml")).unwrap();
        let kinds = [
            ("status", Kind::Text),
            ("probability", Kind::Decimal),
            ("amount", Kind::Money),
            ("contact", Kind::Text),
            ("close_date", Kind::Date),
            ("product", Kind::Text),
            ("product_text", Kind::Text),
            ("source", Kind::Text),
        ];
        let mut rows = manifest
            .rows("computed-fields", "opportunity", &kinds)
            .unwrap();
        for number in 0..count {
            let amount = Money {
                amount: Decimal::whole(1_000 + (number % 9_000) as i64),
                currency: Currency::new("USD").unwrap(),
            };
            rows = rows.row(|row| {
                let row = row
                    .set("status", "open")
                    .set("probability", Decimal::whole(50))
                    .set("amount", amount);
                row.set("close_date", Date(20_605))
                    .set("source", "referral")
            });
        }
        Self {
            plugin: LeadScore::bind(&manifest.settings(&[]).unwrap()).unwrap(),
            rows,
        }
    }

    pub(crate) fn compute(&self) {
        assert!(!std::hint::black_box(self.scored()).patches.is_empty());
    }

    pub(crate) fn scored(&self) -> Outcome {
        self.rows.compute(&self.plugin)
    }
}
