//! `cargo xtask test`: everything that must hold before a change lands.
//!
//! Quick checks come first. The closing line sums up what the test runner said of every
//! group, because the groups cannot be one: the processes of the sandbox are built apart.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command;
use crate::house::House;
use crate::setup::{self, Node};
use crate::{build, contract, guests, tidy};

/// What to leave out.
#[derive(Args)]
pub(crate) struct Options {
    /// Do not look for missing parts first
    #[arg(long)]
    no_setup: bool,
}

/// Packages whose tests are built in one call.
struct Group {
    name: &'static str,
    packages: &'static [&'static str],
    features: &'static [&'static str],
}

/// In the order in which they run.
const GROUPS: [Group; 7] = [
    Group {
        name: "house",
        packages: &[
            "hivesync-types",
            "hivesync-access",
            "hivesync-jobs",
            "hivesync-storage",
            "hivesync-http",
            "hivesync-client",
            "hivesync-sources",
            "hivesync-testkit",
            "hivesync-worker",
            "hivesync-protocol",
            "hivesync-component",
            "hivesync-policy",
            "hivesync-image",
            "hivesync-reachability",
            "hivesync-lockdown",
            "hivesync-sandbox",
            "hivesync-pipeline",
            "hivesync-models",
            "hivesync-steps",
            "hivesync-server",
            "xtask",
        ],
        features: &[],
    },
    // No tests, but what the tests of storage talk to.
    Group { name: "s3", packages: &["hivesync-s3"], features: &[] },
    Group { name: "engine", packages: &["hivesync-engine"], features: &["compiler"] },
    Group { name: "compiler", packages: &["hivesync-compiler"], features: &[] },
    Group { name: "runner", packages: &["hivesync-runner"], features: &["evil"] },
    Group { name: "runner-wasi", packages: &["hivesync-runner-wasi"], features: &[] },
    Group { name: "whole", packages: &["hivesync-tests"], features: &[] },
];

/// Builds an example of one of the packages that are tested together, and says where it lies. Asked for
/// with its own package alone, it would have all that it stands on built again with other features.
pub(crate) fn house_example(house: &House, name: &str) -> Result<PathBuf> {
    let [together, ..] = &GROUPS;
    let mut build = command::cargo();
    build.current_dir(house.root("")).args(["build", "--quiet", "--locked", "--example", name]);
    together.select(&mut build);
    command::run(&mut build)?;
    Ok(house.target("debug/examples").join(name))
}

/// Tests of the API that hold as well for a server whose tables, counters and objects are shared.
const FLEET_TESTS: &[&str] = &[
    "serve::accounts::",
    "serve::ai_docs::",
    "serve::billing::",
    "serve::content::",
    "serve::eventflow::",
    "serve::idempotency::",
    "serve::limits::",
    "serve::maps::",
    "serve::paging::",
    "serve::posts::",
    "serve::projects::",
    "serve::refusals::",
    "serve::repositories::",
    "serve::spaces::",
    "serve::teams::",
    "serve::webhooks::",
];

/// Those of them that look into the file of a server by itself, or at a model more than at any of this.
const ALONE_TESTS: &[&str] = &[
    "serve::accounts::no_secret_stands_in_the_database",
    "serve::idempotency::an_answer_with_secrets_is_given_again_and_not_kept_in_the_clear",
    "serve::posts::a_real_model_is_asked_over_http_and_what_it_says_is_taken_or_refused_with_its_code",
];

impl Group {
    /// The words that choose this group in a call of cargo.
    fn select(&self, command: &mut Command) {
        command.args(self.packages.iter().flat_map(|package| ["--package", package]));
        command.args(self.features.iter().flat_map(|feature| ["--features", feature]));
    }
}

/// Runs it all and stops at the first group that is red.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    let start = Instant::now();
    if !options.no_setup {
        setup::run(house, &setup::Options::default())?;
    }
    format(house)?;
    tidy::run(house)?;
    build::run(house)?;
    build::evil_runner(house)?;
    build::s3_server(house)?;
    guests::wasi_samples(house)?;
    clippy(house)?;
    let mut total = guest_tests(house)?;
    for group in &GROUPS {
        eprintln!("tests: {}", group.name);
        let mut tests = runner(house);
        group.select(&mut tests);
        surroundings(house, &mut tests)?;
        total.add(tally(&mut tests)?);
    }
    total.add(fleet_tests(house)?);
    total.add(contract_check(house)?);
    eprintln!("all checks took {} s", start.elapsed().as_secs());
    if total.passed == 0 {
        bail!("no test ran");
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if total.failed > 0 {
        bail!("{} tests failed", total.failed);
    }
    Ok(())
}

fn format(house: &House) -> Result<()> {
    let check = |manifest: &str| {
        let mut command = command::cargo();
        command::run(
            command.arg("fmt").arg("--manifest-path").arg(house.root(manifest)).args(["--all", "--check"]),
        )
    };
    check("Cargo.toml")?;
    check("guest-modules/Cargo.toml")
}

/// What the tests of the whole house need to find the parts.
pub(crate) fn surroundings(house: &House, tests: &mut Command) -> Result<()> {
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    tests
        .env("HIVESYNC_HOME", house.product(""))
        .env("HIVESYNC_COMPILER", house.product("libexec/hivesync-compiler"))
        .env("HIVESYNC_TEST_GUESTS", house.target("test-guests"))
        .env("HIVESYNC_APPS", house.target("apps"))
        .env("HIVESYNC_MODELS", house.target("tools/models"))
        .env("HIVESYNC_NODE", node.path());
    if let Some(browser) = setup::find_browser() {
        tests.env("HIVESYNC_BROWSER", browser);
    }
    Ok(())
}

/// In the same groups as the tests, so that features are those that are tested.
fn clippy(house: &House) -> Result<()> {
    for group in &GROUPS {
        let mut command = command::cargo();
        command.current_dir(house.root("")).args(["clippy", "--locked", "--all-targets"]);
        group.select(&mut command);
        command::run(command.args(["--", "-D", "warnings"]))?;
    }
    let mut guests = command::cargo();
    guests.args(["clippy", "--locked", "--all-targets", "--workspace", "--manifest-path"]);
    guests.arg(house.root("guest-modules/Cargo.toml")).arg("--target-dir").arg(house.target("guests"));
    command::run(guests.args(["--", "-D", "warnings"]))
}

/// The guests' own tests, built for this machine: their logic is the same there.
fn guest_tests(house: &House) -> Result<Tally> {
    eprintln!("tests: guests");
    let mut tests = runner(house);
    tests
        .arg("--manifest-path")
        .arg(house.root("guest-modules/Cargo.toml"))
        .arg("--target-dir")
        .arg(house.target("guests"))
        .arg("--workspace");
    tally(&mut tests)
}

/// The same tests again, on PostgreSQL, Redis and a bucket.
fn fleet_tests(house: &House) -> Result<Tally> {
    eprintln!("tests: fleet");
    let mut tests = runner(house);
    tests.args(["--package", "hivesync-tests", "--test", "it", "--"]).args(FLEET_TESTS);
    tests.args(ALONE_TESTS.iter().flat_map(|test| ["--skip", test]));
    surroundings(house, tests.env("HIVESYNC_TEST_SHAPE", "fleet"))?;
    // Those that were not chosen have had their turn.
    Ok(Tally { skipped: 0, ..tally(&mut tests)? })
}

/// The API is asked what its document allows: one check among the others, left out where what asks
/// could not be had.
fn contract_check(house: &House) -> Result<Tally> {
    eprintln!("tests: contract");
    let tally = Tally::default();
    Ok(match contract::check(house)? {
        contract::Outcome::Kept => Tally { passed: 1, ..tally },
        contract::Outcome::Broken => Tally { failed: 1, ..tally },
        contract::Outcome::NotAsked => Tally { skipped: 1, ..tally },
    })
}

fn runner(house: &House) -> Command {
    let mut command = command::cargo();
    command.current_dir(house.root(""));
    if has_nextest() {
        command.args([
            "nextest",
            "run",
            "--locked",
            "--no-fail-fast",
            "--no-tests",
            "pass",
            "--status-level",
            "slow",
        ]);
    } else {
        command.args(["test", "--locked", "--no-fail-fast", "--all-targets"]);
    }
    command
}

fn has_nextest() -> bool {
    command::succeeds(command::cargo().args(["nextest", "--version"]))
}

/// How many tests did what.
#[derive(Default, Debug, PartialEq, Eq, Clone, Copy)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads a summary of nextest (`Summary [ 1.2s] 9 tests run: 8 passed, 1 failed, 0 skipped`) or of
    /// the built-in runner (`test result: ok. 8 passed; 1 failed; 0 ignored; …`).
    fn read(line: &str) -> Option<Self> {
        // Nextest shows what a failed test printed with spaces in front; that counts for nothing.
        let counts = match line.strip_prefix("test result: ") {
            Some(counts) => counts,
            None => line.trim().strip_prefix("Summary [")?.split_once("run:")?.1,
        };
        let mut tally = Self::default();
        let words: Vec<&str> =
            counts.split([' ', ',', ';', '(', ')', ':']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let [count, what] = pair else { continue };
            let Ok(count) = count.parse::<u64>() else { continue };
            match *what {
                "passed" => tally.passed += count,
                "failed" | "timed" | "exec" => tally.failed += count,
                "skipped" | "ignored" => tally.skipped += count,
                _ => {}
            }
        }
        Some(tally)
    }
}

/// Runs the tests with their output shown, and counts what the runner's summary says.
fn tally(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the test runner")?;
    let stderr = child.stderr.take().context("the test runner has no standard error")?;
    let stdout = child.stdout.take().context("the test runner has no standard output")?;
    let other = std::thread::spawn(move || shown(BufReader::new(stdout)));
    let mut total = shown(BufReader::new(stderr));
    if let Ok(more) = other.join() {
        total.add(more);
    }
    let status = child.wait().context("the test runner was lost")?;
    if !status.success() && total.failed == 0 {
        bail!("the test runner ended with {status}");
    }
    Ok(total)
}

fn shown(lines: impl BufRead) -> Tally {
    let mut total = Tally::default();
    for line in lines.lines().map_while(Result::ok) {
        eprintln!("{line}");
        if let Some(tally) = Tally::read(&line) {
            total.add(tally);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_package_of_the_workspace_is_tested_in_a_group() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: &Path| -> toml::Table {
            toml::from_str(&std::fs::read_to_string(path.join("Cargo.toml")).unwrap()).unwrap()
        };
        let workspace = read(&root);
        let members = workspace["workspace"]["members"].as_array().unwrap();
        let names = members.iter().map(|member| {
            let package = read(&root.join(member.as_str().unwrap()));
            package["package"]["name"].as_str().unwrap().to_owned()
        });
        let tested: Vec<&str> = GROUPS.iter().flat_map(|group| group.packages).copied().collect();
        let left_out: Vec<String> = names.filter(|name| !tested.contains(&name.as_str())).collect();
        assert_eq!(left_out, Vec::<String>::new());
    }

    #[test]
    fn the_summaries_of_both_runners_are_understood() {
        let nextest =
            "     Summary [   0.014s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 4 skipped";
        assert_eq!(Tally::read(nextest), Some(Tally { passed: 6, failed: 3, skipped: 4 }));
        let built_in = "test result: FAILED. 8 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(Tally::read(built_in), Some(Tally { passed: 8, failed: 1, skipped: 2 }));
        assert_eq!(Tally::read(&format!("    {built_in}")), None);
        assert_eq!(Tally::read("running 8 tests: 8 passed"), None);
    }
}
