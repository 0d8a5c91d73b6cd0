//! Is anything ever lost that was acknowledged?
//!
//! A child process, [`writer`], does what a [`plan`] says and tells what was acknowledged. It is killed ([`kill`]), the
//! power is cut under it ([`power`]), its disk fails ([`faults`]), its files are damaged ([`damage`]). Then [`verify`]
//! opens what is left and compares it with what was [told](acks), through the public API alone.

pub mod acks;
pub mod beside;
pub mod child;
pub mod damage;
pub mod dice;
pub mod disk;
pub mod faults;
pub mod fixture;
pub mod guards;
pub mod kill;
pub mod mutate;
pub mod past;
pub mod plan;
pub mod power;
pub mod survival;
pub mod trace;
pub mod verify;
pub mod writer;

/// What a proof gives, or what it found wrong, in words.
pub type Proof<T> = Result<T, String>;

/// A folder to work in: in memory where the system has one there, since most of the time would go into real syncs, and
/// what a power cut leaves is worked out and not tried.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> Proof<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .map_err(doing("making a folder"))
}

/// Puts what was being done in front of what went wrong.
pub fn doing<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}
