//! Kept transforms on their way to another machine.
//!
//! ```text
//! "hivesync-memo-shipment/1\n"
//! one entry each:  key (32 bytes), length (4 bytes, little end first), body
//! the end:         32 zero bytes, the signer's public key (32), its signature (64) over the
//!                  SHA-256 of everything before
//! ```
//!
//! The signature is what is believed, and it covers the whole: an entry that was changed, left
//! out or brought in from elsewhere spoils all of it. What is taken in gets the tag of this
//! machine, whose key never leaves it.
//!
//! What this does not do: decide whose signature counts, or ship machine code, which is for one
//! processor.
//!
//! **Invariant:** nothing is taken in before the whole was verified.

use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write};

use cap_std::fs::Dir;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hivesync_types::Digest;
use sha2::{Digest as _, Sha256};

use crate::mac::MacKey;
use crate::memo::Memo;
use crate::shelf::{Found, Shelf};

const MAGIC: &[u8] = b"hivesync-memo-shipment/1\n";
const END: [u8; 32] = [0; 32];
/// The largest body, as the memo itself bounds it.
const BODY_BYTES_MAX: usize = 32 << 20;
/// The largest shipment; stops one that never ends from filling the disk.
const SHIPMENT_BYTES_MAX: u64 = 8 << 30;

/// What was shipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shipped {
    /// How many answers.
    pub entries: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

/// Why nothing was taken in or not all was written.
#[derive(Debug, thiserror::Error)]
pub enum ShipmentError {
    /// It is none, is cut short, or was changed after it was signed.
    #[error("it is no whole shipment: {0}")]
    Spoiled(&'static str),
    /// A key signed it that was not named as trusted.
    #[error("it is signed by ed25519:{}, which is not trusted", hex::encode(.0))]
    Untrusted([u8; 32]),
    /// A file cannot be read or written.
    #[error("a file cannot be read or written: {reason}", reason = .0.kind())]
    Storage(#[from] io::Error),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] crate::error::Error),
}

/// Writes every kept transform and link of the cache in `folder` that bears the tag of `key`.
pub fn export_memo(
    folder: &Dir,
    key: MacKey,
    signer: &SigningKey,
    out: &mut impl Write,
) -> Result<Shipped, ShipmentError> {
    let shelf = Memo::open_shelf(folder, key)?;
    let mut out = Signed { out, hash: Sha256::new() };
    let mut shipped = Shipped::default();
    out.put(MAGIC)?;
    for name in shelf.names()? {
        // One that is spoiled stays here; one may be swept meanwhile.
        let Found::Body(body) = shelf.find(&name) else { continue };
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        out.put(name.as_bytes())?;
        out.put(&length.to_le_bytes())?;
        out.put(&body)?;
        shipped = Shipped { entries: shipped.entries + 1, bytes: shipped.bytes + u64::from(length) };
    }
    out.put(&END)?;
    out.put(signer.verifying_key().as_bytes())?;
    let signature = signer.sign(&out.hash.finalize());
    out.out.write_all(&signature.to_bytes())?;
    Ok(shipped)
}

struct Signed<'a, W> {
    out: &'a mut W,
    hash: Sha256,
}

impl<W: Write> Signed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }
}

/// Takes in a shipment that one of `trusted` has signed. It is copied first, so that what is
/// taken in is what was verified, whatever happens to `from` meanwhile.
pub fn import_memo(
    folder: &Dir,
    key: MacKey,
    trusted: &[[u8; 32]],
    from: &mut impl Read,
) -> Result<Shipped, ShipmentError> {
    let mut copy = tempfile_in(folder)?;
    let bytes = io::copy(&mut from.take(SHIPMENT_BYTES_MAX + 1), &mut copy)?;
    if bytes > SHIPMENT_BYTES_MAX {
        return Err(ShipmentError::Spoiled("it is too large"));
    }
    read(&mut copy, trusted, |_, _| Ok(()))?;
    let shelf = Memo::open_shelf(folder, key)?;
    read(&mut copy, trusted, |name, body| take_in(&shelf, name, body))
}

/// An answer that is here already was made here, and stays.
fn take_in(shelf: &Shelf, name: &Digest, body: &[u8]) -> Result<(), ShipmentError> {
    match shelf.find(name) {
        Found::Body(_) => Ok(()),
        Found::Nothing | Found::Spoiled => Ok(shelf.put(name, body)?),
    }
}

/// Reads the whole from its beginning and verifies it; `hear` hears every entry on the way.
fn read(
    file: &mut std::fs::File,
    trusted: &[[u8; 32]],
    mut hear: impl FnMut(&Digest, &[u8]) -> Result<(), ShipmentError>,
) -> Result<Shipped, ShipmentError> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = Hashed { from: BufReader::new(file), hash: Sha256::new() };
    if reader.take(MAGIC.len())? != MAGIC {
        return Err(ShipmentError::Spoiled("it does not begin as one"));
    }
    let mut shipped = Shipped::default();
    loop {
        let name: [u8; 32] = reader.array()?;
        if name == END {
            break;
        }
        let length = usize::try_from(u32::from_le_bytes(reader.array()?)).unwrap_or(usize::MAX);
        if length > BODY_BYTES_MAX {
            return Err(ShipmentError::Spoiled("an entry is too large"));
        }
        let body = reader.take(length)?;
        hear(&Digest::from_bytes(name), &body)?;
        shipped = Shipped {
            entries: shipped.entries + 1,
            bytes: shipped.bytes + u64::try_from(length).unwrap_or(u64::MAX),
        };
    }
    let signer: [u8; 32] = reader.array()?;
    let digest = reader.hash.clone().finalize();
    let signature: [u8; 64] = reader.array()?;
    if reader.from.read(&mut [0])? != 0 {
        return Err(ShipmentError::Spoiled("something follows its end"));
    }
    if !trusted.contains(&signer) {
        return Err(ShipmentError::Untrusted(signer));
    }
    let is_signed = VerifyingKey::from_bytes(&signer)
        .is_ok_and(|key| key.verify_strict(&digest, &Signature::from_bytes(&signature)).is_ok());
    if is_signed { Ok(shipped) } else { Err(ShipmentError::Spoiled("its signature is another one's")) }
}

struct Hashed<R> {
    from: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    fn take(&mut self, length: usize) -> Result<Vec<u8>, ShipmentError> {
        let mut bytes = vec![0; length];
        self.from.read_exact(&mut bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ShipmentError::Spoiled("it is cut short"),
            _ => ShipmentError::Storage(error),
        })?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ShipmentError> {
        self.take(N)?.try_into().map_err(|_| ShipmentError::Spoiled("it is cut short"))
    }
}

/// A file without a name, in the cache's own folder: it is as large as the shipment.
fn tempfile_in(folder: &Dir) -> io::Result<std::fs::File> {
    let flags = rustix::fs::OFlags::TMPFILE | rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC;
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    Ok(rustix::fs::openat(folder, ".", flags, mode)?.into())
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;

    use super::*;

    struct Machine {
        folder: tempfile::TempDir,
        key: MacKey,
    }

    impl Machine {
        fn new(seed: u8) -> Self {
            Self { folder: tempfile::tempdir().unwrap(), key: MacKey::from_bytes([seed; 32]) }
        }

        fn dir(&self) -> Dir {
            Dir::open_ambient_dir(self.folder.path(), ambient_authority()).unwrap()
        }

        fn shelf(&self) -> Shelf {
            Memo::open_shelf(&self.dir(), self.key.clone()).unwrap()
        }

        fn export(&self, signer: &SigningKey) -> Vec<u8> {
            let mut out = Vec::new();
            export_memo(&self.dir(), self.key.clone(), signer, &mut out).unwrap();
            out
        }

        fn import(&self, trusted: &SigningKey, shipment: &[u8]) -> Result<Shipped, ShipmentError> {
            let trusted = [trusted.verifying_key().to_bytes()];
            import_memo(&self.dir(), self.key.clone(), &trusted, &mut &shipment[..])
        }

        fn is_empty(&self) -> bool {
            self.shelf().names().unwrap().is_empty()
        }
    }

    fn signer(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn full() -> Machine {
        let machine = Machine::new(1);
        for name in [b"a", b"b"] {
            machine.shelf().put(&Digest::of(name), name).unwrap();
        }
        machine
    }

    #[test]
    fn what_one_machine_kept_another_finds_under_its_own_tag() {
        let (from, to) = (full(), Machine::new(2));
        let shipped = to.import(&signer(7), &from.export(&signer(7))).unwrap();
        assert_eq!(shipped, Shipped { entries: 2, bytes: 2 });
        assert_eq!(to.shelf().find(&Digest::of(b"a")), Found::Body(b"a".to_vec().into()));
        // Under the other machine's key it is nothing.
        let other = Memo::open_shelf(&to.dir(), from.key).unwrap();
        assert_eq!(other.find(&Digest::of(b"a")), Found::Spoiled);
    }

    #[test]
    fn a_changed_byte_anywhere_takes_nothing_in() {
        let shipment = full().export(&signer(7));
        for at in 0..shipment.len() {
            let mut bad = shipment.clone();
            bad[at] ^= 1;
            let to = Machine::new(2);
            let error = to.import(&signer(7), &bad).unwrap_err();
            assert!(
                matches!(error, ShipmentError::Spoiled(_) | ShipmentError::Untrusted(_)),
                "{at}: {error}"
            );
            assert!(to.is_empty(), "byte {at}");
        }
    }

    #[test]
    fn one_that_is_cut_short_or_goes_on_takes_nothing_in() {
        let shipment = full().export(&signer(7));
        let longer = [shipment.as_slice(), b"x"].concat();
        let to = Machine::new(2);
        for bad in [&shipment[..0], &shipment[..40], &shipment[..shipment.len() - 1], &longer] {
            assert!(matches!(to.import(&signer(7), bad), Err(ShipmentError::Spoiled(_))));
        }
        assert!(to.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named_and_takes_nothing_in() {
        let to = Machine::new(2);
        let error = to.import(&signer(8), &full().export(&signer(7))).unwrap_err();
        assert!(
            matches!(error, ShipmentError::Untrusted(key) if key == signer(7).verifying_key().to_bytes())
        );
        assert!(to.is_empty());
    }

    #[test]
    fn another_machines_file_laid_into_the_cache_is_not_shipped_on() {
        let (own, other) = (full(), Machine::new(3));
        other.shelf().put(&Digest::of(b"c"), b"poison").unwrap();
        let name = Digest::of(b"c").to_hex();
        let (folder, file) = name.split_at(1);
        let place = |machine: &Machine| machine.folder.path().join("memo").join(folder);
        std::fs::create_dir_all(place(&own)).unwrap();
        std::fs::copy(place(&other).join(file), place(&own).join(file)).unwrap();
        let to = Machine::new(2);
        assert_eq!(to.import(&signer(7), &own.export(&signer(7))).unwrap().entries, 2);
        assert_eq!(to.shelf().find(&Digest::of(b"c")), Found::Nothing);
    }

    #[test]
    fn an_answer_that_was_made_here_is_not_replaced() {
        let to = Machine::new(2);
        to.shelf().put(&Digest::of(b"a"), b"made here").unwrap();
        to.import(&signer(7), &full().export(&signer(7))).unwrap();
        assert_eq!(to.shelf().find(&Digest::of(b"a")), Found::Body(b"made here".to_vec().into()));
    }
}
