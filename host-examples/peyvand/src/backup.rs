//! How does a store get to another place, and its state back in order?

use std::path::Path;

use peyvand::{Position, RecordId, RestoreOptions};
use serde_json::json;

use crate::args::Restore;
use crate::fault::{Exit, Fault};
use crate::output::{Output, bytes, counted, several};
use crate::progress::Progress;
use crate::store::{self, Need};

pub(crate) fn take(to: &Path, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let backup = store::with(dir, Need::Existing, |engine| {
        let mut progress = Progress::of("entries");
        Ok(engine.backup(to, &mut |told| progress.follow(told))?)
    })?;
    if output.json {
        output.document(&json!({
            "position": backup.position.get(),
            "entries": backup.entries,
            "files": backup.files,
            "bytes": backup.bytes,
            "copied": backup.copied,
            "problems": backup.problems,
        }))?;
    } else {
        output.line(format!(
            "{} is backed up to {} as of position {}",
            dir.display(),
            to.display(),
            backup.position
        ))?;
        output.line(format!(
            "{}, {}; {} were new",
            several(backup.files, "file", "files"),
            bytes(backup.bytes),
            bytes(backup.copied)
        ))?;
        tell_problems(&backup.problems, output)?;
    }
    Ok(of_problems(&backup.problems))
}

/// Tells what is wrong with a backup, one line each.
pub(crate) fn tell_problems(problems: &[String], output: &mut Output<'_>) -> Result<(), Fault> {
    for problem in problems {
        output.line(format!("problem: {problem}"))?;
    }
    Ok(())
}

/// A script that takes backups must hear of a file that is in none.
pub(crate) fn of_problems(problems: &[String]) -> Exit {
    match problems.is_empty() {
        true => Exit::Fine,
        false => Exit::No,
    }
}

pub(crate) fn restore(
    restore: &Restore,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let from = &restore.from;
    let record: Option<RecordId> = from.to_str().and_then(|text| text.parse().ok());
    if record.is_some() && !from.exists() {
        let message = format!("{} is a record and no backup", from.display());
        let remedy = "`peyvand undelete ID` takes a record out of the bin";
        return Err(Fault::input(message, remedy));
    }
    let mut options = RestoreOptions::default();
    options.until = match (restore.position, restore.until) {
        (Some(number), _) => Some(Position::from_number(number).into()),
        (None, until) => until.map(|moment| moment.0),
    };
    options.erased.clone_from(&restore.erased);
    let registered = restore.erased.is_some();
    let mut progress = Progress::of("bytes");
    let restored = peyvand::restore(from, dir, &options, &mut |told| progress.follow(told))?;
    drop(progress);
    if output.json {
        let (position, of) = (restored.position.get(), restored.of.get());
        let erased = restored.erased;
        let problems = &restored.problems;
        output.document(
            &json!({"position": position, "of": of, "erased": erased, "problems": problems}),
        )?;
    } else {
        output.line(format!(
            "{} is restored as of position {} of {}",
            dir.display(),
            counted(restored.position.get()),
            counted(restored.of.get())
        ))?;
        match restored.erased {
            0 if !registered => output.line(
                "warning: who was erased after the backup was taken is back, if anybody was: give the file ERASED of that store with --erased",
            )?,
            erased => output.line(format!(
                "{} were erased before, and are not in it",
                several(erased, "record", "records")
            ))?,
        }
        tell_problems(&restored.problems, output)?;
    }
    Ok(of_problems(&restored.problems))
}

pub(crate) fn rebuild(dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    if store::is_absent(dir) {
        return Err(Fault::NoStore(dir.to_owned()));
    }
    let mut progress = Progress::of("entries");
    let position = peyvand::rebuild(dir, &mut |told| progress.follow(told))?;
    drop(progress);
    if output.json {
        output.document(&json!({"position": position.get()}))?;
    } else {
        output.line(format!(
            "the state of {} is built again from its journal, up to position {position}",
            dir.display()
        ))?;
    }
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn said(
        work: impl FnOnce(&mut Output<'_>) -> Result<Exit, Fault>,
    ) -> Result<serde_json::Value, Fault> {
        let mut written = Vec::new();
        let mut output = Output::new(&mut written, true);
        assert_eq!(work(&mut output)? as u8, 0);
        Ok(serde_json::from_slice(&written).unwrap())
    }

    fn from(path: PathBuf) -> Restore {
        Restore {
            from: path,
            until: None,
            position: None,
            erased: None,
        }
    }

    #[test]
    fn a_destroyed_state_and_a_destroyed_store_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (crm, copy) = (path("crm"), path("copy"));
        peyvand::Engine::open(&crm).unwrap().close().unwrap();
        let checked = |dir: &Path| said(|output| crate::check::run(dir, output)).unwrap();
        let before = checked(&crm);

        let backup = said(|output| take(&path("backup"), &crm, output)).unwrap();
        assert_eq!(backup["bytes"], backup["copied"]);
        let read = said(|output| crate::check::backup(&path("backup"), output)).unwrap();
        assert_eq!(
            (&read["ok"], &read["bytes"]),
            (&true.into(), &backup["bytes"])
        );
        fs::remove_dir_all(crm.join("state")).unwrap();
        let rebuilt = said(|output| rebuild(&crm, output)).unwrap();
        assert_eq!(rebuilt["position"], backup["position"]);
        assert_eq!(checked(&crm), before);

        let restored = said(|output| restore(&from(path("backup")), &copy, output)).unwrap();
        assert_eq!(restored["position"], backup["position"]);
        assert_eq!(checked(&copy), before);
        let again = said(|output| restore(&from(path("backup")), &copy, output)).unwrap_err();
        assert_eq!(again.exit() as u8, 4);
    }

    #[test]
    fn a_lost_format_file_is_written_anew_by_a_rebuild() {
        let folder = tempfile::tempdir().unwrap();
        let crm = folder.path().join("crm");
        peyvand::Engine::open(&crm).unwrap().close().unwrap();
        fs::remove_file(crm.join("FORMAT")).unwrap();
        let refused = said(|output| crate::check::run(&crm, output)).unwrap_err();
        assert!(refused.to_string().contains("peyvand rebuild"), "{refused}");
        said(|output| rebuild(&crm, output)).unwrap();
        assert_eq!(
            said(|output| crate::check::run(&crm, output)).unwrap()["ok"],
            true
        );
    }

    #[test]
    fn the_commands_that_used_to_have_this_name_are_pointed_to() {
        let id = PathBuf::from("acc_00000000000000000000000000");
        let fault = said(|output| restore(&from(id), Path::new("crm"), output)).unwrap_err();
        assert!(fault.to_string().contains("is a record"), "{fault}");
        assert_eq!(fault.exit() as u8, 3);
    }
}
