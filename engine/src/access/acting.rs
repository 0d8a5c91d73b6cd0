//! Under which rights is a write done?

use std::sync::Arc;

use super::held::{Sights, seeing};
use super::organisation::Organisation;
use super::seeing::Seeing;
use crate::config::Config;
use crate::context::{Actor, Context};
use crate::error::Result;
use crate::hook::HookFailure;
use crate::query::Reader;

/// Who writes, at one snapshot.
pub(crate) struct Acting<'a> {
    sights: &'a Sights,
    config: &'a Config,
    /// None where everything is allowed.
    pub(crate) seeing: Option<Seeing>,
}

impl<'a> Acting<'a> {
    /// As whoever acts in a context.
    pub(crate) fn of(
        sights: &'a Sights,
        reader: &Reader,
        config: &'a Config,
        context: &Context,
    ) -> Result<Self> {
        let seeing = seeing(sights, reader, config, context)?;
        Ok(Self {
            sights,
            config,
            seeing,
        })
    }

    /// Whether users see what their roles give them, and nothing else.
    pub(crate) fn is_enforced(&self) -> bool {
        self.config.enforces_access
    }

    /// What a plugin or script reads by that runs as a user.
    pub(crate) fn bound(
        &self,
        actor: &Actor,
        reader: &Reader,
        context: &Context,
    ) -> Result<Option<Reader>, HookFailure> {
        super::runs_as::bound(self.sights, reader, self.config, (actor, context))
    }

    /// Who works here, at the snapshot of a reader that sees all.
    pub(crate) fn organisation(&self, reader: &Reader) -> Result<Arc<Organisation>> {
        self.sights.organisation(reader, self.config)
    }
}
