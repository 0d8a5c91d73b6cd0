//! Who may see and do what?

use std::path::Path;

use peyvand::{AccessVerb, Engine, Filter, Locale, Position, RecordId, Session};
use serde_json::{Value as Json, json};

use crate::args::{Access, HandOver, Share};
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::record::{tell_commit, warnings};
use crate::social::user_of;
use crate::store::{self, Need};

/// So many roles are shown at most.
const MOST: usize = 1_000;

pub(crate) fn run(asked: &Access, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        match asked {
            Access::On => enforce(&session, true, output),
            Access::Off => enforce(&session, false, output),
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

fn enforce(session: &Session, enforced: bool, output: &mut Output<'_>) -> Result<(), Fault> {
    session.enforce_access(enforced)?;
    match (output.json, enforced) {
        (true, _) => output.document(&json!({"enforced": enforced})),
        (false, true) => output.line("users see and do what their roles give them"),
        (false, false) => output.line("everybody sees and does everything"),
    }
}

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
        output.line(if told.allowed { "yes" } else { "no" })?;
        for reason in &told.reasons {
            output.line(format!("  {reason}"))?;
        }
        if !told.would_help.is_empty() {
            output.line("what would help, the smallest first:")?;
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
    let mut table = Table::new(&[
        ("role", Side::Left),
        ("name", Side::Left),
        ("users", Side::Right),
        ("rights", Side::Left),
    ]);
    for (role, users) in &all {
        let rights = role.get("definition").map(ToString::to_string);
        table.row([
            role.text("key").unwrap_or_default().to_owned(),
            role.title(),
            users.to_string(),
            rights.unwrap_or_default(),
        ]);
    }
    output.table(&table)?;
    output.line(match enforced {
        true => "access is enforced",
        false => "access is not enforced: everybody sees and does everything",
    })
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
        Some(peyvand::Value::Reference(id)) => session.get(*id).map(|role| role.title()).ok(),
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
            format!("{sees} / {all}"),
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
        return output.line("plugins and scripts run as nobody: they do what they were granted");
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

fn hand_over(
    engine: &Engine,
    session: &Session,
    asked: &HandOver,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    if let Some(position) = asked.undo {
        let committed = session.undo_hand_over(Position::from_number(position))?;
        let count = committed.outcomes.len() as u64;
        return told(count, "taken back", &committed, output);
    }
    let user = user_of(engine, asked.user.as_deref().unwrap_or_default())?;
    let rule = rule(engine, asked)?;
    if asked.yes {
        let committed = session.hand_over(user, &rule)?;
        let count = committed.outcomes.len() as u64;
        return told(count, "handed over", &committed, output);
    }
    let preview = session.preview_hand_over(user, &rule)?;
    if output.json {
        return output.document(&json!({"data": preview, "done": false}));
    }
    let mut table = Table::new(&[
        ("object", Side::Left),
        ("record", Side::Left),
        ("field", Side::Left),
        ("to", Side::Left),
    ]);
    for one in &preview {
        let to = session.get(one.to).map(|user| user.title());
        table.row([
            one.object.clone(),
            one.title.clone(),
            one.field.clone(),
            to.unwrap_or_else(|_| one.to.to_string()),
        ]);
    }
    output.table(&table)?;
    let count = several(preview.len() as u64, "record", "records");
    output.line(format!("{count} would be handed over; --yes does it"))
}

fn told(
    count: u64,
    what: &str,
    committed: &peyvand::Committed,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let position = committed.position.get();
    if output.json {
        return output.document(
            &json!({"records": count, "position": position, "warnings": committed.warnings}),
        );
    }
    let count = several(count, "record", "records");
    output.line(format!("{count} {what}, position {position}"))?;
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
    let program = engine.session();
    let mut table = Table::new(&[
        ("user", Side::Left),
        ("record", Side::Left),
        ("how", Side::Left),
        ("last", Side::Left),
        ("times", Side::Right),
    ]);
    for look in &looks {
        let name = program.get(look.user).map(|user| user.title());
        table.row([
            name.unwrap_or_else(|_| look.user.to_string()),
            look.record.to_string(),
            kind(look).as_str().unwrap_or_default().to_owned(),
            look.at.format("%Y-%m-%d %H:%M").to_string(),
            look.count.to_string(),
        ]);
    }
    output.table(&table)
}
