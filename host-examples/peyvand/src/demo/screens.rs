//! What do sellers and managers look at? A view and a dashboard as data, each for a role.

use std::io::Write;

use peyvand::{Actor, Cell, Locale, Record, TileAnswer, Value, ViewPage, ViewRows};
use serde_json::{Value as Json, json};

use super::DemoError;
use super::case::Case;
use super::layout::{cut, heading, short};

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
                "opportunity", "and(status[eq]:open,close_date[gte]:today,close_date[lte]:today+7d)", "count"),
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
    let login = case.seller.text("login").unwrap_or_default();
    let named = format!("{}, as {login} sees it", rows.name);
    let in_persian = mine.label.get("fa").map_or("", String::as_str);
    writeln!(out, "  {named:<60}{in_persian}")?;
    tell_rows(&rows, out)?;
    let sees = |user: &Record| -> peyvand::Result<&'static str> {
        let session = case.engine.session_as(Actor::User(user.id()));
        let views = session.views(Some("opportunity"))?;
        let listed = views.iter().any(|view| view.key.as_deref() == Some(VIEW));
        Ok(if listed { "listed" } else { "not listed" })
    };
    writeln!(
        out,
        "  it is {} among the views of a seller, and {} among those of a manager\n",
        sees(&case.seller)?,
        sees(&case.manager)?
    )?;
    tiles(case, out)
}

fn tell_rows(rows: &ViewRows, out: &mut dyn Write) -> Result<(), DemoError> {
    for row in &rows.rows {
        let texts: Vec<String> = row.cells.iter().map(brief).collect();
        if let [day, stage, amount, name] = texts.as_slice() {
            writeln!(
                out,
                "    {day:<14}{stage:<15}{amount:>14}             {}",
                cut(name, 36)
            )?;
        }
    }
    if rows.has_more {
        writeln!(out, "    … and more")?;
    }
    Ok(())
}

/// One number a line, with its label in two languages, the Persian one at the end.
fn tiles(case: &Case<'_>, out: &mut dyn Write) -> Result<(), DemoError> {
    let shown = |language: Locale| {
        let manager = Actor::User(case.manager.id());
        let session = case.engine.session_as(manager).in_locale(language);
        session.dashboard_tiles(&session.dashboard(DASHBOARD)?)
    };
    let (english, persian) = (shown(Locale::En)?, shown(Locale::Fa)?);
    let login = case.manager.text("login").unwrap_or_default();
    let named = format!("{}, as {login} sees it", english.name);
    writeln!(out, "  {named:<60}{}", persian.name)?;
    for (tile, in_persian) in english.tiles.iter().zip(&persian.tiles) {
        let number = match &tile.content {
            TileAnswer::Number { cells, .. } => joined(cells),
            TileAnswer::Failed { message } => message.clone(),
            _ => String::new(),
        };
        writeln!(
            out,
            "    {:<21}{number:<37}{}",
            tile.label, in_persian.label
        )?;
    }
    Ok(())
}

/// Amounts of several currencies are never added up.
fn joined(cells: &[Cell]) -> String {
    let texts: Vec<String> = cells.iter().map(brief).collect();
    texts.join(", ")
}

fn brief(cell: &Cell) -> String {
    match &cell.value {
        Some(Value::Money(money)) => format!("{} {}", money.currency, short(money.amount)),
        _ => cell.text.clone(),
    }
}
