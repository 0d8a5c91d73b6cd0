//! What does a built plugin say of itself? Read from the file without compiling it.

use wasmparser::{Encoding, Parser, Payload};

use crate::section;

/// What a component file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspected {
    /// The contract's version that it was built for.
    pub contract: Option<String>,
    /// Its manifest, the text of `plugin.toml`.
    pub manifest: Option<String>,
    /// The hash of its sources.
    pub source_hash: Option<String>,
    /// Its signature, in minisign's format; nobody has looked whether it fits.
    pub signature: Option<String>,
    /// Its exports: `peyvand:plugin/before-save@0.1.0`.
    pub exports: Vec<String>,
    /// Its imports.
    pub imports: Vec<String>,
}

/// Why a file is no plugin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum InspectError {
    #[error("this is no WebAssembly: {0}; give the .wasm file that `peyvand plugin build` wrote")]
    NotWasm(String),
    #[error("this is a bare module, not a component; build it with `peyvand plugin build`")]
    NotComponent,
    #[error("the section {0} is there twice or is no text; build the plugin again")]
    BadSection(&'static str),
}

/// Reads a component.
pub fn inspect(bytes: &[u8]) -> Result<Inspected, InspectError> {
    let not_wasm = |error: wasmparser::BinaryReaderError| InspectError::NotWasm(error.to_string());
    let mut found = Inspected::default();
    // What lies in the modules and components inside is not the plugin's own word.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(not_wasm)? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding != Encoding::Component {
                    return Err(InspectError::NotComponent);
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    found
                        .imports
                        .push(import.map_err(not_wasm)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    found
                        .exports
                        .push(export.map_err(not_wasm)?.name.name.to_owned());
                }
            }
            Payload::CustomSection(custom) if depth == 1 => match custom.name() {
                section::CONTRACT => keep(&mut found.contract, section::CONTRACT, custom.data())?,
                section::MANIFEST => keep(&mut found.manifest, section::MANIFEST, custom.data())?,
                section::SIGNATURE => {
                    keep(&mut found.signature, section::SIGNATURE, custom.data())?;
                }
                section::SOURCE => keep(&mut found.source_hash, section::SOURCE, custom.data())?,
                _ => {}
            },
            _ => {}
        }
    }
    Ok(found)
}

/// Keeps a section's text; a second one would let two readers disagree.
fn keep(place: &mut Option<String>, name: &'static str, data: &[u8]) -> Result<(), InspectError> {
    let text = std::str::from_utf8(data).map_err(|_| InspectError::BadSection(name))?;
    match place.replace(text.to_owned()) {
        None => Ok(()),
        Some(_) => Err(InspectError::BadSection(name)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use wasm_encoder::{Component, CustomSection, Module, ModuleSection};

    fn custom(name: &'static str, text: &'static str) -> CustomSection<'static> {
        CustomSection {
            name: name.into(),
            data: text.as_bytes().into(),
        }
    }

    #[test]
    fn only_the_outermost_sections_count() {
        let mut module = Module::new();
        module.section(&custom(section::MANIFEST, "id = \"inner\""));
        let mut component = Component::new();
        component.section(&ModuleSection(&module));
        component.section(&custom(section::CONTRACT, "0.1"));
        component.section(&custom(section::MANIFEST, "id = \"outer\""));
        let found = inspect(&component.finish()).unwrap();
        assert_eq!(found.manifest.as_deref(), Some("id = \"outer\""));
        assert_eq!(found.contract.as_deref(), Some("0.1"));
        assert_eq!(found.source_hash, None);
    }

    #[test]
    fn what_is_no_plugin_is_told_apart() {
        assert!(matches!(inspect(b"PK"), Err(InspectError::NotWasm(_))));
        assert_eq!(
            inspect(&Module::new().finish()),
            Err(InspectError::NotComponent)
        );
        let mut twice = Component::new();
        twice.section(&custom(section::MANIFEST, "a"));
        twice.section(&custom(section::MANIFEST, "b"));
        assert_eq!(
            inspect(&twice.finish()),
            Err(InspectError::BadSection(section::MANIFEST))
        );
    }
}
