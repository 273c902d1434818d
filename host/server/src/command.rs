//! The commands.

mod audit;
mod build;
mod cache;
mod docs;
mod explain;
mod health;
mod map;
mod pipeline;
mod policy;
mod serve;
mod verify;
mod version;
mod worker;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::exit::Exit;

/// Runs one command to its end.
pub(crate) fn run(arguments: Cli) -> ExitCode {
    let exit: Exit = match arguments.command {
        // Its exit codes are those of monitors.
        Command::Health(arguments) => return health::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Map(arguments) => map::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Pipeline(command) => pipeline::run(&command),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Policy(command) => policy::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Cache(command) => cache::run(&command),
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Worker(arguments) => worker::run(&arguments),
        Command::Version { json } => version::run(json),
    };
    exit.into()
}
