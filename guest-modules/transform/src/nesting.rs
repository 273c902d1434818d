//! How deeply a source is nested, found without recursion: by its brackets, and by what nests
//! without them, such as `a + b + …`, `!!…`, `x => y => …` and elements within elements.
//!
//! The parser and every pass after it recurse with the nesting of the source. Refusing what no
//! person writes turns an exhausted stack into a diagnostic with a place.

/// Real sources stay below 100; generated ones (translated regular expressions, nested arrays)
/// have been seen at 300. Each level costs the parser up to 6 KB of stack.
pub(crate) const NESTING_MAX: usize = 512;

/// Operators and elements of one expression that nest without a bracket between them. The
/// longest that were seen in packages are texts joined by a few hundred `+`.
pub(crate) const CHAIN_MAX: usize = 2000;

/// The byte offset at which the nesting exceeds [`NESTING_MAX`] or a chain [`CHAIN_MAX`].
///
/// Strings, templates' text, comments and, by their first character, regular expressions are
/// skipped. It is a guard, not a lexer: text it misreads can only raise the depth it sees by the
/// brackets that text leaves open.
pub(crate) fn too_deep_at(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut depth = 0_usize;
    // Of the innermost bracket, and of those around it.
    let mut chain = 0_usize;
    let mut chains = Vec::new();
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
                chains.push(std::mem::take(&mut chain));
                at + 1
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                chain = chains.pop().unwrap_or_default();
                at + 1
            }
            b';' | b',' => {
                chain = 0;
                at + 1
            }
            _ => {
                chain = links(chain, (last, byte, next));
                at + 1
            }
        };
        // What a block holds is a statement of its own.
        if byte == b'}' && starts_statement(bytes, end) {
            chain = 0;
        }
        if depth > NESTING_MAX || chain > CHAIN_MAX {
            return Some(at);
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        at = end;
    }
    None
}

/// The length of a chain after `byte`. An element counts until it is closed.
fn links(chain: usize, (last, byte, next): (u8, u8, Option<u8>)) -> usize {
    match (byte, next) {
        (b'/', _) if last == b'<' => chain,
        (b'<', Some(b'/')) | (b'/', Some(b'>')) => chain.saturating_sub(1),
        (b'<', Some(next)) if next == b'>' || next.is_ascii_alphabetic() => chain + 1,
        // A function costs twice what an operator does.
        (b'=', Some(b'>')) => chain + 2,
        (b'.', Some(next)) if !next.is_ascii_digit() && next != b'.' => chain + 1,
        (b'!' | b'~' | b'+' | b'-' | b'*' | b'%' | b'&' | b'|' | b'^' | b'?', _) => chain + 1,
        (b'/', _) => chain + 1,
        _ => chain,
    }
}

/// Whether a line break follows: an object in the middle of an expression is seldom the last of
/// its line.
fn starts_statement(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let next = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    matches!(next, None | Some(b'\n'))
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
    fn what_nests_without_brackets_is_counted_and_statements_and_siblings_are_not() {
        for link in ["!", "~", "a + ", "a => ", "a ? b : ", ".a", "<a>", "<>", "a | "] {
            let most = if link.contains("=>") { CHAIN_MAX / 2 } else { CHAIN_MAX };
            assert_eq!(too_deep_at(&link.repeat(most)), None, "{link}");
            assert!(too_deep_at(&link.repeat(most + 2)).is_some(), "{link}");
        }
        for flat in
            ["a.b + c;", "f(a + b), ", "if (a.b) {\n}\n", "<a b='c'/>", "<a>x</a>", "{ a: b + c },", "1.5, "]
        {
            assert_eq!(too_deep_at(&flat.repeat(10 * CHAIN_MAX)), None, "{flat}");
        }
    }

    #[test]
    fn brackets_in_text_do_not_count() {
        let line = "a('(((', \"[[[\"); // {{{\n/* ((( */ b = /[(]\\(/;\n";
        assert_eq!(too_deep_at(&line.repeat(NESTING_MAX)), None);
    }
}
