//! What lies does a guest tell in its answers? Bytes in its memory, laid out as the contract's canonical ABI reads them.

use super::making::{ANSWER, ASK, Body, Hostile, LOG, PARTS, Point, answered};
use wasm_encoder::{BlockType, Instruction, MemArg, MemArgTarget};

type Data = Vec<(i32, Vec<u8>)>;

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// Patches: the five lists, each with its bytes and how many things it says that it has.
fn patches(lists: [(&[u8], u32); 5]) -> Data {
    let (mut head, mut data, mut place) = (Vec::new(), Vec::new(), PARTS);
    for (bytes, length) in lists {
        head.extend([place as u32, length]);
        data.push((place, bytes.to_vec()));
        place += 64;
    }
    data.push((ANSWER, words(&head)));
    data
}

/// One patch of one cell: its row, its column, the cell, and the text that it may point into.
fn patch(row: u32, column: u16, cell: u64, text: &[u8]) -> Data {
    patches([
        (&row.to_le_bytes(), 1),
        (&column.to_le_bytes(), 1),
        (&cell.to_le_bytes(), 8),
        (&[1], 1),
        (text, text.len() as u32),
    ])
}

/// A patch from `compute`.
pub(super) fn setting(row: u32, column: u16, cell: u64) -> Hostile {
    Hostile::answering(Point::ComputedFields, patch(row, column, cell, b""))
}

/// A patch of text from `compute`: so many bytes from this place of three.
pub(super) fn pointing(offset: u32, length: u32) -> Hostile {
    let cell = u64::from(length) << 32 | u64::from(offset);
    Hostile::answering(Point::ComputedFields, patch(0, 0, cell, b"abc")).of_text()
}

/// A patch of text that is no UTF-8.
pub(super) fn garbled() -> Hostile {
    Hostile::answering(Point::ComputedFields, patch(0, 0, 2 << 32, b"\xc3\x28")).of_text()
}

/// Lists that do not go together: so many rows, and the cells of one patch.
pub(super) fn lists(rows: u32, cells: u32) -> Hostile {
    let data = patches([
        (&[0; 8], rows),
        (&[0; 8], rows),
        (&[0; 32], cells),
        (&[0xff], 1),
        (&[], 0),
    ]);
    Hostile::answering(Point::ComputedFields, data)
}

/// A list in memory that is not there.
pub(super) fn list_at(address: u32, length: u32) -> Hostile {
    Hostile::answering(
        Point::ComputedFields,
        vec![(ANSWER, words(&[address, length]))],
    )
}

const CODE: (u32, &[u8]) = (4000, b"no-good");
const MESSAGE: u32 = 5000;

/// Refusals from `before-save`, so many of them the same one.
pub(super) fn refusing(row: u32, message: &[u8], length: u32, times: u32) -> Hostile {
    let one = words(&[row, 0, CODE.0, CODE.1.len() as u32, MESSAGE, length]);
    // After the five lists of the patches.
    let mut data = vec![
        (ANSWER + 40, words(&[8192, times])),
        (CODE.0 as i32, CODE.1.to_vec()),
        (MESSAGE as i32, message.to_vec()),
    ];
    data.push((8192, one.repeat(times as usize)));
    Hostile::answering(Point::BeforeSave, data)
}

/// A number that is another one each time it is asked in the same instance.
pub(super) fn changing() -> Hostile {
    let cell = PARTS + 2 * 64;
    let mut body = vec![
        Instruction::I32Const(cell),
        Instruction::I32Const(cell),
        Instruction::I32Load(memory()),
        Instruction::I32Const(1),
        Instruction::I32Add,
        Instruction::I32Store(memory()),
    ];
    body.extend(answered());
    Hostile {
        body,
        ..setting(0, 0, 0)
    }
}

/// A write to its own store from `before-save`: so many bytes under a key that the lowest byte of the row's number is.
pub(super) fn keeping(bytes: u32) -> Hostile {
    let mut body = vec![
        Instruction::I32Const(CODE.0 as i32),
        Instruction::LocalGet(2),
        Instruction::I32Load8U(memory()),
        Instruction::I32Store8(memory()),
    ];
    body.extend(answered());
    // After the five lists of the patches, the refusals and the added records.
    let data = vec![
        (ANSWER + 56, words(&[PARTS as u32, 1])),
        (PARTS, words(&[0, CODE.0, 1, 1, 8192, bytes])),
    ];
    Hostile {
        data,
        ..Hostile::new(Point::BeforeSave, "before-save", body)
    }
}

/// An effect from `after-commit`: a lead gets another company.
pub(super) fn effect(row: u32, key: &str, id: &str, field: &str) -> Hostile {
    let at = [3000, 3200, 3300, 3400, 3600_u32];
    let texts = [key, id, field, "Alpha"];
    let mut data: Data = at
        .iter()
        .zip(texts)
        .map(|(place, text)| (*place as i32, text.as_bytes().to_vec()))
        .collect();
    let length = |place: usize| texts[place].len() as u32;
    let list = words(&[PARTS as u32, 1]);
    // An action begins at a multiple of eight, and so does what it has; its second kind is an update, of a record that
    // is named by its id.
    let named = [0, at[1], length(1), at[4], 1];
    let effect = words(&[&[row, at[0], length(0), 0, 1, 0][..], &named].concat());
    // The eighth kind of a value is text.
    let assignment = words(&[at[2], length(2), 7, 0, at[3], length(3)]);
    data.extend([(ANSWER, list), (PARTS, effect), (at[4] as i32, assignment)]);
    Hostile::answering(Point::AfterCommit, data)
}

/// Awards from `score`: one for a row, for a reason.
pub(super) fn award(row: u32, reason: u16, reasons: u32) -> Hostile {
    let lists = words(&[2048, 1, 2064, 1, 2080, reasons]);
    let data = vec![
        (ANSWER, lists),
        (2048, words(&[row])),
        (2064, words(&[5])),
        (2080, reason.to_le_bytes().to_vec()),
    ];
    Hostile::answering(Point::Gamification, data)
}

fn memory() -> MemArg {
    MemArg {
        offset: 0,
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

/// Grows something by so much until it is refused, and gives up then, as Rust does.
pub(super) fn growing(grow: &[Instruction<'static>]) -> Body {
    let mut body = vec![Instruction::Loop(BlockType::Empty)];
    body.extend_from_slice(grow);
    body.extend([
        Instruction::I32Const(-1),
        Instruction::I32Ne,
        Instruction::BrIf(0),
        Instruction::End,
        Instruction::Unreachable,
    ]);
    body
}

/// `while true {}`.
pub(super) fn endless() -> Body {
    vec![
        Instruction::Loop(BlockType::Empty),
        Instruction::Br(0),
        Instruction::End,
        Instruction::Unreachable,
    ]
}

/// Says so many bytes, which lie from an address on, and goes on.
pub(super) fn saying(address: i32, bytes: i32) -> Body {
    vec![
        Instruction::I32Const(address),
        Instruction::I32Const(bytes),
        Instruction::Call(LOG),
    ]
}

/// The same without end.
pub(super) fn talking(bytes: i32) -> Body {
    let mut body = vec![Instruction::Loop(BlockType::Empty)];
    body.extend(saying(8192, bytes));
    body.extend([
        Instruction::Br(0),
        Instruction::End,
        Instruction::Unreachable,
    ]);
    body
}

/// Where the host puts what it answers.
const HEARD: i32 = 7000;

/// Asks the host with these texts, each an address and a length, and more numbers; says what was refused, and gives up.
/// What was not refused goes on as if nothing had been asked.
pub(super) fn asking(
    interface: &'static str,
    function: &'static str,
    texts: &[&str],
    numbers: &[i32],
) -> Hostile {
    let (mut body, mut data) = (Body::new(), Data::new());
    for (text, place) in texts.iter().zip((6000..).step_by(100)) {
        data.push((place, text.as_bytes().to_vec()));
        body.extend([
            Instruction::I32Const(place),
            Instruction::I32Const(text.len() as i32),
        ]);
    }
    body.extend(numbers.iter().map(|number| Instruction::I32Const(*number)));
    body.extend([Instruction::I32Const(HEARD), Instruction::Call(ASK)]);
    // A result: 1 for an error, whose text lies behind which one it is. Numbers of 64 bits may move it by four bytes.
    let shift = if function == "count" { 8 } else { 4 };
    body.extend([
        Instruction::I32Const(HEARD),
        Instruction::I32Load8U(memory()),
        Instruction::If(BlockType::Empty),
        Instruction::I32Const(HEARD + shift + 4),
        Instruction::I32Load(memory()),
        Instruction::I32Const(HEARD + shift + 8),
        Instruction::I32Load(memory()),
        Instruction::Call(LOG),
        Instruction::Unreachable,
        Instruction::End,
    ]);
    body.extend(answered());
    Hostile {
        data,
        asks: Some((
            interface,
            function,
            texts.len() as u32 * 2 + numbers.len() as u32 + 1,
        )),
        ..Hostile::new(Point::ComputedFields, "compute", body)
    }
}

/// A query of leads: filter, sort keys, and how many.
pub(super) fn querying(filter: &str, sort: &str, limit: i32) -> Hostile {
    // No fields, the limit, no cursor.
    let numbers = [0, 0, limit, 0, 0, 0];
    asking("records", "query", &["lead", filter, sort], &numbers)
}

/// Reads behind its memory.
pub(super) fn reading_far() -> Body {
    vec![Instruction::I32Const(-8), Instruction::I32Load(memory())]
}
