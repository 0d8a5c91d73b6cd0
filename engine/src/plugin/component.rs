//! Is a file a plugin that this engine can run?
//!
//! What can be told without compiling is told first and in plain words: a truncated file, a core module, another
//! contract. The custom sections at a component's top level are found by walking its sections.

use super::brought::Files;
use super::contract;
use super::imports::GIVEN;
use super::limits::grouped;
use super::manifest::{Point, foreign_contract};
use super::wasi;
use crate::error::{Error, ErrorKind};

/// What the packer writes into sections.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sections {
    pub(super) contract: String,
    pub(super) manifest: String,
    /// The files of the folder `data`; a plugin may have none.
    pub(super) data: Files,
}

/// Bytes of a manifest.
const MOST_MANIFEST: usize = 1 << 20;
/// Things that a component may export. A plugin has one interface for each kind of hook.
const MOST_EXPORTS: u64 = 100;

const REBUILD: &str = "build the plugin with `peyvand plugin build`";

/// Reads the plugin's own sections and refuses what is no plugin.
pub(super) fn sections(bytes: &[u8]) -> Result<Sections, Error> {
    let refuse =
        |message: &str| Err(Error::new(ErrorKind::Plugin, message.to_owned()).hint(REBUILD));
    match bytes.split_first_chunk::<8>() {
        Some(([0, b'a', b's', b'm', 0x0d, 0, 1, 0], rest)) => {
            let Some(Found {
                contract,
                manifest,
                exports,
                data,
            }) = walk(rest)
            else {
                return refuse(
                    "the plugin's file is cut off or damaged: a section is longer than the file",
                );
            };
            if exports > MOST_EXPORTS {
                return refuse(&format!(
                    "the component exports {} things; a plugin exports at most {MOST_EXPORTS}",
                    grouped(exports)
                ));
            }
            let Some(contract) = contract else {
                return refuse(
                    "this component does not say for which contract it was made: it has no section peyvand:contract",
                );
            };
            if contract != contract::VERSION.as_bytes() {
                let theirs = String::from_utf8_lossy(contract);
                let theirs: String = theirs
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(20)
                    .collect();
                return refuse(&format!(
                    "the plugin does not fit: {}",
                    foreign_contract(&theirs)
                ));
            }
            let Some(manifest) = manifest else {
                return refuse(
                    "this component brings no manifest: it has no section peyvand:manifest",
                );
            };
            if manifest.len() > MOST_MANIFEST {
                return refuse(&format!(
                    "the component's manifest has {} bytes; at most {} are read",
                    grouped(manifest.len() as u64),
                    grouped(MOST_MANIFEST as u64)
                ));
            }
            let Ok(manifest) = std::str::from_utf8(manifest) else {
                return refuse("the component's manifest is not UTF-8 text");
            };
            let Ok(data) = data.map_or(Ok(Files::new()), serde_json::from_slice) else {
                return refuse("the section peyvand:data is no JSON object of files and texts");
            };
            Ok(Sections {
                contract: contract::VERSION.to_owned(),
                manifest: manifest.to_owned(),
                data,
            })
        }
        Some(([0, b'a', b's', b'm', 1, 0, 0, 0], _)) => {
            refuse("this is a core module, not a component")
        }
        Some(([0, b'a', b's', b'm', ..], _)) => {
            refuse("this is a component of another encoding than this engine reads")
        }
        _ => refuse("this is not a WebAssembly component"),
    }
}

/// What the sections at a component's top level say.
#[derive(Default)]
struct Found<'a> {
    contract: Option<&'a [u8]>,
    manifest: Option<&'a [u8]>,
    data: Option<&'a [u8]>,
    exports: u64,
}

/// The numbers of the sections that are read.
const CUSTOM: u8 = 0;
const EXPORTS: u8 = 11;

/// The last custom sections of these names, and how much is exported; `None` when the sections do not fill the file.
fn walk(mut rest: &[u8]) -> Option<Found<'_>> {
    let mut found = Found::default();
    while let Some((id, after)) = rest.split_first() {
        let (body, after) = prefixed(after)?;
        rest = after;
        match *id {
            EXPORTS => found.exports += u64::from(number(body)?.0),
            CUSTOM => match prefixed(body)? {
                (b"peyvand:contract", data) => found.contract = Some(data),
                (b"peyvand:manifest", data) => found.manifest = Some(data),
                (b"peyvand:data", data) => found.data = Some(data),
                _ => {}
            },
            _ => {}
        }
    }
    Some(found)
}

/// Bytes behind their length, and what follows.
pub(super) fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(length as usize)
}

/// A number of 32 bits in LEB128, and what follows.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (mut number, mut shift) = (0_u32, 0);
    let mut rest = bytes;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        // Five groups of seven bits hold 32 bits; more are not a length.
        let part = u32::from(byte & 0x7f);
        if shift > 28 || (shift == 28 && part > 0x0f) {
            return None;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Some((number, rest));
        }
        shift += 7;
    }
}

/// Refuses imports that the host does not give, and components that serve nothing.
pub(super) fn check_interfaces(imports: &[String], exports: &[String]) -> Result<(), Error> {
    let given = GIVEN.map(contract::interface);
    if let Some(foreign) = imports
        .iter()
        .find(|import| !given.contains(import) && !wasi::is_inert(import))
    {
        let remedy = if foreign.starts_with("wasi") {
            "build it without WASI (Rust for the target wasm32-unknown-unknown, other languages with their kit's build script): a plugin has the interfaces of wit/v0.1/imports.wit, and no files, sockets or processes"
        } else if foreign.starts_with("peyvand:plugin/") {
            "build the plugin against this engine's wit/v0.1, or use a newer engine"
        } else {
            "a plugin may import only the interfaces of wit/v0.1/imports.wit"
        };
        return Err(Error::new(
            ErrorKind::Plugin,
            format!("the component imports {foreign}, which plugins are not given"),
        )
        .hint(remedy));
    }
    let binding = contract::interface("binding");
    let serves = |point: &Point| exports.contains(&contract::interface(point.name()));
    // A plugin that brings data and no code exports `binding` alone; what its hooks need is asked with its manifest.
    // A function of no interface is what a compiler left (QuickJS its `init`); it is never called.
    let interfaces = exports.iter().filter(|export| export.contains(':'));
    let serves_nothing = interfaces.count() > 1 && !Point::ALL.iter().any(serves);
    if !exports.contains(&binding) || serves_nothing {
        let found = if exports.is_empty() {
            "nothing".to_owned()
        } else {
            exports.join(", ")
        };
        let message = format!(
            "the component exports {found}; a plugin exports {} and one interface for each kind of hook, such as {}",
            contract::interface("binding"),
            contract::interface("before-save")
        );
        return Err(Error::new(ErrorKind::Plugin, message).hint(REBUILD));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEAD: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

    fn section(name: &str, data: &[u8]) -> Vec<u8> {
        let mut body = vec![name.len() as u8];
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(data);
        let mut section = vec![0, body.len() as u8];
        section.append(&mut body);
        section
    }

    fn file(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = HEAD.to_vec();
        file.extend(sections.iter().flat_map(|(name, data)| section(name, data)));
        file
    }

    #[test]
    fn the_two_sections_are_found_among_others() {
        let bytes = file(&[
            ("name", b"x"),
            ("peyvand:contract", b"0.1"),
            ("other", b""),
            ("peyvand:manifest", b"id = 1"),
        ]);
        let found = sections(&bytes).unwrap();
        assert_eq!(
            (found.contract.as_str(), found.manifest.as_str()),
            ("0.1", "id = 1")
        );
    }

    #[test]
    fn what_is_no_plugin_is_refused_with_the_reason() {
        let refused = |bytes: &[u8]| sections(bytes).unwrap_err().to_string();
        assert!(refused(b"").contains("not a WebAssembly component"));
        assert!(refused(b"MZ, a foreign file").contains("not a WebAssembly component"));
        assert!(refused(b"\0asm\x01\0\0\0").contains("core module"));
        assert!(refused(b"\0asm\x0c\0\x01\0").contains("another encoding"));
        assert!(refused(&file(&[])).contains("peyvand:contract"));
        assert!(refused(&file(&[("peyvand:contract", b"0.1")])).contains("peyvand:manifest"));
        let other = refused(&file(&[
            ("peyvand:contract", b"0.2"),
            ("peyvand:manifest", b""),
        ]));
        assert!(
            other.contains("contract 0.2") && other.contains("contract 0.1"),
            "{other}"
        );
    }

    #[test]
    fn a_file_cut_anywhere_never_gives_another_manifest() {
        let bytes = file(&[
            ("peyvand:contract", b"0.1"),
            ("peyvand:manifest", b"id = 1"),
            ("more", b"123"),
        ]);
        let whole = sections(&bytes).unwrap();
        for end in 0..bytes.len() {
            if let Ok(found) = sections(&bytes[..end]) {
                assert_eq!(found, whole, "cut at {end}");
            }
        }
        let endless = [&HEAD[..], &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]].concat();
        assert!(sections(&endless).is_err());
    }

    #[test]
    fn a_wasi_import_is_named_with_the_remedy() {
        let exports = [
            contract::interface("binding"),
            contract::interface("before-save"),
        ];
        let imports = [
            contract::interface("log"),
            "wasi:sockets/tcp@0.2.0".to_owned(),
        ];
        let error = check_interfaces(&imports, &exports).unwrap_err();
        assert!(error.to_string().contains("wasi:sockets/tcp@0.2.0"));
        assert!(error.remedy().unwrap().contains("wasm32-unknown-unknown"));
        assert!(check_interfaces(&imports[..1], &exports).is_ok());
        assert!(
            check_interfaces(&[], &exports[1..])
                .unwrap_err()
                .to_string()
                .contains("one interface for each kind of hook")
        );
        let data_alone = [contract::interface("binding"), "init".to_owned()];
        assert!(check_interfaces(&[], &data_alone).is_ok());
        let foreign = [
            contract::interface("binding"),
            "test:other/thing".to_owned(),
        ];
        assert!(check_interfaces(&[], &foreign).is_err());
        assert!(
            check_interfaces(&[], &[])
                .unwrap_err()
                .to_string()
                .contains("exports nothing")
        );
    }
}
