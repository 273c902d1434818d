//! Processor time of this process and of the database's, as the kernel counts it.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc`, on every Linux that we know.
const TICKS: f64 = 100.0;

/// What was used up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processor(f64);

impl Processor {
    /// Of us and of every server of PostgreSQL here: processes that ended are counted by who
    /// waited for them.
    pub(crate) fn read() -> Result<Self> {
        let own = std::process::id();
        let mut total = 0.0;
        for entry in fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            // It may be gone by now.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            if pid == own || stat.contains("(postgres)") {
                total += seconds(&stat).with_context(|| format!("cannot read the time of {pid}"))?;
            }
        }
        Ok(Self(total))
    }

    /// Seconds since.
    pub(crate) fn since(self) -> Result<f64> {
        Ok(Self::read()?.0 - self.0)
    }
}

/// User and system time, own and of children that were waited for.
fn seconds(stat: &str) -> Option<f64> {
    // The name stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(4).map(|field| field.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / TICKS)
}
