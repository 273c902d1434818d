//! Output of the module becomes lines of the run's log.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hivesync_protocol::FromRunner;
use hivesync_protocol::wit::log::Level;
use hivesync_runner::channel::Channel;
use hivesync_runner::fault::Fault;
use hivesync_types::bounds::LOG_LINE_BYTES_MAX;
use hivesync_types::{Code, Limits};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Bytes a module may write at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The log of one run, and what may still go into it.
#[derive(Debug)]
struct Log {
    channel: Channel,
    lines: u64,
    lines_max: u64,
    bytes: u64,
    bytes_max: u64,
}

/// Standard output and error, which share the log's limits.
pub(crate) struct Output(Arc<Mutex<Log>>);

impl Output {
    pub(crate) fn new(channel: Channel, limits: &Limits) -> Self {
        let log =
            Log { channel, lines: 0, lines_max: limits.log_lines, bytes: 0, bytes_max: limits.log_bytes };
        Self(Arc::new(Mutex::new(log)))
    }

    pub(crate) fn stdout(&self) -> Lines {
        self.lines(Level::Info)
    }

    pub(crate) fn stderr(&self) -> Lines {
        self.lines(Level::Warn)
    }

    fn lines(&self, level: Level) -> Lines {
        Lines { log: Arc::clone(&self.0), level, rest: Arc::default() }
    }
}

/// One stream, cut into lines. A line that has not ended is kept until it has, or
/// until the stream is dropped.
#[derive(Clone)]
pub(crate) struct Lines {
    log: Arc<Mutex<Log>>,
    level: Level,
    rest: Arc<Mutex<Vec<u8>>>,
}

impl Log {
    /// One line, cut to what a line may have. Fails at the limits of the log.
    fn take(&mut self, level: Level, line: &[u8]) -> Result<(), Fault> {
        let line = line.get(..LOG_LINE_BYTES_MAX).unwrap_or(line);
        self.lines = self.lines.saturating_add(1);
        self.bytes = self.bytes.saturating_add(hivesync_runner::channel::bytes(line.len()));
        if self.lines > self.lines_max {
            return Err(Fault::beyond(Code::LimitLog, "log-lines", self.lines, self.lines_max));
        }
        if self.bytes > self.bytes_max {
            return Err(Fault::beyond(Code::LimitLog, "log-bytes", self.bytes, self.bytes_max));
        }
        let message = String::from_utf8_lossy(line).into_owned();
        self.channel
            .send(&FromRunner::Log { level, message })
            .map(drop)
            .map_err(|error| Fault::new(Code::HostRunnerLost, error.to_string()))
    }
}

impl Lines {
    fn push(&self, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            // What is beyond a line's bytes is cut anyway and need not be kept.
            let room = LOG_LINE_BYTES_MAX.saturating_sub(rest.len());
            rest.extend_from_slice(part.get(..room).unwrap_or(part));
            if parts.peek().is_some() {
                log.take(self.level, &std::mem::take(&mut *rest))?;
            }
        }
        Ok(())
    }
}

impl Drop for Lines {
    /// The last line, if it did not end. A log that is full has been told before.
    fn drop(&mut self) {
        let rest = std::mem::take(&mut *self.rest.lock().unwrap_or_else(PoisonError::into_inner));
        if !rest.is_empty() {
            let _ = self.log.lock().unwrap_or_else(PoisonError::into_inner).take(self.level, &rest);
        }
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only asynchronous engines ask for this, and this one is not.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes).map_err(|fault| StreamError::Trap(fault.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}
