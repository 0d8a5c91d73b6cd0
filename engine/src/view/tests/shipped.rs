//! Does everything that comes with the engine fit, answer, and have a name in three languages?

use serde_json::json;

use super::{Staff, create};
use crate::context::Locale;
use crate::error::Result;
use crate::locale::Direction;
use crate::view::{Declarations, FormFor, FormPurpose, TileAnswer, ViewKind, ViewPage};

fn all() -> Declarations {
    let read = |text: &str| {
        let json = serde_json::from_str(text).unwrap();
        Declarations::from_json(&json).unwrap()
    };
    let mut all = read(include_str!("../shipped/views.json"));
    all.forms = read(include_str!("../shipped/forms.json")).forms;
    all.dashboards = read(include_str!("../shipped/dashboards.json")).dashboards;
    all.panels = read(include_str!("../shipped/panels.json")).panels;
    all
}

fn company(staff: &Staff) {
    let session = &staff.session;
    let owner = staff.maryam.to_string();
    let account = create(
        session,
        "account",
        json!({"name": "فولاد پارس", "industry": "فولاد", "owner": owner}),
    );
    create(
        session,
        "contact",
        json!({"name": "زهرا کریمی", "account": account.to_string(), "mobile": "۰۹۱۲۱۲۳۴۵۶۷"}),
    );
    create(
        session,
        "lead",
        json!({"name": "علی رضایی", "company": "نان سحر"}),
    );
    create(session, "product", json!({"code": "P1", "name": "بیمه"}));
    let about = account.to_string();
    create(
        session,
        "opportunity",
        json!({"name": "قرارداد", "account": about, "amount": "1200000000 IRR", "stage": "proposal", "close_date": "2026-04-01", "owner": owner}),
    );
    create(
        session,
        "opportunity",
        json!({"name": "صفقة", "account": about, "amount": "500 USD", "stage": "won", "close_date": "2026-03-01", "owner": owner}),
    );
    create(
        session,
        "activity",
        json!({"kind": "task", "subject": "پیگیری", "about": about, "due_on": "2026-03-26", "owner": owner}),
    );
    create(
        session,
        "activity",
        json!({"kind": "call", "subject": "تماس", "about": about, "at": "2026-03-25T06:00:00Z", "owner": owner}),
    );
    create(
        session,
        "activity",
        json!({"kind": "meeting", "subject": "جلسه", "about": about, "at": "2026-03-25T07:00:00Z", "owner": owner}),
    );
}

#[test]
fn all_of_it_fits_the_schema_and_has_a_name_in_three_languages() {
    let staff = Staff::new();
    let all = all();
    let engine = staff.session.engine();
    let faults = all.faults(engine, &engine.schema().unwrap()).unwrap();
    assert_eq!(faults, []);
    assert_eq!(all.names().len(), 32);
    let labels = all.views.iter().map(|view| &view.label);
    let labels = labels.chain(all.forms.iter().map(|form| &form.label));
    let labels = labels.chain(all.panels.iter().map(|panel| &panel.label));
    for label in labels.chain(all.dashboards.iter().map(|dashboard| &dashboard.label)) {
        assert_eq!(label.keys().collect::<Vec<_>>(), ["ar", "en", "fa"]);
    }
}

#[test]
fn every_view_answers_in_every_language() -> Result<()> {
    let staff = Staff::new();
    company(&staff);
    for locale in [Locale::En, Locale::Fa, Locale::Ar] {
        let session = staff.as_user(staff.maryam).in_locale(locale);
        for view in session.views(None)? {
            let rows = session.view_rows(&view, &ViewPage::first())?;
            let key = view.key.unwrap_or_default();
            assert!(!rows.rows.is_empty(), "{key} shows nothing");
            assert_eq!(rows.language, locale.tag());
            assert_eq!(rows.direction == Direction::Rtl, locale != Locale::En);
            assert_eq!(rows.name, view.label[locale.tag()], "{key}");
            assert!(
                rows.columns
                    .iter()
                    .all(|column| column.label != column.field),
                "{key}"
            );
            let boards = matches!(rows.kind, ViewKind::Kanban | ViewKind::Report);
            assert_eq!(boards, !rows.groups.is_empty(), "{key}");
            assert_eq!(
                rows.chart.is_some(),
                view.definition.chart.is_some(),
                "{key}"
            );
        }
    }
    Ok(())
}

#[test]
fn every_form_answers_for_every_purpose_in_every_language() -> Result<()> {
    let staff = Staff::new();
    company(&staff);
    for locale in [Locale::En, Locale::Fa, Locale::Ar] {
        let session = staff.as_user(staff.maryam).in_locale(locale);
        for form in session.forms(None)? {
            let object = form.definition.object.clone();
            let blank = session.form(&FormFor::create(&object))?;
            assert_eq!(blank.form, form.label[locale.tag()]);
            let query = crate::query::Query::new(&object).limit(1);
            let id = session.query(&query)?.records[0].id();
            for wanted in [FormFor::edit(id), FormFor::show(id)] {
                let shown = session.form(&wanted)?;
                assert_eq!(shown.record, Some(id));
                assert!(!shown.title.is_empty());
                let mut fields = shown
                    .sections
                    .iter()
                    .flat_map(|section| section.rows.iter().flatten());
                assert!(fields.all(|field| field.label != field.field
                    && (wanted.purpose != FormPurpose::Show || field.read_only)));
            }
        }
    }
    Ok(())
}

#[test]
fn every_tile_of_every_dashboard_answers_in_every_language() -> Result<()> {
    let staff = Staff::new();
    company(&staff);
    for locale in [Locale::En, Locale::Fa, Locale::Ar] {
        let session = staff.as_user(staff.maryam).in_locale(locale);
        let dashboard = session.dashboard("")?;
        assert_eq!(dashboard.key.as_deref(), Some("sales"));
        let shown = session.dashboard_tiles(&dashboard)?;
        assert_eq!(shown.tiles.len(), 8);
        for tile in &shown.tiles {
            assert!(!tile.label.is_empty());
            match &tile.content {
                TileAnswer::Number { cells, .. } => assert_eq!(cells.len(), 1, "{}", tile.label),
                TileAnswer::Chart { chart } => assert!(!chart.categories.is_empty()),
                TileAnswer::View { page } | TileAnswer::List { page } => {
                    assert!(!page.rows.is_empty())
                }
                TileAnswer::Failed { message } => panic!("{}: {message}", tile.label),
            }
        }
    }
    Ok(())
}
