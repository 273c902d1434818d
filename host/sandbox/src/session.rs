//! Talking with one runner, which is not believed.
//!
//! A frame's length is checked before its bytes are waited for, the sum of all frames
//! is bounded, and a message that does not decode ends the process. What the words
//! mean is checked where they are used.
//!
//! **Invariant:** memory for a frame grows with the bytes that arrived, never with
//! the length that was claimed.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use hivesync_protocol::{FRAME_BYTES_MAX, FrameError, FromRunner, Layer2, Start, ToRunner};
use hivesync_types::Code;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, Interest};
use tokio::net::UnixStream;

use crate::error::{Error, ProtocolFault};
use crate::pool::Runner;
use crate::process::Ended;
use crate::socket;

/// How long a process that has said its last word may take to be gone.
pub(crate) const EXIT_GRACE: Duration = Duration::from_millis(200);
/// How long a runner may take to stand behind its walls.
const READY_PATIENCE: Duration = Duration::from_secs(5);
/// A runner's reading buffer.
const BUFFER_BYTES: usize = 64 * 1024;

/// A bounded reader and a writer of frames.
#[derive(Debug)]
pub(crate) struct Frames {
    stream: BufReader<UnixStream>,
    received: u64,
    received_max: u64,
}

impl Frames {
    pub(crate) fn new(stream: UnixStream, received_max: u64) -> Self {
        Self { stream: BufReader::with_capacity(BUFFER_BYTES, stream), received: 0, received_max }
    }

    /// The next message; none when the other end is closed.
    pub(crate) async fn next<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let mut prefix = [0; 4];
        if !self.fill(&mut prefix).await? {
            return Ok(None);
        }
        let length = u32::from_le_bytes(prefix);
        if length > FRAME_BYTES_MAX {
            return Err(Error::Protocol(FrameError::TooLong { bytes: u64::from(length) }.into()));
        }
        self.received = self.received.saturating_add(u64::from(length));
        if self.received > self.received_max {
            let fault = ProtocolFault::TooMuch { received: self.received, limit: self.received_max };
            return Err(Error::Protocol(fault));
        }
        let mut body = Vec::new();
        let mut frame = (&mut self.stream).take(u64::from(length));
        // A peer that dies in the middle of a frame is a lost peer, like one that dies before it.
        match frame.read_to_end(&mut body).await {
            Ok(bytes) if u32::try_from(bytes) == Ok(length) => {}
            Ok(_) => return Ok(None),
            Err(error) if is_hangup(&error) => return Ok(None),
            Err(source) => return Err(Error::Storage { what: "reading from a process", source }),
        }
        let message = hivesync_protocol::decode(&body).map_err(|error| Error::Protocol(error.into()))?;
        Ok(Some(message))
    }

    /// True when the whole of `bytes` was read.
    async fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, Error> {
        match self.stream.read_exact(bytes).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof || is_hangup(&error) => Ok(false),
            Err(source) => Err(Error::Storage { what: "reading from a process", source }),
        }
    }

    /// Sends one message with descriptors on its first byte. False when nobody hears it.
    pub(crate) async fn send<T: serde::Serialize>(
        &mut self,
        message: &T,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<bool, Error> {
        let frame = hivesync_protocol::encode(message).map_err(|error| Error::Protocol(error.into()))?;
        let stream = self.stream.get_mut();
        let sent = async {
            let mut rest = frame.as_slice();
            if !descriptors.is_empty() {
                let sent = stream
                    .async_io(Interest::WRITABLE, || socket::send(stream.as_fd(), &frame, descriptors))
                    .await?;
                rest = frame.get(sent..).unwrap_or_default();
            }
            stream.write_all(rest).await
        };
        match sent.await {
            Ok(()) => Ok(true),
            Err(error) if is_hangup(&error) => Ok(false),
            Err(source) => Err(Error::Storage { what: "writing to a process", source }),
        }
    }
}

/// The other end is gone.
fn is_hangup(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset)
}

/// One run's conversation.
#[derive(Debug)]
pub(crate) struct Session {
    runner: Runner,
    frames: Frames,
    layer2: Layer2,
    deadline: Instant,
}

impl Session {
    /// Waits until `runner` is ready. The process is killed at `deadline`.
    pub(crate) async fn open(runner: Runner, deadline: Instant, received_max: u64) -> Result<Self, Error> {
        runner.arm(deadline);
        let socket = std::os::unix::net::UnixStream::from(runner.socket()?);
        let stream = UnixStream::from_std(socket)
            .map_err(|source| Error::Storage { what: "watching a socket", source })?;
        let frames = Frames::new(stream, received_max);
        let mut session = Self { runner, frames, layer2: Layer2::default(), deadline };
        let ready = tokio::time::timeout(READY_PATIENCE, session.frames.next()).await;
        match ready.unwrap_or(Ok(None)) {
            Ok(Some(FromRunner::Ready(layer2))) => session.layer2 = layer2,
            Ok(Some(FromRunner::End(end))) => {
                return Err(end.result.err().map_or(UNEXPECTED_BEFORE_READY, Error::from_fault));
            }
            Ok(Some(_)) => return Err(UNEXPECTED_BEFORE_READY),
            Ok(None) => return Err(session.lost().await),
            Err(error) => return Err(error),
        }
        Ok(session)
    }

    /// The walls the runner says it stands behind.
    pub(crate) const fn layer2(&self) -> &Layer2 {
        &self.layer2
    }

    /// Bytes that the runner has said.
    pub(crate) const fn received(&self) -> u64 {
        self.frames.received
    }

    /// Sends the first frame; `descriptors` are the compiled module and the layers.
    pub(crate) async fn start(&mut self, start: Start, descriptors: &[BorrowedFd<'_>]) -> Result<(), Error> {
        let heard = self.frames.send(&ToRunner::Start(Box::new(start)), descriptors).await?;
        // A runner that is gone already is noticed, with its status, by the next read.
        if !heard {
            tracing::debug!(runner.pid = self.runner.pid(), "the runner did not take its start");
        }
        Ok(())
    }

    /// Answers the runner. One that is gone is noticed by the next read.
    pub(crate) async fn send(&mut self, message: &ToRunner) -> Result<(), Error> {
        self.frames.send(message, &[]).await.map(drop)
    }

    /// What the runner says next. An end without an answer is an error with evidence.
    pub(crate) async fn next(&mut self) -> Result<FromRunner, Error> {
        match self.frames.next().await? {
            Some(message) => Ok(message),
            None => Err(self.lost().await),
        }
    }

    /// Waits for the process behind a closed socket and says how it ended.
    async fn lost(&mut self) -> Error {
        let ended = self.runner.ended(EXIT_GRACE).await;
        match ended {
            Some(Ended { by_deadline: true, .. }) if Instant::now() >= self.deadline => {
                Error::Limit { code: Code::LimitWall, used: 0, limit: 0 }
            }
            Some(ended) => Error::Lost { code: Code::HostRunnerLost, end: ended.end },
            None => Error::Lost { code: Code::HostRunnerLost, end: crate::process::ProcessEnd::Unknown },
        }
    }

    /// Kills the process and waits until it is gone.
    pub(crate) async fn kill(mut self) -> Option<Ended> {
        self.runner.kill();
        self.runner.ended(EXIT_GRACE).await
    }

    /// Waits until the process is gone, and kills it if that takes too long.
    pub(crate) async fn finish(mut self) -> Option<Ended> {
        self.runner.ended(EXIT_GRACE).await
    }
}

const UNEXPECTED_BEFORE_READY: Error =
    Error::Protocol(ProtocolFault::Unexpected("the first word of a runner is not that it is ready"));

#[cfg(test)]
mod tests;
