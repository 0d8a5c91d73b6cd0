//! Does a refusal say what is wrong and what to do?

use super::shelf::{sales, sort};
use crate::ErrorKind;
use crate::query::period::WORDS;
use crate::query::{Filter, Query};

#[test]
fn a_filter_that_does_not_fit_says_why() {
    let shelf = sales();
    let account = shelf.id("account", 1);
    for (filter, wanted) in [
        ("stag[eq]:won", "opportunity has no field 'stag'; did you mean 'stage'?".to_owned()),
        (
            "probability[contains]:5",
            "probability (percent) cannot be asked with contains | use eq, ne, gt, gte, lt, lte, in, nin, between, is_null".to_owned(),
        ),
        ("status[gt]:open", "status (option) cannot be asked with gt | use eq, ne, in, nin, is_null".to_owned()),
        ("status[eq]:opne", "status[eq]: 'opne' is not one of open, won, lost; did you mean 'open'?".to_owned()),
        ("stage[eq]:wonn", "stage: no stage has the key or id 'wonn'; did you mean 'won'? | check the spelling; keys are compared without case".to_owned()),
        ("account[eq]:acme", "account: no account has the key or id 'acme' | check the spelling; keys are compared without case".to_owned()),
        (&format!("stage[eq]:{account}"), format!("stage refers to stage, and {account} belongs to something else")),
        ("close_date[eq]:soon", format!("close_date[eq]: 'soon' is not a Gregorian date such as 2026-03-21, and no other day; there are {WORDS}")),
        ("close_date[gt]:now", "close_date[gt]: 'now' is an instant and the field holds days; use today instead of now".to_owned()),
        ("close_date[gt]:today-3h", "close_date[gt]: 'today-3h': a day has no hours; use now instead of today".to_owned()),
        ("close_date[gt]:today-3x", "close_date[gt]: 'today-3x' is not a moment such as today, today-14d, today+2w or now-3h".to_owned()),
        (
            "updated_at[gt]:soon",
            format!("updated_at[gt]: 'soon' is neither an instant such as 2026-03-21T08:30:00Z or now-3h, nor days; there are {WORDS}"),
        ),
        (
            "amount[gt]:much",
            "amount[gt]: 'much' has no currency; write it as '1200 IRR'; an amount is written 1200, or \"1200 IRR\" for one currency only".to_owned(),
        ),
        (
            "name[contains]:\" \"",
            "name[contains]: the text is empty and would match every value; is_null:false finds the records that have one".to_owned(),
        ),
    ] {
        assert_eq!(shelf.refusal("opportunity", filter), wanted, "{filter}");
    }
}

#[test]
fn limits_sorts_and_objects_are_checked() {
    let shelf = sales();
    let deals = || Query::new("opportunity");
    for (query, wanted) in [
        (
            deals().limit(1001),
            "a page has 1 to 1000 records, not 1001",
        ),
        (deals().limit(0), "a page has 1 to 1000 records, not 0"),
        (
            deals().sort(sort("amont")),
            "opportunity has no field 'amont'; did you mean 'amount'?",
        ),
        (
            deals().sort(sort("id,name")),
            "the sort order names name after id, which leaves nothing to sort",
        ),
        (
            deals().sort(sort("name,-name")),
            "the sort order names name twice",
        ),
    ] {
        let error = shelf.page(&query).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Query, wanted)
        );
    }
    let error = shelf.page(&Query::new("oportunity")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no object 'oportunity'; did you mean 'opportunity'?"
    );
}

#[test]
fn a_built_filter_is_checked_as_a_written_one() {
    let shelf = sales();
    let mut deep = Filter::eq("name", "x");
    for _ in 0..40 {
        deep = !deep;
    }
    let error = shelf
        .page(&Query::new("opportunity").filter(deep))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the filter is nested deeper than 32 levels"
    );
}

#[test]
fn a_span_that_ends_before_it_begins_is_an_error_and_a_mistyped_key_is_guessed() {
    let session = crate::Engine::in_memory().open().unwrap().session();
    let told = |filter: &str| {
        let query = crate::Query::new("opportunity").filter(crate::Filter::parse(filter).unwrap());
        session.query(&query).unwrap_err().to_string()
    };
    for (filter, message) in [
        ("amount[between]:(9,1)", "9 comes after 1"),
        (
            "close_date[between]:(2026-05-01,2026-01-01)",
            "2026-05-01 comes after 2026-01-01",
        ),
        ("stage[eq]:propsal", "did you mean 'proposal'"),
    ] {
        assert!(told(filter).contains(message), "{}", told(filter));
    }
}
