//! What are lead-score and the yardstick without their sandbox?

use peyvand_lead_score::LeadScore;
use peyvand_plugin::columns::{Batch, Column, Layout, Writer};
use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::row::{Clock, Faults, Hook};
use peyvand_plugin::serve::Call;
use peyvand_plugin::testing::{Outcome, Rows};
use peyvand_plugin::{Currency, Date, Decimal, Instant, Kind, Money, Plugin, Value};
use peyvand_yardstick::Yardstick;

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

/// The yardstick's job before a save.
pub(crate) struct Weighing(Rows);

impl Weighing {
    pub(crate) fn new(count: usize) -> Self {
        let reads = [
            ("chance", Kind::Integer),
            ("mail", Kind::Text),
            ("first", Kind::Text),
            ("last", Kind::Text),
            ("worth", Kind::Decimal),
        ];
        let writes = [
            ("mail", Kind::Text),
            ("full", Kind::Text),
            ("weighted", Kind::Decimal),
        ];
        let mut rows = Rows::new(&reads).writes(&writes).hook("weigh", "lead");
        for number in 0..count {
            rows = rows.row(|row| {
                row.set("chance", 50)
                    .set("mail", format!("Sara.Ahmadi{number}@Example.com"))
                    .set("first", "Sara")
                    .set("last", format!("Ahmadi {number}"))
                    .set("worth", Decimal::whole(1_000 + (number % 9_000) as i64))
            });
        }
        Self(rows)
    }

    pub(crate) fn weigh(&self) {
        assert!(
            !std::hint::black_box(self.0.before_save(&Yardstick))
                .patches
                .is_empty()
        );
    }
}

/// The yardstick's points for numbers, with the columns made before.
pub(crate) struct Effort {
    hook: Hook,
    batch: Batch,
}

impl Effort {
    pub(crate) fn new(count: u32) -> Self {
        let columns = ["calls", "visits", "minutes"].map(|name| Column {
            name: name.to_owned(),
            kind: Kind::Integer,
        });
        let mut writer = Writer::default();
        for step in [9, 3, 200] {
            for number in 0..i64::from(count) {
                let value = Value::Integer(number % step + 1);
                writer.push(Kind::Integer, Some(&value)).unwrap();
            }
        }
        let hook = Hook {
            point: "gamification".to_owned(),
            name: "effort".to_owned(),
            object: "lead".to_owned(),
            reads: Layout::new(columns.into()),
            ..Hook::default()
        };
        Self {
            hook,
            batch: writer.batch(count),
        }
    }

    pub(crate) fn score(&self) {
        let call = Call {
            hook: &self.hook,
            batch: &self.batch,
            clock: Clock::Fixed {
                now: Instant(0),
                today: Date(0),
            },
            faults: &Faults::default(),
        };
        assert_eq!(
            std::hint::black_box(call.score(&Yardstick)).points.len(),
            self.batch.rows as usize
        );
    }
}
