//! Is a definition read back as it was written, and is a wrong one told where?

use serde_json::{Value as Json, json};

use crate::query::{Filter, Measure, SortKey};
use crate::view::{
    CellFormat, Chart, ChartKind, Column, DashboardDefinition, FormDefinition, FormField,
    FormPurpose, FormSection, Place, Tile, TileContent, ViewDefinition, ViewKind,
};

fn full_view() -> ViewDefinition {
    let mut column = Column::new("amount").width(140).format(CellFormat::Compact);
    column.label = [("fa".to_owned(), "مبلغ".to_owned())].into();
    let mut view = ViewDefinition::calendar("opportunity", "close_date")
        .columns([Column::new("name"), column])
        .filter(Filter::eq("status", "open").or(!Filter::contains("name", "ق\"ر,ارداد")))
        .group_by("stage")
        .group_by("close_date:month")
        .measure(Measure::Count)
        .measure(Measure::Sum("amount".to_owned()))
        .chart(
            Chart::new(ChartKind::Donut, "owner", Measure::Avg("amount".to_owned()))
                .series("stage"),
        );
    view.end = Some("closed_at".to_owned());
    view.sort = vec![SortKey::descending("amount"), SortKey::ascending("name")];
    view.page = Some(25);
    view
}

#[test]
fn a_view_is_read_back_as_it_was_written() {
    let plain = ViewDefinition::new("lead", ViewKind::List);
    assert_eq!(plain.to_json(), json!({"object": "lead", "kind": "list"}));
    for view in [plain, full_view(), ViewDefinition::kanban("lead", "status")] {
        let json = view.to_json();
        assert_eq!(ViewDefinition::from_json(&json).unwrap(), view);
        let through_text: ViewDefinition =
            serde_json::from_str(&serde_json::to_string(&view).unwrap()).unwrap();
        assert_eq!(through_text, view);
        assert_eq!(through_text.to_json(), json);
    }
}

#[test]
fn forms_and_dashboards_are_read_back_as_they_were_written() {
    let help = [("fa".to_owned(), "ده رقم".to_owned())];
    let mut tax = FormField::new("tax_number").read_only().required();
    tax.help = help.into();
    tax.width = Some(4);
    let mut section = FormSection::new("Company", "شرکت", "الشركة")
        .row([FormField::new("name"), tax])
        .visible_if(Filter::ne("kind", "person"));
    section.collapsed = true;
    let form = FormDefinition::new("account")
        .only(FormPurpose::Create)
        .only(FormPurpose::Show)
        .section(section);
    assert_eq!(FormDefinition::from_json(&form.to_json()).unwrap(), form);

    let chart = Chart::new(ChartKind::Line, "opened_on:week", Measure::Count);
    let object = || "opportunity".to_owned();
    let contents = [
        TileContent::View {
            view: "pipeline".to_owned(),
        },
        TileContent::Number {
            object: object(),
            filter: Filter::eq("status", "won"),
            measure: Measure::Max("amount".to_owned()),
        },
        TileContent::Chart {
            object: object(),
            filter: Filter::everything(),
            chart,
        },
        TileContent::List {
            object: object(),
            filter: Filter::everything(),
            columns: vec![Column::new("name")],
            sort: vec![SortKey::descending("amount")],
            rows: 7,
        },
    ];
    let tiles = contents.into_iter().zip(0..);
    let dashboard = tiles.fold(DashboardDefinition::new(), |dashboard, (content, row)| {
        let tile = Tile::new(Place::new(0, row, 12, 1), content);
        dashboard.tile(tile.label("Sales", "فروش", "المبيعات"))
    });
    let read = DashboardDefinition::from_json(&dashboard.to_json()).unwrap();
    assert_eq!(read, dashboard);
}

/// What is said of a wrong definition.
fn said<T: std::fmt::Debug>(read: crate::error::Result<T>) -> String {
    read.unwrap_err().to_string()
}

#[test]
fn a_wrong_view_is_told_with_its_place_and_the_nearest_word() {
    let cases: [(Json, &str); 12] = [
        (json!([]), "a JSON object with object, kind"),
        (json!({}), "'object' is missing"),
        (
            json!({"object": "lead", "colums": []}),
            "there is no key 'colums'; did you mean 'columns'?",
        ),
        (
            json!({"object": "lead", "kind": "kanbam"}),
            "kind: 'kanbam' is not known here; did you mean 'kanban'?",
        ),
        (
            json!({"object": "lead", "columns": ["name", {"field": "x", "widht": 3}]}),
            "columns[1]: there is no key 'widht'; did you mean 'width'?",
        ),
        (
            json!({"object": "lead", "columns": [{"field": "x", "width": 3}]}),
            "columns[0].width: a whole number from 20 to 2000",
        ),
        (
            json!({"object": "lead", "filter": "status[eg]:x"}),
            "filter: filter, character 8: there is no operator 'eg'; did you mean 'eq'?",
        ),
        (
            json!({"object": "lead", "measures": ["total(x)"]}),
            "measures[0]: 'total(x)' is not a measure",
        ),
        (
            json!({"object": "lead", "sort": "a,,b"}),
            "sort: the sort order has an empty name",
        ),
        (
            json!({"object": "lead", "chart": {"kind": "scatterplot", "by": "x", "measure": "count"}}),
            "chart.kind: 'scatterplot' is not known here; there are bar",
        ),
        (
            json!({"object": "lead", "columns": [{"field": "x", "label": {"فارسی": "نام"}}]}),
            "columns[0].label: 'فارسی' is not a language tag",
        ),
        (
            json!({"object": "lead", "group_by": ["a", " "]}),
            "group_by[1]: the text is empty",
        ),
    ];
    for (json, expected) in cases {
        let message = said(ViewDefinition::from_json(&json));
        assert!(message.contains(expected), "{json}: {message}");
    }
}

#[test]
fn a_wrong_form_or_dashboard_is_told_with_its_place() {
    let form = json!({"object": "lead", "sections": [{"rows": [["name", {"field": "x", "visible": "a"}]]}]});
    assert_eq!(
        said(FormDefinition::from_json(&form)),
        "sections[0].rows[0][1]: there is no key 'visible'; did you mean 'visible_if'?"
    );
    let tile = json!({"tiles": [{"place": {}, "show": "number", "object": "lead", "measure": "count", "rows": 3}]});
    assert!(
        said(DashboardDefinition::from_json(&tile)).starts_with("tiles[0]: there is no key 'rows'")
    );
    let tile = json!({"tiles": [{"place": {"column": 12}, "show": "view", "view": "x"}]});
    assert_eq!(
        said(DashboardDefinition::from_json(&tile)),
        "tiles[0].place.column: a whole number from 0 to 11 is expected here"
    );
}

/// Every way in which one value somewhere in the JSON is another, or gone.
fn mutations(json: &Json, out: &mut Vec<Json>, rebuild: &dyn Fn(Json) -> Json) {
    let others = [
        json!(null),
        json!(-1),
        json!("x,"),
        json!([]),
        json!({}),
        json!({"field": "x"}),
    ];
    out.extend(others.into_iter().map(rebuild));
    match json {
        Json::Object(map) => {
            for (key, inner) in map {
                let put = |value: Option<Json>| {
                    let mut map = map.clone();
                    match value {
                        Some(value) => drop(map.insert(key.clone(), value)),
                        None => drop(map.remove(key)),
                    }
                    rebuild(Json::Object(map))
                };
                out.push(put(None));
                mutations(inner, out, &|value| put(Some(value)));
            }
        }
        Json::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                mutations(inner, out, &|value| {
                    let mut items = items.clone();
                    items[place] = value;
                    rebuild(Json::Array(items))
                });
            }
        }
        _ => {}
    }
}

#[test]
fn whatever_is_read_is_written_and_read_again_as_the_same() {
    let form = json!({"object": "lead", "purposes": ["show"], "sections": [
        {"label": {"fa": "نام"}, "visible_if": "a[eq]:b", "collapsed": true, "rows": [["name", {"field": "x", "width": 3, "help": {"ar": "ح"}}]]},
    ]});
    let place = json!({"column": 1, "row": 2, "width": 3, "height": 4});
    let chart = json!({"kind": "bar", "by": "stage", "measure": "count", "series": "owner"});
    let dashboard = json!({"tiles": [
        {"label": {"fa": "نام"}, "place": place, "show": "chart", "object": "lead", "filter": "a[eq]:b", "chart": chart},
        {"place": place, "show": "list", "object": "lead", "columns": ["name"], "sort": "-name", "rows": 3},
    ]});
    let mut read = 0;
    let mut all = Vec::new();
    mutations(&full_view().to_json(), &mut all, &|json| json);
    mutations(&form, &mut all, &|json| json);
    mutations(&dashboard, &mut all, &|json| json);
    for json in &all {
        if let Ok(view) = ViewDefinition::from_json(json) {
            assert_eq!(ViewDefinition::from_json(&view.to_json()).unwrap(), view);
            read += 1;
        }
        if let Ok(form) = FormDefinition::from_json(json) {
            assert_eq!(FormDefinition::from_json(&form.to_json()).unwrap(), form);
            read += 1;
        }
        if let Ok(dashboard) = DashboardDefinition::from_json(json) {
            assert_eq!(
                DashboardDefinition::from_json(&dashboard.to_json()).unwrap(),
                dashboard
            );
            read += 1;
        }
    }
    assert!(read > 50 && all.len() > 500, "{read} of {}", all.len());
}
