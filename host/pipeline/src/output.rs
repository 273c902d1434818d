//! Writing a file that somebody named: beside its place, whole, then renamed.
//!
//! A pipe or a device is no place for a rename, which would put a file where it was: it is
//! written into, once everything is there.
//!
//! **Invariant:** a file that exists is replaced by a whole one or not touched, and what is
//! not a file stays what it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

/// A file on its way.
#[derive(Debug)]
pub(crate) enum Output {
    /// Beside the place it is for.
    Beside(NamedTempFile, PathBuf),
    /// Nowhere yet, and what it is for.
    For(File, File),
}

/// Writes `bytes` to `target`. Fails where it is a folder, a socket or a disk, and where it is
/// a pipe that nobody reads.
pub fn write_output(target: &Path, bytes: &[u8]) -> io::Result<()> {
    place_output(target, |file| file.write_all(bytes))
}

/// As [`write_output`], with what `write` writes. Nothing is placed when it fails.
pub fn place_output<T, E: From<io::Error>>(
    target: &Path,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut output = Output::open(target)?;
    let written = write(output.as_file_mut())?;
    output.finish()?;
    Ok(written)
}

impl Output {
    pub(crate) fn open(target: &Path) -> io::Result<Self> {
        let kind = match fs::metadata(target) {
            Ok(about) => Some(about.file_type()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match kind {
            Some(kind) if kind.is_fifo() || kind.is_char_device() => {
                Ok(Self::For(tempfile::tempfile()?, open_special(target)?))
            }
            Some(kind) if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Some(kind) if !kind.is_file() => Err(io::ErrorKind::InvalidInput.into()),
            _ => {
                let temporary = tempfile::Builder::new()
                    .prefix(".bundle-")
                    .suffix(".tmp")
                    .permissions(fs::Permissions::from_mode(0o666))
                    .tempfile_in(folder_of(target))?;
                Ok(Self::Beside(temporary, target.to_owned()))
            }
        }
    }

    pub(crate) fn as_file_mut(&mut self) -> &mut File {
        match self {
            Self::Beside(temporary, _) => temporary.as_file_mut(),
            Self::For(file, _) => file,
        }
    }

    /// Puts it where it is for.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Beside(temporary, target) => {
                temporary.persist(target).map(drop).map_err(|error| error.error)
            }
            Self::For(mut file, mut special) => {
                file.rewind()?;
                io::copy(&mut file, &mut special).map(drop)
            }
        }
    }
}

/// A pipe that nobody reads is refused and not waited for.
fn open_special(target: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let special = OpenOptions::new().write(true).custom_flags(flags).open(target)?;
    rustix::fs::fcntl_setfl(&special, OFlags::empty())?;
    Ok(special)
}

fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_pipe_is_written_into_and_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        // Nobody reads it: that is told and not waited for.
        let alone = write_output(&pipe, b"lost").unwrap_err();
        assert_eq!(alone.raw_os_error(), Some(rustix::io::Errno::NXIO.raw_os_error()));
        // More than a pipe holds at once.
        let sent = vec![7; 300_000];
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
        let mut end = OpenOptions::new().read(true).custom_flags(flags).open(&pipe).unwrap();
        rustix::fs::fcntl_setfl(&end, OFlags::empty()).unwrap();
        let expected = sent.len();
        let reader = std::thread::spawn(move || {
            let mut bytes = vec![0; expected];
            let mut filled = 0;
            // A pipe without a writer reads as empty, so a writer that comes later is awaited.
            while filled < bytes.len() {
                filled += end.read(&mut bytes[filled..]).unwrap();
            }
            bytes
        });
        write_output(&pipe, &sent).unwrap();
        assert_eq!(reader.join().unwrap(), sent);
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn a_device_stays_a_device_and_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        // A link, so that a mistake spoils the link and not the machine.
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        write_output(&link, b"gone").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert!(fs::metadata(&link).unwrap().file_type().is_char_device());
        assert_eq!(write_output(folder.path(), b"x").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(write_output(&socket, b"x").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        fs::write(&target, "an earlier one").unwrap();
        let mut output = Output::open(&target).unwrap();
        output.as_file_mut().write_all(b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"an earlier one");
        output.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
