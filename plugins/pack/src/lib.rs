//! How does a plugin's folder become one component file with its manifest inside?
//!
//! [`build`] compiles the crate for `wasm32-unknown-unknown` and encodes the module as a component, or has the compiler of
//! another language make one, and appends the contract's version, the manifest and the hash of the sources as custom
//! sections; [`sign`] appends a signature. [`inspect`] reads them back without compiling anything; [`is_stale`] says whether a
//! built plugin still belongs to its sources.

mod compile;
mod component;
mod data;
mod dist;
mod inspect;
mod language;
mod manifest;
mod sign;
mod source;

use std::path::{Path, PathBuf};

use language::Language;

pub use dist::{SourceEntry, is_stale, read_sources};
pub use inspect::{InspectError, Inspected, inspect};
pub use sign::{KeyPair, SignError, attach, make_keys, sign, sign_text, verify_text};
pub use source::source_hash;

/// The version of the contract that this packer builds for.
pub const CONTRACT: &str = "0.1";

/// The custom sections of a built plugin.
pub mod section {
    /// The contract's version.
    pub const CONTRACT: &str = "peyvand:contract";
    /// The bytes of `plugin.toml`.
    pub const MANIFEST: &str = "peyvand:manifest";
    /// The files of the folder `data`, as a JSON object of paths and texts.
    pub const DATA: &str = "peyvand:data";
    /// The hash of the sources, in hexadecimal digits.
    pub const SOURCE: &str = "peyvand:source";
    /// The signature of all bytes before it, in minisign's format; always the last.
    pub const SIGNATURE: &str = "peyvand:signature";
}

/// Where things go. What is not given is found from the workspace of the plugin.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Where the component and `SOURCES.toml` go; else `plugins/dist` of the workspace, or `dist` of a plugin that is in
    /// none.
    pub out_dir: Option<PathBuf>,
    /// Where cargo works; else `target/guests` of the workspace.
    pub target_dir: Option<PathBuf>,
}

/// A built plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The component file.
    pub path: PathBuf,
    /// The plugin's id.
    pub id: String,
    /// The plugin's version.
    pub version: String,
    /// Bytes of the file.
    pub size: u64,
    /// The hash of what it was built from.
    pub source_hash: String,
    /// The contract's interfaces that it exports.
    pub exports: Vec<String>,
    /// The contract's interfaces that it imports.
    pub imports: Vec<String>,
}

/// Why a plugin could not be built.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum PackError {
    #[error("cannot read {path}: {source}")]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("cannot write {path}: {source}")]
    Write {
        path: String,
        source: std::io::Error,
    },
    #[error("{path} is no valid TOML: {what}")]
    Toml { path: String, what: String },
    #[error("{path} is no valid JSON: {what}")]
    Json { path: String, what: String },
    #[error("{path} is not UTF-8 text; a plugin's data are texts")]
    NotText { path: String },
    #[error("{path}: {what}")]
    Manifest { path: String, what: String },
    #[error("cannot start {program}: {source}; install it, or set {variable} to its path")]
    Start {
        program: String,
        variable: &'static str,
        source: std::io::Error,
    },
    #[error(
        "run `rustup target add wasm32-unknown-unknown`: a plugin is compiled to WebAssembly, and the Rust in use has no standard library for that target"
    )]
    NoTarget,
    #[error("{folder} is in no cargo workspace: {what}")]
    NoWorkspace { folder: String, what: String },
    #[error("{package} does not compile:\n{what}")]
    Compile { package: String, what: String },
    #[error(
        "{package} made no component at {path}; its [lib] needs crate-type = [\"cdylib\", \"rlib\"]"
    )]
    NoModule { package: String, path: String },
    #[error(
        "{folder} has no guest kit: copy plugins/sdk-js or plugins/sdk-python into it as `kit`, and wit/v0.1 as `kit/wit`"
    )]
    NoKit { id: String, folder: String },
    #[error("{id} cannot be made a component: {what}; export it with peyvand_plugin::export!")]
    Encode { id: String, what: String },
    #[error(
        "{id} imports {import}, and a plugin may import only peyvand:plugin/…: no clock, files, network or randomness of its own; remove what needs it"
    )]
    ForeignImport { id: String, import: String },
    #[error(
        "{id} has {point} hooks in plugin.toml but does not export {point}; name it in peyvand_plugin::export!"
    )]
    NotExported { id: String, point: String },
    #[error(
        "{id} exports {point} but plugin.toml has no such hook; add one or take it out of peyvand_plugin::export!"
    )]
    NotInManifest { id: String, point: String },
    #[error("the built component cannot be read back: {0}")]
    Inspect(#[from] InspectError),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Builds the plugin in a folder.
pub fn build(plugin_dir: &Path, options: &BuildOptions) -> Result<Built, PackError> {
    let manifest_path = plugin_dir.join("plugin.toml");
    let manifest_bytes = read(&manifest_path)?;
    let manifest = manifest::Head::read(&manifest_path, &manifest_bytes)?;
    let hash = source_hash(plugin_dir)?;
    let language = Language::of(plugin_dir);
    let data = data::section(plugin_dir)?;
    let mut sections = vec![
        (section::CONTRACT, CONTRACT.as_bytes()),
        (section::MANIFEST, manifest_bytes.as_slice()),
        (section::SOURCE, hash.as_bytes()),
    ];
    sections.extend(data.as_deref().map(|data| (section::DATA, data)));
    let mut bytes = match language {
        Language::Rust => compiled(&manifest.id, plugin_dir, options)?,
        other => language::component(other, &manifest.id, plugin_dir)?,
    };
    component::append(&mut bytes, &sections);
    let inspected = inspect(&bytes)?;
    component::check(language, &manifest, &inspected)?;

    let out_dir = match &options.out_dir {
        Some(folder) => folder.clone(),
        None => default_out(language, plugin_dir)?,
    };
    create_folder(&out_dir)?;
    let path = out_dir.join(format!("{}.wasm", manifest.id));
    write(&path, &bytes)?;
    let built = Built {
        path,
        id: manifest.id,
        version: manifest.version,
        size: bytes.len() as u64,
        source_hash: hash,
        exports: inspected.exports,
        imports: inspected.imports,
    };
    dist::record(&out_dir, &built)?;
    Ok(built)
}

/// The component of a crate.
fn compiled(id: &str, plugin_dir: &Path, options: &BuildOptions) -> Result<Vec<u8>, PackError> {
    let workspace = compile::workspace_root(plugin_dir)?;
    let target_dir = match &options.target_dir {
        Some(folder) => folder.clone(),
        None => workspace.join("target").join("guests"),
    };
    let kit = Language::Rust.kit_folder(plugin_dir)?;
    let kit = kit.and_then(|kit| kit.canonicalize().ok());
    let module = compile::module(plugin_dir, &workspace, kit.as_deref(), &target_dir)?;
    let folders = compile::machine_folders(&workspace, kit.as_deref());
    component::encode(id, &module, &folders)
}

/// Where a plugin's component goes that is built without a word about it: a plugin that is a workspace by itself has its
/// own folder.
fn default_out(language: Language, plugin_dir: &Path) -> Result<PathBuf, PackError> {
    if language == Language::Rust {
        let workspace = compile::workspace_root(plugin_dir)?;
        let same = |path: &Path| path.canonicalize().ok();
        if same(plugin_dir).is_some_and(|dir| same(&workspace) == Some(dir)) {
            return Ok(plugin_dir.join("dist"));
        }
        return Ok(workspace.join("plugins").join("dist"));
    }
    let absolute = std::path::absolute(plugin_dir).unwrap_or_else(|_| plugin_dir.to_owned());
    let shared = absolute
        .ancestors()
        .map(|folder| folder.join("plugins").join("dist"))
        .find(|folder| folder.is_dir());
    Ok(shared.unwrap_or_else(|| plugin_dir.join("dist")))
}

fn read(path: &Path) -> Result<Vec<u8>, PackError> {
    std::fs::read(path).map_err(|source| PackError::Read {
        path: path.display().to_string(),
        source,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    std::fs::write(path, bytes).map_err(|source| PackError::Write {
        path: path.display().to_string(),
        source,
    })
}

fn create_folder(path: &Path) -> Result<(), PackError> {
    std::fs::create_dir_all(path).map_err(|source| PackError::Write {
        path: path.display().to_string(),
        source,
    })
}

fn read_toml(path: &Path, bytes: &[u8]) -> Result<toml::Table, PackError> {
    let wrong = |what: String| PackError::Toml {
        path: path.display().to_string(),
        what,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    text.parse()
        .map_err(|error: toml::de::Error| wrong(error.to_string()))
}
