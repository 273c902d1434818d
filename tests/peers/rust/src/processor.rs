//! Processor time of this process and of the servers that it uses, as the kernel counts it.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc`, on every Linux that we know.
const TICKS: f64 = 100.0;

/// Seconds that were used up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processor(f64);

impl Processor {
    /// Of us and of every process of this name; who ended is counted by who waited for it.
    pub(crate) fn read(name: &str) -> Result<Self> {
        let (own, name) = (std::process::id(), format!("({name})"));
        let mut total = 0.0;
        for entry in fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            // It may be gone by now.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            if pid == own || stat.contains(&name) {
                total += seconds(&stat).with_context(|| format!("cannot read the time of {pid}"))?;
            }
        }
        Ok(Self(total))
    }

    pub(crate) fn since(self, before: Self) -> f64 {
        self.0 - before.0
    }
}

/// User and system time, own and of children that were waited for.
fn seconds(stat: &str) -> Option<f64> {
    // The name stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(4).map(|field| field.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / TICKS)
}
