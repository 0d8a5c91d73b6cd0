//! Who may see and do what?

use std::path::Path;

use peyvand::{AccessVerb, Engine, Filter, Locale, Position, RecordId, Session};
use serde_json::{Value as Json, json};

use crate::args::{Access, HandOver, Share};
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table};
use crate::record::{tell_commit, warnings};
use crate::social::user_of;
use crate::store::{self, Need};
use crate::value::Reading;

/// So many roles are shown at most.
const MOST: usize = 1_000;

pub(crate) fn run(asked: &Access, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        match asked {
            Access::On { yes } => return enforce(&session, (true, *yes), output),
            Access::Off => return enforce(&session, (false, true), output),
            Access::Explain {
                user,
                record,
                verb,
                language,
            } => {
                let session = match language {
                    Some(language) => session.in_locale(*language),
                    None => session,
                };
                let verb = AccessVerb::from_name(verb).unwrap_or(AccessVerb::Read);
                return explain(&session, user_of(engine, user)?, (*record, verb), output);
            }
            Access::Roles { add } => roles(&session, *add, output),
            Access::Report { object } => report(engine, &session, object, output),
            Access::RunAs { what, user, nobody } => {
                if let Some(what) = what
                    && (user.is_some() || *nobody)
                {
                    let user = user.as_deref().map(|user| user_of(engine, user));
                    session.run_as(what, user.transpose()?)?;
                }
                running_as(engine, &session, output)
            }
            Access::Share(share) => self::share(engine, &session, share, output),
            Access::HandOver(asked) => hand_over(engine, &session, asked, output),
            Access::WhoSaw { what } => who_saw(engine, &session, what, output),
        }?;
        Ok(Exit::Fine)
    })
}

fn enforce(
    session: &Session,
    (enforced, yes): (bool, bool),
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let reading = Reading::of(session);
    let without = match enforced && !session.enforces_access()? {
        true => session.users_without_rights()?,
        false => Vec::new(),
    };
    if !without.is_empty() && !output.json {
        let count = reading.several(without.len() as u64, ["user", "users", "کاربر", "مستخدم"]);
        output.line(match reading.locale {
            Locale::Fa => format!("{count} چیزی نخواهند دید، چون نقش‌شان حقی نمی‌دهد:"),
            Locale::Ar => format!("{count} لن يروا شيئًا لأن أدوارهم لا تمنح حقًا:"),
            _ => format!("{count} will see nothing, since their roles give no rights:"),
        })?;
        for login in &without {
            output.line(format!("  {login}"))?;
        }
    }
    if !without.is_empty() && !yes {
        if output.json {
            output.document(&json!({"enforced": false, "without_rights": without}))?;
        } else {
            output.line(reading.word([
                "nothing is changed; give them a role with rights (peyvand access roles --add), or say --yes",
                "چیزی دگرگون نشد؛ نقشی با حقوق به ایشان بدهید (peyvand access roles --add) یا --yes بگویید",
                "لم يتغير شيء؛ أعطهم دورًا له حقوق (peyvand access roles --add) أو قل --yes",
            ]))?;
        }
        return Ok(Exit::No);
    }
    session.enforce_access(enforced)?;
    match (output.json, enforced) {
        (true, _) => output.document(&json!({"enforced": enforced, "without_rights": without})),
        (false, true) => output.line(reading.word([
            "users see and do what their roles give them",
            "کاربران آنچه نقش‌شان می‌دهد می‌بینند و می‌کنند",
            "يرى المستخدمون ويفعلون ما تمنحه أدوارهم",
        ])),
        (false, false) => output.line(reading.word(NOT_ENFORCED)),
    }?;
    Ok(Exit::Fine)
}

const NOT_ENFORCED: [&str; 3] = [
    "access is not enforced: everybody sees and does everything",
    "دسترسی اعمال نمی‌شود: همه همه چیز را می‌بینند و می‌کنند",
    "لا تُفرض الصلاحيات: يرى الجميع ويفعلون كل شيء",
];

/// A no is an answer, and shows in how the process ends.
fn explain(
    session: &Session,
    user: RecordId,
    (record, verb): (RecordId, AccessVerb),
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let told = session.explain_access(user, record, verb)?;
    if output.json {
        output.document(&told)?;
    } else {
        let reading = Reading::of(session);
        output.line(reading.yes_or_no(told.allowed))?;
        for reason in &told.reasons {
            output.line(format!("  {reason}"))?;
        }
        if !told.would_help.is_empty() {
            output.line(reading.word([
                "what would help, the smallest first:",
                "چه کمک می‌کند، کوچک‌ترین نخست:",
                "ما الذي يساعد، الأصغر أولًا:",
            ]))?;
        }
        for help in &told.would_help {
            output.line(format!("  {help}"))?;
        }
    }
    Ok(if told.allowed { Exit::Fine } else { Exit::No })
}

fn roles(session: &Session, add: bool, output: &mut Output<'_>) -> Result<(), Fault> {
    let added = match add {
        true => session.add_standard_roles()?,
        false => Vec::new(),
    };
    let enforced = session.enforces_access()?;
    let query = peyvand::Query::new("role").sorted_by("key")?.limit(MOST);
    let mut all = Vec::new();
    for role in session.query(&query)?.records {
        let users = session.count("user", &Filter::eq("role", role.id()))?;
        all.push((role, users));
    }
    if output.json {
        let data: Vec<Json> = all
            .iter()
            .map(|(role, users)| json!({"role": role.to_json(), "users": users}))
            .collect();
        return output.document(&json!({"enforced": enforced, "added": added, "data": data}));
    }
    let reading = Reading::of(session);
    let heading = |words, side| (reading.word(words).to_owned(), side);
    let mut table = Table::headed(vec![
        heading(["role", "نقش", "الدور"], Side::Left),
        heading(["name", "نام", "الاسم"], Side::Left),
        heading(["users", "کاربران", "المستخدمون"], Side::Right),
        heading(["rights", "حقوق", "الحقوق"], Side::Left),
    ]);
    for (role, users) in &all {
        let rights = role.get("definition").map(ToString::to_string);
        table.row([
            role.text("key").unwrap_or_default().to_owned(),
            role.title_in(reading.locale),
            reading.count(*users),
            rights.unwrap_or_else(|| reading.word(["none", "هیچ", "لا شيء"]).to_owned()),
        ]);
    }
    output.table(&table)?;
    output.line(reading.word(match enforced {
        true => [
            "access is enforced",
            "دسترسی اعمال می‌شود",
            "الصلاحيات مفروضة",
        ],
        false => NOT_ENFORCED,
    }))
}

/// Who sees how much, as each of them would count it.
fn report(
    engine: &Engine,
    session: &Session,
    object: &str,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    session.must_administer("count what others see")?;
    let enforced = session.enforces_access()?;
    let all = session.count(object, &Filter::everything())?;
    let users = peyvand::Query::new("user").sorted_by("login")?.limit(MOST);
    let mut rows = Vec::new();
    for user in session.query(&users)?.records {
        let his = engine.session_as(peyvand::Actor::User(user.id()));
        rows.push((his.count(object, &Filter::everything())?, user));
    }
    let role = |user: &peyvand::Record| match user.get("role") {
        Some(peyvand::Value::Reference(id)) => {
            let role = session.get(*id).ok();
            role.map(|role| role.title_in(session.locale()))
        }
        _ => None,
    };
    if output.json {
        let data: Vec<Json> = rows
            .iter()
            .map(|(sees, user)| json!({"user": user.id().to_string(), "login": user.text("login"), "role": role(user), "sees": sees}))
            .collect();
        return output
            .document(&json!({"enforced": enforced, "object": object, "all": all, "data": data}));
    }
    let reading = Reading::of(session);
    let [login, name, his_role, sees] = match session.locale() {
        Locale::Fa => ["ورود", "نام", "نقش", "می‌بیند"],
        Locale::Ar => ["الدخول", "الاسم", "الدور", "يرى"],
        _ => ["login", "name", "role", "sees"],
    };
    let mut table = Table::new(&[
        (login, Side::Left),
        (name, Side::Left),
        (his_role, Side::Left),
        (sees, Side::Right),
    ]);
    for (sees, user) in &rows {
        table.row([
            user.text("login").unwrap_or_default().to_owned(),
            user.title(),
            role(user).unwrap_or_else(|| "–".to_owned()),
            reading.digits(&format!("{sees} / {all}")),
        ]);
    }
    output.table(&table)?;
    match (enforced, session.locale()) {
        (true, _) => Ok(()),
        (false, Locale::Fa) => output.line("دسترسی اعمال نمی‌شود: همه همه چیز را می‌بینند"),
        (false, Locale::Ar) => output.line("لا تُفرض الصلاحيات: يرى الجميع كل شيء"),
        (false, _) => output.line("access is not enforced: everybody sees everything"),
    }
}

fn running_as(engine: &Engine, session: &Session, output: &mut Output<'_>) -> Result<(), Fault> {
    let running = session.running_as()?;
    if output.json {
        let data = running
            .iter()
            .map(|(what, user)| json!({"what": what.to_string(), "user": user.to_string()}));
        return output.document(&json!({"data": data.collect::<Vec<_>>()}));
    }
    if running.is_empty() {
        return output.line(Reading::of(session).word([
            "plugins and scripts run as nobody: they do what they were granted",
            "افزونه‌ها و اسکریپت‌ها به نام کسی اجرا نمی‌شوند: آنچه به آن‌ها داده شده می‌کنند",
            "تعمل الإضافات والنصوص باسم لا أحد: تفعل ما مُنحته",
        ]));
    }
    let mut table = Table::new(&[("what", Side::Left), ("runs as", Side::Left)]);
    for (what, user) in &running {
        let name = engine.session().get(*user).map(|user| user.title());
        table.row([what.to_string(), name.unwrap_or_else(|_| user.to_string())]);
    }
    output.table(&table)
}

fn share(
    engine: &Engine,
    session: &Session,
    share: &Share,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let fields = json!({
        "record": share.record.to_string(), "user": share.user, "team": share.team, "role": share.role,
        "verbs": share.verbs, "until": share.until.map(|until| until.to_rfc3339()),
    });
    tell_commit(engine, &session.create("sharing", fields)?, output)
}

fn rule(engine: &Engine, asked: &HandOver) -> Result<peyvand::HandOver, Fault> {
    let to = asked.to.as_deref().unwrap_or_default();
    let mut rule = peyvand::HandOver::to(user_of(engine, to)?);
    for pair in &asked.objects {
        let Some((object, user)) = pair.split_once('=') else {
            return Err(Fault::input(
                format!("'{pair}' is not written as OBJECT=USER"),
                "write it as --object lead=mina",
            ));
        };
        rule = rule.object(object, user_of(engine, user)?);
    }
    if asked.closed {
        rule = rule.closed();
    }
    if asked.deactivate {
        rule = rule.deactivate();
    }
    Ok(rule)
}

const HANDED: [&str; 4] = ["thing", "things", "چیز", "شيء"];

fn hand_over(
    engine: &Engine,
    session: &Session,
    asked: &HandOver,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let reading = Reading::of(session);
    if let Some(position) = asked.undo {
        let committed = session.undo_hand_over(Position::from_number(position))?;
        let count = committed.outcomes.len() as u64;
        let what = ["taken back", "پس گرفته شد", "استُردّ"];
        return told((count, what), &committed, reading, output);
    }
    let user = user_of(engine, asked.user.as_deref().unwrap_or_default())?;
    let rule = rule(engine, asked)?;
    let preview = session.preview_hand_over(user, &rule)?;
    // Told and done are counted alike: what changes hands. That the user is inactive then is said beside it.
    let count = preview.len() as u64;
    if asked.yes {
        let committed = session.hand_over(user, &rule)?;
        let what = ["handed over", "واگذار شد", "سُلّم"];
        told((count, what), &committed, reading, output)?;
    } else if output.json {
        return output.document(&json!({"data": preview, "done": false}));
    } else {
        preview_table(session, &preview, reading, output)?;
        let count = reading.several(count, HANDED);
        output.line(match reading.locale {
            Locale::Fa => format!("{count} واگذار می‌شود؛ --yes انجامش می‌دهد"),
            Locale::Ar => format!("{count} سيُسلَّم؛ --yes ينفذ ذلك"),
            _ => format!("{count} would be handed over; --yes does it"),
        })?;
    }
    if !asked.deactivate || output.json {
        return Ok(());
    }
    let name = session.get(user)?.title();
    output.line(match (asked.yes, reading.locale) {
        (true, Locale::Fa) => format!("{name} دیگر فعال نیست"),
        (true, Locale::Ar) => format!("{name} لم يعد نشطًا"),
        (true, _) => format!("{name} is inactive now"),
        (false, Locale::Fa) => format!("{name} غیرفعال می‌شود"),
        (false, Locale::Ar) => format!("{name} سيصبح غير نشط"),
        (false, _) => format!("{name} would be made inactive"),
    })
}

fn preview_table(
    session: &Session,
    preview: &[peyvand::HandedOver],
    reading: Reading,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let schema = session.engine().schema()?;
    let locale = reading.locale;
    let named = |labels: Option<&peyvand::Labels>, name: &str| {
        let label = labels.and_then(|labels| labels.get(locale.tag()));
        let label = label.filter(|_| locale != Locale::En);
        label.map_or_else(|| name.to_owned(), Clone::clone)
    };
    let heading = |words| (reading.word(words).to_owned(), Side::Left);
    let mut table = Table::headed(vec![
        heading(["object", "شیء", "الكائن"]),
        heading(["record", "رکورد", "السجل"]),
        heading(["field", "فیلد", "الحقل"]),
        heading(["to", "به", "إلى"]),
    ]);
    for one in preview {
        let object = schema.object(&one.object);
        let field = object.and_then(|object| object.field(&one.field));
        let to = session.get(one.to).map(|user| user.title());
        table.row([
            named(object.map(|object| &object.label), &one.object),
            one.title.clone(),
            named(field.map(|field| &field.label), &one.field),
            to.unwrap_or_else(|_| one.to.to_string()),
        ]);
    }
    output.table(&table)
}

fn told(
    (count, what): (u64, [&'static str; 3]),
    committed: &peyvand::Committed,
    reading: Reading,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let position = committed.position.get();
    if output.json {
        return output.document(
            &json!({"records": count, "position": position, "warnings": committed.warnings}),
        );
    }
    output.line(format!(
        "{} {}{} {}",
        reading.several(count, HANDED),
        reading.word(what),
        reading.word([", position", "، جایگاه", "، الموضع"]),
        reading.plain(position)
    ))?;
    warnings(&committed.warnings, output)
}

fn who_saw(
    engine: &Engine,
    session: &Session,
    what: &str,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let looks = match what.parse::<RecordId>() {
        Ok(record) => session.who_saw(record)?,
        Err(_) => session.who_exported(what)?,
    };
    let kind = |look: &peyvand::Looked| serde_json::to_value(look.kind).unwrap_or_default();
    if output.json {
        let data: Vec<Json> = looks
            .iter()
            .map(|look| {
                json!({"user": look.user.to_string(), "record": look.record.to_string(), "kind": kind(look),
                    "at": look.at.to_rfc3339(), "count": look.count})
            })
            .collect();
        return output.document(&json!({"data": data}));
    }
    let reading = Reading::of(session);
    if looks.is_empty() {
        return output.line(reading.word([
            "nobody: no look at it was noted; what is not confidential is not noted",
            "هیچ‌کس: نگاهی ثبت نشده است؛ آنچه محرمانه نیست ثبت نمی‌شود",
            "لا أحد: لم يُسجَّل اطلاع؛ وما ليس سريًا لا يُسجَّل",
        ]));
    }
    let program = engine.session();
    let heading = |words, side| (reading.word(words).to_owned(), side);
    let mut table = Table::headed(vec![
        heading(["user", "کاربر", "المستخدم"], Side::Left),
        heading(["record", "رکورد", "السجل"], Side::Left),
        heading(["how", "چگونه", "كيف"], Side::Left),
        heading(["last", "آخرین", "الأخيرة"], Side::Left),
        heading(["times", "بار", "مرات"], Side::Right),
    ]);
    for look in &looks {
        let name = program.get(look.user).map(|user| user.title());
        let how = match look.kind {
            peyvand::LookKind::Search => ["in a list", "در فهرست", "في قائمة"],
            peyvand::LookKind::Export => ["exported", "برون‌برد", "صُدّر"],
            _ => ["opened", "باز کرد", "فُتح"],
        };
        table.row([
            name.unwrap_or_else(|_| look.user.to_string()),
            look.record.to_string(),
            reading.word(how).to_owned(),
            reading.moment(look.at),
            reading.count(look.count),
        ]);
    }
    output.table(&table)
}
