//! Open descriptors.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

/// Makes `descriptor` reachable as number `number`, closing what was there.
pub fn keep_as(descriptor: impl AsFd, number: RawFd) -> io::Result<()> {
    // SAFETY: `dup2` touches no memory. `number` is one of the standard descriptors,
    // which nothing in this process owns as a value that would close it later.
    let result = unsafe { libc::dup2(descriptor.as_fd().as_raw_fd(), number) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Closes every descriptor from `first` on.
///
/// # Safety
///
/// No value of this process may own one of them and be used or dropped afterwards.
pub unsafe fn close_above(first: u32) -> io::Result<()> {
    // SAFETY: handed on to the caller.
    unsafe { close_between(first, u32::MAX) }
}

/// Closes the descriptors from `first` to `last`.
///
/// # Safety
///
/// As [`close_above`].
pub unsafe fn close_between(first: u32, last: u32) -> io::Result<()> {
    // SAFETY: `close_range` touches no memory; the caller answers for ownership.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
