//! What do sellers and managers look at? A view and a dashboard as data, each for a role.

use std::io::Write;

use peyvand::{Actor, Cell, Locale, Record, TileAnswer, ViewPage, ViewRows};
use serde_json::{Value as Json, json};

use super::DemoError;
use super::case::Case;
use super::layout::{cut, heading};

/// The keys under which they are asked for.
pub(super) const VIEW: &str = "my-largest-deals";
pub(super) const DASHBOARD: &str = "morning";

/// How many rows are shown.
const SHOWN: usize = 4;

fn view() -> Json {
    json!({
        "key": VIEW, "name": "My largest deals", "audience": "role", "role": "seller",
        "label": {"en": "My largest deals", "fa": "بزرگ‌ترین معامله‌های من", "ar": "أكبر صفقاتي"},
        "definition": {
            "object": "opportunity", "kind": "list", "filter": "and(status[eq]:open,owner[eq]:me)",
            "columns": ["close_date", "stage", "amount", "name"], "sort": "-amount",
        },
    })
}

fn dashboard() -> Json {
    let tile = |place: u64, label: [&str; 3], object: &str, filter: &str, measure: &str| {
        let [en, fa, ar] = label;
        json!({
            "label": {"en": en, "fa": fa, "ar": ar},
            "place": {"column": place * 3, "row": 0, "width": 3, "height": 1},
            "show": "number", "object": object, "filter": filter, "measure": measure,
        })
    };
    json!({
        "key": DASHBOARD, "name": "The morning", "audience": "role", "role": "manager",
        "label": {"en": "The morning", "fa": "نگاه صبح", "ar": "نظرة الصباح"},
        "definition": {"tiles": [
            tile(0, ["Open deals", "معامله‌های باز", "الصفقات المفتوحة"],
                "opportunity", "status[eq]:open", "count"),
            tile(1, ["Close within a week", "بسته می‌شوند تا یک هفته", "تُغلق خلال أسبوع"],
                "opportunity", "and(status[eq]:open,close_date[lte]:today+7d)", "count"),
            tile(2, ["Won in thirty days", "برده در سی روز", "المكسوبة خلال ثلاثين يومًا"],
                "opportunity", "and(status[eq]:won,closed_at[gte]:today-30d)", "sum(amount)"),
            tile(3, ["Tasks overdue", "کارهای دیرکرده", "المهام المتأخرة"],
                "activity", "and(status[eq]:planned,due_on[lt]:today)", "count"),
        ]},
    })
}

pub(super) fn print(case: &Case<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    heading(out, "Screens are data: one for sellers, one for managers")?;
    let session = case.engine.session();
    let _ = session.create("view", view())?;
    let _ = session.create("dashboard", dashboard())?;
    let mine = case.session.view(VIEW)?;
    let rows = case
        .session
        .view_rows(&mine, &ViewPage::first().limit(SHOWN))?;
    let persian = case.session.clone().in_locale(Locale::Fa);
    writeln!(
        out,
        "  {}, as {} sees it   {} · {}",
        rows.name,
        case.seller.text("login").unwrap_or_default(),
        persian
            .view(VIEW)?
            .label
            .get("fa")
            .map_or("", String::as_str),
        case.seller.title()
    )?;
    tell_rows(&rows, out)?;
    let sees = |user: &Record| -> peyvand::Result<&'static str> {
        let session = case.engine.session_as(Actor::User(user.id()));
        let views = session.views(Some("opportunity"))?;
        let listed = views.iter().any(|view| view.key.as_deref() == Some(VIEW));
        Ok(if listed { "listed" } else { "not listed" })
    };
    writeln!(
        out,
        "  among the views of a seller it is {}, among those of a manager {}\n",
        sees(&case.seller)?,
        sees(&case.manager)?
    )?;
    tiles(case, out)
}

fn tell_rows(rows: &ViewRows, out: &mut dyn Write) -> Result<(), DemoError> {
    for row in &rows.rows {
        let texts: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        if let [day, stage, amount, name] = texts[..] {
            writeln!(
                out,
                "    {day:<12}{stage:<15}{amount:>24}   {}",
                cut(name, 36)
            )?;
        }
    }
    if rows.has_more {
        writeln!(out, "    … and more")?;
    }
    Ok(())
}

/// The same numbers in English and in Persian: each line is one direction only.
fn tiles(case: &Case<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    let manager = case.engine.session_as(Actor::User(case.manager.id()));
    for language in [Locale::En, Locale::Fa] {
        let session = manager.clone().in_locale(language);
        let shown = session.dashboard_tiles(&session.dashboard(DASHBOARD)?)?;
        writeln!(out, "  {}", shown.name)?;
        for tile in &shown.tiles {
            let number = match &tile.content {
                TileAnswer::Number { cells, .. } => joined(cells),
                TileAnswer::Failed { message } => message.clone(),
                _ => String::new(),
            };
            writeln!(out, "    {:<21} {number}", format!("{}:", tile.label))?;
        }
    }
    Ok(())
}

fn joined(cells: &[Cell]) -> String {
    let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
    texts.join(" + ")
}
