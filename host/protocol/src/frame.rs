//! Length-prefixed postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest frame either side accepts, in bytes. A frame carries at most one
/// batch of sources or one batch of transformed modules; stops a runner that claims
/// four gigabytes.
pub const FRAME_BYTES_MAX: u32 = 96 * 1024 * 1024;

/// A frame cannot be made or understood.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The frame is longer than [`FRAME_BYTES_MAX`].
    #[error("a frame of {bytes} bytes is longer than {FRAME_BYTES_MAX}")]
    TooLong {
        /// The length that was claimed or reached.
        bytes: u64,
    },
    /// The bytes are no message of the expected type.
    #[error("a frame does not decode")]
    Malformed(#[source] postcard::Error),
}

/// The message with its length in front.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(FrameError::Malformed)?;
    let bytes = frame.len().saturating_sub(4);
    let length = u32::try_from(bytes)
        .ok()
        .filter(|length| *length <= FRAME_BYTES_MAX)
        .ok_or(FrameError::TooLong { bytes: u64::try_from(bytes).unwrap_or(u64::MAX) })?;
    if let Some(prefix) = frame.first_chunk_mut::<4>() {
        *prefix = length.to_le_bytes();
    }
    Ok(frame)
}

/// The message in a frame's body, which must hold nothing else.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(body).map_err(FrameError::Malformed)? {
        (message, []) => Ok(message),
        _ => Err(FrameError::Malformed(postcard::Error::DeserializeBadEncoding)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_round_trips_and_a_tail_is_refused() {
        let frame = encode(&("x".to_owned(), 7_u32)).unwrap();
        assert_eq!(frame[..4], u32::try_from(frame.len() - 4).unwrap().to_le_bytes());
        assert_eq!(decode::<(String, u32)>(&frame[4..]).unwrap(), ("x".to_owned(), 7));
        let mut longer = frame[4..].to_vec();
        longer.push(0);
        assert!(matches!(decode::<(String, u32)>(&longer), Err(FrameError::Malformed(_))));
    }
}
