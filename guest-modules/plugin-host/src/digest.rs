//! Digests as programs get them from Node's `crypto`.

use sha2::Digest as _;

/// The digest in lower-case hexadecimal; none for a function that is not offered.
pub(crate) fn hexadecimal(function: &str, text: &str) -> Option<String> {
    let bytes = match function.to_ascii_lowercase().replace('-', "").as_str() {
        "md5" => md5::Md5::digest(text).to_vec(),
        "sha1" => sha1::Sha1::digest(text).to_vec(),
        "sha256" => sha2::Sha256::digest(text).to_vec(),
        _ => return None,
    };
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::hexadecimal;

    #[test]
    fn digests_are_those_of_the_standards() {
        for (function, digest) in [
            ("md5", "900150983cd24fb0d6963f7d28e17f72"),
            ("SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            assert_eq!(hexadecimal(function, "abc").as_deref(), Some(digest));
        }
        assert_eq!(hexadecimal("whirlpool", "abc"), None);
    }
}
