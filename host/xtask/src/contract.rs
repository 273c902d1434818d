//! `cargo xtask contract`: the API is asked what its document allows, and what it does not, and every
//! answer has to be one that the document declares.
//!
//! The requests are made by schemathesis from the document that the server itself hands out, the
//! same ones every time. What it looks for stands in `tests/contract/schemathesis.toml`.

use std::process::Command;

use anyhow::{Context, Result};

use crate::bench::{Node, Person};
use crate::house::House;
use crate::setup::{openmetrics, schemathesis};

/// Of those who are not people, so that nothing of theirs is open or missing.
const SECRETS: [(&str, &str); 4] = [
    ("ADMIN_TOKEN", "the token of an operator, long enough"),
    ("CONTENT_API_SECRET", "the secret of a service, long enough"),
    ("GITHUB_WEBHOOK_SECRET", "the secret of a forge, long enough"),
    ("LZ_WEBHOOK_SECRET", "the secret of a shop, long enough"),
];

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No answer was off.
    Kept,
    /// Some were; they were printed.
    Broken,
    /// What asks is not here.
    NotAsked,
}

/// Asks, and fails where an answer was off.
pub(crate) fn run(house: &House) -> Result<()> {
    match check(house)? {
        Outcome::Kept => Ok(()),
        Outcome::Broken => anyhow::bail!("the API answers what its document does not say"),
        Outcome::NotAsked => anyhow::bail!("there is no schemathesis here; run `cargo xtask setup`"),
    }
}

/// Whether a scraper understands the numbers; where none is here, nobody says that it does not.
fn numbers_can_be_read(house: &House, node: &Node) -> Result<bool> {
    let Some(modules) = openmetrics::find(house) else { return Ok(true) };
    let mut reading = Command::new("python3");
    reading.env("PYTHONPATH", modules).arg(house.root("tests/contract/openmetrics.py"));
    reading.arg(format!("http://{}/metrics", node.address)).arg(SECRETS[0].1);
    Ok(reading.status().context("cannot start python3")?.success())
}

/// Asks a server of its own, which builds nothing.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    let Some(modules) = schemathesis::find(house) else { return Ok(Outcome::NotAsked) };
    let folder = house.target("contract");
    let node = Node::start(house, &folder, &SECRETS)?;
    let person = Person::at(&node)?;
    if !numbers_can_be_read(house, &node)? {
        return Ok(Outcome::Broken);
    }
    let mut asking = Command::new("python3");
    asking.current_dir(&folder).env("PYTHONPATH", modules).args(["-m", "schemathesis.cli", "--config-file"]);
    asking.arg(house.root("tests/contract/schemathesis.toml"));
    asking.args(["run", "--no-color"]).arg(format!("http://{}/openapi.json", node.address));
    asking.env("HIVESYNC_TOKEN", &person.token).env("HIVESYNC_PROJECT", &person.project);
    // Its progress is for somebody who watches; what it found stands at the end either way.
    let status = asking.env("COLUMNS", "120").status().context("cannot start python3")?;
    Ok(if status.success() { Outcome::Kept } else { Outcome::Broken })
}
