//! Is there a door through which somebody without rights sees anything?
//!
//! What reads is in these tables, and is tried by users who may do nothing; `listed` finds what is in none of them.

use std::fmt::Debug;

use peyvand::{
    Aggregate, Filter, FormFor, Mapping, Measure, NoticeState, Past, Process, Query, RecordId,
    RenderOptions, Search, Session, Value, ViewDefinition, ViewPage,
};
use serde_json::json;

use super::house::House;

/// In every field of every hidden record that takes a text.
const SECRET: &str = "گنجینه۷۷";

impl Hidden {
    /// What belongs to the account without being told of with it.
    pub(super) fn children(&self) -> [RecordId; 4] {
        [self.contact, self.lead, self.document, self.message]
    }
}

/// What the doors are tried on.
pub(super) struct Hidden {
    account: RecordId,
    contact: RecordId,
    /// In a process.
    lead: RecordId,
    document: RecordId,
    message: RecordId,
    view: peyvand::View,
    dashboard: peyvand::Dashboard,
    boss: RecordId,
    /// What nobody names who asks: their ids may be in no answer.
    unnamed: Vec<RecordId>,
}

/// A method that reads, and how it is tried. What comes back is the answer in full, also where it is an error.
pub(super) struct Door {
    pub(super) name: &'static str,
    pub(super) tried: fn(&Session, &Hidden) -> String,
}

fn told<T: Debug, E: Debug>(answer: Result<T, E>) -> String {
    format!("{answer:?}")
}

fn past(session: &Session) -> Past {
    let now = session.engine().position();
    session.as_of(now).unwrap()
}

fn owned_by(hidden: &Hidden) -> Filter {
    Filter::eq("owner", hidden.boss)
}

macro_rules! doors {
    ($($name:literal => |$session:ident, $hidden:ident| $answer:expr;)*) => {
        [$(Door { name: $name, tried: |$session: &Session, $hidden: &Hidden| $answer },)*]
    };
}

/// What reads records.
pub(super) fn doors() -> Vec<Door> {
    let mut doors: Vec<Door> = doors! {
        "Session::get" => |s, h| told(s.get(h.account));
        "Session::show" => |s, h| told(s.get(h.account).map(|record| s.show(&record, "name")));
        "Session::must_administer" => |s, _h| told(s.must_administer("ask this"));
        "Session::show_value" => |s, h| {
            let schema = s.engine().schema().unwrap();
            let field = schema.object("contact").and_then(|object| object.field("account"));
            told(s.show_value(field.unwrap(), &Value::Reference(h.account)))
        };
        "Session::find" => |s, _h| told(s.find("account", "external_id", SECRET));
        "Session::query" => |s, h| {
            let all = ["account", "contact", "lead", "opportunity", "activity", "message", "document",
                "document_version", "attachment", "comment", "tag", "tagging", "follow", "favourite", "reminder",
                "notification", "recently_seen", "view", "form", "dashboard", "product", "user", "sharing"];
            let mut answers: Vec<String> = all.iter().map(|object| told(s.query(&Query::new(*object)))).collect();
            answers.push(told(s.query(&Query::new("account").filter(owned_by(h)).sorted_by("-name").unwrap())));
            answers.push(told(s.query(&Query::new("account").filter(Filter::is_in("id", [h.account])))));
            answers.push(told(s.query(&Query::new("account").filter(Filter::eq("external_id", SECRET)))));
            answers.concat()
        };
        "Session::explain" => |s, h| {
            let explained = s.explain(&Query::new("account").filter(owned_by(h)));
            [told(explained.as_ref().map(|explained| explained.at_most)), told(explained)].concat()
        };
        "Session::count" => |s, _h| [
            told(s.count("account", &Filter::contains("name", SECRET))),
            told(s.count("account", &Filter::everything())),
            told(s.count("contact", &Filter::everything())),
        ].concat();
        "Session::aggregate" => |s, _h| told(s.aggregate(&Aggregate::new("account").group_by("name").measure(Measure::Sum("employees".into()))));
        "Session::duplicates_of" => |s, _h| told(s.duplicates_of("account", json!({"name": SECRET, "phone": "+98 912 770 7777"}))) + told(s.duplicates_of("contact", json!({"name": SECRET, "mobile": "+98 912 770 7777"}))).as_str();
        "Session::duplicates_of_record" => |s, h| told(s.duplicates_of_record(h.account)) + told(s.duplicates_of_record(h.contact)).as_str();
        "Session::scan_duplicates" => |s, _h| {
            let scan = s.scan_duplicates("account").and_then(|mut scan| {
                while scan.step(10)? {}
                Ok(scan.finish())
            });
            told(scan)
        };
        "Session::search" => |s, _h| {
            let typed = [SECRET, "گنجینه", "گن", "secret77", "secret77@example.com", "'k[dki"];
            let found = typed.map(|words| told(s.search(&Search::new(words))));
            // Before what is found, how much it is.
            let hits = typed.map(|words| s.search(&Search::new(words)).map_or(0, |found| found.hits.len()));
            format!("{hits:?}{}{}", found.concat(), told(s.search(&Search::new(SECRET).objects(["account", "contact"]))))
        };
        "Session::segments" => |s, _h| told(s.segments());
        "Session::segment" => |s, _h| {
            let filter = Filter::parse("segment[in]:treasures").unwrap();
            [told(s.segment("treasures")), told(s.count("account", &filter)), told(s.query(&Query::new("account").filter(filter)))].concat()
        };
        "Session::funnel" => |s, _h| told(s.funnel(&peyvand::Funnel::new().per_person()));
        "Session::sale_times" => |s, _h| told(s.sale_times(&Filter::everything()));
        "Session::base_currency" => |s, _h| told(s.base_currency());
        "Session::fiscal_year" => |s, _h| told(s.fiscal_year());
        "Session::business_calendars" => |s, _h| told(s.business_calendars());
        "Session::business_calendar" => |s, _h| [told(s.business_calendar("office")), told(s.business_calendar("offic"))].concat();
        "Session::working_time" => |s, _h| told(s.working_time("office"));
        "Session::timeline" => |s, h| [told(s.timeline(h.account)), told(s.timeline(h.contact))].concat();
        "Session::timeline_before" => |s, h| [
            told(s.timeline_before(h.account, None, 1)),
            told(s.timeline_before(h.lead, Some(s.engine().position()), 100)),
        ].concat();
        "Session::processes" => |s, _h| told(s.processes());
        "Session::process" => |s, _h| told(s.process("calls"));
        "Session::process_change" => |s, _h| told(s.process_change(&process()));
        "Session::process_state" => |s, h| told(s.process_state(h.lead));
        "Session::step_history" => |s, h| told(s.step_history(h.lead));
        "Session::as_of" => |s, _h| told(s.as_of(s.engine().position()).map(|past| past.position()));
        "Session::comments" => |s, h| told(s.comments(h.account));
        "Session::favourites" => |s, _h| told(s.favourites());
        "Session::followers" => |s, h| told(s.followers(h.account));
        "Session::notifications" => |s, h| told(s.notifications(h.boss, &[NoticeState::Unread]));
        "Session::recently_seen" => |s, h| {
            let _ = s.seen(h.account);
            told(s.recently_seen())
        };
        "Session::tags" => |s, h| told(s.tags(h.account));
        "Session::tagged" => |s, _h| told(s.tagged("vip", None));
        "Session::versions" => |s, h| told(s.versions(h.document));
        "Session::open_file" => |s, h| told(s.open_file(h.document, "file").map(drop));
        "Session::views" => |s, _h| told(s.views(Some("account")));
        "Session::view" => |s, h| [told(s.view(&h.view.id.unwrap().to_string()).map(drop)), told(s.view(SECRET).map(drop))].concat();
        "Session::default_view" => |s, _h| told(s.default_view("account"));
        "Session::view_rows" => |s, h| told(s.view_rows(&h.view, &ViewPage::first()).map(|page| (page.rows, page.groups, page.total, page.chart)));
        "Session::try_view" => |s, _h| told(s.try_view(&ViewDefinition::list("account"), &ViewPage::first()));
        "Session::forms" => |s, _h| told(s.forms(None));
        "Session::form" => |s, h| [told(s.form(&FormFor::show(h.account))), told(s.form(&FormFor::create("contact").typed(json!({"account": h.account.to_string()}))))].concat();
        "Session::panels" => |s, _h| told(s.panels(None).map(|panels| panels.iter().map(|panel| panel.id).collect::<Vec<_>>()));
        "Session::customer_view" => |s, h| [told(s.customer_view(h.account)), told(s.customer_view(h.contact)), told(s.customer_view(h.document))].concat();
        "Session::customer_panel" => |s, h| told(s.customer_panel(h.account, "contacts-of", &ViewPage::first())) + told(s.customer_panel(h.contact, "contact-profile", &ViewPage::first())).as_str();
        "Session::callers" => |s, _h| told(s.callers("+98 912 770 7777", None)) + told(s.callers("7707777", None)).as_str();
        "Session::customer_timeline" => |s, h| {
            let events = s.customer_timeline(h.account, None, 100).unwrap_or_default();
            assert!(events.is_empty() || s.get(h.account).is_ok(), "{events:?}");
            told(s.customer_timeline(h.contact, None, 1)) + told(events.iter().map(|event| &event.changes).collect::<Vec<_>>().first().ok_or(())).as_str()
        };
        "Session::dealings" => |s, h| told(s.dealings(h.account)) + told(s.dealings(h.contact)).as_str();
        "Session::users_without_entries" => |s, _h| told(s.users_without_entries("2026-03-25".parse().unwrap()));
        "Session::dashboards" => |s, _h| told(s.dashboards());
        "Session::dashboard" => |s, _h| told(s.dashboard(SECRET).map(drop));
        "Session::dashboard_tiles" => |s, h| told(s.dashboard_tiles(&h.dashboard).map(|shown| shown.tiles));
        "Session::definitions_in_use" => |s, _h| told(s.definitions_in_use(&[]));
        "Session::render" => |s, h| told(s.render("peep", h.account, &RenderOptions::default()));
        "Session::check_templates" => |s, _h| told(s.check_templates());
        "Session::check_template" => |s, _h| told(s.check_template(&json!({"key": "x"})));
        "Session::template_languages" => |s, h| told(s.get(h.account).map(|record| s.template_languages(&record)));
        "Session::check_script" => |s, _h| told(s.check_script("//! script: x"));
        "Session::scripts" => |s, _h| told(s.scripts());
        "Session::run_script" => |s, h| told(s.run_script("log(record.name)", h.account));
        "Session::import" => |s, _h| {
            let mapping = Mapping::parse("version = 1\n[[import]]\ninto = \"account\"\nkey = \"external_id\"\ncolumns = { id = \"external_id\", name = \"name\" }");
            let options = peyvand::ImportOptions::default();
            told(mapping.and_then(|mapping| s.import("id,name\n1,x\n".as_bytes(), &mapping, "account", &options, &mut |_| {})))
        };
        "Session::preview_undo" => |s, _h| (1..200).map(|at| told(s.preview_undo(&peyvand::Undoable::Commit(peyvand::Position::from_number(at))))).collect();
        "Session::guess_mapping" => |s, _h| told(s.guess_mapping("id,name\n1,x\n".as_bytes(), "account", &peyvand::ImportOptions::default()));
        "Session::export" => |s, h| told(s.export(&Query::new("account"))) + told(s.export(&Query::new("account").filter(owned_by(h)))).as_str();
        "Session::who_saw" => |s, h| told(s.who_saw(h.account));
        "Session::who_exported" => |s, _h| told(s.who_exported("account"));
        "Session::audit" => |s, _h| {
            let mut text = Vec::new();
            let made = s.audit(peyvand::Position::START, None, &mut text);
            [told(made), String::from_utf8_lossy(&text).into_owned()].concat()
        };
        "Session::running_as" => |s, _h| told(s.running_as());
        "Session::preview_hand_over" => |s, h| told(s.preview_hand_over(h.boss, &peyvand::HandOver::to(h.boss)));
        "Session::preview_erase" => |s, h| told(s.preview_erase([h.account]));
        "Session::users_without_rights" => |s, _h| told(s.users_without_rights());
        "Session::explain_access" => |s, h| told(s.explain_access(h.boss, h.account, peyvand::AccessVerb::Read));
        "Session::enforces_access" => |s, _h| told(s.enforces_access());
    }
    .into();
    doors.extend(doors! {
        "Past::get" => |s, h| told(past(s).get(h.account));
        "Past::open_file" => |s, h| told(past(s).open_file(h.document, "file"));
        "Past::query" => |s, h| [told(past(s).query(&Query::new("account").filter(owned_by(h)))), told(past(s).query(&Query::new("message")))].concat();
        "Past::count" => |s, _h| [
            told(past(s).count("account", &Filter::everything())),
            told(past(s).count("contact", &Filter::everything())),
        ].concat();
        "Past::aggregate" => |s, _h| told(past(s).aggregate(&Aggregate::new("account").group_by("name")));
        "Past::view" => |s, h| told(past(s).view(&h.view.id.unwrap().to_string()).map(drop));
        "Past::view_rows" => |s, h| told(past(s).view_rows(&h.view, &ViewPage::first()).map(|page| (page.rows, page.groups, page.total)));
        "Past::customer_view" => |s, h| told(past(s).customer_view(h.account));
        "Past::dashboard_tiles" => |s, h| told(past(s).dashboard_tiles(&h.dashboard).map(|shown| shown.tiles));
    });
    doors
}

/// How the answers begin that tell of numbers or only of events.
const OF_NOTHING: [(&str, &str); 8] = [
    ("Session::search", "[0, 0, 0, 0, 0, 0]"),
    ("Session::explain", "Ok(0)"),
    ("Session::count", "Ok(0)Ok(0)Ok(0)"),
    ("Session::timeline", "Ok([])Ok([])"),
    ("Session::timeline_before", "Ok([])Ok([])"),
    ("Session::recently_seen", "Ok([])"),
    ("Session::open_file", "Err("),
    ("Past::count", "Ok(0)Ok(0)"),
];

/// What only changes: the write path judges it, and what comes back says no more than that.
pub(super) const WRITES: &[&str] = &[
    "Session::commit",
    "Session::commit_once",
    "Session::commit_each",
    "Session::create",
    "Session::update",
    "Session::update_at",
    "Session::delete",
    "Session::restore",
    "Session::convert_lead",
    "Session::advance",
    "Session::put_process",
    "Session::declare_processes",
    "Session::withdraw_processes",
    "Session::change_schema",
    "Session::change_schema_and_strip",
    "Session::declare",
    "Session::withdraw",
    "Session::add_to_segment",
    "Session::remove_from_segment",
    "Session::comment",
    "Session::reply",
    "Session::favourite",
    "Session::unfavourite",
    "Session::move_favourite",
    "Session::follow",
    "Session::unfollow",
    "Session::seen",
    "Session::tag",
    "Session::tag_privately",
    "Session::untag",
    "Session::mark_read",
    "Session::mark_done",
    "Session::snooze",
    "Session::remind",
    "Session::add_document",
    "Session::add_version",
    "Session::put_file",
    "Session::send",
    "Session::send_all",
    "Session::retry_message",
    "Session::receive_mail",
    "Session::receive_sms",
    "Session::report_delivery",
    "Session::erase",
    "Session::erase_with",
    "Session::install_script",
    "Session::enable_script",
    "Session::remove_script",
    "Session::add_standard_templates",
    "Session::add_standard_roles",
    "Session::enforce_access",
    "Session::run_as",
    "Session::set_base_currency",
    "Session::set_fiscal_year",
    "Session::import_holidays",
    "Session::create_key",
    "Session::revoke_key",
    "Session::hand_over",
    "Session::undo_hand_over",
    "Session::undo",
];

/// What knows of no record.
pub(super) const HANDLES: &[&str] = &[
    "Session::in_locale",
    "Session::actor",
    "Session::locale",
    "Session::engine",
    "Session::zone",
    "Session::new_id",
    "Past::position",
];

/// One that every new lead begins.
fn process() -> Process {
    Process::from_json(&json!({
        "key": "calls", "label": {"fa": SECRET}, "definition": {"object": "lead", "steps": [
            {"key": "new", "required": ["phone"], "next": ["called"]},
            {"key": "called", "outcome": "success"},
        ]},
    }))
    .unwrap()
}

fn hide(house: &House) -> Hidden {
    let account = house.make(
        "account",
        json!({"name": SECRET, "external_id": SECRET, "employees": 77, "description": SECRET, "owner": "mina"}),
    );
    hide_what_belongs_to(house, account)
}

/// What the boss has about an account, each thing his own.
pub(super) fn hide_what_belongs_to(house: &House, account: RecordId) -> Hidden {
    let boss = house.as_user(house.boss);
    let make = |object: &str, fields| boss.create(object, fields).unwrap().id().unwrap();
    let of = account.to_string();
    let contact = make(
        "contact",
        json!({"name": SECRET, "account": of, "email": "secret77@example.com", "mobile": "+989127707777"}),
    );
    let _ = boss.put_process(&process()).unwrap();
    let lead = make("lead", json!({"name": SECRET}));
    make(
        "opportunity",
        json!({"name": SECRET, "account": of, "amount": "77 EUR"}),
    );
    make(
        "activity",
        json!({"subject": SECRET, "kind": "call", "about": of, "at": "2026-03-01T10:00:00Z"}),
    );
    make("product", json!({"code": SECRET, "name": SECRET}));
    make(
        "segment",
        json!({"key": "treasures", "name": SECRET, "object": "account", "filter": "employees[gt]:1"}),
    );
    let hours = json!({"zone": "Asia/Tehran", "weeks": [{"open": {"saturday": "08:00-16:00"}}], "days": [{"day": "2026-03-01", "name": SECRET}]});
    make(
        "business_calendar",
        json!({"key": "office", "name": SECRET, "definition": hours}),
    );
    let message = make(
        "message",
        json!({"subject": SECRET, "channel": "email", "account": of, "body_text": SECRET}),
    );
    let file = boss
        .put_file("secret.txt", None, &mut SECRET.as_bytes())
        .unwrap();
    let document = boss
        .add_document(&file, json!({"title": SECRET}), &[account])
        .unwrap()
        .id()
        .unwrap();
    let comment = boss.comment(account, SECRET).unwrap().id().unwrap();
    let tag = boss.tag(account, "vip").unwrap();
    boss.tag_privately(account, SECRET).unwrap();
    boss.follow(account).unwrap();
    boss.favourite(account).unwrap();
    let _ = boss
        .remind(
            house.boss,
            Some(account),
            "2026-03-26T10:00:00Z".parse().unwrap(),
            SECRET,
        )
        .unwrap();
    let definition = json!({"object": "account", "columns": ["name"], "group_by": ["name"], "measures": ["sum(employees)"]});
    let view = make(
        "view",
        json!({"key": "secret", "name": SECRET, "definition": definition}),
    );
    let tiles = json!({"tiles": [
        {"place": {}, "show": "number", "object": "account", "measure": "sum(employees)"},
    ]});
    let dashboard = boss.create(
        "dashboard",
        json!({"key": "secret-d", "name": SECRET, "definition": tiles}),
    );
    let dashboard = dashboard.map(|made| made.id().unwrap().to_string());
    let _ = house.session.create("template", json!({
        "key": "peep", "name": "Peep", "kind": "message", "object": "account", "format": "text",
        "texts": {"en": {"body": "{{ record.name }}"}},
    })).unwrap();
    let share = json!({"record": of, "user": house.reza.to_string(), "verbs": ["read"]});
    let share = make("sharing", share);
    Hidden {
        contact,
        lead,
        document,
        message,
        view: boss.view(&view.to_string()).unwrap(),
        dashboard: boss.dashboard(&dashboard.unwrap_or_default()).unwrap(),
        boss: house.boss,
        unnamed: vec![comment, tag, share, house.sara],
        account,
    }
}

#[test]
fn who_has_no_rights_sees_nothing_by_whatever_door() {
    let house = House::new();
    let hidden = hide(&house);
    let _ = house.session.engine().notify().unwrap();
    let away = json!({"login": "away", "name": "away", "role": "administrator", "active": false});
    let away = house.make("user", away);
    let nobody = RecordId::new(house.boss.prefix(), 77);
    for user in [house.guest, away, nobody] {
        let session = house.as_user(user);
        for door in super::doors() {
            let answer = (door.tried)(&session, &hidden);
            if let Some((_, nothing)) = OF_NOTHING.iter().find(|(name, _)| *name == door.name) {
                assert!(answer.starts_with(nothing), "{}: {answer}", door.name);
            }
            // What he typed himself is no news to him.
            let typed = [
                format!("'{SECRET}'"),
                format!("{SECRET}\""),
                format!("[\"{SECRET}"),
            ];
            let news = typed
                .iter()
                .fold(answer.clone(), |answer, typed| match door.name {
                    "Session::view" | "Session::dashboard" => answer.replace(typed, ""),
                    _ => answer,
                });
            assert!(!news.contains(SECRET), "{}: {answer}", door.name);
            for word in ["secret77", "77 EUR", "Integer(77)"] {
                assert!(
                    !answer.contains(word),
                    "{} tells {word}: {answer}",
                    door.name
                );
            }
            for id in &hidden.unnamed {
                assert!(
                    !answer.contains(&id.to_string()),
                    "{} names {id}: {answer}",
                    door.name
                );
            }
        }
        assert!(session.get(hidden.message).is_err());
    }
    // The doors lead somewhere: who has the right sees it.
    let boss = house.as_user(house.boss);
    let seen = [
        "Session::get",
        "Session::query",
        "Session::comments",
        "Session::aggregate",
        "Session::view_rows",
        "Session::customer_view",
        "Session::callers",
        "Session::dashboard_tiles",
        "Session::render",
        "Session::processes",
        "Session::process_state",
        "Past::query",
    ];
    for door in super::doors()
        .iter()
        .filter(|door| seen.contains(&door.name))
    {
        let answer = (door.tried)(&boss, &hidden);
        assert!(
            answer.contains(SECRET) || answer.contains("77"),
            "{}: {answer}",
            door.name
        );
    }
}

#[test]
fn what_a_program_tells_of_somebody_is_only_what_he_may_see() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let account = boss
        .create("account", json!({"name": SECRET}))
        .unwrap()
        .id()
        .unwrap();
    let _ = boss.comment(account, "@guest @sara گنج").unwrap();
    let _ = house.engine().notify().unwrap();
    for user in [house.guest, house.sara] {
        let told = house.as_user(user).notifications(user, &[]).unwrap();
        assert!(told.is_empty(), "{told:?}");
    }
    house.make(
        "sharing",
        json!({"record": account.to_string(), "user": "sara", "verbs": ["read"]}),
    );
    let _ = boss.comment(account, "@guest @sara دوباره").unwrap();
    let _ = house.engine().notify().unwrap();
    assert_eq!(
        house
            .as_user(house.sara)
            .notifications(house.sara, &[])
            .unwrap()
            .len(),
        1
    );
    assert!(
        house
            .as_user(house.guest)
            .notifications(house.guest, &[])
            .unwrap()
            .is_empty()
    );
}
