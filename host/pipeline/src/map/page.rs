//! A map as one page to look at: graph and layers, the cascade of an element with what would
//! change without a rule, and the difference to another map. It loads nothing.
//!
//! **Invariant:** nothing that a map holds becomes markup or script of the page.

const TEMPLATE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: [&str; 3] =
    [include_str!("page/page.js"), include_str!("page/cascade.js"), include_str!("page/diff.js")];

/// The page of a map in canonical JSON.
#[must_use]
pub fn map_page(json: &[u8]) -> String {
    let script = SCRIPTS.concat();
    // Within JSON, the sign stands in strings alone.
    let map = String::from_utf8_lossy(json).replace('<', "\\u003c");
    let mut page = String::with_capacity(TEMPLATE.len() + STYLE.len() + script.len() + map.len());
    let mut rest = TEMPLATE;
    for (mark, text) in [("/*STYLE*/", STYLE), ("/*MAP*/", &map), ("/*SCRIPT*/", &script)] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_map_says_cannot_end_its_script() {
        let page = map_page(b"{\"name\":\"</script><script>alert(1)</script>/*SCRIPT*/\"}");
        assert!(page.contains(r"\u003c/script>\u003cscript>alert(1)"));
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains("'use strict';") && page.trim_end().ends_with("</html>"));
    }
}
