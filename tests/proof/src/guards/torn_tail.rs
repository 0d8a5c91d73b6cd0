//! What happens if the torn tail of the journal is not cleared at open?
//!
//! Of several frames that were appended at once the first is torn and the others are whole. If the next frame that is
//! written has the very length of the torn one, an old frame lies right behind it, and the journal cannot tell it from
//! damage. Here the length is made to fit.

use std::path::Path;

use super::Without;
use peyvand::StateEngine;

use crate::acks::{Expected, Said};
use crate::child::Writer;
use crate::plan::alike;
use crate::power::{Recording, STORE, copy_folder, fresh, record};
use crate::trace::{What, read};
use crate::verify::{Rebuilt, settle, verify};
use crate::writer::Work;
use crate::{Proof, doing};

const LENGTH: u64 = 900;

/// How many recordings are looked through: which commits share an append is up to the threads.
const RECORDINGS: u64 = 12;

/// Tears appends until one of them makes a journal that does not open.
pub(super) fn without_clearing(engine: StateEngine, scratch: &Path) -> Proof<Without> {
    let mut cuts = 0;
    for seed in 1..=RECORDINGS {
        let mut without = of_recording(seed, engine, scratch)?;
        cuts += without.cuts;
        if without.loss.is_some() {
            without.cuts = cuts;
            return Ok(without);
        }
    }
    Ok(Without { cuts, loss: None })
}

fn of_recording(seed: u64, engine: StateEngine, scratch: &Path) -> Proof<Without> {
    let work = Work {
        seed,
        threads: 8,
        first: alike(LENGTH),
        steps: 20,
        rounds: 1,
        every: 0,
        engine,
    };
    let recording = record(&fresh(scratch, "alike")?, Expected::nothing(engine), &work)?;
    let torn = fresh(scratch, "alike-torn")?;
    let mut cuts = 0;
    for (at, offset, first) in appends_of_several(&recording) {
        recording.tear(at, &fresh(scratch, "alike-torn")?)?;
        let Some(length) = fitting(&torn, offset, first, scratch)? else {
            continue;
        };
        cuts += 1;
        for clears in [true, false] {
            let (_, done) = append(&torn, length, clears, scratch)?;
            let mut expected = recording.expected_at(at)?;
            let copy = fresh(scratch, "alike-settled")?;
            copy_folder(&torn, &copy)?;
            settle(&copy.join(STORE), &mut expected)?;
            expected.hear(1, &done);
            let dir = scratch.join("alike-appended").join(STORE);
            match verify(&dir, &mut expected, Rebuilt::Forbidden) {
                Ok(()) => {}
                Err(why) if clears => return Err(format!("with the guard: {why}")),
                Err(why) => {
                    let loss = Some(format!("torn at event {at}: {why}"));
                    return Ok(Without { cuts, loss });
                }
            }
        }
    }
    Ok(Without { cuts, loss: None })
}

/// Appends of two or more frames, each with its event, its offset and the length of its first frame.
fn appends_of_several(recording: &Recording) -> Vec<(usize, u64, usize)> {
    // A frame begins with the length of what comes after its first eight bytes.
    const HEAD: usize = 8;
    let several = |(at, offset, length): (usize, u64, usize)| {
        let What::Write(_, data) = &recording.events[at].what else {
            return None;
        };
        let first = HEAD + u32::from_be_bytes(*data.first_chunk()?) as usize;
        (first < length).then_some((at, offset, first))
    };
    let appends = recording.appends().into_iter().rev();
    appends.filter_map(several).collect()
}

/// The length of text with which a frame at this offset gets this length.
fn fitting(torn: &Path, offset: u64, frame: usize, scratch: &Path) -> Proof<Option<u64>> {
    let length_with = |length: u64| -> Proof<Option<i64>> {
        let (appends, _) = append(torn, length, true, scratch)?;
        let found = appends.into_iter().find(|(at, _)| *at == offset);
        Ok(found.map(|(_, length)| length as i64))
    };
    let (Some(short), Some(long)) = (length_with(LENGTH)?, length_with(LENGTH + 1)?) else {
        return Ok(None);
    };
    let (missing, step) = (frame as i64 - short, long - short);
    if step < 1 || missing % step != 0 {
        return Ok(None);
    }
    Ok(LENGTH.checked_add_signed(missing / step))
}

/// Opens a copy and does one step, with or without clearing; gives the offsets and lengths of what was
/// appended, and what was told of it.
fn append(
    torn: &Path,
    length: u64,
    clears: bool,
    scratch: &Path,
) -> Proof<(Vec<(u64, usize)>, Said)> {
    let root = fresh(scratch, "alike-appended")?;
    copy_folder(torn, &root)?;
    let trace = scratch.join("alike-trace");
    let work = Work {
        seed: 1,
        threads: 1,
        first: alike(length),
        steps: 1,
        rounds: 1,
        every: 0,
        // It opens a store that has one already.
        engine: StateEngine::default(),
    };
    let mut settings = vec![("PROOF_TRACE", trace.clone().into())];
    if !clears {
        settings.push(("PROOF_IGNORE_ZEROES", ".seg".into()));
    }
    let told = Writer::new(&root.join(STORE), &work)?
        .recorded(&settings)?
        .run()?;
    let done = told
        .said
        .into_iter()
        .find(|said| matches!(said, Said::Done(..)));
    let events = read(&trace).map_err(doing("the trace of an append"))?;
    let append = |event: &crate::trace::Event| match &event.what {
        What::Write(offset, data)
            if event.path.ends_with(".seg") && data.iter().any(|b| *b != 0) =>
        {
            Some((*offset, data.len()))
        }
        _ => None,
    };
    let done = done.ok_or("the step was not done")?;
    Ok((events.iter().filter_map(append).collect(), done))
}
