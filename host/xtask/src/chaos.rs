//! `cargo xtask chaos`: a fleet under load whose parts are killed one by one, for as long as one
//! likes. The tests do one round of it.

use anyhow::Result;
use clap::Args;

use crate::command;
use crate::house::House;

const TEST: &str = "test(/serve::chaos/)";

/// For how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds; in each, four people ask for previews while every fault happens
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
}

/// Runs it against what `build` made.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    let mut tests = command::cargo();
    tests.current_dir(house.root("")).args(["nextest", "run", "--locked", "--no-capture"]);
    tests.args(["--package", "hivesync-tests", "-E", TEST]);
    crate::test::surroundings(house, &mut tests)?;
    command::run(tests.env("HIVESYNC_CHAOS_ROUNDS", options.rounds.to_string()))
}
