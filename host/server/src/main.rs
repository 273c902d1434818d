//! The `hivesync` command: parse, build, run, exit code.
//!
//! What it does is in the crates below it; this one reads arguments and the
//! environment, and tells people what happened.

mod changes;
mod cli;
mod command;
mod config;
mod exit;
mod interrupt;
mod paths;
mod progress;
mod random;
mod rebuilt;
mod report;
mod serve;
mod style;
mod telemetry;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    telemetry::start();
    command::run(arguments)
}
