//! Do the built plugins do their work behind the engine's traits?

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::context::Locale;
use crate::hook::EffectAction;
use crate::schema::Schema;

/// The hooks of a built plugin by name, and the schema with its fields.
fn shipped(id: &str) -> (HashMap<String, Arc<Served>>, Schema) {
    let path = format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/dist/{}.wasm"),
        id
    );
    let bytes = std::fs::read(path).unwrap();
    let opened = open(&bytes).unwrap();
    let schema = opened
        .manifest
        .schema_with_fields(&standard_schema())
        .unwrap();
    let hooks = serve(
        &Runtime::new().unwrap(),
        &bytes,
        &opened.manifest,
        &Terms::default(),
        &schema,
    )
    .unwrap();
    (
        hooks
            .into_iter()
            .map(|hook| (hook.hook.declared.name.clone(), hook))
            .collect(),
        schema,
    )
}

fn record(schema: &Schema, object: &str, number: u128, fields: Json) -> Record {
    let object = schema.object(object).unwrap();
    let mut record = Record::empty(object.clone(), RecordId::new(object.prefix(), number));
    for (name, json) in fields.as_object().unwrap() {
        let field = object.field(name).unwrap();
        record.set(field.number, Some(field.kind.read(json).unwrap()));
    }
    record
}

#[test]
fn the_built_plugins_open_and_load() {
    for id in ["follow-up", "lead-score", "national-id", "sales-league"] {
        let path = format!(
            concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/dist/{}.wasm"),
            id
        );
        let bytes = std::fs::read(path).unwrap();
        let opened = open(&bytes).unwrap();
        assert_eq!(opened.manifest.id, id);
        opened.manifest.check(&standard_schema()).unwrap();
        let schema = opened
            .manifest
            .schema_with_fields(&standard_schema())
            .unwrap();
        let loaded = load(
            &Runtime::new().unwrap(),
            &bytes,
            &opened.manifest,
            &Terms::default(),
            &schema,
        )
        .unwrap();
        let amending = loaded.before_save.len() + loaded.computed.len() + loaded.field_types.len();
        let reacting = loaded.after_commit.len() + loaded.actions.len() + loaded.scores.len();
        assert_eq!(amending + reacting, opened.manifest.hooks.len());
    }
}

#[test]
fn a_lead_gets_its_score_alone_and_in_company() {
    let (hooks, schema) = shipped("lead-score");
    let lead = |number: u128| {
        record(
            &schema,
            "lead",
            number,
            json!({"name": "مریم رضایی", "source": "referral", "email": "m@example.ir"}),
        )
    };
    let leads: Vec<Record> = (1..=300).map(lead).collect();
    let row = |lead| Row {
        verb: Verb::Create,
        id: Record::id(lead),
        before: None,
        after: Some(lead),
    };
    let rows: Vec<Row<'_>> = leads.iter().map(row).collect();
    let score = schema
        .object("lead")
        .unwrap()
        .field("score")
        .unwrap()
        .number;
    let scores = |rows: &[Row<'_>]| -> Vec<Option<Value>> {
        let answers = at_noon(|noon| hooks["lead"].amend(rows, noon)).unwrap();
        answers
            .patches
            .into_iter()
            .filter(|patch| patch.field == score)
            .map(|patch| patch.value)
            .collect()
    };
    let alone = scores(&rows[..1]);
    assert!(
        matches!(alone.as_slice(), [Some(Value::Integer(1..=100))]),
        "{alone:?}"
    );
    let together = scores(&rows);
    assert_eq!(together.len(), 300);
    assert!(together.iter().all(|score| *score == alone[0]));
}

#[test]
fn a_national_id_is_made_canonical_or_refused_and_shown() {
    let (hooks, _) = shipped("national-id");
    let (texts, refusals, cost) =
        at_noon(|noon| hooks["person-id"].canonical(&["۰۰۸۴۵۷۵۹۴۸", "0084575949"], noon)).unwrap();
    assert_eq!(texts[0], "0084575948");
    assert_eq!(
        refusals
            .iter()
            .map(|refusal| refusal.row)
            .collect::<Vec<_>>(),
        [1]
    );
    assert!(cost.fuel > 0);
    let shown = hooks["person-id"]
        .shown(&["0084575948"], Locale::Fa)
        .unwrap();
    assert!(shown[0].contains('۸'), "{shown:?}");
}

#[test]
fn a_won_opportunity_gets_a_task_within_the_grants() {
    let (hooks, schema) = shipped("follow-up");
    let won = json!({"name": "Fleet policy", "status": "won", "owner": "usr_00000000000000000000000007", "closed_at": "2026-03-21T00:00:00Z"});
    let deal = record(&schema, "opportunity", 1, won);
    let row = Row {
        verb: Verb::Update,
        id: deal.id(),
        before: None,
        after: Some(&deal),
    };
    let effects =
        at_noon(|noon| hooks["follow-up"].cause(&[row], Some(r#"{"reason": "won"}"#), noon))
            .unwrap();
    let [effect] = effects.effects.as_slice() else {
        panic!("one effect: {:?}", effects.effects)
    };
    let EffectAction::Create { object, fields, .. } = &effect.action else {
        panic!("a create")
    };
    assert_eq!(
        (object.as_str(), &fields["about"]),
        ("activity", &json!(deal.id().to_string()))
    );
}

#[test]
fn a_won_opportunity_is_worth_points() {
    let (hooks, schema) = shipped("sales-league");
    let open = record(
        &schema,
        "opportunity",
        1,
        json!({"name": "Fleet policy", "status": "open", "amount": "9000000000 IRR"}),
    );
    let won = record(
        &schema,
        "opportunity",
        1,
        json!({"name": "Fleet policy", "status": "won", "amount": "9000000000 IRR"}),
    );
    let row = Row {
        verb: Verb::Update,
        id: won.id(),
        before: Some(&open),
        after: Some(&won),
    };
    let points: i32 = hooks
        .values()
        .filter(|hook| hook.hook.declared.object == "opportunity")
        .map(|hook| {
            at_noon(|noon| hook.award(&[row], noon))
                .unwrap()
                .awards
                .iter()
                .map(|(_, points, _)| points)
                .sum::<i32>()
        })
        .sum();
    assert!(points > 0);
}
