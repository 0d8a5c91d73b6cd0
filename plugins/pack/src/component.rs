//! How does a module become a component that asks for nothing but the contract?

use wasm_encoder::{CustomSection, Encode, Section};
use wit_component::ComponentEncoder;

use crate::language::Language;
use crate::manifest::Head;
use crate::{Inspected, PackError};

/// What every import's and export's name begins with.
const PACKAGE: &str = "peyvand:plugin/";
/// What compilers of other languages may leave; which of it is served, inert, the engine says when it opens the file.
const SYSTEM: &str = "wasi:";

/// The component of a module.
pub(crate) fn encode(
    id: &str,
    module: &[u8],
    machine_folders: &[String],
) -> Result<Vec<u8>, PackError> {
    // The encoder would refuse it as well, but not in words that help.
    for import in module_imports(module) {
        if !import.starts_with(PACKAGE) {
            let id = id.to_owned();
            return Err(PackError::ForeignImport { id, import });
        }
    }
    let module = without_folders(module, machine_folders);
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| PackError::Encode {
            id: id.to_owned(),
            what: format!("{error:#}"),
        })
}

/// Puts custom sections at a component's end.
pub(crate) fn append(component: &mut Vec<u8>, sections: &[(&str, &[u8])]) {
    for (name, data) in sections {
        let section = CustomSection {
            name: (*name).into(),
            data: (*data).into(),
        };
        component.push(section.id());
        section.encode(component);
    }
}

/// The module with the names of this machine's folders blotted out of its data. The compiler
/// shortens those of what it compiles, but a standard library that was built on this machine
/// brings its own, for the messages of panics.
fn without_folders(module: &[u8], folders: &[String]) -> Vec<u8> {
    let mut blotted = module.to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let Ok(wasmparser::Payload::DataSection(data)) = payload else {
            continue;
        };
        let range = data.range();
        let (Ok(start), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end))
        else {
            continue;
        };
        let Some(data) = blotted.get_mut(start..end) else {
            continue;
        };
        for folder in folders {
            blot(data, folder.as_bytes());
        }
    }
    blotted
}

fn blot(data: &mut [u8], folder: &[u8]) {
    // A short one might be part of anything.
    if folder.len() < 5 {
        return;
    }
    let mut from = 0;
    while let Some(rest) = data.get_mut(from..) {
        let Some(at) = rest.windows(folder.len()).position(|part| part == folder) else {
            return;
        };
        if let Some(found) = rest.get_mut(at..at + folder.len()) {
            found.fill(b'_');
        }
        from += at + folder.len();
    }
}

/// The modules that a core module imports from. What it cannot read, the encoder tells.
fn module_imports(module: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let Ok(wasmparser::Payload::ImportSection(imports)) = payload {
            let imports = imports.into_imports().flatten();
            names.extend(imports.map(|import| import.module.to_owned()));
        }
    }
    names
}

/// Whether a component asks for the contract only and exports exactly what its manifest says.
pub(crate) fn check(
    language: Language,
    manifest: &Head,
    inspected: &Inspected,
) -> Result<(), PackError> {
    let id = || manifest.id.clone();
    for import in &inspected.imports {
        let is_left = language != Language::Rust && import.starts_with(SYSTEM);
        if !import.starts_with(PACKAGE) && !is_left {
            return Err(PackError::ForeignImport {
                id: id(),
                import: import.clone(),
            });
        }
    }
    let exported: Vec<&str> = inspected
        .exports
        .iter()
        .filter_map(|export| export.strip_prefix(PACKAGE)?.split('@').next())
        .collect();
    let promised = std::iter::once("binding").chain(manifest.points.iter().map(String::as_str));
    for point in promised {
        if !exported.contains(&point) {
            let point = point.to_owned();
            return Err(PackError::NotExported { id: id(), point });
        }
    }
    for point in exported {
        if point != "binding" && !manifest.points.contains(point) {
            let point = point.to_owned();
            return Err(PackError::NotInManifest { id: id(), point });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn inspected(exports: &[&str], imports: &[&str]) -> Inspected {
        let names = |list: &[&str]| {
            list.iter()
                .map(|name| format!("{name}@0.1.0"))
                .collect::<Vec<_>>()
        };
        Inspected {
            contract: Some("0.1".to_owned()),
            manifest: None,
            source_hash: None,
            signature: None,
            exports: names(exports),
            imports: names(imports),
        }
    }

    fn head() -> Head {
        Head {
            id: "a".to_owned(),
            version: "0.1.0".to_owned(),
            points: ["before-save".to_owned()].into(),
        }
    }

    #[test]
    fn exports_must_be_those_of_the_manifest() {
        let (binding, save, score) = (
            "peyvand:plugin/binding",
            "peyvand:plugin/before-save",
            "peyvand:plugin/gamification",
        );
        check(
            Language::Rust,
            &head(),
            &inspected(&[binding, save], &["peyvand:plugin/log"]),
        )
        .unwrap();
        let missing = check(Language::Rust, &head(), &inspected(&[binding], &[])).unwrap_err();
        assert!(missing.to_string().contains("does not export before-save"));
        let more = check(
            Language::Rust,
            &head(),
            &inspected(&[binding, save, score], &[]),
        )
        .unwrap_err();
        assert!(more.to_string().contains("exports gamification but"));
        let asks = inspected(&[binding, save], &["wasi:clocks/wall-clock"]);
        check(Language::JavaScript, &head(), &asks).unwrap();
        let wasi = check(Language::Rust, &head(), &asks);
        assert!(
            wasi.unwrap_err()
                .to_string()
                .contains("imports wasi:clocks/wall-clock")
        );
    }

    #[test]
    fn a_foreign_import_is_named_before_anything_else_is_tried() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        let mut imports = wasm_encoder::ImportSection::new();
        imports.import(
            "wasi_snapshot_preview1",
            "proc_exit",
            wasm_encoder::EntityType::Function(0),
        );
        module.section(&types).section(&imports);
        let error = encode("a", &module.finish(), &[]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("imports wasi_snapshot_preview1"), "{error}");
    }

    #[test]
    fn folders_of_the_machine_are_blotted_out_of_the_data_only() {
        let mut data = *b"/home/me/.cargo/x /home/me/.cargo/y /home/you";
        blot(&mut data, b"/home/me/.cargo");
        assert_eq!(&data, b"_______________/x _______________/y /home/you");
        let mut short = *b"a/b";
        blot(&mut short, b"/b");
        assert_eq!(&short, b"a/b");
    }
}
