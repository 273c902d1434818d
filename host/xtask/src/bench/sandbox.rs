//! Runs in the sandbox: the program that measures them belongs to `host/sandbox`, which
//! knows its own parts; here its figures meet the goals.

use std::process::Command;

use anyhow::{Context, Result};

use super::row::Row;
use crate::abuse;
use crate::house::House;
use crate::test;

/// A line of the table: its first words, its unit, the most it may be.
const LINES: [(&str, &str, f64); 8] = [
    ("no-op run through the pre-forked pool", "ms", 0.5),
    ("complete cold run", "ms", 3.0),
    ("complete cold run with a 5 MB guest", "ms", 10.0),
    ("instantiate + call inside the runner", "us", 50.0),
    ("over-run of a deadline", "ms", 25.0),
    ("parent kill", "of 200 late", 0.0),
    ("1,000 killed or crashing runners", "wrong results", 0.0),
    ("equal replay", "unequal", 0.0),
];

/// The lines; one that the program does not know stays unmeasured.
pub(crate) fn rows(house: &House, runs: usize) -> Result<Vec<Row>> {
    let output = Command::new(test::house_example(house, "bench-sandbox")?)
        .arg(runs.to_string())
        .env("HIVESYNC_HOME", house.product(""))
        .output()
        .context("cannot start the program that measures")?;
    if !output.status.success() {
        eprintln!("bench: {}", String::from_utf8_lossy(&output.stderr));
    }
    let figures = super::figures(&String::from_utf8_lossy(&output.stdout));
    let line = |(row, unit, most): &(&str, &'static str, f64)| {
        Row::at_most(*row, figures.get(*row).copied(), unit, *most)
    };
    let mut rows: Vec<Row> = LINES.iter().map(line).collect();
    let (cases, walls) = abuse::count(house)?;
    rows.push(Row::at_least("abuse tests with exact codes", Some(cases), "cases", 150.0));
    rows.push(Row::at_least("abuse tests with layer 1 lost", Some(walls), "cases", 20.0));
    Ok(rows)
}
