//! Who is compared: a raw file, stores with and without hooks, and a plugin's code without its sandbox.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use peyvand::{Durability, Engine, FixedClock, Request, SeededIds, Session};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::native::Native;

/// Refuses large deals without a close date; wakes on every save of an opportunity.
const GUARD: &str = r#"//! name: big-deals
//! on: opportunity before create, update
//! on-failure: reject
if record.amount != () && record.amount.amount > 1000000000 && record.close_date == () {
    reject("close_date", "a deal of this size needs a close date");
}
"#;

/// Follows up large deals; wakes on every new opportunity and asks for nothing here.
const GREETING: &str = r#"//! name: big-deal-call
//! on: opportunity after create
if record.amount != () && record.amount.amount > 1000000000 {
    create("activity", #{ kind: "call", subject: "Call about " + record.name, about: record.id, due_on: today() + days(2) });
}
"#;

/// Small records, as a form would send them.
pub(crate) fn opportunities(count: usize) -> Vec<Json> {
    let one = |number: usize| {
        json!({
            "name": format!("Deal {number}"),
            "stage": "proposal",
            "amount": {"amount": (1_000 + number % 9_000).to_string(), "currency": "USD"},
            "close_date": "2026-06-01",
            "source": "referral",
        })
    };
    (0..count).map(one).collect()
}

/// Cargo's own folder for scratch files: on the file system of the build, which is no memory disk.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A file that grows as the journal does: room made in advance, one write and one flush for each commit.
pub(crate) struct RawFile {
    file: File,
    frame: Vec<u8>,
    offset: AtomicU64,
    _folder: TempDir,
}

/// As large as the room that all rounds of the benchmark need.
const ROOM: usize = 16 << 20;

impl RawFile {
    pub(crate) fn new(bytes: u64) -> Self {
        let folder = folder();
        let file = File::create_new(folder.path().join("raw")).unwrap();
        file.write_all_at(&vec![0; ROOM], 0).unwrap();
        file.sync_all().unwrap();
        Self {
            file,
            frame: vec![0xa5; usize::try_from(bytes).unwrap()],
            offset: AtomicU64::new(0),
            _folder: folder,
        }
    }

    pub(crate) fn append(&self, times: usize) {
        for _ in 0..times {
            let length = self.frame.len() as u64;
            let at = self.offset.fetch_add(length, Ordering::Relaxed);
            self.file
                .write_all_at(&self.frame, at % (ROOM as u64 - length))
                .unwrap();
            self.file.sync_data().unwrap();
        }
    }
}

/// A store of its own in a folder of its own.
pub(crate) struct Store {
    session: Session,
    folder: TempDir,
}

impl Store {
    /// With nothing but the engine's own rules.
    pub(crate) fn bare(durability: Durability) -> Self {
        let folder = folder();
        let builder = Engine::builder(folder.path().join("crm")).durability(durability);
        let noon = "2026-03-25T08:30:00Z".parse().unwrap();
        let engine = builder
            .clock(Arc::new(FixedClock::at(noon)))
            .ids(Arc::new(SeededIds::new(7)))
            .open()
            .unwrap();
        Self {
            session: engine.session(),
            folder,
        }
    }

    pub(crate) fn with_lead_score(durability: Durability) -> Self {
        let store = Self::bare(durability);
        store.install("lead-score");
        store
    }

    /// With three plugins and two scripts. On a new opportunity the score and both scripts run; the workflow is tested
    /// and the league is computed from the journal, so that neither calls its plugin here.
    pub(crate) fn hooked(durability: Durability) -> Self {
        let store = Self::with_lead_score(durability);
        store.install("follow-up");
        store.install("sales-league");
        for script in [GUARD, GREETING] {
            let _ = store.session.install_script(script).unwrap();
        }
        store
    }

    fn install(&self, plugin: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../plugins/dist")
            .join(format!("{plugin}.wasm"));
        let _ = self
            .session
            .install_unsigned_plugin(&fs::read(path).unwrap(), Json::Null)
            .unwrap();
    }

    /// A commit for each record.
    pub(crate) fn commit_singly(&self, records: &[Json]) {
        for record in records {
            let committed = self.session.create("opportunity", record.clone()).unwrap();
            assert!(committed.warnings.is_empty(), "{:?}", committed.warnings);
        }
    }

    /// One commit for all records.
    pub(crate) fn commit_together(&self, records: &[Json]) {
        let requests = records
            .iter()
            .map(|record| Request::create("opportunity", record.clone()));
        let (_, outcomes) = self.session.commit_each(requests).unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
    }

    /// What the journal keeps of one commit, on average: of those that went into one file, since a full one is compressed
    /// at some time.
    pub(crate) fn bytes_per_commit(&self, commits: usize) -> u64 {
        loop {
            let (file, before) = self.newest_of_the_journal();
            self.commit_singly(&opportunities(commits));
            let (same, after) = self.newest_of_the_journal();
            if file == same {
                return (after - before).div_ceil(commits as u64);
            }
        }
    }

    /// The file that the journal grows by, and its bytes without the zeroes that wait for frames.
    fn newest_of_the_journal(&self) -> (PathBuf, u64) {
        let files = fs::read_dir(self.folder.path().join("crm/journal")).unwrap();
        let open = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "seg");
        let paths = files.map(|file| file.unwrap().path()).filter(open);
        let newest = paths.max().unwrap();
        let bytes = fs::read(&newest).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0);
        (newest, used.map_or(0, |last| last as u64 + 1))
    }

    /// What each hook was charged for, in units that are the same on every machine.
    pub(crate) fn bills(&self) -> Vec<String> {
        let told = |bill: &peyvand::Bill| {
            assert_eq!(bill.failures, 0, "{:?}", bill.last_failure);
            format!(
                "{}, {}: {} calls, {} records, {} fuel a record",
                bill.owner,
                bill.hook,
                bill.calls,
                bill.rows,
                bill.fuel / bill.rows.max(1)
            )
        };
        self.session.engine().bills().iter().map(told).collect()
    }

    /// The comparison is one of the same work: native and component give the same score for the same record.
    pub(crate) fn agrees_with(&self, native: &Native, records: &[Json]) {
        let first = self
            .session
            .create("opportunity", records.first().unwrap().clone())
            .unwrap();
        let record = self.session.get(first.id().unwrap()).unwrap();
        let outcome = native.scored();
        assert_eq!(outcome.faults, [""; 0]);
        assert_eq!(
            record.to_json()["score"].as_i64(),
            outcome.integer(0, "score")
        );
        assert_eq!(
            record.text("score_reasons"),
            outcome.text(0, "score_reasons")
        );
    }
}
