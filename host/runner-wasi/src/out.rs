//! What the command left in `/out` goes to the broker.
//!
//! Only regular files are handed over, by ascending path; there can be nothing else
//! but directories, because Landlock lets nothing else be made.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use hivesync_protocol::FromRunner;
use hivesync_runner::channel::{Channel, ChannelError};
use hivesync_runner::fault::Fault;
use hivesync_types::Code;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RawMode, openat, statat};

/// Bytes of a file in one frame.
const PART_BYTES: usize = 1 << 20;
/// Directories in directories that are followed.
const DEPTH_MAX: usize = 32;

/// Sends every file. The inner error is one of the module's making or ours, the outer
/// one means that nobody listens.
pub(crate) fn hand_over(out: &OwnedFd, channel: Channel) -> Result<Result<(), Fault>, ChannelError> {
    let mut paths = Vec::new();
    // What came from mounting is a place and not yet an open directory.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(out, ".", flags, Mode::empty()).map_err(|error| unreadable("", &error.into()));
    if let Err(fault) = opened.and_then(|root| list(root.as_fd(), "", 0, &mut paths)) {
        return Ok(Err(fault));
    }
    paths.sort();
    for path in paths {
        match openat(out, &path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => match send(&path, File::from(file), channel)? {
                Ok(()) => {}
                Err(fault) => return Ok(Err(fault)),
            },
            Err(error) => return Ok(Err(unreadable(&path, &error.into()))),
        }
    }
    Ok(Ok(()))
}

fn list(directory: BorrowedFd<'_>, prefix: &str, depth: usize, paths: &mut Vec<String>) -> Result<(), Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::new(
            Code::GuestBadValue,
            format!("`/out` is deeper than {DEPTH_MAX} directories"),
        ));
    }
    let failed = |error: rustix::io::Errno| unreadable(prefix, &error.into());
    for entry in Dir::read_from(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = match entry.file_name().to_str() {
            Ok("." | "..") => continue,
            Ok(name) => name,
            Err(_) => return Err(Fault::new(Code::GuestBadValue, "a name in `/out` is not UTF-8")),
        };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let mode = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?.st_mode;
        match FileType::from_raw_mode(RawMode::from(mode)) {
            FileType::RegularFile => paths.push(path),
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let inner = openat(directory, name, flags, Mode::empty()).map_err(failed)?;
                list(inner.as_fd(), &path, depth.saturating_add(1), paths)?;
            }
            _ => return Err(Fault::new(Code::GuestBadValue, format!("`/out/{path}` is no regular file"))),
        }
    }
    Ok(())
}

fn send(path: &str, file: File, channel: Channel) -> Result<Result<(), Fault>, ChannelError> {
    let mut file = file;
    loop {
        let mut bytes = Vec::new();
        let limit = u64::try_from(PART_BYTES).unwrap_or(u64::MAX);
        if let Err(error) = file.by_ref().take(limit).read_to_end(&mut bytes) {
            return Ok(Err(unreadable(path, &error)));
        }
        let last = bytes.len() < PART_BYTES;
        channel.send(&FromRunner::OutFile { path: path.to_owned(), bytes, last })?;
        if last {
            return Ok(Ok(()));
        }
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> Fault {
    Fault::new(Code::HostInternal, format!("`/out/{path}` cannot be read: {error}"))
}
