//! What a build that followed a change says about itself.

use hivesync_pipeline::BuildReport;
use serde_json::{Value, json};

use crate::style::{Colour, Emphasis};
use crate::watch::Change;

/// A build that followed a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    /// Some of the paths that changed.
    changed: Vec<String>,
    /// From the first word of the change to the new bundle, in milliseconds.
    ms: u64,
}

impl Rebuilt {
    /// The bundle stands at its place now.
    pub(crate) fn now(change: &Change) -> Self {
        let ms = u64::try_from(change.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Self { changed: change.paths.clone(), ms }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "changed": self.changed, "ms": self.ms })
    }

    /// One line for a person.
    pub(crate) fn line(&self, report: &BuildReport) -> String {
        let colour = Colour::of_stdout();
        let pure = &report.record.pure_runs;
        let more = match self.changed.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        format!(
            "{} {} in {} ms after a change of {}{more} ({} of {} modules transformed)\n",
            colour.paint(Emphasis::Good, "rebuilt"),
            colour.paint(Emphasis::Bold, report.out.display().to_string()),
            self.ms,
            self.changed.first().map_or("packages", String::as_str).escape_debug(),
            pure.misses,
            pure.jobs,
        )
    }
}
