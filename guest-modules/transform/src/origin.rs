//! A map through two: from a module to what plugins made, and from that to the file.

use serde_json::Value;
use swc_sourcemap::{SourceMap, SourceMapBuilder};

/// `map` with each place led on by `earlier` to the file `path`; `map` itself when one of the
/// two cannot be read. Places that the plugins made up lead nowhere and are left out.
pub(crate) fn led_back(map: Vec<u8>, earlier: &[u8], path: &str) -> Vec<u8> {
    composed(&map, earlier, path).unwrap_or(map)
}

fn composed(map: &[u8], earlier: &[u8], path: &str) -> Option<Vec<u8>> {
    let map = SourceMap::from_slice(map).ok()?;
    let earlier = SourceMap::from_slice(earlier).ok()?;
    let mut built = SourceMapBuilder::new(None);
    let source = built.add_source(path.to_owned().into());
    built.set_source_contents(source, earlier.get_source_contents(0).cloned());
    let mut last = None;
    for token in map.tokens().filter(|token| token.has_source()) {
        let (line, column) = (token.get_src_line(), token.get_src_col());
        let found = earlier.lookup_token(line, column).filter(|found| found.get_dst_line() == line);
        let Some(found) = found.filter(swc_sourcemap::Token::has_source) else { continue };
        let name = found.get_name().or_else(|| token.get_name()).map(|name| built.add_name(name.clone()));
        let place = (found.get_src_line(), found.get_src_col());
        // A name keeps its place; other places that say nothing new are left out.
        if name.is_none() && last == Some((token.get_dst_line(), place)) {
            continue;
        }
        last = Some((token.get_dst_line(), place));
        let to = (token.get_dst_line(), token.get_dst_col());
        built.add_raw(to.0, to.1, place.0, place.1, Some(source), name, false);
    }
    let mut json = Vec::new();
    built.into_sourcemap().to_writer(&mut json).ok()?;
    // What cannot be parsed must not reach the linker, which believes the map.
    serde_json::from_slice::<Value>(&json).ok().map(|_| json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_leads_to_the_file_and_its_text_comes_along() {
        // Line 1 column 0 of the module is line 0 column 4 of the rewritten text, which is
        // line 2 column 1 of the file.
        let map = br#"{"version":3,"sources":["a.js"],"names":[],"mappings":";AAAI"}"#;
        let earlier =
            br#"{"version":3,"sources":["a.js"],"sourcesContent":["\n\n xy"],"names":[],"mappings":"IAEC"}"#;
        let json = led_back(map.to_vec(), earlier, "src/a.js");
        let found = SourceMap::from_slice(&json).unwrap();
        let token = found.lookup_token(1, 0).unwrap();
        assert_eq!((token.get_src_line(), token.get_src_col()), (2, 1));
        assert_eq!(found.get_source(0).map(|source| source.to_string()), Some("src/a.js".to_owned()));
        assert_eq!(found.get_source_contents(0).map(|text| text.to_string()), Some("\n\n xy".to_owned()));
    }

    #[test]
    fn a_hostile_map_changes_nothing_and_stops_nothing() {
        let map = br#"{"version":3,"sources":["a.js"],"names":[],"mappings":";AAAI"}"#;
        let of = |mappings: &str| {
            format!(r#"{{"version":3,"sources":["a.js"],"names":[],"mappings":"{mappings}"}}"#)
        };
        let sections = format!(
            "{}{}",
            r#"{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":"#.repeat(5_000),
            "1"
        );
        let hostile = [
            sections,
            r#"{"version":3,"sections":[{"offset":{"line":4294967295,"column":4294967295},"map":{"version":3,"sources":[],"names":[],"mappings":"A"}}]}"#.to_owned(),
            // No digit, a number without an end, one of too many digits, indexes of what is not there.
            of("!!"),
            of("gggggg"),
            of(&"g".repeat(100_000)),
            of("AA//////fAA"),
            of("AADDDD"),
            of(&"A,".repeat(10_000)),
            of("AAAAAA;+/////D"),
            r#"{"version":3,"sources":null,"names":7,"mappings":[]}"#.to_owned(),
        ];
        for earlier in hostile {
            let answer = led_back(map.to_vec(), earlier.as_bytes(), "a.js");
            let shown: String = earlier.chars().take(80).collect();
            assert!(SourceMap::from_slice(&answer).is_ok(), "{shown}");
        }
    }

    #[test]
    fn a_map_that_cannot_be_read_changes_nothing() {
        assert_eq!(led_back(b"{}".to_vec(), b"nonsense", "a.js"), b"{}");
    }
}
