//! Which records come nearest to what was typed?

use std::path::Path;

use clap::Args;
use peyvand::locale::{Digits, KeyboardLayout};
use peyvand::{Closeness, FieldKind, Found, Hit, Locale, Schema, Search};
use serde_json::{Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::store::{self, Need};

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Beginnings of words, an e-mail address, or the end of a telephone number
    #[arg(required = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// Only records of this object; may be given several times
    #[arg(long = "in", value_name = "OBJECT")]
    pub(crate) objects: Vec<String>,
    /// How many hits there are at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
}

pub(crate) fn run(asked: &Asked, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    if asked.limit == 0 {
        return Err(Fault::input(
            "--limit 0 would find nothing",
            "give at least 1, such as --limit 20",
        ));
    }
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let search = Search::new(asked.words.join(" "))
            .limit(asked.limit)
            .objects(asked.objects.clone());
        let found = session.search(&search)?;
        if output.json {
            let hits: Vec<Json> = found.hits.iter().map(hit_json).collect();
            return output.document(&json!({"data": hits, "complete": found.complete}));
        }
        tell(&found, &*engine.schema()?, session.locale(), output)
    })?;
    Ok(Exit::Fine)
}

fn hit_json(hit: &Hit) -> Json {
    let read_as = hit.read_as.as_ref();
    json!({
        "id": hit.id.to_string(),
        "object": hit.object,
        "title": hit.title,
        "field": hit.field,
        "closeness": hit.closeness.name(),
        "read_as": read_as.map(|(layout, words)| json!({"layout": layout.name(), "words": words})),
    })
}

fn tell(
    found: &Found,
    schema: &Schema,
    locale: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let mut columns = [
        Column::new(say(locale, ["id", "شناسه", "المعرف"])),
        Column::new(say(locale, ["object", "شیء", "الكائن"])),
        Column::new(say(locale, ["found by", "پیدا شده با", "وُجد بـ"])),
        Column::new(say(locale, ["how near", "نزدیکی", "القرب"])),
        Column::new(say(locale, ["title", "عنوان", "العنوان"])),
    ];
    for hit in &found.hits {
        let object = schema.object(&hit.object);
        let labelled = |label: Option<&peyvand::Labels>, name: &str| {
            let label = label.and_then(|label| label.get(locale.tag()));
            label.map_or_else(|| name.to_owned(), Clone::clone)
        };
        let field = object.and_then(|object| object.field(&hit.field));
        let cells = [
            hit.id.to_string(),
            labelled(object.map(|object| &object.label), &hit.object),
            labelled(field.map(|field| &field.label), &hit.field),
            nearness(
                hit,
                field.is_some_and(|field| field.kind == FieldKind::Phone),
                locale,
            ),
            hit.title.clone(),
        ];
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.cells.push(cell);
        }
    }
    if !found.hits.is_empty() {
        let columns = columns.map(|column| ((column.heading, Side::Left), column.cells));
        output.table(&Table::of_columns(columns.into()))?;
    }
    let count = found.hits.len();
    output.line(Digits::of(locale).write(&match locale {
        Locale::Fa => format!("{count} مورد پیدا شد"),
        Locale::Ar => format!("النتائج: {count}"),
        _ => several(count as u64, "hit", "hits"),
    }))?;
    if !found.complete {
        output.line(say(locale, [
            "The words are very common: not every record was looked at. More letters or another word find the rest.",
            "این واژه‌ها بسیار رایج‌اند و همه‌ی رکوردها دیده نشد؛ با حروف یا واژه‌ی بیشتر بقیه پیدا می‌شود.",
            "الكلمات شائعة جدا ولم تُفحص كل السجلات؛ مزيد من الأحرف أو كلمة أخرى تجد الباقي.",
        ]))?;
    }
    Ok(())
}

struct Column {
    heading: &'static str,
    cells: Vec<String>,
}

impl Column {
    fn new(heading: &'static str) -> Self {
        let cells = Vec::new();
        Self { heading, cells }
    }
}

/// The one of three texts that a language has: English, Persian, Arabic.
fn say(locale: Locale, [english, persian, arabic]: [&'static str; 3]) -> &'static str {
    match locale {
        Locale::Fa => persian,
        Locale::Ar => arabic,
        _ => english,
    }
}

fn nearness(hit: &Hit, by_its_end: bool, locale: Locale) -> String {
    let near = say(
        locale,
        match hit.closeness {
            Closeness::Exact => ["exact", "دقیق", "مطابق"],
            Closeness::Words => ["all words", "همه‌ی واژه‌ها", "كل الكلمات"],
            // A telephone number is looked for from its end.
            Closeness::Beginnings if by_its_end => ["number ends so", "پایان شماره", "نهاية الرقم"],
            Closeness::Beginnings => ["beginnings", "آغاز واژه‌ها", "بدايات الكلمات"],
            _ => ["some words", "برخی واژه‌ها", "بعض الكلمات"],
        },
    );
    let Some((layout, words)) = &hit.read_as else {
        return near.to_owned();
    };
    let keyboard = say(
        locale,
        match layout {
            KeyboardLayout::Latin => ["Latin keyboard", "صفحه‌کلید لاتین", "لوحة مفاتيح لاتينية"],
            KeyboardLayout::Arabic => ["Arabic keyboard", "صفحه‌کلید عربی", "لوحة مفاتيح عربية"],
            _ => ["Persian keyboard", "صفحه‌کلید فارسی", "لوحة مفاتيح فارسية"],
        },
    );
    format!("{near}: {words} ({keyboard})")
}
