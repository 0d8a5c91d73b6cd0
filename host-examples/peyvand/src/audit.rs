//! What goes to who audits, and is what he got whole?

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use peyvand::{Position, read_audit};
use peyvand_pack::PackError;
use serde_json::json;

use crate::args::{Audit, ExportAudit};
use crate::fault::{Exit, Fault};
use crate::output::{Output, several};
use crate::plugin::{password_in, unwritable};
use crate::source;
use crate::store::{self, Need};

pub(crate) fn run(asked: &Audit, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Audit::Export(asked) => export(asked, dir, output),
        Audit::Verify { file, key } => verify(file, key, output),
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".minisig");
    path.into()
}

fn new_file(path: &Path) -> Result<std::fs::File, Fault> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.map_err(|error| unwritable(path, &error))
}

fn export(asked: &ExportAudit, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    // Looked at first: an audit that cannot be signed is not written.
    let secret = source::text(&asked.key)?;
    let password = asked
        .password_file
        .as_deref()
        .map(password_in)
        .transpose()?;
    let sign = |text: &[u8], comment: &str| {
        let signed = peyvand_pack::sign_text(text, &secret, password.as_deref(), comment);
        signed.map_err(|error| Fault::from(PackError::from(error)))
    };
    drop(sign(b"", "")?);
    let signature = beside(&asked.file);
    let audit = store::with(dir, Need::Existing, |engine| {
        let mut file = BufWriter::new(new_file(&asked.file)?);
        let until = asked.until.map(Position::from_number);
        let after = Position::from_number(asked.after);
        let audit = store::session(engine)?.audit(after, until, &mut file)?;
        file.flush()
            .map_err(|error| unwritable(&asked.file, &error))?;
        Ok(audit)
    })?;
    let comment = format!(
        "positions {} to {}, made at {}",
        audit.after, audit.until, audit.made_at
    );
    let signed = sign(&source::bytes(&asked.file)?, &comment)?;
    let written = new_file(&signature)?.write_all(signed.as_bytes());
    written.map_err(|error| unwritable(&signature, &error))?;
    if output.json {
        output.document(&json!({
            "file": asked.file.display().to_string(), "signature": signature.display().to_string(), "audit": audit,
        }))?;
        return Ok(Exit::Fine);
    }
    output.line(format!(
        "{} tells of {} and {}, until position {}",
        asked.file.display(),
        several(audit.changes, "commit", "commits"),
        several(audit.looks, "look", "looks"),
        audit.until
    ))?;
    output.line(format!("{} says who made it", signature.display()))?;
    Ok(Exit::Fine)
}

fn verify(file: &Path, key: &str, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let public = match Path::new(key).is_file() {
        true => source::text(Path::new(key))?,
        false => key.to_owned(),
    };
    let text = source::bytes(file)?;
    let signature = source::text(&beside(file))?;
    let signed = peyvand_pack::verify_text(&text, &signature, &public);
    let comment = signed.map_err(|error| Fault::from(PackError::from(error)))?;
    let audit = read_audit(&text)?;
    if output.json {
        output.document(&json!({"signed": comment, "audit": audit}))?;
        return Ok(Exit::Fine);
    }
    output.line("the audit is whole, and the owner of the key signed it")?;
    output.line(format!("  signed:  {comment}"))?;
    output.line(format!("  made by: {}", audit.made_by))?;
    output.line(format!(
        "  tells of {} and {}",
        several(audit.changes, "commit", "commits"),
        several(audit.looks, "look", "looks")
    ))?;
    output.line(format!("  hash:    {}", audit.hash))?;
    Ok(Exit::Fine)
}
