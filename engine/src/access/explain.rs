//! Why may somebody do this, or why not, and what would help?

use serde::Serialize;

use super::compile::Principal;
use super::organisation::Organisation;
use super::role::{AccessScope, AccessVerb, RoleDefinition};
use super::seeing::Seeing;
use super::sight::{Sight, Verdict, Why};
use super::words::{self, Words, said};
use crate::context::{Actor, Locale};
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::schema::Object;
use crate::session::Session;

/// Why somebody may do something with a record, or may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Whether he may.
    pub allowed: bool,
    /// What decides, in the session's language: role and scope, share, confidentiality, fields.
    pub reasons: Vec<String>,
    /// Which grants would let him, the smallest first; empty where he may, and where none would.
    pub would_help: Vec<String>,
}

impl Session {
    /// Why a user may do something with a record or may not, in words of the session's language: for those who
    /// administer, and for everybody about himself and the records that he sees. A record in the bin is judged as it went
    /// there.
    ///
    /// # Errors
    /// When who asks about another one does not administer the workspace; when there is no such record, or who asks about
    /// himself does not see it.
    pub fn explain_access(
        &self,
        user: RecordId,
        record: RecordId,
        verb: AccessVerb,
    ) -> Result<Explanation> {
        let may_ask = self.must_administer("ask for the rights of others");
        match (may_ask, &self.context.actor) {
            // What he does not see is not there for him, and so has no reasons.
            (Err(_), Actor::User(own)) if *own == user => drop(self.get(record)?),
            (may_ask, _) => may_ask?,
        }
        let (reader, config) = self.engine.read()?;
        let found = match reader.get_stored(record)? {
            Some(found) => found,
            None => match reader.binned(record)? {
                Some((binned, _)) => binned,
                None => return Err(Error::new(ErrorKind::NotFound, reader.missing(record)?)),
            },
        };
        let locale = self.context.locale;
        if !config.enforces_access {
            return Ok(Explanation {
                allowed: true,
                reasons: vec![said(words::NOT_ENFORCED, locale, &[])],
                would_help: Vec::new(),
            });
        }
        let organisation = self.engine.inner.sights.organisation(&reader, &config)?;
        let asked = Asked {
            organisation: &organisation,
            reader: &reader,
            session: self,
            user,
            record: &found,
            verb,
        };
        asked.explain()
    }
}

/// One question.
struct Asked<'a> {
    organisation: &'a Organisation,
    reader: &'a Reader,
    session: &'a Session,
    user: RecordId,
    record: &'a Record,
    verb: AccessVerb,
}

impl Asked<'_> {
    fn locale(&self) -> Locale {
        self.session.context.locale
    }

    fn sight(&self, organisation: &Organisation) -> Sight {
        let now = self.session.context.now();
        let who = Principal::user(self.user);
        Sight::compile(organisation, &self.reader.schema, who, now)
    }

    fn judged(&self, organisation: &Organisation) -> Result<Verdict> {
        let sight = std::sync::Arc::new(self.sight(organisation));
        let seeing = Seeing::new(sight.clone(), self.reader.snapshot.clone());
        sight.judge(self.verb, self.record, &seeing, 0)
    }

    fn title(&self, id: RecordId) -> Result<String> {
        let record = self.reader.get_stored(id)?;
        Ok(record.map_or_else(|| id.to_string(), |record| record.title_in(self.locale())))
    }

    fn object(&self) -> &Object {
        &self.record.object
    }

    fn role(&self) -> String {
        let role = self.organisation.role_of(self.user);
        role.map_or_else(String::new, |role| role.called(self.locale()))
    }

    fn scope(&self) -> AccessScope {
        let nothing = RoleDefinition::default();
        let role = self.organisation.role_of(self.user);
        let definition = role.map_or(&nothing, |role| &role.definition);
        definition.grants(&self.object().name).scope(self.verb)
    }

    /// A sentence about this question.
    fn say(&self, words: Words, more: &[(&str, &str)]) -> Result<String> {
        let locale = self.locale();
        let label = self.object().label.get(locale.tag());
        let object = label.unwrap_or(&self.object().name);
        let (user, role) = (self.title(self.user)?, self.role());
        let verb = words::verb(self.verb, locale);
        let usual = [
            ("user", user.as_str()),
            ("role", role.as_str()),
            ("object", object.as_str()),
            ("verb", verb.as_str()),
        ];
        Ok(said(words, locale, &[&usual, more].concat()))
    }

    fn explain(&self) -> Result<Explanation> {
        let verdict = self.judged(self.organisation)?;
        let mut reasons = Vec::new();
        let given = matches!(
            verdict.why,
            Why::Owner(_) | Why::Territory(_) | Why::Own | Why::Audience
        );
        if given && self.scope() != AccessScope::None {
            let scope = words::scope(self.scope(), self.locale());
            reasons.push(self.say(words::REACHES, &[("scope", &scope)])?);
        }
        reasons.push(self.reason(verdict)?);
        reasons.extend(self.fields()?);
        let would_help = match verdict.allowed {
            true => Vec::new(),
            false => self.help(verdict.why)?,
        };
        Ok(Explanation {
            allowed: verdict.allowed,
            reasons,
            would_help,
        })
    }

    fn reason(&self, verdict: Verdict) -> Result<String> {
        let Verdict { allowed, why } = verdict;
        let words = match why {
            Why::Unknown => words::UNKNOWN,
            Why::Inactive => words::INACTIVE,
            Why::NoRole => words::NO_ROLE,
            Why::Key => words::KEY,
            Why::Scope(scope) => {
                let scope = words::scope(scope, self.locale());
                let words = match allowed {
                    true => words::REACHES,
                    false => words::BEYOND,
                };
                return self.say(words, &[("scope", &scope)]);
            }
            Why::Own => words::OWN,
            Why::DeputyOf(other) => return self.of(words::DEPUTY, other),
            Why::Owner(other) => return self.of(words::OWNER, other),
            Why::Territory(other) => return self.of(words::TERRITORY, other),
            Why::Nobodys => words::NOBODYS,
            Why::Shared => words::SHARED,
            Why::Along(other) if allowed => return self.of(words::ALONG, other),
            Why::Along(other) => return self.of(words::NOT_ALONG, other),
            Why::Confidential => words::CONFIDENTIAL,
            Why::Personal => words::PERSONAL,
            Why::Author => words::AUTHOR,
            Why::Audience if allowed => words::AUDIENCE,
            Why::Audience => words::NOT_AUDIENCE,
            Why::Administrators => words::ADMINISTRATORS,
            Why::Himself => words::HIMSELF,
        };
        self.say(words, &[])
    }

    fn of(&self, words: Words, other: RecordId) -> Result<String> {
        let other = self.title(other)?;
        self.say(words, &[("other", &other)])
    }

    /// What the role says of single fields.
    fn fields(&self) -> Result<Vec<String>> {
        let sight = self.sight(self.organisation);
        let number = self.object().number;
        let names = |numbers: Option<&Vec<u32>>, but: Option<&Vec<u32>>| -> String {
            let numbers = numbers.into_iter().flatten();
            let left = numbers.filter(|number| !but.is_some_and(|but| but.contains(number)));
            let fields = left.filter_map(|number| self.object().field_by_number(*number));
            let names: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
            names.join(", ")
        };
        let hidden = sight.hidden.get(&number);
        let of = [
            (words::HIDDEN, names(hidden, None)),
            (
                words::ONLY_READ,
                names(sight.unwritten.get(&number), hidden),
            ),
        ];
        let mut said = Vec::new();
        for (words, fields) in of {
            if !fields.is_empty() {
                said.push(self.say(words, &[("fields", &fields)])?);
            }
        }
        Ok(said)
    }

    fn help(&self, why: Why) -> Result<Vec<String>> {
        let mut help = Vec::new();
        let shareable = self.verb != AccessVerb::Create;
        match why {
            Why::Unknown => return Ok(help),
            Why::Inactive => return Ok(vec![self.say(words::ACTIVATE, &[])?]),
            Why::Personal => return Ok(help),
            Why::NoRole => help.push(self.say(words::GIVE_ROLE, &[])?),
            Why::Confidential => help.push(self.say(words::LET_CONFIDENTIAL, &[])?),
            Why::Along(other) => help.push(self.of(words::LET_ALONG, other)?),
            Why::Administrators => help.push(self.say(words::LET_ADMINISTER, &[])?),
            _ => {}
        }
        if shareable {
            help.insert(0, self.say(words::SHARE, &[])?);
        }
        if let Some(scope) = self.wide_enough()? {
            let scope = words::scope(scope, self.locale());
            help.push(self.say(words::WIDEN, &[("scope", &scope)])?);
        }
        Ok(help)
    }

    /// The narrowest scope of the verb with which the role would let him.
    fn wide_enough(&self) -> Result<Option<AccessScope>> {
        use AccessScope::{All, Own, Team, Territory};
        let now = self.scope();
        for scope in [Own, Team, Territory, All]
            .into_iter()
            .filter(|scope| *scope > now)
        {
            let mut widened = self.organisation.clone();
            widened.widen(self.user, &self.object().name, self.verb, scope);
            if self.judged(&widened)?.allowed {
                return Ok(Some(scope));
            }
        }
        Ok(None)
    }
}
