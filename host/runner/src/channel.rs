//! Frames on the one socket to the broker, which is the standard input.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use hivesync_protocol::{FRAME_BYTES_MAX, FrameError, FromRunner, ToRunner, decode, encode};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// Most descriptors that can come with the first frame: the module and its image layers.
const DESCRIPTORS_MAX: usize = 16;

/// The broker cannot be understood or is gone; there is nobody to tell.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The socket failed, or was closed in the middle of a frame.
    #[error("the broker's socket failed")]
    Io(#[from] io::Error),
    /// A frame that is none.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The broker closed the socket: it wants no run.
    #[error("the broker has gone")]
    Closed,
}

/// The standard input, which is the socket to the broker.
pub fn socket() -> BorrowedFd<'static> {
    // SAFETY: the standard input is open from the start of this process to its end, and
    // no value owns it.
    unsafe { BorrowedFd::borrow_raw(0) }
}

/// The socket. It is the same for the whole process, so it is a value without content.
#[derive(Debug, Clone, Copy)]
pub struct Channel;

impl Channel {
    /// Sends one message.
    pub fn send(self, message: &FromRunner) -> Result<u64, ChannelError> {
        let frame = encode(message)?;
        self.send_raw(&frame)?;
        Ok(bytes(frame.len()))
    }

    /// Writes bytes as they are.
    pub fn send_raw(self, mut rest: &[u8]) -> Result<(), ChannelError> {
        while !rest.is_empty() {
            match rustix::io::write(socket(), rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        Ok(())
    }

    /// Receives one message and says how long its frame was.
    pub fn receive(self) -> Result<(ToRunner, u64), ChannelError> {
        let mut prefix = [0; 4];
        self.fill(&mut prefix)?;
        self.receive_body(prefix)
    }

    /// Receives the first message with its descriptors, which come with its first bytes.
    pub fn receive_first(self) -> Result<(ToRunner, Vec<OwnedFd>), ChannelError> {
        let mut prefix = [0; 4];
        let mut descriptors = Vec::new();
        let mut filled = 0;
        while filled < prefix.len() {
            let got =
                receive_with_descriptors(prefix.get_mut(filled..).unwrap_or_default(), &mut descriptors)?;
            if got == 0 {
                return Err(ChannelError::Closed);
            }
            filled = filled.saturating_add(got);
        }
        let (message, _) = self.receive_body(prefix)?;
        Ok((message, descriptors))
    }

    fn receive_body(self, prefix: [u8; 4]) -> Result<(ToRunner, u64), ChannelError> {
        let length = u32::from_le_bytes(prefix);
        if length > FRAME_BYTES_MAX {
            return Err(FrameError::TooLong { bytes: u64::from(length) }.into());
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut body)?;
        Ok((decode(&body)?, u64::from(length).saturating_add(4)))
    }

    fn fill(self, mut rest: &mut [u8]) -> Result<(), ChannelError> {
        while !rest.is_empty() {
            match rustix::io::read(socket(), &mut *rest) {
                Ok(0) => return Err(ChannelError::Closed),
                Ok(read) => rest = rest.get_mut(read..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        Ok(())
    }
}

fn receive_with_descriptors(buffer: &mut [u8], descriptors: &mut Vec<OwnedFd>) -> io::Result<usize> {
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        match recvmsg(socket(), &mut [io::IoSliceMut::new(buffer)], &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    Ok(received.bytes)
}

/// A length as the ledgers count it.
pub fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
