//! Imports beside those that madge and dependency-cruiser find.

use std::fs;

use anyhow::Result;
use serde_json::Value;

use super::{Before, Bench, copy};
use crate::bench::median;
use crate::bench::row::Row;
use crate::command;

/// Maps of one package that are timed.
const RUNS_MAX: usize = 3;

/// A package whose imports are compared: what npm calls it, the folder that is read, and what
/// the names of its files end in. Of one that ships the same program in several forms, one is
/// read: a map has 2,000 files at most.
struct Package {
    name: &'static str,
    package: &'static str,
    below: &'static str,
    endings: &'static [&'static str],
}

const SCRIPTS: &[&str] = &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "json"];

const PACKAGES: [Package; 6] = [
    Package { name: "antd", package: "antd@4.24.16", below: "es", endings: SCRIPTS },
    Package { name: "lodash-es", package: "lodash-es@4.17.21", below: "", endings: SCRIPTS },
    Package { name: "date-fns", package: "date-fns@4.1.0", below: "", endings: &["js", "json"] },
    Package { name: "zod", package: "zod@4.1.12", below: "src", endings: SCRIPTS },
    Package {
        name: "@tanstack/query-core",
        package: "@tanstack/query-core@5.90.5",
        below: "src",
        endings: SCRIPTS,
    },
    Package { name: "preact", package: "preact@10.27.2", below: "src", endings: SCRIPTS },
];
const MADGE: &str = "madge@8.0.0";
/// It reads TypeScript where that is installed beside it.
const CRUISER: &str = "dependency-cruiser@17.2.0 typescript@5.9.3";

impl Bench<'_> {
    /// Imports beside those that madge and dependency-cruiser find.
    pub(super) fn imports(&self) -> Result<Vec<Row>> {
        let madge = self.node.tool(self.house, "madge", MADGE)?.join("node_modules");
        let cruiser = self.node.tool(self.house, "dependency-cruiser", CRUISER)?.join("node_modules");
        let mut rows = Vec::new();
        for package in &PACKAGES {
            let name = package.name;
            eprintln!("bench: imports of {name}");
            let folder = self.work.join("imports").join(name);
            let from = self.package(name, package.package)?.join(package.below);
            copy(&from, &folder, package.endings)?;
            let mut taken = Vec::new();
            let mut map = Value::Null;
            for _ in 0..self.runs.min(RUNS_MAX) {
                let seconds;
                (map, seconds) = self.map(&folder, "off", Before::Nothing)?;
                taken.push(seconds);
            }
            let (file, report) = (self.work.join("map.json"), self.work.join("imports.json"));
            fs::write(&file, serde_json::to_vec(&map)?)?;
            let mut compare = self.node.command();
            compare.arg(self.house.root("tests/parity/imports.mjs")).arg(&folder).arg(&file);
            compare.arg("--tools").arg(&madge).arg("--cruiser").arg(&cruiser).arg("--json").arg(&report);
            eprint!("{}", command::read(&mut compare)?);
            let report: Value = serde_json::from_str(&fs::read_to_string(&report)?)?;
            rows.extend(import_rows(name, median(taken), &report));
        }
        Ok(rows)
    }
}

/// Two lines of the table for each of the other tools.
fn import_rows(name: &str, seconds: Option<f64>, report: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    for tool in ["madge", "dependency-cruiser"] {
        let about = |key: &str| report.pointer(&format!("/tools/{tool}/{key}"));
        let count = |key: &str| about(key).and_then(Value::as_array).map(Vec::len);
        let edges = report.pointer("/edges").and_then(Value::as_u64).unwrap_or_default();
        // That two tools find nothing is no agreement.
        let differ = count("more").zip(count("less")).map(|(more, less)| more + less).filter(|_| edges > 0);
        let differ = differ.and_then(|differ| u32::try_from(differ).ok()).map(f64::from);
        let row = format!("imports, of {edges}, that differ from {tool}: {name}");
        rows.push(Row::at_most(row, differ, "edges", 0.0));
        let row = format!("imports, processor: {name}");
        rows.push(Row::less_than(row, seconds, "s", tool, about("seconds").and_then(Value::as_f64), 20.0));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_one_of_the_tools_does_not_have_is_counted_and_no_edges_are_no_agreement() {
        let report = |edges: u32| {
            let tool = serde_json::json!({ "more": ["a → b"], "less": [], "seconds": 2.0 });
            serde_json::json!({ "edges": edges, "tools": { "madge": tool, "dependency-cruiser": tool } })
        };
        let values = |edges| {
            let rows = import_rows("x", Some(0.1), &report(edges));
            rows.iter().map(|row| serde_json::to_value(row).unwrap()["value"].as_f64()).collect::<Vec<_>>()
        };
        assert_eq!(values(5), [Some(1.0), Some(0.1), Some(1.0), Some(0.1)]);
        assert_eq!(values(0), [None, Some(0.1), None, Some(0.1)]);
    }
}
