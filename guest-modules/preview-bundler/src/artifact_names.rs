//! Names of assets as they may stand in artifacts.
//!
//! The names go into the module that registers the asset too, so a name that had to be changed
//! is asked for as it was changed.

/// Bytes of one segment that the host takes.
const SEGMENT_BYTES_MAX: usize = 128;

/// `text` with every character that an artifact's name may not have as `_` and its number.
/// Slashes stay.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for segment in text.split_inclusive('/') {
        let name = segment.strip_suffix('/').unwrap_or(segment);
        if name == ".." {
            safe.push('_');
        } else {
            safe.push_str(&safe_segment(name));
        }
        if segment.ends_with('/') {
            safe.push('/');
        }
    }
    safe
}

fn safe_segment(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || "._@+-".contains(character) {
            safe.push(character);
        } else {
            safe.push_str(&format!("_{:x}", u32::from(character)));
        }
    }
    if safe.len() <= SEGMENT_BYTES_MAX - 32 {
        return safe;
    }
    // Room is left for scale and extension.
    let kept = safe.get(..SEGMENT_BYTES_MAX - 64).unwrap_or_default();
    format!("{kept}_{:08x}", checksum(&safe))
}

/// Tells two long names apart that begin alike.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_and_others_become_plain() {
        assert_eq!(safe("assets/a-b_c@2x.png"), "assets/a-b_c@2x.png");
        assert_eq!(safe("app/(tabs)/my image"), "app/_28tabs_29/my_20image");
        assert_eq!(safe("ä"), "_e4");
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let long = "a".repeat(200);
        let other = format!("{}b", "a".repeat(199));
        assert!(safe(&long).len() <= SEGMENT_BYTES_MAX - 32);
        assert_ne!(safe(&long), safe(&other));
    }
}
