//! The pages of the codes: one Markdown file each in `errors/`.
//!
//! Codes of the host are [`Code`]; those in `ai.`, `bundle.`, `css.`, `map.` and `space.` are words of the guests, which the
//! host passes on without understanding them, so that here they are only text.

use crate::Code;

macro_rules! guest_pages {
    ($($code:literal,)*) => {
        /// The pages of the diagnostics that the guests report, by code.
        const GUEST_PAGES: &[(&str, &str)] =
            &[$(($code, include_str!(concat!("../errors/", $code, ".md")))),*];
    };
}

guest_pages! {
    "ai.change-refused",
    "ai.no-reply",
    "ai.request",
    "ai.syntax",
    "ai.unreadable-reply",
    "bundle.artifact-refused",
    "bundle.asset",
    "bundle.asset-scale",
    "bundle.asset-size",
    "bundle.classic-script",
    "bundle.css-dialect",
    "bundle.css-modules",
    "bundle.css-url",
    "bundle.dynamic-require",
    "bundle.encoding",
    "bundle.escapes-project",
    "bundle.exports-fallback",
    "bundle.internal",
    "bundle.invalid-app-json",
    "bundle.invalid-context",
    "bundle.invalid-package",
    "bundle.invalid-package-json",
    "bundle.invalid-tsconfig",
    "bundle.json",
    "bundle.link",
    "bundle.mapper-broke-contract",
    "bundle.missing-runtime",
    "bundle.nesting",
    "bundle.no-entry",
    "bundle.no-package-json",
    "bundle.node-builtin",
    "bundle.not-in-image",
    "bundle.plugin-failed",
    "bundle.plugin-refused",
    "bundle.plugins-not-offered",
    "bundle.syntax",
    "bundle.too-large",
    "bundle.too-many-modules",
    "bundle.top-level-await",
    "bundle.transform-crashed",
    "bundle.unresolved",
    "bundle.unsupported-config",
    "bundle.unsupported-scheme",
    "bundle.unsupported-syntax",
    "bundle.view-config",
    "bundle.wrong-platform",
    "css.declaration",
    "css.rule",
    "map.binary",
    "map.compiled",
    "map.encoding",
    "map.import",
    "map.missing",
    "map.no-element",
    "map.no-map",
    "map.no-property",
    "map.nothing-to-mute",
    "space.image-damaged",
    "space.image-kind",
    "space.image-too-large",
    "space.no-images",
}

/// The page of a code as it is written in a report, of the host or of a guest.
pub fn page(code: &str) -> Option<&'static str> {
    let host = Code::ALL.iter().find(|known| known.as_str() == code).map(|known| known.page());
    host.or_else(|| GUEST_PAGES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page))
}

/// Every code that has a page, the host's first.
pub fn codes_with_pages() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.as_str()).chain(GUEST_PAGES.iter().map(|(code, _)| *code))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Fault;

    const HEADINGS: [&str; 4] = ["## Cause", "## Whose fault", "## What to do", "## Example"];

    /// The text under each heading.
    fn sections(page: &str) -> Vec<&str> {
        let mut rest = page;
        let mut sections = Vec::new();
        for heading in HEADINGS {
            let (before, after) = rest.split_once(&format!("\n{heading}\n")).expect(heading);
            sections.push(before.trim());
            rest = after;
        }
        sections.push(rest.trim());
        sections
    }

    #[test]
    fn every_page_has_its_title_and_all_parts() {
        for code in codes_with_pages() {
            let page = page(code).unwrap();
            assert!(page.starts_with(&format!("# {code}\n")), "{code}");
            for section in sections(page) {
                assert!(section.len() > 10 && !section.contains("\n## "), "{code}: {section}");
            }
        }
    }

    #[test]
    fn a_page_says_the_same_as_the_code() {
        for code in Code::ALL {
            let sections = sections(code.page());
            assert!(sections[0].ends_with(code.sentence()), "{code}");
            let whose = sections[2].replace('\n', " ");
            let fault = match code.fault() {
                Fault::Guest => "The module's,",
                Fault::Caller => "The caller's:",
                Fault::Host => "The host's.",
            };
            assert!(whose.starts_with(fault), "{code}");
            assert_eq!(whose.contains("may succeed later"), code.is_retryable(), "{code}");
            assert_eq!(whose.contains("will fail again"), !code.is_retryable(), "{code}");
        }
    }

    #[test]
    fn no_page_is_without_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/errors");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let codes: BTreeSet<String> = codes_with_pages().map(|code| format!("{code}.md")).collect();
        assert_eq!(files, codes);
    }

    #[test]
    fn an_unknown_code_has_no_page() {
        assert_eq!(page("bundle.nothing-of-this-name"), None);
        assert_eq!(page("limit.fuel"), Some(Code::LimitFuel.page()));
    }
}
