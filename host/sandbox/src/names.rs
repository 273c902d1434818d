//! Which names an artifact may have, as `wit/artifacts.wit` promises.
//!
//! A name is only ever a label, but people unpack archives on every kind of file
//! system, and object stores and servers read more into some characters than others.
//!
//! **Invariant:** an accepted name means one file, inside the folder it is unpacked
//! in, on every common system.

use hivesync_types::bounds::{ARTIFACT_NAME_BYTES_MAX, ARTIFACT_SEGMENT_BYTES_MAX};

/// The name is plain and relative.
pub fn is_artifact_name(name: &str) -> bool {
    (1..=ARTIFACT_NAME_BYTES_MAX).contains(&name.len()) && name.split('/').all(is_segment)
}

fn is_segment(segment: &str) -> bool {
    (1..=ARTIFACT_SEGMENT_BYTES_MAX).contains(&segment.len())
        && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@+-".contains(&b))
        // This covers `.` and `..`, and names that Windows shortens to another one.
        && !segment.ends_with('.')
        && !is_reserved(segment)
}

/// Names that mean a device or a file of a tool, whatever stands behind the first dot.
fn is_reserved(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    let device = match stem {
        "con" | "prn" | "aux" | "nul" => true,
        _ => ["com", "lpt"]
            .iter()
            .any(|port| stem.strip_prefix(port).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))),
    };
    device || lower == ".git" || lower == ".env" || lower.starts_with(".env.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ordinary_artifacts_are_accepted() {
        let longest = ["x".repeat(128), "y".repeat(126)].join("/");
        for name in [
            "main.jsbundle",
            "assets/node_modules/@react-navigation/back-icon@3x.png",
            "a/b-c_d+e/f.js.map",
            "...a",
            ".well-known/x",
            "com",
            "com10",
            "console.js",
            "x",
            &longest,
        ] {
            assert!(is_artifact_name(name), "{name}");
        }
        assert_eq!(longest.len(), ARTIFACT_NAME_BYTES_MAX);
    }

    #[test]
    fn names_that_leave_the_folder_or_mean_something_else_are_refused() {
        let too_long = ["x".repeat(128), "y".repeat(127)].join("/");
        let long_segment = "x".repeat(129);
        for name in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "C:\\a",
            "a\\b",
            "\\\\?\\a",
            "a\0b",
            "a b",
            "a?b",
            "a#b",
            "a%2e",
            "ä",
            "a\nb",
            "CON",
            "nul.txt",
            "a/Com1.js",
            "lpt9",
            "aux",
            "a.",
            "a/b./c",
            ".git/config",
            ".GIT",
            ".env",
            ".env.local",
            &too_long,
            &long_segment,
        ] {
            assert!(!is_artifact_name(name), "{name:?}");
        }
    }
}
