//! What do people look at: views, forms and dashboards?

use std::path::Path;

use peyvand::{
    Cell, ChartShown, DashboardShown, Engine, FieldShown, FormFor, FormShown, GroupShown, Locale,
    OutcomeKind, Session, TileAnswer, ViewPage, ViewRows,
};
use serde_json::{Map, Value as Json, json};

use crate::args::view::{Dashboard, Form, Looking, Screen, View};
use crate::fault::{Exit, Fault};
use crate::moment::Moment;
use crate::output::{Output, Side, Table, several};
use crate::source;
use crate::store::{self, Need};
use crate::value::Reading;

pub(crate) fn run(asked: &View, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        View::List { object, looking } => store::with(dir, Need::Existing, |engine| {
            list(&session(engine, looking)?, object.as_deref(), output)
        })?,
        View::Show {
            name,
            limit,
            after,
            as_of,
            looking,
        } => {
            let mut page = ViewPage::first();
            (page.limit, page.after) = (*limit, after.clone());
            store::with(dir, Need::Existing, |engine| {
                show(&session(engine, looking)?, name, &page, *as_of, output)
            })?;
        }
        View::Put { file, into } => {
            let fields = definition(file)?;
            store::with(dir, Need::Created, |engine| {
                put(&store::session(engine)?, *into, fields, output)
            })?;
        }
        View::Remove { name } => store::with(dir, Need::Existing, |engine| {
            remove(&store::session(engine)?, name, output)
        })?,
    }
    Ok(Exit::Fine)
}

/// A session of whom the answer is for, in his language.
pub(crate) fn session(engine: &Engine, looking: &Looking) -> Result<Session, Fault> {
    let session = store::session(engine)?;
    Ok(match looking.language {
        Some(language) => session.in_locale(language),
        None => session,
    })
}

fn declared_json(view: &peyvand::View) -> Json {
    json!({
        "id": view.id.map(|id| id.to_string()), "key": view.key, "name": view.name, "label": view.label,
        "audience": view.audience.name(), "is_default": view.is_default, "brought_by": view.brought_by,
        "definition": view.definition,
    })
}

fn list(session: &Session, object: Option<&str>, output: &mut Output<'_>) -> Result<(), Fault> {
    let views = session.views(object)?;
    if output.json {
        let data: Vec<Json> = views.iter().map(declared_json).collect();
        return output.document(&json!({"data": data}));
    }
    let reading = Reading::of(session);
    let locale = reading.locale;
    let schema = session.engine().schema()?;
    let heading = |words| (reading.word(words).to_owned(), Side::Left);
    let mut table = Table::headed(vec![
        heading(["view", "نما", "العرض"]),
        heading(["object", "شیء", "الكائن"]),
        heading(["kind", "نوع", "النوع"]),
        heading(["for", "برای", "لـ"]),
        heading(["first", "نخست", "الأول"]),
        heading(["name", "نام", "الاسم"]),
    ]);
    for view in views {
        let object = schema.object(&view.definition.object);
        let label = object.and_then(|object| object.label.get(locale.tag()));
        let label = label.filter(|_| locale != Locale::En);
        let name = view.label.get(locale.tag()).cloned();
        let id = view.id.map(|id| id.to_string());
        let first = if view.is_default {
            reading.yes_or_no(true)
        } else {
            ""
        };
        table.row([
            view.key.or(id).unwrap_or_default(),
            label.unwrap_or(&view.definition.object).clone(),
            reading
                .word(kind_word(view.definition.kind.name()))
                .to_owned(),
            reading.word(audience_word(view.audience.name())).to_owned(),
            first.to_owned(),
            name.unwrap_or(view.name),
        ]);
    }
    output.table(&table)
}

/// What people call a kind of view.
fn kind_word(kind: &'static str) -> [&'static str; 3] {
    match kind {
        "list" => [kind, "فهرست", "قائمة"],
        "kanban" => [kind, "کانبان", "كانبان"],
        "calendar" => [kind, "تقویم", "تقويم"],
        "report" => [kind, "گزارش", "تقرير"],
        "map" => [kind, "نقشه", "خريطة"],
        "timeline" => [kind, "خط زمان", "خط زمني"],
        _ => [kind; 3],
    }
}

/// For whom it is.
fn audience_word(audience: &'static str) -> [&'static str; 3] {
    match audience {
        "owner" => [audience, "صاحبش", "صاحبه"],
        "team" => [audience, "تیم", "الفريق"],
        "role" => [audience, "نقش", "الدور"],
        "everyone" => [audience, "همه", "الجميع"],
        _ => [audience; 3],
    }
}

fn show(
    session: &Session,
    name: &str,
    page: &ViewPage,
    as_of: Option<Moment>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let view = match session.view(name) {
        // No view is called so, and an object is.
        Err(_) if session.engine().schema()?.object(name).is_some() => {
            session.default_view(name)?
        }
        found => found?,
    };
    let rows = match as_of {
        Some(moment) => session.as_of(moment.0)?.view_rows(&view, page)?,
        None => session.view_rows(&view, page)?,
    };
    if output.json {
        return output.document(&json!({"view": declared_json(&view), "rows": rows}));
    }
    output.line(&rows.name)?;
    tell_rows(&rows, output)
}

pub(crate) fn tell_rows(rows: &ViewRows, output: &mut Output<'_>) -> Result<(), Fault> {
    tell_groups(rows, output)?;
    if let Some(chart) = &rows.chart {
        tell_chart(chart, output)?;
    }
    let columns = rows.columns.iter().enumerate().map(|(place, column)| {
        let side = if column.at_end {
            Side::Right
        } else {
            Side::Left
        };
        let cell = |cells: &[Cell]| {
            cells
                .get(place)
                .map_or_else(String::new, |cell| cell.text.clone())
        };
        let cells = rows.rows.iter().map(|row| cell(&row.cells)).collect();
        ((column.label.clone(), side), cells)
    });
    output.table(&Table::of_columns(columns.collect()))?;
    output.line(several(rows.rows.len() as u64, "record", "records"))?;
    match &rows.next {
        Some(next) => output.line(format!("more with --after {next}")),
        None => Ok(()),
    }
}

fn joined(cells: &[Cell]) -> String {
    let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
    texts.join(" + ")
}

fn tell_groups(rows: &ViewRows, output: &mut Output<'_>) -> Result<(), Fault> {
    if rows.groups.is_empty() && rows.total.is_none() {
        return Ok(());
    }
    let all: Vec<&GroupShown> = rows.groups.iter().chain(&rows.total).collect();
    let key = |place: usize, group: &GroupShown| {
        group
            .keys
            .get(place)
            .map_or_else(String::new, |key| key.text.clone())
    };
    let mut columns: Vec<((String, Side), Vec<String>)> = Vec::new();
    for (place, by) in rows.group_by.iter().enumerate() {
        let keys = all.iter().map(|group| key(place, group)).collect();
        columns.push(((by.clone(), Side::Left), keys));
    }
    let counts = all.iter().map(|group| group.count.to_string()).collect();
    let count = match rows.language {
        "fa" => "تعداد",
        "ar" => "العدد",
        _ => "count",
    };
    columns.push(((count.to_owned(), Side::Right), counts));
    for (place, measure) in rows.measures.iter().enumerate() {
        let values = all.iter().map(|group| {
            group
                .values
                .get(place)
                .map_or_else(String::new, |of| joined(of))
        });
        columns.push(((measure.clone(), Side::Right), values.collect()));
    }
    output.table(&Table::of_columns(columns))
}

fn tell_chart(chart: &ChartShown, output: &mut Output<'_>) -> Result<(), Fault> {
    output.line(format!("{} ({})", chart.label, chart.kind.name()))?;
    let categories = chart.categories.iter().map(|cell| cell.text.clone());
    let mut columns = vec![((chart.by.clone(), Side::Left), categories.collect())];
    for series in &chart.series {
        let name = [Some(series.label.as_str()), series.currency.as_deref()];
        let name: Vec<&str> = name
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        let name = match name.is_empty() {
            true => chart.measure.clone(),
            false => name.join(" "),
        };
        let values = series.values.iter().map(|cell| cell.text.clone());
        columns.push(((name, Side::Right), values.collect()));
    }
    output.table(&Table::of_columns(columns))
}

/// The fields of a view, a form or a dashboard in a file.
fn definition(file: &Path) -> Result<Map<String, Json>, Fault> {
    const SHAPE: &str = "write it as {\"key\": …, \"name\": …, \"definition\": {\"object\": …}}; `peyvand view show NAME --json` gives one to begin with";
    let text = source::text(file)?;
    let broken = |why: String| Fault::input(format!("{} {why}", file.display()), SHAPE);
    let json: Json =
        serde_json::from_str(&text).map_err(|error| broken(format!("is no JSON: {error}")))?;
    // What `show` gives is taken back.
    let fields = match json {
        Json::Object(mut map) => match map.remove("view") {
            Some(Json::Object(view)) => view,
            Some(_) => return Err(broken("holds no view".to_owned())),
            None => map,
        },
        _ => return Err(broken("is no JSON object".to_owned())),
    };
    let kept = ["id", "brought_by"];
    Ok(fields
        .into_iter()
        .filter(|(name, value)| !kept.contains(&name.as_str()) && !value.is_null())
        .collect())
}

fn put(
    session: &Session,
    into: Screen,
    mut fields: Map<String, Json>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let object = match into {
        Screen::View => "view",
        Screen::Form => "form",
        Screen::Dashboard => "dashboard",
        Screen::Panel => "panel",
    };
    let key = fields.get("key").and_then(Json::as_str).map(str::to_owned);
    if !fields.contains_key("name") {
        let named = fields
            .get("label")
            .and_then(|label| label.get("en"))
            .cloned();
        fields.extend(
            named
                .or(key.clone().map(Json::from))
                .map(|name| ("name".to_owned(), name)),
        );
    }
    let held = match &key {
        Some(key) => session.find(object, "key", key)?,
        None => None,
    };
    let done = match held {
        Some(held) => session.update(held.id(), fields)?,
        None => session.create(object, fields)?,
    };
    let id = done.id()?;
    let kind = done.outcomes.first().map(|outcome| outcome.kind);
    let word = match kind {
        Some(OutcomeKind::Created) => "created",
        Some(OutcomeKind::Unchanged) => "unchanged",
        _ => "updated",
    };
    if output.json {
        let position = done.position.get();
        return output
            .document(&json!({"id": id.to_string(), "outcome": word, "position": position}));
    }
    output.line(format!("{word} {id}: {}", session.get(id)?.title()))
}

fn remove(session: &Session, name: &str, output: &mut Output<'_>) -> Result<(), Fault> {
    let view = session.view(name)?;
    let Some(id) = view.id else {
        return Err(Fault::input(
            format!("view '{name}' comes with the engine and is not stored"),
            "save one of your own under the same key, which replaces it",
        ));
    };
    let _ = session.delete(id)?;
    if output.json {
        return output.document(&json!({"id": id.to_string(), "removed": true}));
    }
    output.line(format!(
        "removed {id}: {}; `peyvand undelete {id}` brings it back",
        view.name
    ))
}

pub(crate) fn form(asked: &Form, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let mut wanted = match asked.record {
        None => FormFor::create(&asked.object),
        Some(id) if asked.show => FormFor::show(id),
        Some(id) => FormFor::edit(id),
    };
    if let Some(typed) = &asked.typed {
        wanted = wanted.typed(source::fields(typed)?);
    }
    store::with(dir, Need::Existing, |engine| {
        let form = session(engine, &asked.looking)?.form(&wanted)?;
        if form.object != asked.object {
            return Err(Fault::input(
                format!(
                    "the record is one of {}, not of {}",
                    form.object, asked.object
                ),
                "name its own object",
            ));
        }
        match output.json {
            true => output.document(&form),
            false => tell_form(&form, output),
        }
    })?;
    Ok(Exit::Fine)
}

fn tell_form(form: &FormShown, output: &mut Output<'_>) -> Result<(), Fault> {
    output.line(format!(
        "{} ({}) {}",
        form.form,
        form.purpose.name(),
        form.title
    ))?;
    for section in &form.sections {
        if !section.label.is_empty() {
            output.line("")?;
            output.line(&section.label)?;
        }
        let fields: Vec<&FieldShown> = section.rows.iter().flatten().collect();
        let of = |text: fn(&FieldShown) -> String| fields.iter().map(|field| text(field)).collect();
        let table = Table::of_columns(vec![
            (("field", Side::Left), of(|field| field.field.clone())),
            (("holds", Side::Left), of(|field| field.kind.to_owned())),
            (("rules", Side::Left), of(rules)),
            (("label", Side::Left), of(|field| field.label.clone())),
            (("value", Side::Left), of(|field| field.cell.text.clone())),
        ]);
        output.table(&table)?;
        for field in &fields {
            if let Some(fault) = &field.fault {
                output.line(format!("{}: {fault}", field.field))?;
            }
        }
    }
    Ok(())
}

fn rules(field: &FieldShown) -> String {
    let rules = [("required", field.required), ("read-only", field.read_only)];
    let held = rules.into_iter().filter(|(_, holds)| *holds);
    held.map(|(word, _)| word).collect::<Vec<_>>().join(", ")
}

pub(crate) fn dashboard(
    asked: &Dashboard,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = session(engine, &asked.looking)?;
        let shown = session.dashboard_tiles(&session.dashboard(&asked.name)?)?;
        match output.json {
            true => output.document(&shown),
            false => tell_dashboard(&shown, output),
        }
    })?;
    Ok(Exit::Fine)
}

fn tell_dashboard(shown: &DashboardShown, output: &mut Output<'_>) -> Result<(), Fault> {
    output.line(&shown.name)?;
    for tile in &shown.tiles {
        output.line("")?;
        output.line(&tile.label)?;
        match &tile.content {
            TileAnswer::Number { cells, .. } if cells.is_empty() => output.line("-")?,
            TileAnswer::Number { cells, .. } => output.line(joined(cells))?,
            TileAnswer::Chart { chart } => tell_chart(chart, output)?,
            TileAnswer::View { page } | TileAnswer::List { page } => tell_rows(page, output)?,
            TileAnswer::Failed { message } => output.line(format!("cannot be shown: {message}"))?,
            _ => {}
        }
    }
    Ok(())
}
