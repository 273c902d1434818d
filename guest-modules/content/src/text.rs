//! Text of strangers in text of ours: one line, no control characters, no meaning.

use std::fmt::Write as _;

/// What stands where something was cut off.
const ELLIPSIS: char = '…';

/// One line without control characters and without marks that turn the direction of what
/// follows.
pub(crate) fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_hidden(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    line
}

/// Marks of direction, joiners and byte order marks: what is not seen and changes what is.
const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// At most `max` characters of a plain line, cut between words where there are any.
pub(crate) fn shorten(line: &str, max: usize) -> String {
    if line.chars().count() <= max {
        return line.to_owned();
    }
    let kept: String = line.chars().take(max.saturating_sub(1)).collect();
    let end = kept.rfind(' ').filter(|end| *end >= kept.len() / 2).unwrap_or(kept.len());
    let mut short = kept.get(..end).unwrap_or_default().trim_end().to_owned();
    short.push(ELLIPSIS);
    short
}

/// A plain line as Markdown that shows these letters: every punctuation mark of ASCII is escaped,
/// so that none of them begins a link, a tag, an emphasis or a block.
pub(crate) fn markdown(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for c in line.chars() {
        // These begin nothing, wherever they stand.
        if c.is_ascii_punctuation() && !matches!(c, ',' | ';' | '\'' | '"' | '?' | '%') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    // A number with a stop or a bracket would begin a list; both are escaped above.
    escaped
}

/// A plain line as a YAML scalar in double quotes.
pub(crate) fn yaml(line: &str) -> String {
    let mut quoted = String::with_capacity(line.len() + 2);
    quoted.push('"');
    for c in line.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() || is_hidden(c) => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// An address that may stand in a link: https, without what would end the link.
pub(crate) fn address(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let is_plain =
        rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/?#@!$&'*+,;=%:[]".contains(&byte));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A name in front of an `@` is there to be taken for the host.
    (is_plain && url.len() <= 2048 && !host.is_empty() && !host.contains('@')).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser};
    use saphyr::LoadableYamlNode as _;

    use super::*;

    /// What a reader of the Markdown sees, or what else there is than text in one paragraph.
    fn seen(markdown: &str) -> Result<String, String> {
        let mut text = String::new();
        // Quotes that turn into nicer ones are for whoever shows the text.
        for event in Parser::new_ext(markdown, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
            match event {
                Event::Text(part) => text.push_str(&part),
                Event::Start(pulldown_cmark::Tag::Paragraph)
                | Event::End(pulldown_cmark::TagEnd::Paragraph) => {}
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(text)
    }

    #[test]
    fn hostile_titles_are_nothing_but_their_letters() {
        for title in [
            "# not a heading",
            "---",
            "- not a list",
            "12. not a list",
            "12) not a list",
            "> not a quote",
            "[a](https://evil.example) <b>bold</b> <https://evil.example>",
            "![x](javascript:alert(1))",
            "<script>alert(1)</script>",
            "&lt;script&gt; &amp; &#60;",
            "`code` **strong** _em_ ~~gone~~ $math$ ^up^ ~down~",
            "| a | b |",
            "[^1] [x]: https://evil.example",
            "=== *** ___ +++",
            "back\\slash \\",
            "{{ template }} {% raw %} ${{ secrets.TOKEN }}",
            ":::warning",
            "    indented code",
        ] {
            let line = plain(title);
            assert_eq!(seen(&markdown(&line)), Ok(line.clone()), "{title}");
        }
    }

    #[test]
    fn line_feeds_and_marks_of_direction_are_gone() {
        assert_eq!(plain("a\n---\r\nb\u{202e}c\u{0}d\u{200b}\t e"), "a --- bc d e");
        assert_eq!(plain("\u{2066}\u{feff} \n"), "");
    }

    #[test]
    fn what_is_cut_ends_between_words_and_is_never_longer() {
        assert_eq!(shorten("short", 10), "short");
        assert_eq!(shorten("one two three", 10), "one two…");
        assert_eq!(shorten("abcdefghijklm", 10), "abcdefghi…");
        assert_eq!(shorten("äöüäöüäöüäöü", 4), "äöü…");
    }

    #[test]
    fn an_address_is_https_and_ends_where_it_ends() {
        assert_eq!(address("https://clips.example/a?b=c"), Some("https://clips.example/a?b=c"));
        for bad in [
            "http://clips.example/",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "https://a.example/>) [x](https://b.example",
            "https://a.example/\nx",
            "https://good.example@evil.example/",
            "https://a.example/ü",
            "https://a.example/(x)",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_shows_as_itself(text in "\\PC{0,60}") {
            let line = plain(&text);
            prop_assert_eq!(seen(&markdown(&line)), Ok(line));
        }

        #[test]
        fn any_punctuation_shows_as_itself(text in "[ -/:-@\\[-`{-~a1]{0,40}") {
            let line = plain(&text);
            prop_assert_eq!(seen(&markdown(&line)), Ok(line));
        }

        #[test]
        fn any_text_is_read_from_yaml_as_itself(text in any::<String>()) {
            let line = plain(&text);
            let read = saphyr::Yaml::load_from_str(&format!("title: {}\nnext: 1\n", yaml(&line))).unwrap();
            prop_assert_eq!(read[0]["title"].as_str(), Some(line.as_str()));
            prop_assert_eq!(read[0]["next"].as_integer(), Some(1));
        }

        #[test]
        fn a_line_is_never_longer_than_allowed(text in any::<String>(), max in 1_usize..40) {
            prop_assert!(shorten(&plain(&text), max).chars().count() <= max);
        }
    }
}
