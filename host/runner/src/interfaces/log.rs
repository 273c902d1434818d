//! `log`: lines pass to the broker, raw, within the run's share.

use hivesync_protocol::FromRunner;
use hivesync_protocol::wit::log::Level;
use hivesync_types::bounds::LOG_LINE_BYTES_MAX;
use hivesync_types::{Code, Limits};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::budget::Function;
use crate::channel::bytes;
use crate::fault::{Fault, cut};
use crate::state::Run;

/// Says of a line that more was written.
const CUT_MARK: &str = " [cut]";
/// What a guest's panic hook writes in front of its message, at level `error`.
const PANIC_PREFIX: &str = "panic: ";

/// Lines and bytes of the log so far.
#[derive(Debug)]
pub(crate) struct LogLedger {
    lines: u64,
    lines_max: u64,
    bytes: u64,
    bytes_max: u64,
}

impl LogLedger {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self { lines: 0, lines_max: limits.log_lines, bytes: 0, bytes_max: limits.log_bytes }
    }

    fn add(&mut self, line: u64) -> Result<(), Fault> {
        self.lines = self.lines.saturating_add(1);
        self.bytes = self.bytes.saturating_add(line);
        if self.lines > self.lines_max {
            return Err(Fault::beyond(Code::LimitLog, "log-lines", self.lines, self.lines_max));
        }
        if self.bytes > self.bytes_max {
            return Err(Fault::beyond(Code::LimitLog, "log-bytes", self.bytes, self.bytes_max));
        }
        Ok(())
    }
}

pub(super) fn fill(instance: &mut LinkerInstance<'_, Run>) -> wasmtime::Result<()> {
    instance.func_wrap("write", write)
}

fn write(mut store: StoreContextMut<'_, Run>, (level, message): (Level, String)) -> wasmtime::Result<()> {
    store.data_mut().serve(Function::LogWrite, |run| {
        run.budget.spend_bytes(Function::LogWrite, bytes(message.len()))?;
        let message = shorten(message);
        if let (Level::Error, Some(panic)) = (level, message.strip_prefix(PANIC_PREFIX)) {
            // Remembered before the log can be full: why a guest gave up must not be lost.
            run.panic = Some(panic.to_owned());
        }
        run.log.add(bytes(message.len()))?;
        run.tell(&FromRunner::Log { level, message })
    })
}

fn shorten(message: String) -> String {
    if message.len() <= LOG_LINE_BYTES_MAX {
        return message;
    }
    let mut line = cut(message, LOG_LINE_BYTES_MAX.saturating_sub(CUT_MARK.len()));
    line.push_str(CUT_MARK);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::limits;

    #[test]
    fn a_line_as_long_as_permitted_is_whole_and_a_longer_one_says_so() {
        assert_eq!(shorten("x".repeat(LOG_LINE_BYTES_MAX)).len(), LOG_LINE_BYTES_MAX);
        let line = shorten("ä".repeat(LOG_LINE_BYTES_MAX));
        assert!(line.len() <= LOG_LINE_BYTES_MAX && line.ends_with(CUT_MARK));
    }

    #[test]
    fn the_last_line_fits_and_the_next_does_not() {
        let mut ledger = LogLedger::new(&Limits { log_lines: 2, log_bytes: 100, ..limits() });
        ledger.add(50).unwrap();
        ledger.add(50).unwrap();
        assert_eq!(ledger.add(0).unwrap_err().code, Code::LimitLog);
        let mut ledger = LogLedger::new(&Limits { log_lines: 9, log_bytes: 100, ..limits() });
        assert_eq!(ledger.add(101).unwrap_err().code, Code::LimitLog);
    }
}
