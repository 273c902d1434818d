//! Sass and Less: which sheets a sheet brings. Their rules are not read, because what they
//! become has no place in their text that could be named.

use super::outline::{ImportKind, Outline};

/// `@use`, `@forward` and `@import`, in what stands outside of comments.
pub(super) fn sass(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut comment = false;
    for (line, number) in text.lines().zip(1_u32..) {
        let rest = match (comment, line.split_once("*/")) {
            (false, _) => line.trim(),
            (true, Some((_, behind))) => behind.trim(),
            (true, None) => continue,
        };
        for (word, kind) in [
            ("@use ", ImportKind::Static),
            ("@forward ", ImportKind::Reexport),
            ("@import ", ImportKind::Static),
        ] {
            let Some(list) = rest.strip_prefix(word) else { continue };
            let list = list.split([';', '{']).next().unwrap_or_default();
            // What follows `with` or `as` names no sheet.
            let list = if word == "@import " { list } else { list.split(" with").next().unwrap_or_default() };
            for quoted in list.split(['"', '\'']).skip(1).step_by(2) {
                outline.url(quoted, number);
                outline.import(quoted, kind, number);
            }
        }
        let begins = rest.rfind("/*");
        comment = begins.is_some() && begins > rest.rfind("*/");
    }
    outline
}
