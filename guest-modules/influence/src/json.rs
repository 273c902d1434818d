//! Canonical JSON, written as it comes: no value is held twice.
//!
//! Whoever writes an object writes its keys in ascending order; a test of the whole map checks that.

use std::fmt::Write as _;
use std::ops::Range;

/// The text so far.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: String,
    /// The next value needs no comma.
    fresh: bool,
}

impl Json {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), fresh: true }
    }

    /// The text of a value that was written elsewhere.
    pub(crate) fn raw(&mut self, value: &str) {
        self.separate();
        self.text.push_str(value);
    }

    pub(crate) fn text(self) -> String {
        self.text
    }

    /// There will be so many bytes more.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.text.reserve(bytes);
    }

    /// Writes a value of its own, and tells where in the text it stands.
    pub(crate) fn piece(&mut self, write: impl FnOnce(&mut Self)) -> Range<usize> {
        self.fresh = true;
        let start = self.text.len();
        write(self);
        start..self.text.len()
    }

    /// What stands at a place that [`Self::piece`] told.
    pub(crate) fn at(&self, place: Range<usize>) -> &str {
        self.text.get(place).unwrap_or_default()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn separate(&mut self) {
        if !self.fresh {
            self.text.push(',');
        }
        self.fresh = false;
    }

    /// `{ … }`.
    pub(crate) fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push('{');
        self.fresh = true;
        fill(self);
        self.text.push('}');
        self.fresh = false;
    }

    /// `[ … ]`.
    pub(crate) fn array(&mut self, fill: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push('[');
        self.fresh = true;
        fill(self);
        self.text.push(']');
        self.fresh = false;
    }

    /// The key of the value that is written next.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.separate();
        self.quote(key);
        self.text.push(':');
        self.fresh = true;
        self
    }

    pub(crate) fn string(&mut self, value: &str) {
        self.separate();
        self.quote(value);
    }

    /// A string of letters, digits and the like, which is written as it is.
    pub(crate) fn plain(&mut self, value: &str) {
        self.separate();
        self.text.push('"');
        self.text.push_str(value);
        self.text.push('"');
    }

    pub(crate) fn number(&mut self, value: impl Into<u64>) {
        self.separate();
        let mut digits = [b'0'; 20];
        let (mut rest, mut used) = (value.into(), 0);
        for (place, at) in digits.iter_mut().rev().zip(1_usize..) {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            used = at;
            if rest == 0 {
                break;
            }
        }
        let digits = digits.get(digits.len() - used..).and_then(|own| std::str::from_utf8(own).ok());
        self.text.push_str(digits.unwrap_or_default());
    }

    pub(crate) fn count(&mut self, value: usize) {
        self.number(u64::try_from(value).unwrap_or(u64::MAX));
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.separate();
        self.text.push_str(if value { "true" } else { "false" });
    }

    pub(crate) fn strings<'t>(&mut self, values: impl IntoIterator<Item = &'t str>) {
        self.array(|json| {
            for value in values {
                json.string(value);
            }
        });
    }

    fn quote(&mut self, value: &str) {
        self.text.push('"');
        let special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
        // Nearly every text is clean, and looking at all of it at once is faster than stopping.
        if !value.bytes().fold(false, |found, byte| found | special(byte)) {
            self.text.push_str(value);
            self.text.push('"');
            return;
        }
        let mut clean = 0;
        for (at, byte) in value.bytes().enumerate() {
            if !special(byte) {
                continue;
            }
            self.text.push_str(value.get(clean..at).unwrap_or_default());
            clean = at + 1;
            match byte {
                b'"' => self.text.push_str("\\\""),
                b'\\' => self.text.push_str("\\\\"),
                b'\n' => self.text.push_str("\\n"),
                b'\r' => self.text.push_str("\\r"),
                b'\t' => self.text.push_str("\\t"),
                0x08 => self.text.push_str("\\b"),
                0x0C => self.text.push_str("\\f"),
                other => {
                    let _ = write!(self.text, "\\u{other:04x}");
                }
            }
        }
        self.text.push_str(value.get(clean..).unwrap_or_default());
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_written_as_json_has_them() {
        let mut json = Json::new();
        json.array(|json| {
            for number in [0_u64, 7, 10, 4_294_967_296, u64::MAX] {
                json.number(number);
            }
            for text in ["", "plain", "a\"b", "\\", "line\nend", "\u{1}", "ü", "ends\""] {
                json.string(text);
            }
        });
        let expected = serde_json::json!([
            0,
            7,
            10,
            4_294_967_296_u64,
            u64::MAX,
            "",
            "plain",
            "a\"b",
            "\\",
            "line\nend",
            "\u{1}",
            "ü",
            "ends\""
        ]);
        assert_eq!(json.text(), expected.to_string());
    }

    #[test]
    fn a_piece_is_found_where_it_was_written() {
        let mut json = Json::new();
        let first = json.piece(|json| json.string("a"));
        let second = json.piece(|json| json.array(|json| json.count(1)));
        assert_eq!((json.at(first), json.at(second)), ("\"a\"", "[1]"));
    }
}
