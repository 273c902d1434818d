//! `cargo xtask bench NAME`: our figures beside those of the tools people use today,
//! measured in one run on one machine.

mod bundle;
mod content;
mod figures;
mod http;
mod influence;
mod jobs;
mod measure;
mod row;
mod sandbox;
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;

use self::figures::Figures;
pub(crate) use self::http::node::{Node, Person};
use self::row::Row;
use crate::house::House;

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// The table to fill
    #[arg(value_enum)]
    name: Name,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// How often each of our figures is taken; the median counts. 5 builds, 7 maps, 200 runs when
    /// left out; of jobs the workers that are killed, 200 when left out; of http the subscribers, 5000, and
    /// 200 times as many previews that are over; of content the posts, 50
    #[arg(long)]
    runs: Option<usize>,
    /// The parts that have these words in their name alone, such as "signed requests"; of http
    #[arg(long)]
    part: Option<String>,
    /// Seconds that the object store is away; of http
    #[arg(long, default_value_t = 60)]
    away: u64,
}

#[derive(Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    /// Against Metro, esbuild and rspack
    Bundle,
    /// Runs, walls and clocks
    Sandbox,
    /// Maps: agreement with Chromium, a large page, and imports
    Influence,
    /// The queue, against graphile-worker, BullMQ, awa and apalis
    Jobs,
    /// The API under load
    Http,
    /// Posts, with a model that answers at once
    Content,
}

#[derive(Serialize)]
struct Table {
    bench: Name,
    /// The machine's load over a minute, before and after.
    load: [f64; 2],
    rows: Vec<Row>,
}

/// Measures and prints.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    let before = load()?;
    let rows = match options.name {
        Name::Bundle => bundle::rows(house, options.runs.unwrap_or(5))?,
        Name::Sandbox => sandbox::rows(house, options.runs.unwrap_or(200))?,
        Name::Influence => influence::rows(house, options.runs.unwrap_or(7))?,
        Name::Jobs => jobs::rows(house, options.runs)?,
        Name::Http => {
            let away = Duration::from_secs(options.away);
            http::rows(house, options.runs, away, Figures::of_part(options.part.as_deref()))?
        }
        Name::Content => content::rows(house, options.runs.unwrap_or(50))?,
    };
    let table = Table { bench: options.name, load: [before, load()?], rows };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    println!("load {:.1} before, {:.1} after", before, table.load[1]);
    for row in &table.rows {
        println!("{row}");
    }
    Ok(())
}

/// What a program of ours printed: one figure a line, its name, a tab, the number.
fn figures(text: &str) -> BTreeMap<String, f64> {
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?))).collect()
}

fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("this system does not tell its load")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().with_context(|| format!("the load is {first}"))
}

/// The middle of the values, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values.get((values.len() / 2).checked_sub(1)?)?;
    Some(f64::midpoint(*lower, upper))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_figure_is_passed_over() {
        let read = figures("complete cold run\t2.5\nnoise\nequal replay\tmany\n");
        assert_eq!(read, BTreeMap::from([("complete cold run".to_owned(), 2.5)]));
    }

    #[test]
    fn the_median_of_nothing_is_nothing_and_of_two_lies_between_them() {
        assert_eq!(median(Vec::new()), None);
        assert_eq!(median(vec![3.0, 1.0]), Some(2.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
    }
}
