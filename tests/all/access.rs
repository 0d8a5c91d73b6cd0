//! Does everybody see and do what his role gives him, and nothing else, by whatever door?

mod answers;
mod audits;
mod case;
mod explained;
mod hidden_child;
mod house;
mod keys;
mod leaks;
mod leaving;
mod listed;
mod looks;
mod model;
mod plugin_doors;
mod processes;
mod races;
mod rights;
mod running_as;
mod whole_reads;

/// Everything that reads.
fn doors() -> Vec<leaks::Door> {
    leaks::doors()
        .into_iter()
        .chain(plugin_doors::doors())
        .collect()
}

/// Everything that only changes.
fn writes() -> impl Iterator<Item = &'static str> {
    leaks::WRITES.iter().chain(plugin_doors::WRITES).copied()
}
