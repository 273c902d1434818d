//! Processor time of this process and of the database's, as the kernel counts it.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc`, on every Linux that we know.
const TICKS: f64 = 100.0;

/// What was used up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processor {
    used: f64,
    server: Option<u32>,
}

impl Processor {
    /// Of us and of this server of PostgreSQL, if there is one: of the process that started the others,
    /// and of those. Who ended is counted by who waited for them.
    pub(crate) fn read(server: Option<u32>) -> Result<Self> {
        let mut used = 0.0;
        for entry in fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            // It may be gone by now.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            let is_server = server.is_some_and(|server| pid == server || parent(&stat) == Some(server));
            if pid == std::process::id() || is_server {
                used += seconds(&stat).with_context(|| format!("cannot read the time of {pid}"))?;
            }
        }
        Ok(Self { used, server })
    }

    /// The process that started the one which serves a connection.
    pub(crate) fn server_of(backend: i32) -> Option<u32> {
        parent(&fs::read_to_string(format!("/proc/{backend}/stat")).ok()?)
    }

    /// Seconds since.
    pub(crate) fn since(self) -> Result<f64> {
        Ok(Self::read(self.server)?.used - self.used)
    }
}

/// Who started it.
fn parent(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// User and system time, own and of children that were waited for.
fn seconds(stat: &str) -> Option<f64> {
    // The name stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(4).map(|field| field.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / TICKS)
}
