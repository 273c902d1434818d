//! The time from a change of a file to its bundle, under `--watch`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::bundle::Edit;
use super::seconds;

/// The seconds of `count` edits of `file`, which is as before at the end. The first edit, which
/// meets what no later one does, is not counted.
pub(crate) fn edits(mut build: Command, file: &Path, count: usize) -> Result<Vec<f64>> {
    eprintln!("bench: {count} edits of {}", file.display());
    let child = build.arg("--watch").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut watching = Watching(child.context("cannot start `hivesync build --watch`")?);
    let stdout = watching.0.stdout.take().context("the output is not piped")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut next = || -> Result<()> {
        let line = lines.next().context("`hivesync build --watch` ended")??;
        let answer: Value = serde_json::from_str(&line).context("`--json` did not print JSON")?;
        match answer.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(()),
            _ => bail!("a build under --watch failed: {line}"),
        }
    };
    next()?;
    let mut taken = Vec::new();
    for number in 0..=count {
        let begun = Instant::now();
        let edit = Edit::make(file, number)?;
        let built = next();
        taken.push(seconds(begun.elapsed()));
        edit.undo()?;
        built?;
        next()?;
    }
    taken.remove(0);
    Ok(taken)
}

/// A build that watches until it is dropped.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended by itself, and is reaped either way.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
