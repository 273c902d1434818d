//! Sealed memory files: bytes that a runner can map and nobody can change.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

use crate::error::Error;

/// An anonymous memory file with these bytes and every seal.
pub(crate) fn sealed(bytes: &[u8]) -> Result<File, Error> {
    let mut file = empty()?;
    file.write_all(bytes).map_err(|source| Error::Storage { what: "writing a memory file", source })?;
    seal(&file)?;
    Ok(file)
}

/// An anonymous memory file that a process may fill; it is closed on exec.
pub(crate) fn empty() -> Result<File, Error> {
    memfd_create("hivesync", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| memfd_create("hivesync", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING))
        .map(|fd: OwnedFd| File::from(fd))
        .map_err(|errno| Error::Storage { what: "making a memory file", source: errno.into() })
}

/// Cuts `file` to `bytes`, seals it, and only then reads it, so that whoever filled
/// it cannot change it after it was looked at.
pub(crate) fn seal_and_read(file: &File, bytes: u64) -> Result<Vec<u8>, Error> {
    let storage = |source| Error::Storage { what: "reading a memory file", source };
    ftruncate(file, bytes).map_err(|errno| storage(errno.into()))?;
    seal(file)?;
    let length = usize::try_from(bytes).map_err(|_| Error::Internal("a memory file too large to read"))?;
    let mut content = vec![0; length];
    file.read_exact_at(&mut content, 0).map_err(storage)?;
    Ok(content)
}

/// Makes the file unchangeable for everybody.
pub(crate) fn seal(file: &File) -> Result<(), Error> {
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(file, seals)
        .map_err(|errno| Error::Storage { what: "sealing a memory file", source: errno.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_keeps_its_bytes_whoever_writes() {
        let mut file = sealed(b"abc").unwrap();
        assert_eq!(file.write_all(b"x").unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
        assert_eq!(ftruncate(&file, 0), Err(rustix::io::Errno::PERM));
        let mut content = [0; 3];
        file.read_exact_at(&mut content, 0).unwrap();
        assert_eq!(&content, b"abc");
    }

    #[test]
    fn what_a_process_wrote_is_sealed_before_it_is_read() {
        let file = empty().unwrap();
        file.write_all_at(b"machine code and a tail", 0).unwrap();
        assert_eq!(seal_and_read(&file, 12).unwrap(), b"machine code");
        assert!(file.write_all_at(b"x", 0).is_err());
    }
}
