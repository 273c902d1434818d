//! Canonical JSON, written as it comes: no value is held twice.
//!
//! Whoever writes an object writes its keys in ascending order; a test of the whole map checks that.

use std::fmt::Write as _;

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

    pub(crate) fn number(&mut self, value: impl Into<u64>) {
        self.separate();
        let _ = write!(self.text, "{}", value.into());
    }

    pub(crate) fn count(&mut self, value: usize) {
        self.separate();
        let _ = write!(self.text, "{value}");
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
        let mut clean = 0;
        for (at, byte) in value.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
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
