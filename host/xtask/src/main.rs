//! Developer tasks: `cargo xtask COMMAND`.
//!
//! For whoever works on the repository. It starts other programs and moves files; no
//! rule of the product lives here, and nothing that is shipped depends on it.
//!
//! **Invariant:** a task writes below `target/` only. The exceptions say so in their
//! name: `bless` rewrites goldens.

mod abuse;
mod bench;
mod bless;
mod build;
mod chaos;
mod client;
mod command;
mod contract;
mod demo;
mod fingerprint;
mod guests;
mod house;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::house::House;

/// Developer tasks of HiveSync.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Bring what the other tasks need: wasm target, Node, packages of the sample apps, Chromium
    Setup(setup::Options),
    /// Build the guests and the executables into target/hivesync
    Build,
    /// Build the guest components only
    BuildGuests(guests::Options),
    /// Bundle the showcase in the sandbox and show it in a phone and a tablet
    Demo(demo::Options),
    /// Run every check and every test
    Test(test::Options),
    /// Fill a table of figures, ours beside those of the tools people use
    Bench(bench::Options),
    /// Rewrite goldens; look at the diff before it is committed
    Bless(bless::Options),
    /// Check the house rules that a program can check
    Tidy,
    /// Kill the parts of a fleet under load, and check that nothing was lost or doubled
    Chaos(chaos::Options),
    /// Ask a server what the document of its API allows, and look at every answer
    Contract,
    /// List the cases that are tried against the sandbox
    Abuse(abuse::Options),
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let house = House::find()?;
    match task {
        Task::Setup(options) => setup::run(&house, &options),
        Task::Build => build::run(&house),
        Task::BuildGuests(options) => guests::some(&house, &options),
        Task::Demo(options) => demo::run(&house, &options),
        Task::Test(options) => test::run(&house, &options),
        Task::Bench(options) => bench::run(&house, &options),
        Task::Bless(options) => bless::run(&house, &options),
        Task::Tidy => tidy::run(&house),
        Task::Chaos(options) => chaos::run(&house, &options),
        Task::Contract => contract::run(&house),
        Task::Abuse(options) => abuse::run(&house, &options),
    }
}
