//! Frames on standard input, which is a socket to the broker.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use hivesync_protocol::{CompileAnswer, CompileRequest, decode, encode};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

/// Descriptors that come with the request.
const DESCRIPTORS: usize = 2;
/// The longest request, in bytes: a digest and a few numbers.
const REQUEST_BYTES_MAX: usize = 4096;

/// The request, with the descriptors on its first byte.
pub(crate) fn receive() -> io::Result<(CompileRequest, Vec<OwnedFd>)> {
    let mut descriptors = Vec::new();
    let mut prefix = [0; 4];
    fill(&mut prefix, &mut descriptors)?;
    let length = usize::try_from(u32::from_le_bytes(prefix)).unwrap_or(usize::MAX);
    if length > REQUEST_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too long"));
    }
    let mut body = vec![0; length];
    fill(&mut body, &mut descriptors)?;
    let request = decode(&body).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok((request, descriptors))
}

fn fill(buffer: &mut [u8], descriptors: &mut Vec<OwnedFd>) -> io::Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let slices = &mut [IoSliceMut::new(rest)];
        let message =
            rustix::net::recvmsg(rustix::stdio::stdin(), slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        for part in control.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = part {
                descriptors.extend(received);
            }
        }
        if message.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        rest = rest.split_at_mut(message.bytes).1;
    }
    Ok(())
}

/// Sends the answer.
pub(crate) fn send(answer: &CompileAnswer) -> io::Result<()> {
    let frame = encode(answer).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let mut rest = frame.as_slice();
    while !rest.is_empty() {
        let sent = rustix::io::write(rustix::stdio::stdin(), rest)?;
        rest = rest.get(sent..).unwrap_or_default();
    }
    Ok(())
}
