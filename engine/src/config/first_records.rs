//! Which records does every store begin with, and what does one from before lack of them?

use serde_json::{Value as Json, json};

use crate::access::standard_roles;
use crate::engine::Engine;
use crate::error::Result;
use crate::schema::{IN_EACH_LANGUAGE, labels_of, pipelines};
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Group, Request};

/// The key under which the first pipeline is made once, even when the first open is cut off.
const FOUNDED: &str = "engine/first pipeline";

/// The key under which those of a store from before stages, pipelines and roles had names in each language get theirs,
/// once: whoever clears one later means it.
const NAMED: &str = "engine/names in each language";

/// Makes the first pipeline; names what has none in each language yet.
pub(super) fn write(engine: &Engine) -> Result<()> {
    let is_done = |key: &str| -> Result<bool> {
        let (reader, _) = engine.read()?;
        let done = reader.snapshot.get(&spaces::named(spaces::DONE, key))?;
        Ok(done.is_some())
    };
    let session = engine.session();
    let (key, requests) = match (is_done(FOUNDED)?, is_done(NAMED)?) {
        (false, _) => (FOUNDED, first_pipeline(&session)?),
        (true, false) => (NAMED, names(&session)?),
        (true, true) => return Ok(()),
    };
    if !requests.is_empty() {
        let group = Group {
            once: Some(key.to_owned()),
            ..Group::of(requests)
        };
        let _ = session.commit_groups(&[group])?;
    }
    Ok(())
}

fn labels([en, fa, ar]: [&str; 3]) -> Json {
    json!(labels_of(en, fa, ar))
}

fn first_pipeline(session: &Session) -> Result<Vec<Request>> {
    let (key, names) = pipelines::SALES;
    let pipeline = session.new_id("pipeline")?;
    let fields = json!({"key": key, "name": names[0], "label": labels(names)});
    let mut requests = vec![Request::create_as(pipeline, "pipeline", fields)];
    let stages = pipelines::STAGES.into_iter().enumerate();
    requests.extend(stages.map(|(position, (key, names, probability, outcome))| {
        let fields = json!({
            "key": key, "name": names[0], "label": labels(names), "pipeline": pipeline.to_string(),
            "position": position, "probability": probability, "outcome": outcome,
        });
        Request::create("stage", fields)
    }));
    Ok(requests)
}

/// Those that are still called what the engine called them.
fn names(session: &Session) -> Result<Vec<Request>> {
    let (pipeline, names) = pipelines::SALES;
    let stages = pipelines::STAGES.map(|(key, names, ..)| ("stage", key, names));
    let known = [("pipeline", pipeline, names)].into_iter().chain(stages);
    let known = known.chain(standard_roles().map(|(key, names)| ("role", key, names)));
    let mut requests = Vec::new();
    for (object, key, names) in known {
        let Some(record) = session.find(object, "key", key)? else {
            continue;
        };
        if record.get(IN_EACH_LANGUAGE).is_none() && record.title() == names[0] {
            let fields = json!({"label": labels(names)});
            requests.push(Request::update(record.id(), fields));
        }
    }
    Ok(requests)
}
