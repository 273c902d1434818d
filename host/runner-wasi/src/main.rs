//! The runner for modules built by stock WASI toolchains: one command, one run, one
//! process.
//!
//! It stands behind the walls of `hivesync-runner`, with two openings: the project's
//! directory, which it can read, and `/out`, a file system in memory that only this
//! process can reach and that is as large as the run may fill. Sockets and http are
//! not linked. The clock is a counter, randomness follows from the run's id, there is
//! no environment, no argument and no input; output goes into the run's log.
//!
//! It does not compile, decide what is granted, or judge what a module left in `/out`:
//! the broker gets every file and checks again.
//!
//! **Invariant:** once the module's code runs, Landlock has exactly two rules.

mod clocks;
mod link;
mod out;
mod run;
mod start;
mod state;
mod stdio;
mod walls;

use std::process::ExitCode;

use hivesync_lockdown::Degraded;

/// A wrong command line.
const EXIT_USAGE: u8 = 2;
/// There was nobody to tell.
const EXIT_ALONE: u8 = 3;

fn main() -> ExitCode {
    let degraded = match std::env::args().nth(1).as_deref() {
        None => Degraded::Refuse,
        Some("--allow-degraded") => Degraded::Allow,
        Some(_) => return ExitCode::from(EXIT_USAGE),
    };
    match start::serve(degraded) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(EXIT_ALONE),
    }
}
