//! What other services say: the HMAC of the bytes themselves, in hex.

use crate::secret::Secret;

/// Whether `signature` is the HMAC-SHA256 of `body` in hex. Time and nonce are for the events
/// themselves to carry.
pub fn is_signed(secret: &Secret, signature: &[u8], body: &[u8]) -> bool {
    let mut tag = [0; 32];
    hex::decode_to_slice(signature, &mut tag).is_ok() && secret.is_tag(&tag, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_of_these_bytes_by_this_secret() {
        // The second test case of RFC 4231.
        let secret = Secret::new(b"Jefe");
        let tag = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(is_signed(&secret, tag, b"what do ya want for nothing?"));
        assert!(!is_signed(&secret, tag, b"what do ya want for nothing"));
        assert!(!is_signed(&Secret::new(b"Jeff"), tag, b"what do ya want for nothing?"));
        for bad in [&b""[..], &tag[..62], b"zz"] {
            assert!(!is_signed(&secret, bad, b"what do ya want for nothing?"));
        }
    }
}
