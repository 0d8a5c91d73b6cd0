//! How does one talk to a database that others change at the same time and that may be away for a moment?
//!
//! Every call runs on a connection of its own. A transaction that lost against another one is done again, and a
//! connection that broke is replaced, up to a limit; so whatever runs here may run more than once.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Mutex;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, Row, Statement};

use crate::store::StoreError;
use crate::store::locks::lock;

/// Connections that are kept open while nobody needs them.
const IDLE: usize = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A process that stops in the middle of a transaction must not hold up the others of its tenant for ever.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = 30000";

/// How often a transaction is done again that lost against another one, and how long to wait at most in between.
const MOST_REPEATS: u32 = 1000;
const LONGEST_PAUSE: u32 = 20;
/// How often a connection is made again: two and a half seconds in all.
const MOST_LOSSES: u32 = 8;

/// Why a call did not succeed, by what is to be done about it.
#[derive(Debug)]
pub(super) enum Fault {
    /// The transaction lost against another one, and nothing of it was done.
    Repeat(String),
    /// The connection is gone, and with it what was not committed.
    Lost(String),
    /// The connection is gone, and nobody knows whether what was done on it was committed.
    InDoubt(String),
    Failed(String),
}

impl From<postgres::Error> for Fault {
    fn from(error: postgres::Error) -> Self {
        let why = told(&error);
        let Some(code) = error.code() else {
            let of_io = error
                .source()
                .is_some_and(|source| source.is::<std::io::Error>());
            return if error.is_closed() || of_io {
                Fault::Lost(why)
            } else {
                Fault::Failed(why)
            };
        };
        if [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ]
        .contains(code)
        {
            return Fault::Repeat(why);
        }
        let unknown = [
            SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        if unknown.contains(code) || code.code().starts_with("08") {
            return Fault::Lost(why);
        }
        Fault::Failed(why)
    }
}

impl Fault {
    fn why(self) -> String {
        match self {
            Fault::Repeat(why) | Fault::Lost(why) | Fault::InDoubt(why) | Fault::Failed(why) => why,
        }
    }

    /// The same fault, when it was a commit that failed with it.
    fn of_commit(self) -> Self {
        match self {
            Fault::Lost(why) => Fault::InDoubt(why),
            other => other,
        }
    }

    fn is_loss(&self) -> bool {
        matches!(self, Fault::Lost(_) | Fault::InDoubt(_))
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        let why = match fault {
            Fault::Repeat(why) => format!("others kept changing the same rows: {why}"),
            Fault::Lost(why) => format!("the connection was lost: {why}"),
            Fault::InDoubt(why) => return StoreError::InDoubt { why },
            Fault::Failed(why) => why,
        };
        StoreError::Database { why }
    }
}

/// What the server said, or what the client library did not like.
fn told(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// One connection, with the statements that it knows already.
pub(super) struct Connection {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
    broken: bool,
}

impl Connection {
    fn open(config: &Config) -> Result<Self, Fault> {
        let mut client = config.connect(NoTls)?;
        client.batch_execute(SETTINGS)?;
        Ok(Connection {
            client,
            prepared: HashMap::new(),
            broken: false,
        })
    }

    fn is_usable(&self) -> bool {
        !self.broken && !self.client.is_closed()
    }

    fn statement(&mut self, sql: &'static str) -> Result<Statement, Fault> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }

    pub(super) fn rows(
        &mut self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        let statement = self.statement(sql)?;
        Ok(self.client.query(&statement, values)?)
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) fn run(
        &mut self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, Fault> {
        let statement = self.statement(sql)?;
        Ok(self.client.execute(&statement, values)?)
    }

    /// Runs statements without values, whole or not at all.
    pub(super) fn script(&mut self, sql: &str) -> Result<(), Fault> {
        Ok(self.client.batch_execute(sql)?)
    }

    /// Runs `work` as one serializable transaction.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.script("BEGIN ISOLATION LEVEL SERIALIZABLE")?;
        let done = work(self).and_then(|done| match self.script("COMMIT") {
            Ok(()) => Ok(done),
            Err(fault) => Err(fault.of_commit()),
        });
        // A connection whose transaction cannot be ended is of no use to the next caller.
        self.broken = done.is_err() && self.script("ROLLBACK").is_err();
        done
    }
}

/// The connections of one store.
pub(super) struct Pool {
    config: Config,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// Reads the connection string; connects when it is first needed.
    pub(super) fn new(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url
            .parse()
            .map_err(|error| StoreError::Database { why: told(&error) })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        Ok(Pool {
            config,
            idle: Mutex::default(),
        })
    }

    /// Runs `work` on a connection, again while that helps.
    pub(super) fn run<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut tries = Tries::default();
        loop {
            let fault = match self.once(&mut work) {
                Ok(done) => return Ok(done),
                Err(fault) => fault,
            };
            if fault.is_loss() {
                // Whatever broke this connection broke its neighbours too.
                self.clear();
            }
            pause(tries.after(fault)?);
        }
    }

    fn once<T>(
        &self,
        work: &mut impl FnMut(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let kept = lock(&self.idle).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(&self.config)?,
        };
        let done = work(&mut connection);
        if connection.is_usable() && !done.as_ref().is_err_and(Fault::is_loss) {
            let mut idle = lock(&self.idle);
            if idle.len() < IDLE {
                idle.push(connection);
            }
        }
        done
    }

    pub(super) fn clear(&self) {
        let idle = std::mem::take(&mut *lock(&self.idle));
        // Closing says good-bye to the server; not under the lock.
        drop(idle);
    }
}

/// What was tried of a call.
#[derive(Default)]
struct Tries {
    repeats: u32,
    losses: u32,
    /// Whether one of them may have done it.
    in_doubt: bool,
}

impl Tries {
    /// How many milliseconds to wait before the next try, if there is to be one.
    fn after(&mut self, fault: Fault) -> Result<u64, StoreError> {
        self.in_doubt |= matches!(fault, Fault::InDoubt(_));
        match fault {
            Fault::Repeat(_) if self.repeats < MOST_REPEATS => {
                self.repeats += 1;
                let pause = self.repeats.saturating_sub(2).min(LONGEST_PAUSE);
                Ok(u64::from(pause))
            }
            Fault::Lost(_) | Fault::InDoubt(_) if self.losses < MOST_LOSSES => {
                self.losses += 1;
                // The first loss is most often a connection that went stale.
                Ok(match self.losses {
                    1 => 0,
                    more => 10 << (more - 1),
                })
            }
            fault if self.in_doubt => Err(StoreError::InDoubt { why: fault.why() }),
            fault => Err(fault.into()),
        }
    }
}

fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given_up(first: Fault) -> Option<StoreError> {
        let mut tries = Tries::default();
        let first = tries.after(first).err();
        let lost = || Fault::Lost("gone".to_owned());
        first.or_else(|| (0..MOST_LOSSES).find_map(|_| tries.after(lost()).err()))
    }

    #[test]
    fn a_lost_commit_that_nobody_can_ask_about_is_in_doubt() {
        let lost = Fault::Lost("gone".to_owned());
        assert!(matches!(
            given_up(lost.of_commit()),
            Some(StoreError::InDoubt { .. })
        ));
        let lost = Fault::Lost("gone".to_owned());
        assert!(matches!(given_up(lost), Some(StoreError::Database { .. })));
        let refused = Fault::Failed("no".to_owned()).of_commit();
        assert!(matches!(
            given_up(refused),
            Some(StoreError::Database { .. })
        ));
    }
}
