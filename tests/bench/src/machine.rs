//! On which machine, and what of it is used? Linux says all of it below `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::args::Args;

pub(crate) fn facts(args: &Args) -> String {
    let mib = |bytes: u64| bytes >> 20;
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    format!(
        "{} customers; state in {}, page cache {} MiB, overlay {} MiB; SQLite {} with {} MiB of cache.\n\
         Machine: {} cores ({cpu}), {memory} of memory, Linux {}, {}. Load average at the beginning: {}.",
        args.customers,
        args.engine_name(),
        mib(args.cache_bytes),
        args.overlay_bytes >> 20,
        rusqlite::version(),
        mib(args.cache_bytes) + (args.overlay_bytes as u64 >> 20),
        cores(),
        read("/proc/sys/kernel/osrelease").trim(),
        file_system(&args.dir),
        load_average(),
    )
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub(crate) fn load_average() -> String {
    read("/proc/loadavg")
        .split(' ')
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

fn file_system(dir: &Path) -> String {
    let _ = fs::create_dir_all(dir);
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mounts = read("/proc/mounts");
    let of = |line: &str| -> Option<(usize, String)> {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        dir.starts_with(place)
            .then(|| (place.len(), kind.to_owned()))
    };
    mounts
        .lines()
        .filter_map(of)
        .max()
        .map_or_else(|| "unknown file system".to_owned(), |(_, kind)| kind)
}

/// Bytes of memory that this process has now, and the most that it had.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

pub(crate) fn memory() -> Memory {
    let kib = |name| {
        let text = field("/proc/self/status", name).unwrap_or_default();
        text.trim_end_matches(" kB")
            .trim()
            .parse::<u64>()
            .unwrap_or(0)
            << 10
    };
    Memory {
        now: kib("VmRSS"),
        peak: kib("VmHWM"),
    }
}

pub(crate) fn threads() -> u64 {
    field("/proc/self/status", "Threads")
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}

pub(crate) fn open_files() -> u64 {
    // Reading the folder opens one more.
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64 - 1)
}

/// Processor time of all threads of this process, those that ended included; in steps of 10 ms.
pub(crate) fn cpu_time() -> Duration {
    let stat = read("/proc/self/stat");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|text| text.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// Bytes of files, by the first part of their path below a folder: as long as they are, and as the disk has given.
pub(crate) fn disk_usage(dir: &Path) -> BTreeMap<String, Usage> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        all.insert(name, usage_below(&entry.path()));
    }
    all
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) length: u64,
    pub(crate) given: u64,
    pub(crate) files: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.length += other.length;
        self.given += other.given;
        self.files += other.files;
    }
}

fn usage_below(path: &Path) -> Usage {
    let mut sum = Usage::default();
    let Ok(found) = fs::symlink_metadata(path) else {
        return sum;
    };
    sum.given += found.blocks() * 512;
    if found.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            sum += usage_below(&entry.path());
        }
    } else {
        sum.length += found.len();
        sum.files += 1;
    }
    sum
}

/// The bytes of the journal in the directory of a store, without the zeroes that wait for frames.
pub(crate) fn journal_bytes(dir: &Path) -> u64 {
    let mut paths: Vec<_> = fs::read_dir(dir.join("journal"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let Some(last) = paths.pop() else { return 0 };
    let full: u64 = paths
        .iter()
        .filter_map(|path| fs::metadata(path).ok())
        .map(|found| found.len())
        .sum();
    let used = |bytes: Vec<u8>| {
        bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at as u64 + 1)
    };
    full + fs::read(last).map_or(0, used)
}

/// Idle-priority processes that spin, one for each core: without them a virtual machine that waits for its disk goes
/// to sleep and wakes up at the next tick, 4 ms later, and one writer measures that. They give way to everybody.
pub(crate) struct Spinners(Vec<Child>);

impl Spinners {
    pub(crate) fn start() -> Self {
        let spin = |program: &str, first: &[&str]| {
            Command::new(program)
                .args(first)
                .args(["sh", "-c", "while :; do :; done"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
        };
        let start = |_| {
            spin("chrt", &["-i", "0"])
                .or_else(|_| spin("nice", &["-n", "19"]))
                .ok()
        };
        Self((0..cores()).filter_map(start).collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
