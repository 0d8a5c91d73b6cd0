//! How is a writer run in a process of its own, and watched or disturbed there?

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use peyvand::StateEngine;

use crate::acks::Said;
use crate::writer::Work;
use crate::{Proof, doing};

/// All engines that a state can have.
pub const ENGINES: [StateEngine; 2] = [StateEngine::Sled, StateEngine::Redb];

/// Held for reading while a store is open in this process, and for writing while a child is started: a child has all
/// our files open until its program begins, and so would hold a store's lock that we have let go.
static STORES: RwLock<()> = RwLock::new(());

/// Keeps children from being started as long as it is held.
pub fn no_children() -> RwLockReadGuard<'static, ()> {
    STORES.read().unwrap_or_else(PoisonError::into_inner)
}

/// No writer works as long as this.
const PATIENCE: Duration = Duration::from_secs(300);

fn alone(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A writer to be.
pub struct Writer {
    command: Command,
    dir: PathBuf,
}

/// What a writer told before it ended.
pub struct Told {
    /// Each line.
    pub said: Vec<Said>,
    /// Whether it came to its own good end.
    pub ended_well: bool,
    /// What it told where only panics and failures are told.
    pub complaints: String,
}

impl Writer {
    /// A writer that works on the store in `dir`.
    ///
    /// # Errors
    /// When its program is not there.
    pub fn new(dir: &Path, work: &Work) -> Proof<Self> {
        let mut command = Command::new(program()?);
        command.arg(dir);
        for (name, number) in [
            ("--seed", work.seed),
            ("--threads", u64::from(work.threads)),
            ("--first", work.first),
            ("--steps", work.steps),
            ("--rounds", work.rounds),
            ("--every", work.every),
        ] {
            command.arg(name).arg(number.to_string());
        }
        command.args(["--engine", engine_name(work.engine)]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self {
            command,
            dir: dir.to_owned(),
        })
    }

    /// With the recorder in front of the system, set up by these variables. See `recorder/recorder.c`.
    ///
    /// # Errors
    /// When the recorder cannot be built.
    pub fn recorded(mut self, settings: &[(&str, OsString)]) -> Proof<Self> {
        self.command.env("LD_PRELOAD", recorder()?);
        let parent = self
            .dir
            .parent()
            .ok_or("a store needs a folder around it")?;
        let root = parent
            .canonicalize()
            .map_err(doing("the folder of stores"))?;
        self.command.env("PROOF_ROOT", root);
        self.command
            .envs(settings.iter().map(|(name, value)| (*name, value)));
        Ok(self)
    }

    /// Runs to the end, whichever that is.
    ///
    /// # Errors
    /// When it cannot be started or says what nobody understands.
    pub fn run(self) -> Proof<Told> {
        self.run_until(|_| false)
    }

    /// Runs until it has told something after which it is to be killed, and kills it.
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub fn run_until(mut self, mut enough: impl FnMut(&Said) -> bool) -> Proof<Told> {
        let starting = STORES.write().unwrap_or_else(PoisonError::into_inner);
        let mut child = self.command.spawn().map_err(doing("starting a writer"))?;
        drop(starting);
        let out = child.stdout.take().ok_or("a writer without a voice")?;
        let mut complaints = child.stderr.take().ok_or("a writer without a voice")?;
        let listener = std::thread::spawn(move || {
            let mut text = String::new();
            drop(std::io::Read::read_to_string(&mut complaints, &mut text));
            text
        });
        let child = Arc::new(Mutex::new(child));
        let (ended, end) = mpsc::channel::<()>();
        let patience = Arc::clone(&child);
        let watcher = std::thread::spawn(move || {
            let hangs = end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            if hangs {
                drop(alone(&patience).kill());
            }
            hangs
        });
        let mut said = Vec::new();
        for line in BufReader::new(out).lines() {
            let line = line.map_err(doing("listening to a writer"))?;
            let one = Said::read(&line).ok_or_else(|| format!("a writer said '{line}'"))?;
            if enough(&one) {
                alone(&child).kill().map_err(doing("killing a writer"))?;
            }
            said.push(one);
        }
        drop(ended);
        if watcher.join().unwrap_or_default() {
            return Err(format!("a writer hangs after {:?}", said.last()));
        }
        let status = alone(&child)
            .wait()
            .map_err(doing("waiting for a writer"))?;
        Ok(Told {
            said,
            ended_well: status.success(),
            complaints: listener.join().unwrap_or_default(),
        })
    }
}

/// What the engine of a state is called.
#[must_use]
pub fn engine_name(engine: StateEngine) -> &'static str {
    match engine {
        StateEngine::Sled => "sled",
        StateEngine::Redb => "redb",
    }
}

/// The engine of this name.
#[must_use]
pub fn engine_named(name: &str) -> Option<StateEngine> {
    ENGINES
        .into_iter()
        .find(|engine| engine_name(*engine) == name)
}

/// The writer's program, which cargo puts beside ours or above our tests.
fn program() -> Proof<PathBuf> {
    let own = std::env::current_exe().map_err(doing("looking for our own program"))?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("peyvand-proof-writer"))
        .find(|path| path.is_file())
        .ok_or_else(|| "the writer is not built: run `cargo build -p peyvand-proof`".to_owned())
}

/// The recorder, built once from its source by the system's C compiler.
fn recorder() -> Proof<&'static Path> {
    static BUILT: OnceLock<Proof<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(build_recorder).as_ref();
    built.map(PathBuf::as_path).map_err(Clone::clone)
}

fn build_recorder() -> Proof<PathBuf> {
    const SOURCE: &str = include_str!("../recorder/recorder.c");
    let folder = program()?;
    let folder = folder.parent().ok_or("a program lies in a folder")?;
    let hash = SOURCE
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let library = folder.join(format!("proof-recorder-{hash:016x}.so"));
    if library.is_file() {
        return Ok(library);
    }
    // Built under another name, since tests in other processes may look for it at the same time.
    let unfinished = library.with_extension(std::process::id().to_string());
    let source = unfinished.with_extension("c");
    fs::write(&source, SOURCE).map_err(doing("writing the recorder's source"))?;
    let built = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&unfinished)
        .arg(&source)
        .args(["-ldl", "-lpthread"])
        .output()
        .map_err(doing("the C compiler `cc`"))?;
    drop(fs::remove_file(&source));
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    fs::rename(&unfinished, &library).map_err(doing("naming the recorder"))?;
    Ok(library)
}
