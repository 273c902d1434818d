//! `cargo xtask setup`: what the other tasks need, found or brought.
//!
//! Every part is looked for first, so a second call is quick. Packages come through the
//! machine's own clients (rustup, npm, apt); nothing is fetched by address.

mod apps;
mod browser;
pub(crate) mod clang;
mod garage;
mod model;
mod node;
pub(crate) mod openmetrics;
mod packages;
mod pip;
pub(crate) mod schemathesis;
mod services;
pub(crate) mod wasm_target;

use anyhow::{Result, bail};
use clap::Args;

pub(crate) use apps::{install as install_app, install_workspace};
pub(crate) use browser::find as find_browser;
pub(crate) use node::Node;

use crate::command;
use crate::house::House;

/// The sample apps, in the order in which they are installed.
pub(crate) const APPS: [&str; 9] = [
    "rn-bare",
    "expo-blank",
    "expo-bare-minimum",
    "expo-default",
    "expo-tabs",
    "expo-libraries",
    "expo-nativewind",
    "hive-notes",
    "web-mui",
];

/// The sample workspace, once for every package manager that lays packages out in its own way.
pub(crate) const WORKSPACES: [&str; 3] = ["workspace-npm", "workspace-pnpm", "workspace-yarn"];

/// Pages of other people, for what is said about them to be compared with a browser.
pub(crate) const PAGES: &str = "influence-pages";

/// What to bring.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Leave the browser out; the page is then built but not looked at
    #[arg(long)]
    no_browser: bool,
    /// Install the packages of this sample app alone
    #[arg(long, value_name = "APP")]
    app: Option<String>,
}

impl Options {
    /// What one sample app needs, and the browser to look at it.
    pub(crate) fn of_app(app: &str) -> Self {
        Self { app: Some(app.to_owned()), ..Self::default() }
    }
}

/// Brings every part, and says at the end what could not be had.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    let mut missing = Vec::new();
    let mut part = |name: &str, outcome: Result<String>| match outcome {
        Ok(what) => eprintln!("  ok       {name}: {what}"),
        Err(error) => {
            eprintln!("  missing  {name}: {error:#}");
            missing.push(name.to_owned());
        }
    };
    eprintln!("setup");
    part("wasm target", wasm_target::WasmToolchain::provide().map(|found| found.describe()));
    part("C for wasm", clang::WasmClang::provide().map(|found| found.describe()));
    // The reader of style sheets makes its table of properties with it when it is built.
    part("python", packages::provide("python3", || command::find(&["python3"])));
    part("wasi target", Ok(wasm_target::provide_wasi()));
    match Node::provide(house) {
        Ok(node) => {
            part("node", Ok(node.describe()));
            if let Some(app) = &options.app {
                part(app, install_app(house, &node, app));
            } else {
                for app in APPS {
                    part(app, install_app(house, &node, app));
                }
                part(PAGES, install_app(house, &node, PAGES));
                for workspace in WORKSPACES {
                    part(workspace, install_workspace(house, &node, workspace));
                }
            }
        }
        Err(error) => part("node", Err(error)),
    }
    if options.app.is_none() {
        part("postgres", services::provide_postgres());
        part("redis", services::provide_redis());
        part("garage", garage::provide(house));
        part("model", Ok(model::provide(house)));
        part("schemathesis", Ok(schemathesis::provide(house)));
        part("openmetrics", Ok(openmetrics::provide(house)));
        part("clock", services::provide_clock());
    }
    if !options.no_browser {
        part("browser", browser::provide().map(|path| path.display().to_string()));
    }
    if !missing.is_empty() {
        bail!(
            "setup could not bring: {}. The lines above say why and what to install by hand",
            missing.join(", ")
        );
    }
    Ok(())
}
