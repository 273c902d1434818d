//! Bytes that nobody may see.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of the hash's block: a longer key is hashed first, as RFC 2104 has it.
const BLOCK_BYTES: usize = 64;

/// A secret shared with whoever signs. It is wiped when it is dropped, and never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; BLOCK_BYTES]>);

impl Secret {
    /// Takes the bytes as HMAC takes them. How long a secret must be is for whoever
    /// reads the configuration to say.
    pub fn new(bytes: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        let fill = |block: &mut [u8; BLOCK_BYTES], bytes: &[u8]| {
            for (to, from) in block.iter_mut().zip(bytes) {
                *to = *from;
            }
        };
        if bytes.len() > BLOCK_BYTES {
            fill(&mut block, &Sha256::digest(bytes))
        } else {
            fill(&mut block, bytes)
        }
        Self(block)
    }

    /// HMAC-SHA256 of `text`.
    pub(crate) fn tag(&self, text: &[u8]) -> [u8; 32] {
        self.mac(text).finalize().into_bytes().into()
    }

    /// Whether `tag` is that of `text`; takes as long for a near miss as for a far one.
    pub(crate) fn is_tag(&self, tag: &[u8], text: &[u8]) -> bool {
        self.mac(text).verify_slice(tag).is_ok()
    }

    fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        // Filled up to a whole block already, so that the constructor cannot fail.
        let mut mac = Hmac::<Sha256>::new((&*self.0).into());
        mac.update(text);
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, cases 2 (a short key) and 6 (one longer than a block).
    #[test]
    fn tags_are_those_of_the_standard() {
        let short = Secret::new(b"Jefe").tag(b"what do ya want for nothing?");
        assert_eq!(hex::encode(short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = Secret::new(&[0xaa; 131]).tag(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex::encode(long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new(b"Jefe")), "***");
    }
}
