//! A run's log. The runner counted it already; it is counted here again.

use hivesync_protocol::wit::log::Level;
use hivesync_types::bounds::LOG_LINE_BYTES_MAX;
use hivesync_types::{Code, Limits};

use crate::error::Error;
use crate::escape::escape_line;
use crate::outputs::check;

/// One line of a run's log, escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub message: String,
}

/// The log of one run.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    lines: Vec<LogLine>,
    bytes: u64,
}

impl Journal {
    /// Takes one line as the guest wrote it. The error is a limit that ends the run.
    pub(crate) fn take(&mut self, level: Level, message: &str, limits: &Limits) -> Result<&LogLine, Error> {
        let line = LogLine { level, message: escape_line(message, LOG_LINE_BYTES_MAX) };
        // Counted as written, before escaping, as the runner counts.
        let written = message.len().min(LOG_LINE_BYTES_MAX);
        self.bytes = self.bytes.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        let count = u64::try_from(self.lines.len()).unwrap_or(u64::MAX).saturating_add(1);
        check(Code::LimitLog, count, limits.log_lines)?;
        check(Code::LimitLog, self.bytes, limits.log_bytes)?;
        self.lines.push(line);
        self.lines.last().ok_or(Error::Internal("a line that was kept is not there"))
    }

    pub(crate) fn into_lines(self) -> Vec<LogLine> {
        self.lines
    }
}
