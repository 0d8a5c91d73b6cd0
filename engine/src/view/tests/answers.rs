//! Do rows, groups, lanes, totals and charts say what the records say?

use std::collections::BTreeMap;

use serde_json::json;

use super::{Staff, create, memory};
use crate::context::Locale;
use crate::query::{Filter, Measure};
use crate::record::Value;
use crate::session::Session;
use crate::view::{
    Cell, Chart, ChartKind, Column, DashboardDefinition, Declarations, Declared, Place, Tile,
    TileAnswer, TileContent, ViewDefinition, ViewPage,
};

fn texts(cells: &[Cell]) -> Vec<&str> {
    cells.iter().map(|cell| cell.text.as_str()).collect()
}

fn deals(session: &Session, count: usize) {
    let stages = ["prospecting", "proposal", "won"];
    for number in 0..count {
        let currency = if number % 4 == 0 { "USD" } else { "IRR" };
        let fields = json!({
            "name": format!("قرارداد {number}"), "stage": stages[number % 3],
            "amount": format!("{} {currency}", 100 + number),
            "close_date": format!("2026-0{}-10", 1 + number % 5),
        });
        create(session, "opportunity", fields);
    }
}

#[test]
fn pages_neither_skip_nor_repeat_and_the_first_alone_adds_up() {
    let session = memory();
    deals(&session, 23);
    let view = ViewDefinition::list("opportunity")
        .columns([Column::new("name")])
        .measure(Measure::Count)
        .sorted_by("-amount")
        .unwrap();
    let mut page = ViewPage::first().limit(5);
    let mut seen = Vec::new();
    loop {
        let rows = session.try_view(&view, &page).unwrap();
        assert_eq!(rows.total.is_some(), seen.is_empty());
        seen.extend(rows.rows.iter().map(|row| row.cells[0].text.clone()));
        match rows.next {
            Some(next) => page = page.after(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 23);
    assert_eq!(seen[0], "قرارداد 22");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 23);
}

#[test]
fn groups_add_up_each_currency_by_itself_and_count_everyone() {
    let session = memory();
    deals(&session, 24);
    create(
        &session,
        "opportunity",
        json!({"name": "بی‌مبلغ", "stage": "proposal"}),
    );
    let view = ViewDefinition::report("opportunity", "stage")
        .measure(Measure::Sum("amount".to_owned()))
        .measure(Measure::Avg("probability".to_owned()))
        .measure(Measure::Max("amount".to_owned()));
    let rows = session.try_view(&view, &ViewPage::first()).unwrap();
    // The order is that of the pipeline and not the alphabet's.
    let names: Vec<&str> = rows
        .groups
        .iter()
        .map(|group| group.keys[0].text.as_str())
        .collect();
    assert_eq!(names, ["Prospecting", "Proposal", "Won"]);
    let counts: Vec<u64> = rows.groups.iter().map(|group| group.count).collect();
    assert_eq!(counts, [8, 9, 8]);
    for (at, group) in rows.groups.iter().enumerate() {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for number in (0..24).filter(|number| number % 3 == at) {
            let currency = if number % 4 == 0 { "USD" } else { "IRR" };
            *sums.entry(currency.to_owned()).or_default() += 100 + i64::try_from(number).unwrap();
        }
        let expected: Vec<String> = sums
            .iter()
            .map(|(currency, sum)| match currency.as_str() {
                "USD" => format!("{sum}.00 {currency}"),
                _ => format!("{sum} {currency}"),
            })
            .collect();
        assert_eq!(texts(&group.values[0]), expected);
        assert_eq!(group.values[1].len(), 1);
        assert_eq!(group.values[2].len(), 2);
    }
    let total = rows.total.unwrap();
    assert_eq!((total.count, total.keys.len()), (25, 0));
    // Rows of one group lie together, and each knows its group.
    let groups: Vec<usize> = rows.rows.iter().map(|row| row.group.unwrap()).collect();
    let mut changes = groups.clone();
    changes.dedup();
    assert_eq!(changes.len(), 3, "{groups:?}");
    assert_eq!(
        rows.measures,
        ["Sum: Amount", "Mean: Probability", "Greatest: Amount"]
    );
}

#[test]
fn a_period_is_called_by_its_name_in_the_calendar_it_belongs_to() {
    let session = memory();
    let fields = json!({"name": "نوروز", "close_date": "2026-03-25"});
    create(&session, "opportunity", fields);
    for (group, locale, name) in [
        ("close_date:month@persian", Locale::Fa, "فروردین ۱۴۰۵"),
        ("month(close_date)@persian", Locale::Fa, "فروردین ۱۴۰۵"),
        ("close_date:month@persian", Locale::En, "Farvardin 1405"),
        ("close_date:quarter", Locale::Ar, "الربع ١، ٢٠٢٦"),
        ("close_date:year@persian", Locale::Fa, "۱۴۰۵"),
    ] {
        let view = ViewDefinition::report("opportunity", group);
        let session = session.clone().in_locale(locale);
        let rows = session.try_view(&view, &ViewPage::first()).unwrap();
        assert_eq!(rows.groups[0].keys[0].text, name, "{group}");
        assert_eq!(rows.rows[0].group, Some(0), "{group}");
    }
}

#[test]
fn months_are_named_and_rows_lie_in_theirs() {
    let session = memory();
    deals(&session, 10);
    create(&session, "opportunity", json!({"name": "بی‌تاریخ"}));
    let view = ViewDefinition::report("opportunity", "close_date:month");
    let rows = session.try_view(&view, &ViewPage::first()).unwrap();
    let names: Vec<&str> = rows
        .groups
        .iter()
        .map(|group| group.keys[0].text.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "(empty)",
            "January 2026",
            "February 2026",
            "March 2026",
            "April 2026",
            "May 2026"
        ]
    );
    for row in &rows.rows {
        let date = session
            .get(row.id)
            .unwrap()
            .get("close_date")
            .map(ToString::to_string);
        let expected = date.map_or("(empty)".to_owned(), |date| date[..7].to_owned());
        assert_eq!(names[row.group.unwrap()], expected);
    }
}

#[test]
fn a_board_has_a_lane_for_every_stage_also_without_cards() {
    let session = memory();
    deals(&session, 6);
    let board =
        ViewDefinition::kanban("opportunity", "stage").measure(Measure::Sum("amount".to_owned()));
    let rows = session.try_view(&board, &ViewPage::first()).unwrap();
    let lanes: Vec<(&str, u64)> = rows
        .groups
        .iter()
        .map(|lane| (lane.keys[0].text.as_str(), lane.count))
        .collect();
    let expected = [
        ("Prospecting", 2),
        ("Qualification", 0),
        ("Proposal", 2),
        ("Negotiation", 0),
        ("Won", 2),
        ("Lost", 0),
    ];
    assert_eq!(lanes, expected);
    for row in &rows.rows {
        let stage = session.get(row.id).unwrap().get("stage").cloned();
        assert_eq!(rows.groups[row.group.unwrap()].keys[0].value, stage);
    }
    // One lane can be asked for by itself.
    let lane = ViewPage::first().only(Filter::eq("stage", "won"));
    assert_eq!(session.try_view(&board, &lane).unwrap().rows.len(), 2);
    // Options have a lane each, in their own order.
    let board = ViewDefinition::kanban("lead", "status");
    let session = session.in_locale(Locale::Fa);
    let lanes = session.try_view(&board, &ViewPage::first()).unwrap().groups;
    assert_eq!(lanes[0].keys[0].text, "تازه");
    assert_eq!(lanes.len(), 5);
}

#[test]
fn a_calendar_shows_what_lies_on_its_days_in_the_zone_of_the_workspace() {
    let session = memory();
    for (subject, at) in [
        ("پیش از نیمه‌شب", "2026-03-24T20:00:00Z"),
        ("پس از نیمه‌شب", "2026-03-24T21:00:00Z"),
        ("شب بعد", "2026-03-25T20:29:00Z"),
        ("روز بعد", "2026-03-25T20:30:00Z"),
    ] {
        create(
            &session,
            "activity",
            json!({"kind": "meeting", "subject": subject, "at": at}),
        );
    }
    let view = ViewDefinition::calendar("activity", "at").columns([Column::new("subject")]);
    let day = "2026-03-25".parse().unwrap();
    let rows = session
        .try_view(&view, &ViewPage::first().days(day, day))
        .unwrap();
    let shown: Vec<&str> = rows
        .rows
        .iter()
        .map(|row| row.cells[0].text.as_str())
        .collect();
    assert_eq!(shown, ["پس از نیمه‌شب", "شب بعد"]);
    assert_eq!(
        rows.rows[0].start.as_ref().unwrap().text,
        "2026-03-25 00:30"
    );
}

#[test]
fn what_lasts_over_a_day_is_on_it() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "الف"}));
    let contact = create(&session, "contact", json!({"name": "ب"}));
    let of = |since: &str, until: &str| json!({"contact": contact.to_string(), "account": account.to_string(), "role": since, "since": since, "until": until});
    for (since, until) in [
        ("2026-01-01", "2026-01-31"),
        ("2026-01-01", "2026-03-25"),
        ("2026-03-25", "2026-04-01"),
        ("2026-03-26", "2026-04-01"),
    ] {
        create(&session, "affiliation", of(since, until));
    }
    let mut view = ViewDefinition::calendar("affiliation", "since");
    view.end = Some("until".to_owned());
    let day = "2026-03-25".parse().unwrap();
    let rows = session
        .try_view(&view, &ViewPage::first().days(day, day))
        .unwrap();
    let shown: Vec<&str> = rows.rows.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(shown, ["2026-01-01", "2026-03-25"]);
}

#[test]
fn me_is_who_looks_and_nobody_is_no_user() {
    let staff = Staff::new();
    for (subject, owner) in [("الف", staff.maryam), ("ب", staff.ali)] {
        let fields = json!({"kind": "task", "subject": subject, "owner": owner.to_string()});
        create(&staff.session, "activity", fields);
    }
    create(
        &staff.session,
        "activity",
        json!({"kind": "task", "subject": "بی‌صاحب"}),
    );
    let mine = ViewDefinition::list("activity")
        .filter(Filter::eq("owner", "me"))
        .columns([Column::new("subject")]);
    let others = ViewDefinition {
        filter: Filter::ne("owner", "me"),
        ..mine.clone()
    };
    let count = |session: &Session, view: &ViewDefinition| {
        session
            .try_view(view, &ViewPage::first())
            .unwrap()
            .rows
            .len()
    };
    assert_eq!(count(&staff.as_user(staff.maryam), &mine), 1);
    assert_eq!(count(&staff.as_user(staff.maryam), &others), 2);
    assert_eq!(count(&staff.session, &mine), 0);
    assert_eq!(count(&staff.session, &others), 3);
    let id = create(
        &staff.session,
        "view",
        json!({"name": "من", "definition": mine.to_json()}),
    );
    let view = staff.as_user(staff.ali).view(&id.to_string()).unwrap();
    let rows = staff
        .as_user(staff.ali)
        .view_rows(&view, &ViewPage::first())
        .unwrap();
    assert_eq!(texts(&rows.rows[0].cells), ["ب"]);
}

#[cfg(feature = "intl")]
#[test]
fn a_view_reaches_over_references_and_knows_who_looks_there_too() {
    let staff = Staff::new();
    let account = |name: &str, owner: crate::RecordId| {
        create(
            &staff.session,
            "account",
            json!({"name": name, "owner": owner.to_string()}),
        )
    };
    for (name, account) in [
        ("الف", account("بیمه", staff.maryam)),
        ("ب", account("آب", staff.ali)),
    ] {
        let fields = json!({"name": name, "account": account.to_string(), "stage": "proposal"});
        create(&staff.session, "opportunity", fields);
    }
    let mine = ViewDefinition::list("opportunity")
        .filter(Filter::eq("account.owner", "me"))
        .columns([Column::new("name")]);
    let rows = |session: &Session, view: &ViewDefinition| -> Vec<String> {
        let page = session.try_view(view, &ViewPage::first()).unwrap();
        page.rows
            .iter()
            .map(|row| texts(&row.cells).concat())
            .collect()
    };
    assert_eq!(rows(&staff.as_user(staff.maryam), &mine), ["الف"]);
    assert_eq!(rows(&staff.session, &mine), Vec::<String>::new());
    let sorted = ViewDefinition {
        filter: Filter::everything(),
        sort: vec![crate::query::SortKey::ascending("account.name")],
        ..mine.clone()
    };
    assert_eq!(rows(&staff.session, &sorted), ["ب", "الف"]);
    // Saving holds the definition against the schema.
    let saved = |view: &ViewDefinition| {
        let fields = json!({"name": "من", "definition": view.to_json()});
        staff.session.create("view", fields)
    };
    assert!(saved(&mine).is_ok() && saved(&sorted).is_ok());
    let wrong = ViewDefinition {
        filter: Filter::eq("account.ownre", "me"),
        ..mine
    };
    let error = saved(&wrong).unwrap_err();
    assert!(
        error.failures()[0]
            .message
            .contains("account has no field 'ownre'; did you mean 'owner'?"),
        "{error:?}"
    );
}

#[test]
fn cells_read_in_the_language_that_is_asked_for() {
    let staff = Staff::new();
    let session = staff.as_user(staff.maryam).in_locale(Locale::Fa);
    let owner = staff.ali.to_string();
    create(
        &session,
        "account",
        json!({"name": "نان سحر", "kind": "person", "roles": ["customer", "partner"], "owner": owner}),
    );
    let names = [
        "kind",
        "roles",
        "owner",
        "open_opportunities",
        "created_by",
        "created_at",
        "revision",
        "phone",
    ];
    let view = ViewDefinition::list("account").columns(names.map(Column::new));
    let rows = session.try_view(&view, &ViewPage::first()).unwrap();
    let expected = [
        "شخص",
        "مشتری، همکار",
        "علی کریمی",
        "۰",
        "مریم رضایی",
        "۱۴۰۵/۰۱/۰۵ ۱۲:۰۰",
        "۱",
        "",
    ];
    assert_eq!(texts(&rows.rows[0].cells), expected);
    assert_eq!(rows.columns[6].label, "نسخه");
    assert!(rows.columns[3].at_end && !rows.columns[2].at_end);
    assert_eq!(
        rows.rows[0].cells[2].value,
        Some(Value::Reference(staff.ali))
    );
}

#[test]
fn a_chart_has_a_series_for_each_currency_and_a_place_for_every_category() {
    let session = memory();
    deals(&session, 12);
    let view = ViewDefinition::list("opportunity").chart(Chart::new(
        ChartKind::Bar,
        "stage",
        Measure::Sum("amount".to_owned()),
    ));
    let chart = session
        .try_view(&view, &ViewPage::first())
        .unwrap()
        .chart
        .unwrap();
    assert_eq!(texts(&chart.categories), ["Prospecting", "Proposal", "Won"]);
    let series: Vec<_> = chart
        .series
        .iter()
        .map(|series| (series.currency.as_deref().unwrap(), texts(&series.values)))
        .collect();
    // Numbers 0 to 11, each third in one stage, each fourth in dollars.
    let expected = [
        ("IRR", vec!["318 IRR", "318 IRR", "318 IRR"]),
        ("USD", vec!["100.00 USD", "104.00 USD", "108.00 USD"]),
    ];
    assert_eq!(series, expected);
    let counted =
        Chart::new(ChartKind::Column, "close_date:quarter", Measure::Count).series("status");
    let view = ViewDefinition::list("opportunity").chart(counted);
    let chart = session
        .try_view(&view, &ViewPage::first())
        .unwrap()
        .chart
        .unwrap();
    assert_eq!(texts(&chart.categories), ["Q1 2026", "Q2 2026"]);
    let series: Vec<_> = chart
        .series
        .iter()
        .map(|series| (series.label.as_str(), texts(&series.values)))
        .collect();
    assert_eq!(series, [("Open", vec!["5", "3"]), ("Won", vec!["3", "1"])]);
}

#[test]
fn an_unsaved_and_a_stale_definition_say_what_is_wrong() {
    let session = memory();
    let view = ViewDefinition::list("lead").filter(Filter::eq("nmae", "x"));
    let error = session.try_view(&view, &ViewPage::first()).unwrap_err();
    assert!(
        error.to_string().contains("did you mean 'name'?"),
        "{error}"
    );
    let cursor = ViewPage::first().after("nonsense");
    let view = ViewDefinition::list("lead");
    assert!(session.try_view(&view, &cursor).is_err());
}

#[test]
fn one_tile_that_cannot_be_answered_takes_no_other_along() {
    let session = memory();
    create(&session, "lead", json!({"name": "علی رضایی"}));
    let view = ViewDefinition::list("lead");
    let id = create(
        &session,
        "view",
        json!({"name": "سرنخ", "key": "mine", "definition": view.to_json()}),
    );
    let count = TileContent::Number {
        object: "lead".to_owned(),
        filter: Filter::everything(),
        measure: Measure::Count,
    };
    let named = TileContent::View {
        view: "mine".to_owned(),
    };
    let dashboard = DashboardDefinition::new()
        .tile(Tile::new(Place::new(0, 0, 6, 1), named))
        .tile(Tile::new(Place::new(6, 0, 6, 1), count));
    create(
        &session,
        "dashboard",
        json!({"name": "داشبورد", "key": "board", "definition": dashboard.to_json()}),
    );
    let _ = session.delete(id).unwrap();
    let board = session.dashboard("board").unwrap();
    let shown = session.dashboard_tiles(&board).unwrap();
    let TileAnswer::Failed { message } = &shown.tiles[0].content else {
        panic!("{shown:?}");
    };
    assert_eq!(
        message,
        "there is no view 'mine'; `peyvand view list` shows what there is"
    );
    let TileAnswer::Number { cells, .. } = &shown.tiles[1].content else {
        panic!("{shown:?}");
    };
    assert_eq!(texts(cells), ["1"]);
    let json = serde_json::to_value(&shown).unwrap();
    assert_eq!(
        json["tiles"][1]["content"]["cells"][0],
        json!({"value": 1, "text": "1"})
    );
}

#[test]
fn declarations_made_in_rust_are_like_those_of_a_file() {
    let session = memory();
    let mut all = Declarations::default();
    all.views.push(
        Declared::new("hot", ViewDefinition::list("lead"))
            .label("Hot", "داغ", "ساخن")
            .first(),
    );
    let _ = session.declare("product-x", &all).unwrap();
    let view = session.default_view("lead").unwrap();
    assert_eq!(
        (view.name.as_str(), view.brought_by.as_deref()),
        ("Hot", Some("product-x"))
    );
}
