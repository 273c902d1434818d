//! `cargo xtask abuse --list --json`: what is tried against the sandbox.
//!
//! The list is the data files that the tests themselves read, so it cannot name a case
//! that is not run.

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::house::House;

const CASES: [&str; 2] = ["tests/escape/cases.toml", "tests/escape/plugins.toml"];

/// What to print.
#[derive(Args)]
pub(crate) struct Options {
    /// Print every case
    #[arg(long, required = true)]
    list: bool,
    /// As JSON: [{name, layer, code, twin}]
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    code: String,
    twin: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    layer: u8,
    code: String,
    twin: String,
}

/// How many cases there are, and how many of them with layer 1 assumed lost.
pub(crate) fn count(house: &House) -> Result<(f64, f64)> {
    let rows = read(house)?;
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    Ok((count(rows.len()), count(rows.iter().filter(|row| row.layer == 2).count())))
}

fn read(house: &House) -> Result<Vec<Row>> {
    let mut all = Vec::new();
    for file in CASES {
        let text = fs::read_to_string(house.root(file)).with_context(|| format!("cannot read {file}"))?;
        all.extend(rows(&text).with_context(|| format!("{file} cannot be understood"))?);
    }
    Ok(all)
}

/// Prints the cases in the order of the file.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    let rows = read(house)?;
    if rows.is_empty() {
        bail!("there is no case in {}", CASES.join(" and "));
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for row in &rows {
        println!("{}  {:<28} {}", row.layer, row.code, row.name);
    }
    println!(
        "{} cases, {} of them with layer 1 assumed lost",
        rows.len(),
        rows.iter().filter(|row| row.layer == 2).count()
    );
    Ok(())
}

/// Layer 2 is tried with raw system calls; everything else must be stopped by layer 1.
fn rows(text: &str) -> Result<Vec<Row>> {
    let file: File = toml::from_str(text)?;
    let row = |case: Case| Row {
        layer: if case.kind == "layer2" { 2 } else { 1 },
        twin: case.twin,
        name: case.name,
        code: case.code,
    };
    Ok(file.case.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_call_is_of_the_second_layer_and_a_name_of_the_first() {
        let text = r#"
            [[case]]
            name = "a name"
            kind = "artifact"
            code = "artifacts.bad-name"
            attack = ".."
            twin = "x"
            [[case]]
            name = "a call"
            kind = "layer2"
            code = "EPERM"
            attack = "socket"
            twin = "socket"
        "#;
        let rows = rows(text).unwrap();
        assert_eq!([rows[0].layer, rows[1].layer], [1, 2]);
        assert_eq!(rows[0].twin, "x");
    }
}
