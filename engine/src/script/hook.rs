//! How do a script's answers reach the write path?

use std::sync::Arc;

use super::header::Moment;
use super::program::{Done, Program, Stopped, compile};
use super::{Problem, Script};
use crate::context::Actor;
use crate::hook::{
    AfterCommit, Answers, BeforeSave, Cost, Effect, Effects, HookContext, HookFailure, HookName,
    Interest, OnFailure, Patch, Refusal, Row,
};
use crate::record::Record;
use crate::schema::Schema;

const CODE: &str = "script";

/// What runs before a save, what runs after a commit, and why the rest cannot run.
pub(crate) type Loaded = (
    Vec<Arc<dyn BeforeSave>>,
    Vec<Arc<dyn AfterCommit>>,
    Vec<String>,
);

/// The hooks of all enabled scripts, in their order.
pub(crate) fn load(scripts: &[Script], schema: &Schema) -> Loaded {
    let mut broken = Vec::new();
    let mut hooks: Vec<Hook> = scripts
        .iter()
        .filter(|script| script.enabled)
        .filter_map(|script| match compile(&script.text, schema) {
            Ok((header, code)) => Some(Hook::new(
                script,
                Program::new(called(script), header, code),
            )),
            Err(problems) => {
                broken.push(tell(script, &problems));
                None
            }
        })
        .collect();
    hooks.sort_by(|a, b| {
        (a.program.header.order, &a.script).cmp(&(b.program.header.order, &b.script))
    });
    let mut before: Vec<Arc<dyn BeforeSave>> = Vec::new();
    let mut after: Vec<Arc<dyn AfterCommit>> = Vec::new();
    for hook in hooks {
        match hook.program.header.moment {
            Moment::Before => before.push(Arc::new(hook)),
            Moment::After => after.push(Arc::new(hook)),
        }
    }
    (before, after, broken)
}

fn tell(script: &Script, problems: &[Problem]) -> String {
    let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
    format!("{}: {}", called(script), problems.join("; "))
}

fn called(script: &Script) -> String {
    format!("script {} version {}", script.name, script.version)
}

struct Hook {
    script: String,
    program: Program,
    name: HookName,
    interest: Interest,
}

impl Hook {
    fn new(script: &Script, program: Program) -> Self {
        let header = &program.header;
        let name = HookName {
            owner: format!("script {} {}", script.name, script.version),
            hook: format!("{} save of {}", header.moment.word(), header.object),
            actor: Actor::Script(script.name.clone()),
        };
        let interest = Interest {
            object: header.object.clone(),
            verbs: header.verbs.clone(),
            wakes: header.when.clone(),
        };
        Self {
            script: script.name.clone(),
            program,
            name,
            interest,
        }
    }

    /// Runs on each record of a batch, every time with nothing left from the one before.
    fn run(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
        mut each: impl FnMut(usize, Done),
    ) -> Result<Cost, HookFailure> {
        let mut cost = Cost::default();
        for (place, row) in rows.iter().enumerate() {
            let changed = Record::changed(row.before, row.after);
            match self.program.run(row, changed, context) {
                Some(Ok(done)) => {
                    cost.fuel += done.operations;
                    each(place, done);
                }
                Some(Err(Stopped {
                    message,
                    operations,
                })) => {
                    cost.fuel += operations;
                    return Err(HookFailure {
                        message,
                        code: CODE,
                        cost,
                    });
                }
                None => {}
            }
        }
        Ok(cost)
    }
}

impl BeforeSave for Hook {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn on_failure(&self) -> OnFailure {
        self.program.header.on_failure
    }

    fn before_save(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        answers.cost = self.run(rows, context, |row, done| {
            answers
                .patches
                .extend(
                    done.patches()
                        .map(|(field, value)| Patch { row, field, value }),
                );
            let refusals = done.answers.refusals.into_iter();
            answers
                .refusals
                .extend(refusals.map(|(field, message)| Refusal {
                    row,
                    field,
                    code: CODE.to_owned(),
                    message,
                }));
        })?;
        Ok(answers)
    }
}

impl AfterCommit for Hook {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn after_commit(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        let mut effects = Effects::default();
        effects.cost = self.run(rows, context, |row, done| {
            effects.effects.extend(
                done.answers
                    .effects
                    .into_iter()
                    .map(|(key, action)| Effect { row, key, action }),
            );
        })?;
        Ok(effects)
    }
}
