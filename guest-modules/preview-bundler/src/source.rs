//! What a source is by its name, and the little that is read of texts that are no modules.

use crate::paths::{basename, extension};
use crate::resolve::Settings;
use crate::wire::SourceKind;

/// What the file at `path` is.
pub(crate) fn kind_of(path: &str, settings: &Settings) -> SourceKind {
    if settings.is_asset(path) {
        return SourceKind::Asset;
    }
    match extension(path) {
        "ts" | "mts" | "cts" => SourceKind::Typescript,
        "tsx" => SourceKind::Tsx,
        "json" => SourceKind::Json,
        "css" | "scss" | "sass" => SourceKind::Css,
        _ => SourceKind::Script,
    }
}

/// Whether Expo takes a file out of what runs on devices: API routes, middleware and the
/// document of a web app's server.
pub(crate) fn is_server_only(path: &str, app: &str, platform: &str) -> bool {
    let name = basename(path);
    let Some(stem) = [".ts", ".tsx", ".js", ".jsx"].iter().find_map(|ending| name.strip_suffix(ending))
    else {
        return false;
    };
    let bare = [".native", ".ios", ".android", ".web"].iter().find_map(|variant| stem.strip_suffix(variant));
    let is_document = crate::paths::below(crate::paths::dirname(path), app) == Some("app")
        && (stem == "+html" || stem.strip_suffix(platform) == Some("+html."));
    is_document || bare.unwrap_or(stem).ends_with("+api") || stem.ends_with("+middleware")
}

/// JSON with its comments and trailing commas blanked, byte for byte in place.
pub(crate) fn strip_json_comments(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '"' => string_length(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            ',' if closes_next(rest) => 1,
            other => {
                plain.push(other);
                rest = rest.get(other.len_utf8()..).unwrap_or("");
                continue;
            }
        };
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if next == '"' {
            plain.push_str(taken);
        } else {
            plain.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    plain
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            '\n' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Whether only space and comments stand between a comma and a closing bracket.
fn closes_next(text: &str) -> bool {
    let mut rest = text.get(1..).unwrap_or("");
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or("");
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").and_then(|end| comment.get(end + 2..)).unwrap_or("");
        } else {
            return rest.starts_with(['}', ']']);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_go_and_strings_stay() {
        let text = "{ // a\n \"x\": \"//,}\\\"\", /* b */ \"y\": [1, 2, /* c */ ], }";
        let value: serde_json::Value = serde_json::from_str(&strip_json_comments(text)).unwrap();
        assert_eq!(value, serde_json::json!({ "x": "//,}\"", "y": [1, 2] }));
    }

    #[test]
    fn server_files_are_known_by_their_names() {
        assert!(is_server_only("app/hello+api.ts", "", "ios"));
        assert!(is_server_only("app/hello+api.web.js", "", "ios"));
        assert!(is_server_only("app/+html.tsx", "", "ios"));
        assert!(is_server_only("app/+middleware.ts", "", "ios"));
        assert!(is_server_only("apps/mobile/app/+html.tsx", "apps/mobile", "ios"));
        assert!(!is_server_only("apps/mobile/app/+html.tsx", "", "ios"));
        assert!(!is_server_only("app/api.ts", "", "ios"));
        assert!(!is_server_only("app/+html.css", "", "ios"));
    }
}
