//! Names of assets as they may stand in artifacts.
//!
//! The names go into the module that registers the asset too, so a name that had to be changed
//! is asked for as it was changed.

/// Bytes that a segment may have so that scale, platform and extension still fit behind it.
const SEGMENT_BYTES_MAX: usize = 96;
/// Bytes that a folder may have so that a file's name still fits behind it.
const FOLDER_BYTES_MAX: usize = 120;
/// Names that are devices on some systems, whatever stands behind their first dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A folder as it may stand in artifacts.
pub(crate) fn safe_folder(path: &str) -> String {
    let segments: Vec<String> = path.split('/').map(safe_name).collect();
    let folder = segments.join("/");
    if folder.len() <= FOLDER_BYTES_MAX {
        return folder;
    }
    // Package managers nest deeply; the beginning says where a file is from, the number which.
    let kept: Vec<&str> = segments.iter().take(2).map(String::as_str).collect();
    format!("{}/{:08x}", kept.join("/"), checksum(&folder))
}

/// A name without slashes as it may stand in artifacts: every character that may not is `_`
/// and its number.
pub(crate) fn safe_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || "._@+-".contains(character) {
            safe.push(character);
        } else {
            safe.push_str(&format!("_{:x}", u32::from(character)));
        }
    }
    if safe.len() > SEGMENT_BYTES_MAX {
        let kept = safe.get(..SEGMENT_BYTES_MAX - 9).unwrap_or_default();
        safe = format!("{kept}_{:08x}", checksum(&safe));
    }
    if is_reserved(&safe) { format!("_{safe}_") } else { safe }
}

fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_port =
        port.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()));
    let is_tool = lower == ".git" || lower == ".env" || lower.starts_with(".env.");
    name.ends_with('.') || is_tool || is_port || DEVICES.contains(&stem)
}

/// Tells two long names apart that begin alike.
pub(crate) fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_and_others_become_plain() {
        assert_eq!(safe_folder("assets/a-b_c@2x/x.y"), "assets/a-b_c@2x/x.y");
        assert_eq!(safe_folder("app/(tabs)"), "app/_28tabs_29");
        assert_eq!(safe_name("my image"), "my_20image");
        assert_eq!(safe_name("ä"), "_e4");
    }

    #[test]
    fn names_that_mean_something_elsewhere_are_changed() {
        for name in ["con", "NUL.png", "com1", ".env", ".git", "dot.", ".."] {
            assert_eq!(safe_name(name), format!("_{name}_"));
        }
        assert_eq!(safe_name("console"), "console");
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let long = "a".repeat(200);
        let other = format!("{}b", "a".repeat(199));
        assert_eq!(safe_name(&long).len(), SEGMENT_BYTES_MAX);
        assert_ne!(safe_name(&long), safe_name(&other));
        let deep = format!("assets/node_modules/{}", "x/".repeat(100));
        assert!(safe_folder(&deep).len() <= FOLDER_BYTES_MAX);
        assert_ne!(safe_folder(&deep), safe_folder(&format!("{deep}y")));
    }
}
