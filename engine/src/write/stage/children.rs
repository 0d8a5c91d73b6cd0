//! What do the records mean that hooks add?

use super::{Fault, Stage};
use crate::error::Result;
use crate::write::Write;
use crate::write::draft::Drafts;
use crate::write::request::Fields;
use crate::write::view::View;

/// Stages the records that hooks add to drafts. What is wrong with one is a fault of the group that it belongs to.
pub(in crate::write) fn stage_children(
    write: &Write<'_>,
    base: &View,
    mut drafts: Drafts,
) -> Result<Drafts> {
    let children = std::mem::take(&mut drafts.children);
    let places = drafts.drafts.iter().enumerate();
    let places = places.map(|(place, draft)| (draft.id, place)).collect();
    let mut stage = Stage {
        places,
        ..Stage::new(write, base, drafts)
    };
    for (group, request, child) in children {
        (stage.group, stage.request) = (group, request);
        let first = stage.out.drafts.len();
        match stage.create(&child.object, None, &Fields(child.fields), false) {
            // No request asked for it, so none is answered with it.
            Ok(_) => stage
                .out
                .drafts
                .iter_mut()
                .skip(first)
                .for_each(|draft| draft.asked.clear()),
            Err(Fault::Request(failure)) => stage.fail(failure),
            Err(Fault::Store(error)) => return Err(error),
            // A record that was made just now is changed by nobody else.
            Err(Fault::Later) => {}
        }
    }
    stage.out.amended = true;
    Ok(stage.out)
}
