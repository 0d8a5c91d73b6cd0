//! Who is compared, and what must each of them be able to do?

mod bare;
mod peyvand;
mod raw;
mod sqlite;
mod together;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ::peyvand::Position;
use ::peyvand::testing::KindBytes;

use crate::args::Args;
use crate::customers::{Customer, Customers};

pub(crate) use peyvand::{import, open as open_engine, read_one};
pub(crate) use raw::RawDisk;
pub(crate) use sqlite::load_first_index_later;

/// A contestant by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Peyvand,
    Bare,
    Sqlite,
}

impl Who {
    pub(crate) const ALL: [Self; 3] = [Self::Peyvand, Self::Bare, Self::Sqlite];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Peyvand => "peyvand",
            Self::Bare => "bare",
            Self::Sqlite => "sqlite",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Peyvand => "Peyvand",
            Self::Bare => "bare backend",
            Self::Sqlite => "SQLite",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|who| who.name() == name);
        known.unwrap_or_else(|| panic!("there is no contestant '{name}'"))
    }

    /// Opens the store of a directory that holds `count` customers, or makes it.
    pub(crate) fn open(self, dir: &Path, args: &Args, count: u64) -> Box<dyn Side> {
        match self {
            Self::Peyvand => Box::new(peyvand::Peyvand::open(dir, args, count)),
            Self::Bare => Box::new(bare::Bare::open(dir, args)),
            Self::Sqlite => Box::new(sqlite::Sqlite::open(dir, args)),
        }
    }
}

/// A store that holds customers.
pub(crate) trait Side: Send + Sync {
    /// All of them in one durable commit.
    fn import(&self, batch: &[Customer]);
    /// One durable commit; writers that come at the same time may share a flush.
    fn create(&self, customer: &Customer);
    /// One durable commit that shares with nobody.
    fn create_alone(&self, customer: &Customer) {
        self.create(customer);
    }
    /// One durable commit: another balance, and another branch, which moves an index entry.
    fn update(&self, number: u64, balance: i64, branch: &str);
    /// Such updates of different customers in one durable commit, for those who can be asked later what was; says its
    /// position.
    fn update_many(&self, _updates: &[Update]) -> Option<Position> {
        None
    }
    /// A way to read what was.
    fn past(&self) -> Option<Box<dyn Past + '_>> {
        None
    }
    /// Writes the state into one file, and says how large that is.
    fn checkpoint(&self, _path: &Path) -> Option<u64> {
        None
    }
    /// A way to read, for one thread; `of` threads share the page cache.
    fn reader(&self, of: usize) -> Box<dyn Reader + '_>;
    /// Bytes of commits that wait in memory.
    fn overlay_bytes(&self) -> Option<usize> {
        None
    }
    /// Where the bytes of the state are, by kind of entries.
    fn state_bytes(&self) -> Vec<KindBytes> {
        Vec::new()
    }
    /// Everything written down; what follows is as after a clean start.
    fn close(self: Box<Self>);
}

/// A customer's number, another balance and another branch.
pub(crate) type Update = (u64, i64, String);

/// Reads as of an earlier position.
pub(crate) trait Past {
    fn record(&self, at: Position, number: u64);
    /// The first fifty customers of a branch.
    fn page(&self, at: Position, branch: &str);
    /// How many customers there were; nothing where no such total is kept.
    fn total(&self, at: Position) -> Option<()>;
}

/// Reads whole records, every field of them. What is given back is there to be compared.
pub(crate) trait Reader {
    /// The balance of a customer.
    fn get(&mut self, number: u64) -> i64;
    /// The balance of the first customer with a phone.
    fn by_phone(&mut self, phone: &str) -> i64;
    /// The balance of the customer with an e-mail address.
    fn by_email(&mut self, email: &str) -> i64;
    /// How many of the first hundred customers of a branch there are, their records read.
    fn hundred(&mut self, branch: &str) -> usize;
    /// The same with the six fields that a list shows: given and family name, phone, branch, city, balance.
    fn list(&mut self, branch: &str) -> usize;
    /// How many customers there are, each record read.
    fn scan(&mut self) -> u64;
}

/// A contestant with a directory of its own.
pub(crate) struct Stand {
    pub(crate) who: Who,
    pub(crate) dir: PathBuf,
    pub(crate) customers: Customers,
    args: Args,
    /// The number of the next new customer.
    next: AtomicU64,
    side: Option<Box<dyn Side>>,
}

impl Stand {
    /// In an empty directory.
    pub(crate) fn new(who: Who, args: &Args) -> Self {
        let dir = args.dir.join(who.name());
        let _ = fs::remove_dir_all(&dir);
        let mut stand = Self::of_existing(who, args, 0);
        stand.side = Some(who.open(&dir, args, 0));
        stand
    }

    /// In a directory that holds `count` customers; closed.
    pub(crate) fn of_existing(who: Who, args: &Args, count: u64) -> Self {
        Self {
            who,
            dir: args.dir.join(who.name()),
            customers: Customers::new(args.customers, args.firm_every),
            args: args.clone(),
            next: AtomicU64::new(count),
            side: None,
        }
    }

    pub(crate) fn side(&self) -> &dyn Side {
        self.side.as_deref().unwrap()
    }

    pub(crate) fn open(&mut self) {
        let count = self.next.load(Ordering::Relaxed);
        self.side = Some(self.who.open(&self.dir, &self.args, count));
    }

    pub(crate) fn close(&mut self) {
        if let Some(side) = self.side.take() {
            side.close();
        }
    }

    /// So that every section begins alike, with everything folded.
    pub(crate) fn reopen(&mut self) {
        self.close();
        self.open();
    }

    pub(crate) fn count(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    pub(crate) fn take_numbers(&self, count: u64) -> u64 {
        self.next.fetch_add(count, Ordering::Relaxed)
    }

    pub(crate) fn remove(&mut self) {
        self.close();
        if !self.args.keep {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}
