//! Templates of Vue, Svelte and Astro: which components stand in them, and what happens at their
//! elements.
//!
//! Seen are elements that are called like a component (`<HiveCard>`, `<hive-card>`), and the
//! attributes `@click`, `v-on:click`, `on:click` and `onclick={…}`. Every byte is looked at once,
//! whatever is left open.

use super::events::{Event, SET, functions_in};
use super::outline::{FINDINGS_MAX, Outline, Use};

/// Elements whose content is no template.
const RAW: [&str; 2] = ["script", "style"];
/// Bytes of a value that are searched for functions.
const VALUE_BYTES_MAX: usize = 2_000;

/// Reads the template of a file; what lies in its scripts was read before.
pub(super) fn template(text: &str, outline: &mut Outline) {
    let mut reader = Reader { text, at: 0, line: 1 };
    while reader.skip_to(|byte| byte == b'<') {
        reader.skip(1);
        if reader.rest().starts_with("!--") {
            reader.skip_past("-->");
            continue;
        }
        if !reader.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            continue;
        }
        let line = reader.line;
        let tag = reader.word(|byte| !ends_name(byte));
        if let Some(name) = component(tag) {
            outline.use_of(Use { within: None, name, element: true, line });
        }
        attributes(&mut reader, outline);
        if RAW.contains(&tag) {
            reader.skip_past(&format!("</{tag}"));
        }
    }
}

/// Reads attributes to the end of the tag.
fn attributes(reader: &mut Reader<'_>, outline: &mut Outline) {
    while reader.skip_to(|byte| !byte.is_ascii_whitespace() && byte != b'/') {
        match reader.peek() {
            Some(b'>') => return reader.skip(1),
            // `{...rest}`.
            Some(b'{') => drop(reader.braces()),
            _ => {
                let line = reader.line;
                let name = reader.word(|byte| !ends_name(byte) && byte != b'=');
                if name.is_empty() {
                    reader.skip(1);
                    continue;
                }
                let value = reader.value();
                let Some(happens) = event(name, value) else { continue };
                outline.cut |= outline.events.len() >= FINDINGS_MAX;
                for handler in handlers(value) {
                    if outline.events.len() < FINDINGS_MAX {
                        let name = happens.to_owned();
                        outline.events.push(Event { within: None, name, handler, line });
                    }
                }
            }
        }
    }
}

/// The name of the event that an attribute is for, without what modifies it.
fn event<'t>(name: &'t str, value: Option<Value<'_>>) -> Option<&'t str> {
    let own = ["@", "v-on:", "on:"].iter().find_map(|mark| name.strip_prefix(mark));
    let own = match (own, value) {
        (Some(own), _) => own.split(['.', '|']).next()?,
        (None, Some(Value::Braces(_))) if SET.contains(&name) => name,
        _ => return None,
    };
    // `@[name]` is one that only running could tell.
    own.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(own)
}

/// What a value names or calls; one nothing where its words do not tell.
fn handlers(value: Option<Value<'_>>) -> Vec<String> {
    let text = value.map_or("", |(Value::Text(text) | Value::Braces(text))| text);
    let mut found = if text.len() <= VALUE_BYTES_MAX { functions_in(text) } else { Vec::new() };
    if found.is_empty() {
        found.push(String::new());
    }
    found
}

/// The name under which a script has the component that an element is called like.
fn component(tag: &str) -> Option<String> {
    if tag.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Some(tag.to_owned());
    }
    let parts = tag.contains('-').then(|| tag.split('-'))?;
    let parts = parts.map(|part| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    Some(parts.collect())
}

const fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<' | b'"' | b'\'')
}

#[derive(Debug, Clone, Copy)]
enum Value<'t> {
    Text(&'t str),
    /// Without the outer ones.
    Braces(&'t str),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, bytes: usize) {
        for _ in 0..bytes {
            self.line = self.line.saturating_add(u32::from(self.peek() == Some(b'\n')));
            self.at += 1;
        }
    }

    /// To the first byte of this kind; false where there is none. All are ASCII, so no letter is cut.
    fn skip_to(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        while let Some(byte) = self.peek() {
            if wanted(byte) {
                return true;
            }
            self.skip(1);
        }
        false
    }

    fn skip_past(&mut self, end: &str) {
        let found = self.rest().find(end).map_or(self.rest().len(), |at| at + end.len());
        self.skip(found);
    }

    fn word(&mut self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let begin = self.at;
        while self.peek().is_some_and(&belongs) {
            self.skip(1);
        }
        self.text.get(begin..self.at).unwrap_or_default()
    }

    /// What stands behind `=`, if that is what comes.
    fn value(&mut self) -> Option<Value<'t>> {
        if self.peek() != Some(b'=') {
            return None;
        }
        self.skip(1);
        match self.peek()? {
            b'{' => Some(Value::Braces(self.braces())),
            quote @ (b'"' | b'\'') => {
                self.skip(1);
                let text = self.word(|byte| byte != quote);
                self.skip(1);
                Some(Value::Text(text))
            }
            _ => Some(Value::Text(self.word(|byte| !byte.is_ascii_whitespace() && byte != b'>'))),
        }
    }

    /// What lies between a brace and the one that closes it.
    fn braces(&mut self) -> &'t str {
        let begin = self.at + 1;
        let mut depth = 0_u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            self.skip(1);
            if depth == 0 {
                return self.text.get(begin..self.at - 1).unwrap_or_default();
            }
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Uses = Vec<(String, u32)>;
    type Events = Vec<(String, String)>;

    fn read(text: &str) -> (Uses, Events) {
        let mut outline = Outline::default();
        template(text, &mut outline);
        let uses = outline.uses.into_iter().map(|one| (one.name, one.line));
        (uses.collect(), outline.events.into_iter().map(|one| (one.name, one.handler)).collect())
    }

    fn pairs(all: &[(&str, &str)]) -> Events {
        all.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
    }

    #[test]
    fn components_are_elements_that_are_called_like_one() {
        let (uses, _) = read("<template>\n<HiveCard/>\n<p><bee-list a='<No/>'></bee-list></p></template>");
        assert_eq!(uses, [("HiveCard".to_owned(), 2), ("BeeList".to_owned(), 3)]);
        let (uses, _) =
            read("<script>const a = '<No/>'</script><!-- <No/> --><style>a{b:'<No/>'}</style><Yes>");
        assert_eq!(uses, [("Yes".to_owned(), 1)]);
    }

    #[test]
    fn what_happens_leads_to_what_is_named_or_called() {
        let (_, vue) = read("<p @click.prevent=\"save\" v-on:keyup='go(1)' @[any]='no' :title='t' @blur>");
        assert_eq!(vue, pairs(&[("click", "save"), ("keyup", "go"), ("blur", "")]));
        let (_, svelte) = read("<p {...rest} on:click|once={save} onclick={() => { go({a: 1}) }} once={no}>");
        assert_eq!(svelte, pairs(&[("click", "save"), ("onclick", "go")]));
    }

    #[test]
    fn hostile_templates_are_read_in_time_that_grows_with_them() {
        for piece in ["<a {", "<a @b=\"", "<a on:b={", "<", "<!--", "<script>", "<a b='", "}<a {{", "<é @ü"]
        {
            read(&piece.repeat(200_000 / piece.len()));
        }
    }
}
