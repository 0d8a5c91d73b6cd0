//! Where is the demo made?

use std::io;
use std::path::{Path, PathBuf};

use peyvand::Locale;
use serde_json::json;

use crate::args::Demo;
use crate::demo::{self, DemoOptions};
use crate::fault::{Exit, Fault};
use crate::output::Output;

const DEFAULT_DIR: &str = "./peyvand-demo";

pub(crate) fn run(
    demo: &Demo,
    asked: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let dir = place(demo.place.as_deref(), asked)?;
    // The demo brings its own plugins.
    let options = DemoOptions {
        seed: demo.seed,
        fresh: demo.fresh,
        locale: Locale::En,
        plugins: Vec::new(),
    };
    if output.json {
        demo::run(&dir, &mut io::sink(), &options)?;
        output.document(&json!({"dir": dir.display().to_string(), "seed": demo.seed}))?;
    } else {
        demo::run(&dir, output.writer(), &options)?;
    }
    Ok(Exit::Fine)
}

fn place(argument: Option<&Path>, asked: Option<&Path>) -> Result<PathBuf, Fault> {
    match (argument, asked) {
        (Some(one), Some(other)) if one != other => Err(Fault::input(
            "the demo is given two directories",
            "give DIR or --dir, not both",
        )),
        (Some(dir), _) | (None, Some(dir)) => Ok(dir.to_owned()),
        (None, None) => Ok(PathBuf::from(DEFAULT_DIR)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_demo_goes_where_it_is_told() {
        let (a, b) = (Path::new("a"), Path::new("b"));
        assert_eq!(place(None, None).unwrap(), Path::new(DEFAULT_DIR));
        assert_eq!(place(Some(a), None).unwrap(), a);
        assert_eq!(place(None, Some(b)).unwrap(), b);
        assert_eq!(place(Some(a), Some(a)).unwrap(), a);
        assert!(place(Some(a), Some(b)).is_err());
    }
}
