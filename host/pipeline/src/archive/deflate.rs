//! Shrinking the files of a bundle on every core, and not twice.
//!
//! A file is cut into chunks where its pieces end; a chunk is deflated without looking
//! at its neighbours and ends on a whole byte, so chunks are put behind each other in
//! any number. Where a file is cut depends on the lengths of its pieces alone: an edit
//! moves the cuts near it, and every other chunk is the one of the build before.
//!
//! **Invariant:** the bytes are a function of the pieces, whoever deflated them and
//! whatever was kept.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

/// The fastest level: text shrinks to a quarter, and a higher one takes longer than
/// the whole build.
const LEVEL: u32 = 1;
/// A chunk is at least this long, so that little is lost by beginning anew.
const CHUNK_BYTES_MIN: usize = 48 * 1024;
/// And at most this long, so that one large file still keeps every core busy.
const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Beyond the minimum one piece in this many ends a chunk.
const CUT_ONE_IN: usize = 4;
/// An empty last block, which ends a stream of chunks.
pub(crate) const STREAM_END: [u8; 2] = [3, 0];
/// Bytes of deflated chunks that are kept for the next build.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// One deflated chunk.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) deflated: Vec<u8>,
    /// Of the bytes before deflating.
    pub(crate) checksum: crc32fast::Hasher,
}

/// What is known of a chunk without deflating it.
type Key = [u8; 32];

/// Deflates chunks and keeps them.
#[derive(Debug, Default)]
pub(crate) struct Deflater {
    kept: Mutex<Kept>,
}

/// Two generations: a full young one becomes the old one, and what of the old one was
/// not asked for is forgotten.
#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    young: HashMap<Key, Arc<Chunk>>,
    old: HashMap<Key, Arc<Chunk>>,
}

impl Kept {
    fn find(&mut self, key: &Key) -> Option<Arc<Chunk>> {
        if let Some(chunk) = self.young.get(key) {
            return Some(Arc::clone(chunk));
        }
        let chunk = self.old.remove(key)?;
        self.keep(*key, Arc::clone(&chunk));
        Some(chunk)
    }

    fn keep(&mut self, key: Key, chunk: Arc<Chunk>) {
        if self.bytes.saturating_add(chunk.deflated.len()) > KEPT_BYTES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(chunk.deflated.len());
        self.young.insert(key, chunk);
    }
}

impl Deflater {
    /// The chunks of each file, in order. Stops early when `canceled` is set.
    pub(crate) fn deflate(
        &self,
        files: &[&[Bytes]],
        threads: usize,
        canceled: &AtomicBool,
    ) -> io::Result<Vec<Vec<Arc<Chunk>>>> {
        let cut: Vec<Vec<Vec<Bytes>>> = files.iter().map(|pieces| cut(pieces)).collect();
        let flat: Vec<&[Bytes]> = cut.iter().flatten().map(Vec::as_slice).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let index = next.fetch_add(1, Ordering::Relaxed)
                && let Some(pieces) = flat.get(index)
            {
                if canceled.load(Ordering::Relaxed) {
                    return Err(io::Error::from(io::ErrorKind::Interrupted));
                }
                done.push((index, self.chunk(pieces)?));
            }
            Ok(done)
        };
        let mut chunks = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(flat.len())).map(|_| scope.spawn(work)).collect();
            let mut chunks = work()?;
            for other in others {
                chunks.append(&mut other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            io::Result::Ok(chunks)
        })?;
        chunks.sort_unstable_by_key(|(index, _)| *index);
        let mut chunks = chunks.into_iter().map(|(_, chunk)| chunk);
        Ok(cut.iter().map(|parts| chunks.by_ref().take(parts.len()).collect()).collect())
    }

    fn chunk(&self, pieces: &[Bytes]) -> io::Result<Arc<Chunk>> {
        let key = key_of(pieces);
        if let Some(chunk) = self.kept().find(&key) {
            return Ok(chunk);
        }
        let chunk = Arc::new(deflate(pieces)?);
        self.kept().keep(key, Arc::clone(&chunk));
        Ok(chunk)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pieces of a file, chunk by chunk.
fn cut(pieces: &[Bytes]) -> Vec<Vec<Bytes>> {
    let mut chunks = Vec::new();
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    for piece in pieces {
        let mut rest = piece.clone();
        while bytes + rest.len() > CHUNK_BYTES_MAX {
            chunk.push(rest.split_to(CHUNK_BYTES_MAX.saturating_sub(bytes)));
            chunks.push(std::mem::take(&mut chunk));
            bytes = 0;
        }
        bytes += rest.len();
        chunk.push(rest);
        if bytes >= CHUNK_BYTES_MIN && piece.len().is_multiple_of(CUT_ONE_IN) {
            chunks.push(std::mem::take(&mut chunk));
            bytes = 0;
        }
    }
    if bytes > 0 {
        chunks.push(chunk);
    }
    chunks
}

/// How a chunk's bytes are spread over pieces changes what a compressor makes of them,
/// so the lengths are a part of the question.
fn key_of(pieces: &[Bytes]) -> Key {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(&u64::try_from(piece.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(piece);
    }
    hasher.finalize().into()
}

fn deflate(pieces: &[Bytes]) -> io::Result<Chunk> {
    let bytes: usize = pieces.iter().map(Bytes::len).sum();
    let mut compress = Compress::new(Compression::new(LEVEL), false);
    let mut checksum = crc32fast::Hasher::new();
    let mut deflated = Vec::with_capacity(bytes / 3 + 64);
    for piece in pieces {
        checksum.update(piece);
        feed(&mut compress, piece, FlushCompress::None, &mut deflated)?;
    }
    feed(&mut compress, &[], FlushCompress::Sync, &mut deflated)?;
    deflated.shrink_to_fit();
    Ok(Chunk { deflated, checksum })
}

/// Hands over all of `input`; with a flush it goes on until everything came out.
fn feed(
    compress: &mut Compress,
    input: &[u8],
    flush: FlushCompress,
    deflated: &mut Vec<u8>,
) -> io::Result<()> {
    let begin = compress.total_in();
    loop {
        let taken = usize::try_from(compress.total_in() - begin).unwrap_or(usize::MAX);
        let rest = input.get(taken..).unwrap_or_default();
        if rest.is_empty() && matches!(flush, FlushCompress::None) {
            return Ok(());
        }
        deflated.reserve(rest.len() / 2 + 1024);
        compress.compress_vec(rest, deflated, flush).map_err(io::Error::other)?;
        // It wrote less than it could have: nothing is left inside.
        if matches!(flush, FlushCompress::Sync) && deflated.len() < deflated.capacity() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    fn inflate(chunks: &[Arc<Chunk>]) -> Vec<u8> {
        let mut stream: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.deflated.clone()).collect();
        stream.extend(STREAM_END);
        let mut bytes = Vec::new();
        flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn module(number: usize) -> Bytes {
        Bytes::from(format!("__d(function(){{return {number}}});\n").repeat(40 + number % 97))
    }

    #[test]
    fn threads_and_what_was_kept_change_no_byte() {
        let file: Vec<Bytes> = (0..900).map(module).collect();
        let plain = Deflater::default();
        let one = plain.deflate(&[&file, &[]], 1, &GO_ON).unwrap();
        let again = plain.deflate(&[&file], 2, &GO_ON).unwrap();
        let four = Deflater::default().deflate(&[&file], 4, &GO_ON).unwrap();
        let bytes = |chunks: &[Arc<Chunk>]| chunks.iter().map(|c| c.deflated.clone()).collect::<Vec<_>>();
        assert!(one[0].len() > 4);
        assert_eq!(bytes(&one[0]), bytes(&four[0]));
        assert!(one[0].iter().zip(&again[0]).all(|(first, second)| Arc::ptr_eq(first, second)));
        assert_eq!(inflate(&one[0]), file.concat());
        assert!(one[1].is_empty());
    }

    #[test]
    fn an_edit_deflates_only_what_is_near_it() {
        let deflater = Deflater::default();
        let mut file: Vec<Bytes> = (0..4000).map(module).collect();
        let before = deflater.deflate(&[&file], 1, &GO_ON).unwrap().remove(0);
        file[7] = Bytes::from_static(b"an edit");
        let after = deflater.deflate(&[&file], 1, &GO_ON).unwrap().remove(0);
        let kept = after.iter().filter(|chunk| before.iter().any(|old| Arc::ptr_eq(old, chunk))).count();
        assert!(before.len() > 50 && kept * 20 > after.len() * 19, "{kept} of {}", after.len());
        assert_eq!(inflate(&after), file.concat());
    }

    #[test]
    fn a_withdrawn_build_stops() {
        let error = Deflater::default().deflate(&[&[module(1)]], 1, &AtomicBool::new(true)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_again_stays() {
        let mut kept = Kept::default();
        let chunk = || Arc::new(Chunk { deflated: vec![0; 1 << 20], checksum: crc32fast::Hasher::new() });
        kept.keep([255; 32], chunk());
        for number in 0..200 {
            kept.keep([number; 32], chunk());
            assert!(kept.find(&[255; 32]).is_some());
        }
        assert!(kept.young.len() + kept.old.len() <= KEPT_BYTES_MAX >> 20);
        assert!(kept.find(&[0; 32]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_pieces_come_back(lengths in prop::collection::vec(0_usize..300_000, 0..6), seed: u8) {
            let piece = |length: usize| -> Bytes {
                let mut state = u32::from(seed);
                let mut next = || { state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); state };
                (0..length).map(|_| next().to_le_bytes()[3]).collect()
            };
            let file: Vec<Bytes> = lengths.into_iter().map(piece).collect();
            let chunks = Deflater::default().deflate(&[&file], 2, &GO_ON).unwrap().remove(0);
            prop_assert_eq!(inflate(&chunks), file.concat());
        }
    }
}
