//! What may a power cut leave of what was not yet safe?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::dice::Dice;
use crate::disk::{Disk, Edit, Node, Thing, write};
use crate::{Proof, doing};

/// What survives of the changes of files that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// None of them.
    Nothing,
    /// All of them.
    Everything,
    /// Each with a chance of one half.
    Half,
    /// Whole, torn at 512 bytes, or not at all.
    Torn,
}

/// What survives of names given and taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Only what a sync of the folder made safe; of the rest, what survives of writes too.
    Strict,
    /// Names are kept in order, and a sync of any file keeps all that were given before, as ext4 does.
    Ordered,
}

/// One way in which a power cut leaves a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// What becomes of writes.
    pub writes: Writes,
    /// What becomes of names.
    pub names: Names,
}

/// The four ways of writes, under both ways of names.
#[must_use]
pub fn all_models(_place: usize) -> Vec<Model> {
    [Names::Strict, Names::Ordered]
        .into_iter()
        .flat_map(models)
        .collect()
}

/// The four ways of writes, under one way of names at even places and the other at odd ones.
#[must_use]
pub fn models_in_turn(place: usize) -> Vec<Model> {
    models(match place.is_multiple_of(2) {
        true => Names::Strict,
        false => Names::Ordered,
    })
}

fn models(names: Names) -> Vec<Model> {
    [
        Writes::Nothing,
        Writes::Everything,
        Writes::Half,
        Writes::Torn,
    ]
    .map(|writes| Model { writes, names })
    .into()
}

/// What a disk writes whole or not at all.
pub(crate) const SECTOR: usize = 512;

/// Writes what a power cut leaves of the disk into a folder that is empty.
///
/// # Errors
/// When it cannot be written.
pub fn cut(disk: &Disk, model: Model, dice: &mut Dice, into: &Path) -> Proof<()> {
    let kept = match model.writes {
        Writes::Everything => usize::MAX,
        Writes::Nothing => disk.names_before,
        // A journal of names is cut somewhere.
        Writes::Half | Writes::Torn => {
            let open = disk.events - disk.names_before;
            disk.names_before + dice.place(open + 1)
        }
    };
    folder(disk, 0, (model, kept), dice, into)
}

fn folder(
    disk: &Disk,
    node: Node,
    (model, kept): (Model, usize),
    dice: &mut Dice,
    into: &Path,
) -> Proof<()> {
    let Some(Thing::Folder(folder)) = disk.nodes.get(node) else {
        return Err("the root is no folder".to_owned());
    };
    let mut names: BTreeMap<String, Node> = folder.safe.clone();
    for (number, naming) in &folder.since {
        let survives = match (model.names, model.writes) {
            (Names::Ordered, _) => *number < kept,
            (Names::Strict, Writes::Nothing) => false,
            (Names::Strict, Writes::Everything) => true,
            (Names::Strict, Writes::Half | Writes::Torn) => dice.once_in(2),
        };
        if survives {
            naming.apply(&mut names);
        }
    }
    for (name, node) in names {
        let path = into.join(name);
        if let Some(Thing::File(file)) = disk.nodes.get(node) {
            let mut bytes = file.safe.clone();
            for (_, edit) in &file.since {
                survive(edit, model.writes, dice, &mut bytes);
            }
            fs::write(&path, bytes).map_err(doing("writing what a power cut leaves"))?;
        } else {
            fs::create_dir(&path).map_err(doing("writing what a power cut leaves"))?;
            self::folder(disk, node, (model, kept), dice, &path)?;
        }
    }
    Ok(())
}

fn survive(edit: &Edit, writes: Writes, dice: &mut Dice, bytes: &mut Vec<u8>) {
    match (writes, edit) {
        (Writes::Nothing, _) => {}
        (Writes::Everything, _) => edit.apply(bytes),
        (Writes::Torn, Edit::Write(at, data)) => match dice.below(4) {
            0 => {}
            1 => edit.apply(bytes),
            _ => tear(*at as usize, data, dice, bytes),
        },
        (Writes::Half | Writes::Torn, _) => {
            if dice.once_in(2) {
                edit.apply(bytes);
            }
        }
    }
}

/// Writes each sector with a chance of one half.
fn tear(at: usize, data: &[u8], dice: &mut Dice, bytes: &mut Vec<u8>) {
    let mut done = 0;
    while done < data.len() {
        let room = SECTOR - (at + done) % SECTOR;
        let end = data.len().min(done + room);
        if dice.once_in(2) {
            write(bytes, at + done, &data[done..end]);
        }
        done = end;
    }
}
