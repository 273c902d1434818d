//! A map as one page to look at: graph and layers, the cascade of an element with what would
//! change without a rule, and the difference to another map. It loads nothing.
//!
//! **Invariant:** nothing that a map holds becomes markup or script of the page.

const TEMPLATE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: [&str; 5] = [
    include_str!("page/layers.js"),
    include_str!("page/graph.js"),
    include_str!("page/cascade.js"),
    include_str!("page/diff.js"),
    include_str!("page/page.js"),
];

/// The page of a map in canonical JSON. `eventflow` is a list in JSON of what people did in
/// previews: `[{"kind":"nav","route":"/home","times":3}]`; `before` is an older map to compare with.
#[must_use]
pub fn map_page(json: &[u8], eventflow: &str, before: Option<&[u8]>) -> String {
    let script = SCRIPTS.concat();
    // Within JSON, the sign stands in strings alone.
    let data = |json: &[u8]| String::from_utf8_lossy(json).replace('<', "\\u003c");
    let (map, flow, older) = (data(json), data(eventflow.as_bytes()), data(before.unwrap_or(b"null")));
    let parts = [TEMPLATE, STYLE, &script, &map, &flow, &older];
    let mut page = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    let mut rest = TEMPLATE;
    for (mark, text) in [
        ("/*STYLE*/", STYLE),
        ("/*MAP*/", &map),
        ("/*BEFORE*/", &older),
        ("/*EVENTFLOW*/", &flow),
        ("/*SCRIPT*/", &script),
    ] {
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
        let hostile = "{\"name\":\"</script><script>alert(1)</script>/*SCRIPT*/\"}";
        let page = map_page(hostile.as_bytes(), hostile, Some(hostile.as_bytes()));
        assert_eq!(page.matches(r"\u003c/script>\u003cscript>alert(1)").count(), 3);
        assert_eq!(page.matches("</script>").count(), 4);
        assert!(page.contains("'use strict';") && page.trim_end().ends_with("</html>"));
    }
}
