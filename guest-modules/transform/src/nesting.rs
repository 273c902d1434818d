//! How deeply brackets are nested, found without recursion.
//!
//! The parser and every pass after it recurse with the nesting of the source. Refusing what no
//! person writes turns an exhausted stack into a diagnostic with a place.

/// Real sources stay below 100; generated ones (translated regular expressions, nested arrays)
/// have been seen at 300. Each level costs the parser up to 6 KB of stack.
pub(crate) const NESTING_MAX: usize = 512;

/// The byte offset at which the nesting exceeds [`NESTING_MAX`].
///
/// Strings, templates' text, comments and, by their first character, regular expressions are
/// skipped. It is a guard, not a lexer: text it misreads can only raise the depth it sees by the
/// brackets that text leaves open.
pub(crate) fn too_deep_at(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    let mut last = b';';
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        let end = match byte {
            b'"' | b'\'' => end_of_string(bytes, at, byte),
            b'/' if next == Some(b'/') => end_of_line(bytes, at),
            b'/' if next == Some(b'*') => end_of_comment(bytes, at),
            b'/' if starts_expression(last) => end_of_string(bytes, at, b'/'),
            b'(' | b'[' | b'{' => {
                depth += 1;
                at + 1
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ => at + 1,
        };
        if depth > NESTING_MAX {
            return Some(at);
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        at = end;
    }
    None
}

/// After these a slash begins a regular expression.
fn starts_expression(last: u8) -> bool {
    matches!(last, b'(' | b',' | b'=' | b':' | b'[' | b'!' | b'&' | b'|' | b'?' | b'{' | b'}' | b';' | b'+')
}

/// Strings and regular expressions end at their delimiter or at the line's end.
fn end_of_string(bytes: &[u8], start: usize, delimiter: u8) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            _ if byte == delimiter => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

fn end_of_line(bytes: &[u8], start: usize) -> usize {
    bytes.iter().skip(start).position(|byte| *byte == b'\n').map_or(bytes.len(), |length| start + length)
}

fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let inside = bytes.get(start + 2..).unwrap_or_default();
    inside.windows(2).position(|pair| pair == b"*/").map_or(bytes.len(), |length| start + 2 + length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed_and_one_more_is_not() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(too_deep_at(&nested(NESTING_MAX)), None);
        assert_eq!(too_deep_at(&nested(NESTING_MAX + 1)), Some(NESTING_MAX));
    }

    #[test]
    fn brackets_in_text_do_not_count() {
        let line = "a('(((', \"[[[\"); // {{{\n/* ((( */ b = /[(]\\(/;\n";
        assert_eq!(too_deep_at(&line.repeat(NESTING_MAX)), None);
    }
}
