//! Webhooks. What other services say is signed with the HMAC of the bytes themselves, in hex; what
//! is said to others as Standard Webhooks have it (<https://www.standardwebhooks.com>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;

/// How the text of a secret begins that signs what is said to others.
const PREFIX: &str = "whsec_";

/// The text of such a secret, as its owner keeps it.
pub fn webhook_secret(bytes: &[u8; 32]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The value of `webhook-signature` for a message to others: over its id, its time in seconds
/// since 1970, and its bytes. None when `secret` is not a text that [`webhook_secret`] made.
pub fn sign_webhook(secret: &str, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
    Some(format!("v1,{}", STANDARD.encode(Secret::new(&key).tag(&signed))))
}

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
    fn a_message_is_signed_as_others_verify_it() {
        let body = br#"{"test": 2432232314}"#;
        let sign = |id| sign_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id, 1_614_265_330, body);
        // Made with Python's own hmac.
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign("msg_p5jXN8AQM9LWM0D4loKWxJek").as_deref(), Some(expected));
        assert_ne!(sign("msg_p5jXN8AQM9LWM0D4loKWxJel").as_deref(), Some(expected));
        let made = webhook_secret(&[7; 32]);
        assert!(made.starts_with("whsec_") && sign_webhook(&made, "m", 0, b"").is_some());
        assert_eq!(sign_webhook("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "m", 0, b""), None);
    }

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
