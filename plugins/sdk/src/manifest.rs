//! Does a plugin's manifest say what its code does? A reader of `plugin.toml` for native tests;
//! the host has its own, which decides.

use toml::{Table, Value as Toml};

use crate::columns::Kind;
use crate::effect::{Action, Effect};
use crate::hook::Gamification;
use crate::json;
use crate::settings::Settings;
use crate::testing::Rows;

const LANGUAGES: [&str; 3] = ["en", "fa", "ar"];

/// The manifest of a plugin: `Manifest::read(include_str!("../plugin.toml"))`.
#[derive(Debug, Clone)]
pub struct Manifest(Table);

impl Manifest {
    /// Reads a manifest.
    pub fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|error: toml::de::Error| error.to_string())
    }

    fn list(&self, key: &str) -> &[Toml] {
        self.0
            .get(key)
            .and_then(Toml::as_array)
            .map_or(&[], |list| list)
    }

    fn hook(&self, point: &str, name: &str) -> Result<&Toml, String> {
        self.list("hook")
            .iter()
            .find(|hook| text(hook, "point") == point && text(hook, "name") == name)
            .ok_or_else(|| format!("the manifest has no hook {point} {name}"))
    }

    /// Rows of a hook as the host would bind it. `kinds` says how the columns of standard
    /// objects are laid out; those that the plugin brings are known from the manifest. A column
    /// in `reads` without a kind, or a kind for a column that the hook has not, is an error.
    pub fn rows(&self, point: &str, name: &str, kinds: &[(&str, Kind)]) -> Result<Rows, String> {
        let hook = self.hook(point, name)?;
        let object = text(hook, "object");
        let (reads, writes) = match point {
            "field-type" => (vec!["value"], vec!["value"]),
            _ => (texts(hook, "reads"), texts(hook, "writes")),
        };
        let base = |column: &str| column.strip_prefix("old.").unwrap_or(column).to_owned();
        let own = |column: &str| {
            let fields = self.list("field").iter();
            let mut fields = fields.filter(|field| text(field, "object") == object);
            let field = fields.find(|field| text(field, "name") == column)?;
            kind_of_type(text(field, "type"))
        };
        let kind = |column: &str| {
            let column = base(column);
            if column == "value" && point == "field-type" {
                return Ok(Kind::Text);
            }
            if column == "verb" {
                return Ok(Kind::Text);
            }
            let given = kinds.iter().find(|(name, _)| **name == column);
            given
                .map(|(_, kind)| *kind)
                .or_else(|| own(&column))
                .ok_or_else(|| format!("the test gives no kind for {column} of hook {name}"))
        };
        let bound = |columns: &[&'_ str]| {
            let with_kinds = columns.iter().map(|column| Ok((*column, kind(column)?)));
            with_kinds
                .map(|column: Result<(&str, Kind), String>| {
                    column.map(|(name, kind)| (name.to_owned(), kind))
                })
                .collect::<Result<Vec<_>, String>>()
        };
        let (read_columns, write_columns) = (bound(&reads)?, bound(&writes)?);
        for (given, _) in kinds {
            let mut all = reads.iter().chain(&writes);
            if !all.any(|column| base(column) == *given) {
                return Err(format!("hook {name} neither reads nor writes {given}"));
            }
        }
        Ok(Rows::new(&borrowed(&read_columns))
            .writes(&borrowed(&write_columns))
            .hook(name, object))
    }

    /// The defaults of the settings, with some of them set to other JSON values.
    pub fn settings(&self, set: &[(&str, &str)]) -> Result<Settings, String> {
        let schema = self.0.get("settings").and_then(Toml::as_table);
        let mut members = Vec::new();
        for (name, setting) in schema.into_iter().flatten() {
            let given = set.iter().find(|(given, _)| given == name);
            let value = match (given, setting.get("default")) {
                (Some((_, value)), _) => (*value).to_owned(),
                (None, Some(Toml::String(text))) => json::quoted(text),
                (None, Some(value)) => value.to_string(),
                (None, None) => return Err(format!("setting {name} has no default")),
            };
            members.push(format!("{}:{value}", json::quoted(name)));
        }
        for (given, _) in set {
            if !schema.is_some_and(|schema| schema.contains_key(*given)) {
                return Err(format!("the manifest has no setting {given}"));
            }
        }
        Settings::parse(&format!("{{{}}}", members.join(","))).map_err(|error| error.to_string())
    }

    /// What the effects do that the manifest does not allow.
    pub fn not_allowed(&self, effects: &[Effect]) -> Vec<String> {
        let mut faults = Vec::new();
        for effect in effects {
            let (object, verb) = match &effect.action {
                Action::Create(object) => (Some(object.as_str()), "create"),
                Action::Update(_) => (None, "update"),
                // What is needed for these is no [[effect]].
                _ => continue,
            };
            let mut allowed = self.list("effect").iter().filter(|allowed| {
                text(allowed, "verb") == verb
                    && object.is_none_or(|object| text(allowed, "object") == object)
            });
            let Some(allowed) = allowed.next() else {
                faults.push(format!("no [[effect]] allows to {verb} {object:?}"));
                continue;
            };
            let fields = texts(allowed, "fields");
            for (field, _) in &effect.fields {
                if !fields.contains(&field.as_str()) {
                    faults.push(format!("no [[effect]] allows to {verb} with {field}"));
                }
            }
        }
        faults
    }

    /// Where the reasons of the code differ from the manifest's.
    pub fn reason_faults<P: Gamification>(&self) -> Vec<String> {
        let hooks = self.list("hook").iter();
        let hooks = hooks.filter(|hook| text(hook, "point") == "gamification");
        let declared: Vec<_> = hooks
            .map(|hook| (text(hook, "name"), names(hook, "reason")))
            .collect();
        let coded: Vec<_> = P::REASONS
            .iter()
            .map(|(hook, reasons)| (*hook, reasons.to_vec()))
            .collect();
        match declared == coded {
            true => Vec::new(),
            false => vec![format!("reasons: manifest {declared:?}, code {coded:?}")],
        }
    }

    /// What is wrong with the manifest in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for key in ["id", "version", "contract", "on-failure"] {
            if self
                .0
                .get(key)
                .and_then(Toml::as_str)
                .is_none_or(str::is_empty)
            {
                faults.push(format!("{key} is missing"));
            }
        }
        for key in ["name", "description"] {
            if !self.0.contains_key(key) {
                faults.push(format!("{key} is missing"));
            }
        }
        untranslated("", &Toml::Table(self.0.clone()), &mut faults);
        let settings = self.0.get("settings").and_then(Toml::as_table);
        for (name, setting) in settings.into_iter().flatten() {
            faults.extend(setting_fault(setting).map(|fault| format!("setting {name}: {fault}")));
        }
        for field in self.list("field") {
            if kind_of_type(text(field, "type")).is_none() {
                faults.push(format!(
                    "field {}: its type is unknown",
                    text(field, "name")
                ));
            }
        }
        for hook in self.list("hook") {
            let name = text(hook, "name");
            faults.extend(
                hook_faults(hook)
                    .into_iter()
                    .map(|fault| format!("hook {name}: {fault}")),
            );
        }
        for workflow in self.list("workflow") {
            let (name, action) = (text(workflow, "name"), text(workflow, "action"));
            if self.hook("workflow-action", action).is_err() {
                faults.push(format!("workflow {name}: there is no action {action}"));
            }
            if !["change", "daily"].contains(&text(workflow, "trigger")) {
                faults.push(format!("workflow {name}: trigger must be change or daily"));
            }
        }
        faults
    }
}

fn borrowed(columns: &[(String, Kind)]) -> Vec<(&str, Kind)> {
    columns
        .iter()
        .map(|(name, kind)| (name.as_str(), *kind))
        .collect()
}

fn text<'t>(table: &'t Toml, key: &str) -> &'t str {
    table.get(key).and_then(Toml::as_str).unwrap_or_default()
}

fn texts<'t>(table: &'t Toml, key: &str) -> Vec<&'t str> {
    let list = table.get(key).and_then(Toml::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Toml::as_str)
        .collect()
}

fn names<'t>(table: &'t Toml, key: &str) -> Vec<&'t str> {
    let list = table.get(key).and_then(Toml::as_array);
    list.into_iter()
        .flatten()
        .map(|item| text(item, "name"))
        .collect()
}

fn kind_of_type(name: &str) -> Option<Kind> {
    Some(match name {
        "text" | "long_text" | "option" | "reference" | "email" | "url" => Kind::Text,
        "integer" => Kind::Integer,
        "decimal" | "percent" => Kind::Decimal,
        "boolean" => Kind::Boolean,
        "date" => Kind::Date,
        "instant" => Kind::Instant,
        "duration" => Kind::Duration,
        "money" => Kind::Money,
        "multi_option" | "phone" | "address" | "person_name" => Kind::Structured,
        name if name.contains('/') => Kind::Text,
        _ => return None,
    })
}

/// Every name, description and label that people read is there in every language.
fn untranslated(path: &str, value: &Toml, faults: &mut Vec<String>) {
    match value {
        Toml::Table(table) => {
            for (key, value) in table {
                let path = format!("{path}/{key}");
                match (key.as_str(), value) {
                    ("name" | "description" | "label", Toml::Table(_)) => {
                        let missing = LANGUAGES.iter().filter(|l| text(value, l).is_empty());
                        faults.extend(missing.map(|l| format!("{path} lacks {l}")));
                    }
                    _ => untranslated(&path, value, faults),
                }
            }
        }
        Toml::Array(list) => {
            for value in list {
                untranslated(path, value, faults);
            }
        }
        _ => {}
    }
}

fn setting_fault(setting: &Toml) -> Option<String> {
    let default = setting.get("default")?;
    let number = |key: &str| match setting.get(key)? {
        Toml::Integer(number) => Some(*number as f64),
        Toml::Float(number) => Some(*number),
        _ => None,
    };
    let fits = match text(setting, "type") {
        "integer" => default.is_integer(),
        "decimal" => default.is_integer() || default.is_float() || default.is_str(),
        "text" => default.is_str(),
        "boolean" => default.is_bool(),
        _ => return Some("type must be integer, decimal, text or boolean".to_owned()),
    };
    if !fits {
        return Some("its default is of another type".to_owned());
    }
    if setting.get("label").is_none() {
        return Some("it has no label".to_owned());
    }
    let default = number("default")?;
    let below = number("minimum").is_some_and(|low| default < low);
    let above = number("maximum").is_some_and(|high| default > high);
    (below || above).then(|| "its default is out of its range".to_owned())
}

fn hook_faults(hook: &Toml) -> Vec<String> {
    let mut faults = Vec::new();
    let (point, reads) = (text(hook, "point"), texts(hook, "reads"));
    if text(hook, "name").is_empty() {
        faults.push("it has no name".to_owned());
    }
    if point != "field-type" && (text(hook, "object").is_empty() || reads.is_empty()) {
        faults.push("it has no object or reads nothing".to_owned());
    }
    for wakes in texts(hook, "wakes") {
        if !reads.contains(&wakes) {
            faults.push(format!("{wakes} wakes it but is not in reads"));
        }
    }
    for on in texts(hook, "on") {
        if !["create", "update", "delete"].contains(&on) {
            faults.push(format!("on may not have {on}"));
        }
    }
    let reasons = names(hook, "reason");
    if point == "gamification" && reasons.is_empty() {
        faults.push("it has no reason for points".to_owned());
    }
    for reason in hook
        .get("reason")
        .and_then(Toml::as_array)
        .into_iter()
        .flatten()
    {
        if reason
            .get("cap-per-day")
            .and_then(Toml::as_integer)
            .is_none()
        {
            faults.push(format!(
                "reason {} has no cap-per-day",
                text(reason, "name")
            ));
        }
    }
    for badge in hook
        .get("badge")
        .and_then(Toml::as_array)
        .into_iter()
        .flatten()
    {
        let name = text(badge, "name");
        if !reasons.contains(&text(badge, "reason")) {
            faults.push(format!("badge {name} is for a reason that is not there"));
        }
        if !["week", "month", "ever"].contains(&text(badge, "within")) {
            faults.push(format!("badge {name} must be within week, month or ever"));
        }
    }
    faults
}
