//! How does a pause get into the store, and out of it?

use super::Paused;
use super::info::PluginInfo;
use super::plugins::no_plugin;
use crate::engine::Engine;
use crate::error::Result;
use crate::hook::{Registry, Trip};
use crate::session::Session;

/// Writes down which plugins have paused themselves. They are paused in this process in any case, so that what cannot be
/// written now can wait for the next write.
pub(crate) fn pause_tripped(engine: &Engine, registry: &Registry) {
    for breaker in &registry.breakers {
        let Some(trip) = breaker.tripped() else {
            continue;
        };
        // Who is installing writes as well, and comes by here.
        if let Some(_one) = engine.try_installing() {
            pause(&engine.session(), breaker.plugin(), trip).ok();
        }
    }
}

fn pause(session: &Session, id: &str, trip: Trip) -> Result<()> {
    let held = session.stored_plugin(id)?;
    let Some((mut held, _)) = held.filter(|(held, _)| held.paused.is_none()) else {
        return Ok(());
    };
    held.paused = Some(Paused {
        since: trip.since,
        reason: trip.reason,
    });
    session.put_plugin(format!("pause plugin {id}"), &held)
}

impl Session {
    /// Lets a plugin run again that was paused because it kept failing. What came meanwhile is not done again.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn resume_plugin(&self, id: &str) -> Result<PluginInfo> {
        let one = self.engine.installing();
        let Some((mut held, _)) = self.stored_plugin(id)? else {
            return Err(no_plugin(id, ""));
        };
        if held.paused.take().is_some() {
            self.put_plugin(format!("resume plugin {id}"), &held)?;
        }
        drop(one);
        self.plugin(id)
    }
}
