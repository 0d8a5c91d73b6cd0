//! How does a call become commits, and what follows them?

use std::ops::ControlFlow;
use std::sync::PoisonError;

use super::Engine;
use crate::access::Acting;
use crate::config::Config;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::Registry;
use crate::journal::Position;
use crate::query::Reader;
use crate::store::{Snapshot, spaces};
use crate::timeline;
use crate::write::{self, Ask, Filling, Group, Outcome, Stored, Write};

/// How often a write is staged again when others keep changing what it reads: those of other processes, in the end.
const ATTEMPTS: usize = 64;

/// How often it is overtaken by others of this process before they wait for it.
const PATIENCE: usize = 8;

/// How deep follow-ups of follow-ups may go.
const DEEPEST: u8 = 4;

/// What became of a write.
pub(crate) struct WriteReport {
    pub(crate) groups: Vec<Result<Vec<Outcome>>>,
    pub(crate) position: Position,
    pub(crate) warnings: Vec<String>,
    /// Whether schema, hooks or settings were changed.
    config: bool,
}

impl Engine {
    /// Runs groups of requests through the write path, follow-ups included. Groups that build upon each other's changes
    /// of one record take more than one commit.
    pub(crate) fn write(
        &self,
        context: &Context,
        groups: &[Group],
        cause: Option<Position>,
        depth: u8,
    ) -> Result<WriteReport> {
        let mut report = self.commit(context, groups, cause, depth)?;
        while report.groups.len() < groups.len() {
            let left = &groups[report.groups.len()..];
            let rest = match self.commit(context, left, cause, depth) {
                Ok(rest) => rest,
                Err(error) => {
                    // What was committed stands and is told; the rest failed.
                    let failed = left
                        .iter()
                        .map(|_| Err(Error::new(error.kind(), error.to_string())));
                    report.groups.extend(failed);
                    return Ok(report);
                }
            };
            report.groups.extend(rest.groups);
            report.warnings.extend(rest.warnings);
            report.config |= rest.config;
            report.position = rest.position;
        }
        if report.config
            && let Err(error) = self.fill_totals()
        {
            report.warnings.push(format!(
                "new totals tell nothing yet, and are filled when the store is opened again: {error}"
            ));
        }
        Ok(report)
    }

    /// Fills the totals that count no records yet that were there before them.
    pub(crate) fn fill_totals(&self) -> Result<()> {
        let context = self.session().context;
        loop {
            let (reader, _) = self.read()?;
            let Some(filling) = Filling::all(&reader.snapshot)?.into_iter().next() else {
                return Ok(());
            };
            // What it is filled from is kept meanwhile.
            let _then = Snapshot::pin_at(&self.inner.backend, filling.since).ok();
            let step = Group {
                asks: vec![Ask::Stored(Stored {
                    what: "fill a total".to_owned(),
                    filling: Some(filling),
                    ..Stored::default()
                })],
                once: None,
            };
            while Filling::all(&self.read()?.0.snapshot)?.contains(&filling) {
                let report = self.commit(&context, std::slice::from_ref(&step), None, 0)?;
                for group in report.groups {
                    group?;
                }
            }
        }
    }

    /// One commit of as many of the groups as it can hold, staged again while others change what it reads.
    pub(crate) fn commit(
        &self,
        context: &Context,
        groups: &[Group],
        cause: Option<Position>,
        depth: u8,
    ) -> Result<WriteReport> {
        let nobody = Registry::default();
        for attempt in 0..ATTEMPTS {
            let alone = attempt >= PATIENCE;
            let turns = &self.inner.turns;
            let among_others =
                (!alone).then(|| turns.read().unwrap_or_else(PoisonError::into_inner));
            let by_itself = alone.then(|| turns.write().unwrap_or_else(PoisonError::into_inner));
            let (reader, config) = self.read()?;
            let registry = match self.inner.unjudged {
                true => &nobody,
                false => config.registry(),
            };
            let write = Write {
                backend: &self.inner.backend,
                content: &self.inner.content,
                segments: &config.segments,
                registry,
                acting: self.acting(&reader, &config, context)?,
                reader,
                context,
                now: context.now(),
                bills: &self.inner.bills,
                cause,
                depth,
                followed: std::mem::take(&mut *self.followed()),
                billed: self.inner.bills.take(),
            };
            self.inner.bills.on(context.day_of(write.now));
            let written = write::run(&write, groups);
            drop((among_others, by_itself));
            if !matches!(&written, Ok(Ok(written)) if written.committed.is_some()) {
                self.followed().extend(&write.followed);
                self.inner.bills.give_back(&write.billed);
            }
            #[cfg(feature = "wasm")]
            crate::install::pause_tripped(self, registry);
            if let Ok(written) = written? {
                let position = write.reader.position();
                drop(write);
                return Ok(self.publish(context, depth, position, written));
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "others kept changing what this write reads",
        )
        .hint("try again, with fewer writers on the same records"))
    }

    fn acting<'a>(
        &'a self,
        reader: &Reader,
        config: &'a Config,
        context: &Context,
    ) -> Result<Acting<'a>> {
        Acting::of(&self.inner.sights, reader, config, context)
    }

    /// Runs groups of requests up to the commit, on a view that keeps what earlier rehearsals would have written.
    #[cfg(feature = "exchange")]
    pub(crate) fn rehearse(
        &self,
        context: &Context,
        view: &mut write::View,
        groups: &[Group],
    ) -> Result<Vec<Result<Vec<Outcome>>>> {
        let (_, config) = self.read()?;
        let write = Write {
            backend: &self.inner.backend,
            content: &self.inner.content,
            reader: view.reader.clone(),
            segments: &config.segments,
            registry: config.registry(),
            acting: self.acting(&view.reader, &config, context)?,
            context,
            now: context.now(),
            bills: &self.inner.bills,
            cause: None,
            depth: 0,
            followed: Vec::new(),
            billed: Vec::new(),
        };
        write::rehearse(&write, view, groups)
    }

    fn publish(
        &self,
        context: &Context,
        depth: u8,
        read: Position,
        written: write::Written,
    ) -> WriteReport {
        let mut report = WriteReport {
            groups: written.groups,
            position: read,
            warnings: Vec::new(),
            config: false,
        };
        let Some(done) = written.committed else {
            return report;
        };
        report.position = done.position;
        report.config = done.config;
        // From here on the commit stands: what goes wrong is a warning, never the answer to the write.
        if let Err(error) = self.tell(context, depth, &done, &mut report.warnings) {
            let at = done.position;
            report.warnings.push(format!(
                "the follow-ups of entry {at} wait until the store is opened again: {error}"
            ));
        }
        report
    }

    fn tell(
        &self,
        context: &Context,
        depth: u8,
        done: &write::Done,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        if !done.config && !done.queued {
            return Ok(());
        }
        // After-commit hooks see what was committed, and what others committed since.
        let (reader, config) = self.read()?;
        if done.config {
            warnings.extend(config.registry().broken.iter().cloned());
        }
        if done.queued {
            let write = Write {
                backend: &self.inner.backend,
                content: &self.inner.content,
                segments: &config.segments,
                registry: config.registry(),
                acting: self.acting(&reader, &config, context)?,
                reader,
                context,
                now: context.now(),
                bills: &self.inner.bills,
                cause: None,
                depth,
                followed: Vec::new(),
                billed: Vec::new(),
            };
            warnings.extend(self.follow(&write, done.position, &done.drafts)?);
        }
        Ok(())
    }

    /// Does what the after-commit hooks ask for a commit, then takes it off the queue.
    fn follow<C: write::Change>(
        &self,
        write: &Write<'_>,
        position: Position,
        changes: &[C],
    ) -> Result<Vec<String>> {
        let (followed, mut warnings) = write::follow(write, position, changes);
        for followed in followed {
            if write.depth >= DEEPEST {
                warnings.push(format!("follow-ups of {} at depth {DEEPEST} were not done: rules seem to call each other in a circle", followed.actor));
                continue;
            }
            warnings.extend(self.write_effects(
                write.context,
                followed,
                Some(position),
                write.depth + 1,
            )?);
        }
        self.followed().push(position);
        Ok(warnings)
    }

    /// Writes effects as the plugin or script that asked for them; what fails is told, the rest stands.
    pub(crate) fn write_effects(
        &self,
        context: &Context,
        followed: write::Followed,
        cause: Option<Position>,
        depth: u8,
    ) -> Result<Vec<String>> {
        let (reader, config) = self.read()?;
        let who = (&followed.actor, context);
        if let Err(stopped) = crate::access::bound(&self.inner.sights, &reader, &config, who) {
            return Ok(vec![format!("effects were not done: {stopped}")]);
        }
        let context = Context {
            under: config.runs_as.get(&followed.actor).copied(),
            key: None,
            actor: followed.actor,
            ..context.clone()
        };
        let report = self.write(&context, &followed.groups, cause, depth)?;
        let failed = report
            .groups
            .iter()
            .filter_map(|group| group.as_ref().err())
            .map(|error| format!("an effect of {} was refused: {error}", context.actor));
        let mut warnings: Vec<String> = failed.collect();
        warnings.extend(report.warnings);
        if !followed.posts.is_empty() {
            let session = self.session().acting_in(context.clone());
            let failed = crate::message::post(&session, followed.posts, cause, depth)?;
            let failed = failed.into_iter();
            warnings.extend(
                failed.map(|error| format!("a message of {} was refused: {error}", context.actor)),
            );
        }
        Ok(warnings)
    }

    /// Follow-ups that a crash left undone.
    pub(super) fn resume(&self) -> Result<()> {
        let (reader, _) = self.read()?;
        let mut left = Vec::new();
        reader.snapshot.scan_all(&[spaces::QUEUE], |key, value| {
            let position = key
                .last_chunk::<8>()
                .map_or(0, |bytes| u64::from_be_bytes(*bytes));
            left.push((
                Position::from_number(position),
                value.first().copied().unwrap_or(0),
            ));
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        drop(reader);
        for (position, depth) in left {
            let (reader, config) = self.read()?;
            let Some(entry) = self.inner.backend.entry(position)? else {
                continue;
            };
            let changes = timeline::changes_of(&reader, &self.inner.backend, &entry)?;
            let context = self.session().context;
            let write = Write {
                backend: &self.inner.backend,
                content: &self.inner.content,
                segments: &config.segments,
                registry: config.registry(),
                acting: self.acting(&reader, &config, &context)?,
                reader,
                context: &context,
                now: context.now(),
                bills: &self.inner.bills,
                cause: None,
                depth,
                followed: Vec::new(),
                billed: Vec::new(),
            };
            let warnings = self.follow(&write, position, &changes)?;
            self.inner
                .resumed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(warnings);
        }
        Ok(())
    }
}
