//! Bytes to text.
//!
//! What is said about an encoding in a byte order mark counts; beyond that everything is
//! UTF-8, as projects are. Bytes that are none are replaced, and that is said.

/// A file's text.
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Bytes were replaced.
    pub(crate) lossy: bool,
    /// It is no text at all.
    pub(crate) binary: bool,
}

/// Bytes that are looked at to tell text from data.
const SNIFF_BYTES: usize = 4096;

/// Reads bytes as text.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    let binary = bytes.iter().take(SNIFF_BYTES).any(|byte| *byte == 0);
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: text.to_owned(), lossy: false, binary },
        Err(_) => Decoded { text: String::from_utf8_lossy(bytes).into_owned(), lossy: true, binary },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut lossy = !rest.is_empty();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    Decoded { text, lossy, binary: false }
}
