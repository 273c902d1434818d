//! The commands.

mod audit;
mod build;
mod cache;
mod explain;
mod map;
mod policy;
mod serve;
mod verify;
mod version;
mod worker;

use crate::cli::{Cli, Command};
use crate::exit::Exit;

/// Runs one command to its end.
pub(crate) fn run(arguments: Cli) -> Exit {
    match arguments.command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Map(arguments) => map::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Policy(command) => policy::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Cache(command) => cache::run(&command),
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Worker(arguments) => worker::run(&arguments),
        Command::Version { json } => version::run(json),
    }
}
