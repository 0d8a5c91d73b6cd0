//! A utility from subscriber to debt, by the plugin `energy` alone: nothing in the engine knows what a meter is.

use std::sync::Arc;

use chrono::Duration;
use peyvand::{
    Filter, FixedClock, Locale, Query, Record, RecordId, RenderOptions, Request, Session,
};
use serde_json::{Value as Json, json};

use crate::setting::{codes, component, create, fixed, noon};

/// An energy company with its processes, a branch with its manager, and a subscriber with one point.
struct Company {
    session: Session,
    clock: Arc<FixedClock>,
    manager: RecordId,
    party: RecordId,
    subscriber: RecordId,
    point: RecordId,
}

impl Company {
    fn new() -> Self {
        let (builder, clock) = fixed(peyvand::Engine::in_memory());
        let session = builder.open().unwrap().session().in_locale(Locale::Fa);
        let installed = session.install_unsigned_plugin(&component("energy"), Json::Null);
        let info = installed.unwrap();
        assert!(
            info.brings
                .iter()
                .any(|brings| brings == "object utility_bill"),
            "{:?}",
            info.brings
        );
        let manager = create(
            &session,
            "user",
            json!({"login": "karimi", "name": "مهدی کریمی"}),
        );
        let branch = create(
            &session,
            "territory",
            json!({"key": "tajrish", "name": "امور برق تجریش", "manager": "karimi"}),
        );
        let party = create(
            &session,
            "contact",
            json!({"name": "زهرا رضایی", "mobile": "+989121234567", "language": "fa"}),
        );
        let subscriber = create(
            &session,
            "subscriber",
            json!({"number": "۱۲۳۴۵۶۷۸-۵", "party": party.to_string(), "branch": branch.to_string()}),
        );
        let point = create(
            &session,
            "metering_point",
            json!({
                "number": "۲۰۴۰۱۱۲۲۲", "subscriber": subscriber.to_string(), "utility": "electricity",
                "tariff": "household-electricity", "meter_serial": "۸۸۱۲", "grid_branch": "فیدر ۱۴ نیاوران",
            }),
        );
        Self {
            session,
            clock,
            manager,
            party,
            subscriber,
            point,
        }
    }

    fn read(&self, day: &str, register: i64) -> RecordId {
        create(&self.session, "meter_reading", self.reading(day, register))
    }

    fn reading(&self, day: &str, register: i64) -> Json {
        json!({"point": self.point.to_string(), "read_on": day, "register": register})
    }

    /// The reasons for which a reading is refused.
    fn refused(
        &self,
        day: &str,
        register: i64,
        more: &[(&str, &str)],
    ) -> Vec<(String, Option<String>)> {
        let mut reading = self.reading(day, register);
        for (field, value) in more {
            reading[*field] = json!(value);
        }
        codes(&self.session.create("meter_reading", reading).unwrap_err())
    }

    /// A bill that was issued for two months of winter: 360 kilowatt-hours.
    fn billed(&self) -> RecordId {
        self.read("2026-01-20", 99_800);
        let to = self.read("2026-03-21", 160);
        let bill = json!({"point": self.point.to_string(), "reading_to": to.to_string()});
        let bill = create(&self.session, "utility_bill", bill);
        self.change(bill, json!({"state": "issued"}));
        bill
    }

    fn change(&self, id: RecordId, fields: Json) {
        let committed = self.session.update(id, fields).unwrap();
        assert_eq!(committed.warnings, Vec::<String>::new());
    }

    fn get(&self, id: RecordId) -> Json {
        self.session.get(id).unwrap().to_json()
    }

    fn found(&self, object: &str, filter: &str) -> Vec<Record> {
        let query = Query::new(object).filter(Filter::parse(filter).unwrap());
        self.session.query(&query).unwrap().records
    }
}

fn rials(record: &Json, field: &str) -> i64 {
    let amount = &record[field]["amount"];
    amount
        .as_i64()
        .or_else(|| amount.as_str()?.parse().ok())
        .unwrap_or_else(|| panic!("{field}: {amount}"))
}

#[test]
fn numbers_are_checked_and_brought_into_one_form() {
    let company = Company::new();
    assert_eq!(company.get(company.subscriber)["number"], "123456785");
    let wrong = json!({"number": "123456784", "party": company.party.to_string()});
    let error = company.session.create("subscriber", wrong).unwrap_err();
    assert!(error.to_string().contains("رقم کنترل"), "{error}");
    // A point stands in its subscriber's branch.
    assert_eq!(
        company.get(company.point)["branch"],
        company.get(company.subscriber)["branch"]
    );
}

#[test]
fn impossible_readings_are_refused_each_with_its_reason() {
    let company = Company::new();
    company.read("2026-01-20", 99_800);
    let own = |code: &str, field: &str| vec![(code.to_owned(), Some(field.to_owned()))];
    assert_eq!(
        company.refused("2026-03-21", 50_000, &[]),
        own("below-last", "register")
    );
    assert_eq!(
        company.refused("2026-01-21", 99_999, &[]),
        own("too-much", "register")
    );
    assert_eq!(
        company.refused("2026-03-26", 100, &[]),
        own("future", "read_on")
    );
    assert_eq!(
        company.refused("2026-01-20", 99_801, &[]),
        own("not-after-last", "read_on")
    );
    assert_eq!(
        company.refused("2026-03-21", 100_160, &[]),
        own("too-many-digits", "register")
    );
    assert_eq!(
        company.refused("2026-03-21", 160, &[("meter_serial", "7")]),
        own("other-meter", "meter_serial")
    );
    // The register went over its end: 200 to it and 160 after.
    let rolled = company.get(company.read("2026-03-21", 160));
    assert_eq!(
        (&rolled["rolled_over"], &rolled["consumption"]),
        (&json!(true), &json!("360"))
    );
}

#[test]
fn a_new_meter_begins_anew_and_two_readings_do_not_follow_one() {
    let company = Company::new();
    company.read("2026-01-20", 40_000);
    let mut last = company.reading("2026-02-10", 40_200);
    last["kind"] = json!("removed");
    create(&company.session, "meter_reading", last);
    let mut first = company.reading("2026-02-10", 12);
    (first["kind"], first["meter_serial"]) = (json!("installed"), json!("۹۹۰۱"));
    create(&company.session, "meter_reading", first);
    assert_eq!(company.get(company.point)["meter_serial"], "۹۹۰۱");
    let to = company.read("2026-03-21", 112);
    assert_eq!(company.get(to)["consumption"], "100");
    let twice = ["2026-03-22", "2026-03-23"]
        .map(|day| Request::create("meter_reading", company.reading(day, 120)));
    assert!(company.session.commit(twice).is_err());
}

#[test]
fn a_bill_is_computed_issued_corrected_and_never_changed() {
    let company = Company::new();
    let bill = company.billed();
    let issued = company.get(bill);
    // Sixty days of the mild season: 360 of at most 400 in the first tier.
    assert_eq!(
        (&issued["consumption"], &issued["days"]),
        (&json!("360"), &json!(60))
    );
    assert_eq!(rials(&issued, "energy_charge"), 432_000);
    assert_eq!(
        (
            rials(&issued, "fixed_fee"),
            rials(&issued, "levy"),
            rials(&issued, "vat")
        ),
        (60_000, 43_200, 49_200)
    );
    assert_eq!(
        (rials(&issued, "total"), rials(&issued, "carried")),
        (584_000, 400)
    );
    assert_eq!(rials(&company.get(company.subscriber), "debt"), 584_000);
    let error = company
        .session
        .update(bill, json!({"reading_to": null}))
        .unwrap_err();
    assert!(error.to_string().contains("قبض اصلاحی"), "{error}");

    let correction = json!({"kind": "correction", "corrects": bill.to_string(), "corrected_consumption": "260", "reason": "اشتباه مأمور قرائت", "state": "issued"});
    let correction = create(&company.session, "utility_bill", correction);
    assert_eq!(rials(&company.get(correction), "total"), -144_000);
    let corrected = company.get(bill);
    assert_eq!(
        (rials(&corrected, "total"), rials(&corrected, "balance")),
        (584_000, 440_000)
    );
    assert_eq!(rials(&company.get(company.subscriber), "debt"), 440_000);
    let told = company.found("message", "");
    assert_eq!(told.len(), 2, "one for the bill and one for its correction");
}

#[test]
fn the_printed_bill_has_persian_digits_its_ids_and_the_amount_in_words() {
    let company = Company::new();
    let bill = company.billed();
    let record = company.get(bill);
    let rendered = company
        .session
        .render("utility-bill", bill, &RenderOptions::default())
        .unwrap();
    let text = rendered.body;
    let ids = ["bill_id", "payment_id"].map(|field| record[field].as_str().unwrap().to_owned());
    assert_eq!(record["barcode"], format!("{:0>13}{:0>13}", ids[0], ids[1]));
    let persian = |text: &str| -> String {
        text.chars()
            .map(|c| {
                c.to_digit(10)
                    .map_or(c, |digit| char::from_u32('۰' as u32 + digit).unwrap())
            })
            .collect()
    };
    for part in [
        persian(&ids[0]),
        persian(&ids[1]),
        "۱۴۰۵".to_owned(),
        "پانصد و هشتاد و چهار هزار ریال".to_owned(),
        "زهرا رضایی".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} in {text}");
    }
    let card = company
        .session
        .render(
            "operator-card",
            company.subscriber,
            &RenderOptions::default(),
        )
        .unwrap();
    assert!(card.body.contains(&persian("204011222")), "{}", card.body);
}

#[test]
fn a_payment_by_slip_pays_the_bill_and_a_bounced_one_is_owed_again() {
    let company = Company::new();
    let bill = company.billed();
    let record = company.get(bill);
    let payment = |reference: &str, amount: &str| json!({"reference": reference, "amount": amount, "paid_on": "2026-03-25", "bill_id": record["bill_id"], "payment_id": record["payment_id"]});
    assert!(
        company
            .session
            .create("utility_payment", payment("۱", "1000 IRR"))
            .is_err()
    );
    let payment = create(
        &company.session,
        "utility_payment",
        payment("۱", "584000 IRR"),
    );
    assert_eq!(
        (
            &company.get(bill)["state"],
            rials(&company.get(bill), "balance")
        ),
        (&json!("paid"), 0)
    );
    assert_eq!(rials(&company.get(company.subscriber), "debt"), 0);
    let _ = company.session.delete(payment).unwrap();
    assert_eq!(
        (
            &company.get(bill)["state"],
            rials(&company.get(bill), "balance")
        ),
        (&json!("issued"), 584_000)
    );
    assert_eq!(rials(&company.get(company.subscriber), "debt"), 584_000);
}

#[test]
fn two_payments_in_one_commit_share_the_bill_and_what_is_left_pays_the_next_one() {
    let company = Company::new();
    let bill = company.billed();
    let payment = |reference: &str| {
        let subscriber = company.subscriber.to_string();
        let fields = json!({"reference": reference, "amount": "400000 IRR", "paid_on": "2026-03-25", "subscriber": subscriber});
        Request::create("utility_payment", fields)
    };
    let committed = company
        .session
        .commit([payment("۱"), payment("۲")])
        .unwrap();
    assert_eq!(committed.warnings, Vec::<String>::new());
    let unused = || {
        let payments = company.found("utility_payment", "");
        let unused = payments
            .iter()
            .map(|payment| rials(&payment.to_json(), "unallocated"));
        unused.sum::<i64>()
    };
    let paid = company.get(bill);
    assert_eq!(
        (rials(&paid, "paid"), rials(&paid, "balance"), unused()),
        (584_000, 0, 216_000)
    );
    let parts = company.found("bill_allocation", "");
    let mut parts: Vec<i64> = parts
        .iter()
        .map(|part| rials(&part.to_json(), "amount"))
        .collect();
    parts.sort_unstable();
    assert_eq!(parts, [184_000, 400_000]);
    assert_eq!(rials(&company.get(company.subscriber), "credit"), 216_000);

    let to = company.read("2026-03-25", 200);
    let next = json!({"point": company.point.to_string(), "reading_to": to.to_string(), "state": "issued"});
    let committed = company.session.create("utility_bill", next).unwrap();
    assert_eq!(committed.warnings, Vec::<String>::new());
    let next = company.get(committed.id().unwrap());
    let total = rials(&next, "total");
    assert!((1..216_000).contains(&total), "{total}");
    assert_eq!(
        (
            rials(&next, "paid"),
            rials(&next, "balance"),
            &next["state"]
        ),
        (total, 0, &json!("paid"))
    );
    assert_eq!(unused(), 216_000 - total);
    let subscriber = company.get(company.subscriber);
    assert_eq!(
        (rials(&subscriber, "credit"), rials(&subscriber, "debt")),
        (216_000 - total, 0)
    );
}

#[test]
fn debts_are_on_the_customer_and_debtors_in_a_segment_that_every_commit_keeps() {
    let company = Company::new();
    let debtors = || {
        let filter = "segment[in]:energy-debtors";
        let found = company.found("subscriber", filter).into_iter();
        found.map(|record| record.id()).collect::<Vec<_>>()
    };
    assert_eq!(debtors(), []);
    let bill = company.billed();
    assert_eq!(debtors(), [company.subscriber]);
    assert_eq!(rials(&company.get(company.party), "utility_debt"), 584_000);
    assert_eq!(company.get(company.point)["readings"], 2);
    let slip = company.get(bill);
    let payment = json!({"reference": "۱", "amount": "584000 IRR", "paid_on": "2026-03-25", "bill_id": slip["bill_id"], "payment_id": slip["payment_id"]});
    create(&company.session, "utility_payment", payment);
    assert_eq!(debtors(), []);
    assert_eq!(rials(&company.get(company.party), "utility_debt"), 0);
}

#[test]
fn an_outage_goes_to_its_unit_and_ends_with_a_message() {
    let company = Company::new();
    let outage = json!({"title": "خاموشی کوچهٔ سرو", "category": "outage", "point": company.point.to_string()});
    let outage = create(&company.session, "service_request", outage);
    let state = company.session.process_state(outage).unwrap();
    assert_eq!(
        (state.process.as_str(), state.step.as_str()),
        ("energy-outage", "reported")
    );
    assert_eq!(state.owner.unwrap().id, company.manager);
    assert!(state.team.unwrap().name.contains("اتفاقات"));
    assert_eq!(company.get(outage)["grid_branch"], "فیدر ۱۴ نیاوران");
    assert_eq!(company.get(company.subscriber)["open_requests"], 1);
    assert!(
        company.session.advance(outage, "crew").is_err(),
        "nobody has said what is wrong"
    );
    company.change(outage, json!({"description": "برق کوچه قطع است"}));
    let _ = company.session.advance(outage, "crew").unwrap();
    let missing = company.session.advance(outage, "restored").unwrap_err();
    assert_eq!(missing.failures().len(), 2, "{missing}");
    company.change(
        outage,
        json!({"cause": "سوختن فیوز", "restored_at": "2026-03-25T08:20:00Z"}),
    );
    assert!(company.found("message", "").is_empty());
    let done = company.session.advance(outage, "restored").unwrap();
    assert_eq!(done.warnings, Vec::<String>::new());
    let [message] = company.found("message", "").try_into().unwrap();
    assert!(
        message.to_json().to_string().contains("خاموشی کوچهٔ سرو"),
        "{}",
        message.to_json()
    );
    assert_eq!(company.get(company.subscriber)["open_requests"], 0);
}

#[test]
fn a_wrong_bill_is_reviewed_and_ends_with_its_correction() {
    let company = Company::new();
    let bill = company.billed();
    let asked = json!({"title": "اعتراض به قبض", "category": "wrong_bill", "description": "مصرف ما این نبود"});
    assert!(
        company
            .session
            .create("service_request", asked.clone())
            .is_err(),
        "it names no bill"
    );
    let mut asked = asked;
    asked["bill"] = json!(bill.to_string());
    let asked = create(&company.session, "service_request", asked);
    assert_eq!(
        company.get(asked)["subscriber"],
        company.subscriber.to_string()
    );
    let _ = company.session.advance(asked, "review").unwrap();
    let state = company.session.process_state(asked).unwrap();
    assert!(state.role.unwrap().name.contains("بازبین"));
    company.change(asked, json!({"answer": "قرائت اشتباه بوده است"}));
    let _ = company.session.advance(asked, "correcting").unwrap();
    assert!(
        company.session.advance(asked, "corrected").is_err(),
        "there is no correction yet"
    );
    let correction = json!({"kind": "correction", "corrects": bill.to_string(), "corrected_consumption": "260", "reason": "اعتراض", "state": "issued"});
    let correction = create(&company.session, "utility_bill", correction);
    company.change(asked, json!({"correction": correction.to_string()}));
    let _ = company.session.advance(asked, "corrected").unwrap();
    assert_eq!(company.get(asked)["step_outcome"], "success");
}

#[test]
fn debtors_are_listed_called_and_told_apart_by_what_they_say() {
    let company = Company::new();
    let bill = company.billed();
    let campaign = json!({"key": "nowruz", "name": "وصول نوروز", "state": "running", "minimum_debt": "100000 IRR", "minimum_age": 5});
    create(&company.session, "debt_campaign", campaign);
    let tick = || {
        assert_eq!(
            company.session.engine().tick().unwrap(),
            Vec::<String>::new()
        )
    };
    tick();
    assert!(
        company.found("debt_call", "").is_empty(),
        "the bill is not due yet"
    );
    let at = |days: i64| company.clock.set(noon() + Duration::days(days));
    at(20);
    tick();
    at(21);
    tick();
    let [call] = company.found("debt_call", "").try_into().unwrap();
    let call = call.id();
    assert_eq!(
        (&company.get(call)["age_days"], &company.get(call)["state"]),
        (&json!(10), &json!("waiting"))
    );
    let tell = |fields: Json| {
        let mut attempt =
            json!({"call": call.to_string(), "at": (noon() + Duration::days(21)).to_rfc3339()});
        attempt
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        company.session.create("debt_attempt", attempt)
    };
    let _ = tell(json!({"outcome": "no_answer"})).unwrap();
    assert_eq!(
        (&company.get(call)["attempts"], &company.get(call)["state"]),
        (&json!(1), &json!("waiting"))
    );
    assert!(
        tell(json!({"outcome": "promise", "promised": "584000 IRR", "promised_on": "2026-04-20"}))
            .is_err()
    );
    let _ = tell(json!({"outcome": "promise", "promised": "584000 IRR", "promised_on": "2026-04-20", "reached": "علی رضایی", "relation": "family"})).unwrap();
    let told = company.get(call);
    assert_eq!(
        (&told["state"], &told["reached"], &told["relation"]),
        (&json!("promised"), &json!("علی رضایی"), &json!("family"))
    );
    at(30);
    tick();
    assert_eq!(company.get(call)["state"], "broken");
    let record = company.get(bill);
    let payment = json!({"reference": "۲", "amount": "584000 IRR", "paid_on": "2026-04-24", "bill_id": record["bill_id"], "payment_id": record["payment_id"]});
    create(&company.session, "utility_payment", payment);
    assert_eq!(company.get(call)["state"], "paid");
}
