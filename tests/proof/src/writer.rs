//! How does the child process write, and tell what was acknowledged?

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use peyvand::{Engine, RecordId, Request, Session, StateEngine};
use serde_json::{Value as Json, json};

use crate::acks::{Held, Said, apply};
use crate::beside::Beside;
use crate::plan::{self, SHARED, SLOTS, Slot, Step, Thread};
use crate::verify::version;
use crate::{Proof, doing};

/// What a refusal begins with when it was a file that could not be taken in.
pub(crate) const UPLOAD: &str = "upload: ";

/// What a writer is to do.
#[derive(Clone, Debug)]
pub struct Work {
    /// Which steps.
    pub seed: u64,
    /// How many threads write at once.
    pub threads: Thread,
    /// The number of each thread's first step.
    pub first: u64,
    /// How many steps each thread does between opening and closing.
    pub steps: u64,
    /// How often the store is opened and closed.
    pub rounds: u64,
    /// After how many steps the first thread does something besides; never when it is 0.
    pub every: u64,
    /// The engine of the state.
    pub engine: StateEngine,
}

/// Opens a store so that it folds all the time.
///
/// # Errors
/// When it does not open.
pub fn open(dir: &Path, engine: StateEngine) -> Proof<Engine> {
    Engine::builder(dir)
        .state_engine(engine)
        .overlay_bytes(48 << 10)
        .cache_bytes(1 << 20)
        .open()
        .map_err(doing("open"))
}

/// Does all of the work, and tells each acknowledged step on `out` in one write.
///
/// # Errors
/// When the store cannot be opened or closed. A refused step is told instead.
pub fn write(dir: &Path, work: &Work, out: &mut (impl Write + Send)) -> Proof<()> {
    let voice = Voice {
        seed: work.seed,
        out: Mutex::new(out),
    };
    let mut first = work.first;
    for _ in 0..work.rounds {
        voice.tell(&Said::Opening);
        let engine = open(dir, work.engine)?;
        if engine.set_aside().is_some() {
            voice.tell(&Said::SetAside);
        }
        voice.tell(&Said::Opened);
        let shared = shared_accounts(&engine.session())?;
        voice.tell(&Said::Ready);
        std::thread::scope(|scope| {
            for thread in 0..work.threads {
                let (engine, shared, voice) = (&engine, &shared, &voice);
                scope.spawn(move || {
                    let done = Hand::find(engine.session(), thread, shared).and_then(|hand| {
                        let beside = Beside {
                            engine,
                            dir,
                            turn: 0,
                            past: Vec::new(),
                        };
                        one_thread(hand, beside, voice, work, first)
                    });
                    if let Err(why) = done {
                        voice.tell(&Said::Failed(why));
                    }
                });
            }
        });
        first += work.steps;
        voice.tell(&Said::Closing);
        engine.close().map_err(doing("close"))?;
        voice.tell(&Said::Closed);
    }
    Ok(())
}

/// Tells lines, one write each, so that a killed writer has told whole lines only.
struct Voice<W> {
    seed: u64,
    out: Mutex<W>,
}

impl<W: Write> Voice<W> {
    fn tell(&self, said: &Said) {
        let line = said.line(self.seed) + "\n";
        if let Ok(mut out) = self.out.lock() {
            // Nobody listens any more: then there is nothing to acknowledge either.
            drop(out.write_all(line.as_bytes()).and_then(|()| out.flush()));
        }
    }
}

fn one_thread<W: Write>(
    mut hand: Hand<'_>,
    mut beside: Beside<'_>,
    voice: &Voice<W>,
    work: &Work,
    first: u64,
) -> Proof<()> {
    let thread = hand.thread;
    let mut held = hand.held()?;
    for number in first..first + work.steps {
        let step = plan::step(work.seed, thread, number);
        match hand.take(&step) {
            Ok(position) => {
                voice.tell(&Said::Done(thread, number, position));
                apply(&mut held, &step);
                if position > 0 {
                    beside.past.push((position, held.clone()));
                }
            }
            // A file that could not be taken in stops nobody.
            Err(why) if why.starts_with(UPLOAD) => {
                voice.tell(&Said::Refused(thread, number, why));
                return Ok(());
            }
            // The next one must be refused as well, or the engine goes on after a failed write.
            Err(why) => {
                voice.tell(&Said::Refused(thread, number, why));
                let next = plan::step(work.seed, thread, number);
                let said = match hand.take(&next) {
                    Ok(_) => Said::Failed(format!("thread {thread} wrote after a failed write")),
                    Err(why) => Said::Refused(thread, number, why),
                };
                voice.tell(&said);
                return Ok(());
            }
        }
        if thread == 0 && work.every > 0 && number % work.every == 0 {
            beside.do_next(thread, |said| voice.tell(said))?;
        }
    }
    Ok(())
}

/// Makes the shared accounts, once.
///
/// # Errors
/// When they can be neither found nor made.
pub fn shared_accounts(session: &Session) -> Proof<Vec<RecordId>> {
    let make = |number| {
        let name = plan::shared(number);
        Request::create("account", json!({"name": name, "external_id": name}))
    };
    let made = session.commit_once("shared", (0..SHARED).map(make));
    let _once = made.map_err(doing("making the shared accounts"))?;
    (0..SHARED)
        .map(|number| {
            let found = session.find("account", "external_id", &plan::shared(number));
            let found = found.map_err(doing("looking for a shared account"))?;
            found
                .map(|record| record.id())
                .ok_or_else(|| format!("{} is missing", plan::shared(number)))
        })
        .collect()
}

/// A thread's hold of its records.
pub struct Hand<'a> {
    session: Session,
    thread: Thread,
    shared: &'a [RecordId],
    live: BTreeMap<Slot, RecordId>,
    binned: BTreeMap<Slot, RecordId>,
}

impl<'a> Hand<'a> {
    /// Finds what is there already.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(session: Session, thread: Thread, shared: &'a [RecordId]) -> Proof<Self> {
        let mut live = BTreeMap::new();
        for slot in 0..SLOTS {
            let name = plan::name(thread, slot);
            let found = session.find(plan::object(slot), "external_id", &name);
            let found = found.map_err(doing("looking for a record"))?;
            live.extend(found.map(|record| (slot, record.id())));
        }
        Ok(Self {
            session,
            thread,
            shared,
            live,
            binned: BTreeMap::new(),
        })
    }

    /// What the thread's slots hold.
    fn held(&self) -> Proof<Held> {
        let mut held = Held::new();
        for (slot, id) in &self.live {
            let record = self.session.get(*id).map_err(doing("reading a record"))?;
            held.insert(*slot, version(&record, self.thread, *slot)?);
        }
        Ok(held)
    }

    /// Does a step in one commit, and gives its position.
    ///
    /// # Errors
    /// When it was refused.
    pub fn take(&mut self, step: &Step) -> Proof<u64> {
        let mut slots = Vec::new();
        let mut requests = Vec::new();
        for (slot, is_put) in &step.changes {
            let asked = self.requests(*slot, *is_put, step)?;
            slots.extend(asked.iter().map(|_| (*slot, *is_put)));
            requests.extend(asked);
        }
        if requests.is_empty() {
            return Ok(0);
        }
        // A bulk load that restores a record and changes it would be two commits.
        let is_one_commit = slots.windows(2).all(|pair| pair[0] != pair[1]);
        let (position, ids): (_, Vec<Option<RecordId>>) = if step.bulk && is_one_commit {
            let (position, outcomes) = self.session.commit_each(requests).map_err(told)?;
            let id = |outcome: peyvand::Result<peyvand::Outcome>| outcome.map(|done| done.id);
            let ids = outcomes.into_iter();
            let ids = ids.map(|outcome| id(outcome).map_err(told));
            (position, ids.collect::<Proof<_>>()?)
        } else {
            let committed = self.session.commit(requests).map_err(told)?;
            let ids = committed.outcomes.iter().map(|done| done.id);
            (committed.position, ids.collect())
        };
        for ((slot, is_put), id) in slots.into_iter().zip(ids) {
            let id = id.ok_or("a commit told no id")?;
            let (to, from) = match is_put {
                true => (&mut self.live, &mut self.binned),
                false => (&mut self.binned, &mut self.live),
            };
            from.remove(&slot);
            to.insert(slot, id);
        }
        Ok(position.get())
    }

    fn requests(&self, slot: Slot, is_put: bool, step: &Step) -> Proof<Vec<Request>> {
        let live = self.live.get(&slot).copied();
        if !is_put {
            let delete = |id| Request::Delete { id, revision: None };
            return Ok(live.map(delete).into_iter().collect());
        }
        let fields = self.fields(slot, step.number)?;
        Ok(match (live, self.binned.get(&slot)) {
            (Some(id), _) => vec![Request::update(id, fields)],
            (None, Some(id)) if step.number.is_multiple_of(2) => {
                vec![Request::Restore { id: *id }, Request::update(*id, fields)]
            }
            (None, _) => vec![Request::create(plan::object(slot), fields)],
        })
    }

    fn fields(&self, slot: Slot, version: u64) -> Proof<Json> {
        let mut fields = plan::fields(self.thread, slot, version);
        if slot >= plan::DEALS {
            let title = format!("{} v{version}", plan::name(self.thread, slot));
            let bytes = plan::bytes(&title);
            let put = self.session.put_file(&title, None, &mut bytes.as_slice());
            let file = put.map_err(|error| format!("{UPLOAD}{}", told(error)))?;
            fields["file"] = file.to_json();
        } else if slot >= plan::ACCOUNTS {
            let number = plan::shared_of(self.thread, slot, version);
            let account = self.shared.get(usize::from(number));
            let account = account.ok_or("there is no such shared account")?;
            fields["account"] = json!(account.to_string());
        }
        Ok(fields)
    }
}

fn told(error: peyvand::Error) -> String {
    let remedy = error.remedy().unwrap_or_default();
    format!("{:?}: {error}; {remedy}", error.kind())
}
