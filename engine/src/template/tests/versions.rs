//! Is every version kept?

use serde_json::json;

use super::Firm;
use crate::context::Actor;
use crate::template::RenderOptions;
use crate::{Filter, Query};

fn versions(firm: &Firm) -> Vec<(i64, String)> {
    let query = Query::new("template_version").sorted_by("version").unwrap();
    let found = firm.session.query(&query).unwrap().records;
    let one = |record: &crate::Record| {
        let json = record.to_json();
        let body = json["texts"]["fa"]["body"].as_str().unwrap().to_owned();
        (json["version"].as_i64().unwrap(), body)
    };
    found.iter().map(one).collect()
}

#[test]
fn a_change_of_the_texts_makes_a_version_and_no_other_change_does() {
    let firm = Firm::new();
    let id = firm.document("eins").unwrap();
    let _ = firm.session.update(id, json!({"name": "other"})).unwrap();
    firm.document("zwei").unwrap();
    firm.document("zwei").unwrap();
    assert!(firm.document("{{ wrong }}").is_err());
    let kept = [(1, "eins".to_owned()), (2, "zwei".to_owned())];
    assert_eq!(versions(&firm), kept);
    assert_eq!(
        firm.session
            .render("doc", firm.deal, &RenderOptions::default())
            .unwrap()
            .version,
        2
    );
}

#[test]
fn nobody_changes_a_version_and_only_the_engine_makes_one() {
    let firm = Firm::new();
    let id = firm.document("eins").unwrap();
    let version = firm
        .session
        .query(&Query::new("template_version"))
        .unwrap()
        .records
        .remove(0)
        .id();
    assert!(firm.session.update(version, json!({"version": 7})).is_err());
    let user = firm
        .session
        .engine()
        .session_as(Actor::Plugin("x".to_owned()));
    let fields = json!({"title": "t", "template": id.to_string(), "version": 9, "texts": {}});
    assert!(user.create("template_version", fields).is_err());
    // A plugin's change of the template is kept like all others.
    let _ = user
        .update(id, json!({"texts": {"fa": {"body": "zwei"}}}))
        .unwrap();
    assert_eq!(versions(&firm).len(), 2);
}

#[test]
fn a_template_comes_back_from_the_bin_with_its_versions() {
    let firm = Firm::new();
    let id = firm.document("eins").unwrap();
    firm.document("zwei").unwrap();
    let _ = firm.session.delete(id).unwrap();
    assert_eq!(
        firm.session
            .count("template_version", &Filter::everything())
            .unwrap(),
        0
    );
    let _ = firm.session.restore(id).unwrap();
    assert_eq!(versions(&firm).len(), 2);
    firm.document("drei").unwrap();
    assert_eq!(versions(&firm).last(), Some(&(3, "drei".to_owned())));
}
