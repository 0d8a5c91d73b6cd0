//! Whose plugins are taken, and how does a file say whose it is?

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use peyvand::TrustedKey;
use peyvand_pack::PackError;
use serde_json::json;

use crate::args::Trust;
use crate::fault::Fault;
use crate::output::{Output, Side, Table};
use crate::source;
use crate::store::{self, Need};

/// What a file is signed with.
pub(super) struct With<'a> {
    pub(super) key: Option<&'a Path>,
    pub(super) password: Option<&'a Path>,
    /// Instead of a key: what minisign wrote.
    pub(super) signature: Option<&'a Path>,
}

pub(super) fn make(
    path: &Path,
    password: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let password = password.map(password_in).transpose()?;
    let (secret, public) = (ending(path, "key"), ending(path, "pub"));
    let keys = peyvand_pack::make_keys(password.as_deref()).map_err(PackError::from)?;
    new_file(&secret, &keys.secret, true)?;
    new_file(&public, &keys.public, false)?;
    if output.json {
        return output.document(&json!({
            "secret": secret.display().to_string(), "public": public.display().to_string(), "key": keys.public.lines().nth(1),
        }));
    }
    output.line(format!(
        "{} signs plugins: keep it secret{}",
        secret.display(),
        match password {
            Some(_) => "",
            None => "; it has no password",
        }
    ))?;
    output.line(format!(
        "{} is for your customers: peyvand plugin trust {} --name '…'",
        public.display(),
        public.display()
    ))
}

pub(super) fn run(file: &Path, with: &With<'_>, output: &mut Output<'_>) -> Result<(), Fault> {
    let bytes = source::bytes(file)?;
    let signed = match (with.signature, with.key) {
        (Some(signature), _) => peyvand_pack::attach(&bytes, &source::text(signature)?),
        (None, Some(key)) => {
            let password = with.password.map(password_in).transpose()?;
            peyvand_pack::sign(&bytes, &source::text(key)?, password.as_deref())
        }
        (None, None) => return Err(Fault::input("there is no key", "name one with --key")),
    };
    let signed = signed.map_err(PackError::from)?;
    std::fs::write(file, &signed).map_err(|error| unwritable(file, &error))?;
    if output.json {
        return output.document(&json!({"file": file.display().to_string(), "size": signed.len()}));
    }
    output.line(format!("signed {}", file.display()))
}

pub(super) fn trust(
    key: &str,
    name: &str,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let text = match Path::new(key).is_file() {
        true => source::text(Path::new(key))?,
        false => key.to_owned(),
    };
    let trusted = store::with(dir, Need::Created, |engine| {
        Ok(store::session(engine)?.trust_key(&text, name)?)
    })?;
    if output.json {
        return output.document(&trusted);
    }
    output.line(format!(
        "what {} signs with the key {} may be installed",
        trusted.name, trusted.id
    ))
}

pub(super) fn trusted(what: &Trust, dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    match what {
        Trust::List => {
            let keys = store::with(dir, Need::Existing, |engine| {
                Ok(store::session(engine)?.trusted_keys()?)
            })?;
            list(&keys, output)
        }
        Trust::Remove { key } => {
            let text = match Path::new(key).is_file() {
                true => source::text(Path::new(key))?,
                false => key.clone(),
            };
            let removed = store::with(dir, Need::Existing, |engine| {
                Ok(store::session(engine)?.distrust_key(&text)?)
            })?;
            if output.json {
                return output.document(&removed);
            }
            output.line(format!(
                "the key {} of {} is trusted no longer; what was installed with it stays",
                removed.id, removed.name
            ))
        }
    }
}

fn list(keys: &[TrustedKey], output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(&json!({"data": keys}));
    }
    if keys.is_empty() {
        return output.line("no key is trusted; see `peyvand plugin trust --help`");
    }
    let mut table = Table::new(&[
        ("name", Side::Left),
        ("id", Side::Left),
        ("key", Side::Left),
    ]);
    for key in keys {
        table.row([key.name.clone(), key.id.clone(), key.key.clone()]);
    }
    output.table(&table)
}

/// The password in a file, without the line's end.
pub(crate) fn password_in(path: &Path) -> Result<String, Fault> {
    let text = source::text(path)?;
    let line = text.lines().next().unwrap_or_default();
    match line.is_empty() {
        true => Err(Fault::input(
            format!("{} has no password in its first line", path.display()),
            "write it there, or leave --password-file out",
        )),
        false => Ok(line.to_owned()),
    }
}

fn ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}

fn new_file(path: &Path, text: &str, secret: bool) -> Result<(), Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = secret;
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| unwritable(path, &error))
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Fault::input(
            format!("{} is there already", path.display()),
            "give another name: nothing is written over",
        ),
        _ => Fault::input(
            format!("cannot write {}: {error}", path.display()),
            "check the path",
        ),
    }
}
