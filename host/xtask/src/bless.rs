//! `cargo xtask bless`: goldens are rewritten here and nowhere else.

mod influence;

use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::house::House;
use crate::setup::{self, Node};
use crate::{client, command};

/// Which goldens.
#[derive(Args)]
pub(crate) struct Options {
    /// What to remake
    #[arg(value_enum, default_value = "house")]
    what: What,
    /// Of Metro's goldens, only those of this sample app
    #[arg(long)]
    app: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// What our own tests print: explanations, import closures, help
    House,
    /// The methods and shapes of `host/client`, of the document as it is
    Client,
    /// What Metro makes of the sample apps: module sets and shadow trees (some minutes)
    Metro,
    /// What Babel makes of small sources: programs, worklets, refresh
    Babel,
    /// What Chromium's cascade chooses on the pages of `influence-pages`, and how far maps of
    /// them agree (a quarter of an hour); needs `cargo xtask build` and the browser
    Influence,
}

/// Rewrites the goldens; the diff is for a person to look at.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    match options.what {
        What::House => {
            command::run(
                command::cargo()
                    .current_dir(house.root(""))
                    .args(["test", "--locked", "--package", "hivesync-tests", "--test", "it"])
                    .env("HIVESYNC_BLESS", "1"),
            )?;
            client::write(house)?;
        }
        What::Client => client::write(house)?,
        What::Metro => metro(house, options.app.as_deref())?,
        What::Babel => babel(house)?,
        What::Influence => influence::run(house)?,
    }
    command::run(Command::new("git").current_dir(house.root("")).args([
        "--no-pager",
        "diff",
        "--stat",
        "--",
        "tests/golden",
        "host/client/src/api",
        "tests/parity/babel",
    ]))
}

/// The app whose packages hold Babel, its presets and the plugins that are asked.
const BABEL_APP: &str = "expo-default";

fn babel(house: &House) -> Result<()> {
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    setup::install_app(house, &node, BABEL_APP)?;
    for program in ["semantics.mjs", "worklets.mjs", "refresh.mjs"] {
        let mut bless = node.command();
        bless.arg(house.root("tests/parity/babel").join(program)).arg("--root").arg(house.app(BABEL_APP));
        command::run(&mut bless)?;
    }
    Ok(())
}

fn metro(house: &House, app: Option<&str>) -> Result<()> {
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    for name in setup::APPS {
        setup::install_app(house, &node, name)?;
    }
    for name in setup::WORKSPACES {
        setup::install_workspace(house, &node, name)?;
    }
    let mut bless = node.command();
    bless
        .arg(house.root("tests/parity/metro.mjs"))
        .arg("bless")
        .arg("--apps")
        .arg(house.target("apps"))
        .arg("--golden")
        .arg(house.root("tests/golden/metro"))
        .arg("--work")
        .arg(house.target("metro"));
    if let Some(app) = app {
        bless.args(["--app", app]);
    }
    command::run(&mut bless)?;
    if app.is_some() {
        return Ok(());
    }
    let mut graphs = node.command();
    graphs.arg(house.root("tests/parity/random-graphs.mjs")).arg("bless");
    graphs
        .arg("--apps")
        .arg(house.target("apps"))
        .arg("--golden")
        .arg(house.root("tests/golden/metro/random"));
    command::run(graphs.arg("--work").arg(house.target("metro")))
}
