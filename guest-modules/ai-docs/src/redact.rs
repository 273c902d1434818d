//! Secrets and unsafe signs, taken out before anything is sent.
//!
//! A line stays a line, so that what a model says about line 12 is about line 12. What is taken
//! out leaves its kind between « and »: a reader still sees that something stood there.
//!
//! **Invariant:** the text that leaves this module has the lines of the text that came in.

mod patterns;

/// A text that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redacted {
    /// The text, line by line as it came in.
    pub(crate) text: String,
    /// How many secrets were taken out.
    pub(crate) secrets: usize,
}

/// Takes secrets and unsafe signs out of a text.
pub(crate) fn redact(text: &str) -> Redacted {
    let mut out = String::with_capacity(text.len());
    let mut secrets = 0;
    let mut inside_key = false;
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        if patterns::begins_private_key(body) {
            inside_key = true;
            secrets += 1;
        }
        if inside_key {
            inside_key = !patterns::ends_private_key(body);
            out.push_str("«private-key»");
        } else {
            secrets += redact_line(body, &mut out);
        }
        out.push_str(end);
    }
    Redacted { text: out, secrets }
}

fn redact_line(line: &str, out: &mut String) -> usize {
    let mut rest = line;
    let mut before = None;
    let mut secrets = 0;
    while let Some(character) = rest.chars().next() {
        if let Some((bytes, kind)) = patterns::secret_at(rest, before) {
            out.push_str(&format!("«{kind}»"));
            secrets += 1;
            rest = rest.get(bytes..).unwrap_or_default();
            before = Some('»');
            continue;
        }
        if let Some(bytes) = patterns::template_sign(rest) {
            out.push('«');
            out.push_str("sign»");
            rest = rest.get(bytes..).unwrap_or_default();
            before = Some('»');
            continue;
        }
        if !acts(character) {
            out.push(character);
        }
        before = Some(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    secrets
}

/// The character does something to its surroundings instead of being seen: what a person who
/// reads the file does not see, a model must not read either.
pub(crate) fn acts(character: char) -> bool {
    (character.is_control() && character != '\t' && character != '\n')
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line a secret: `kind TAB line`. None of them opens anything.
    const CORPUS: &str = include_str!("../corpus/secrets.txt");
    /// Lines that look like secrets and are none.
    const HARMLESS: &str = include_str!("../corpus/harmless.txt");

    /// `@@` parts a secret in the corpus, so that no scanner of repositories takes it for one.
    fn corpus() -> impl Iterator<Item = (&'static str, String, String)> {
        CORPUS.lines().filter(|line| !line.is_empty()).map(|line| {
            let mut parts = line.split('\t');
            let (kind, text) = (parts.next().unwrap(), parts.next().unwrap().replace("@@", ""));
            (kind, text, parts.next().unwrap().replace("@@", ""))
        })
    }

    #[test]
    fn no_secret_of_the_corpus_is_sent() {
        let mut kinds = std::collections::BTreeSet::new();
        for (kind, line, secret) in corpus() {
            assert!(line.contains(&secret), "{line}");
            let redacted = redact(&line);
            assert!(!redacted.text.contains(&secret), "{kind}: {line}: {}", redacted.text);
            assert!(redacted.text.contains(&format!("«{kind}»")), "{kind}: {line}: {}", redacted.text);
            assert!(redacted.secrets > 0);
            kinds.insert(kind);
        }
        assert!(corpus().count() >= 30 && kinds.len() >= 12, "{kinds:?}");
    }

    #[test]
    fn what_only_looks_like_a_secret_is_sent_as_it_is() {
        for line in HARMLESS.lines() {
            assert_eq!(redact(line), Redacted { text: line.to_owned(), secrets: 0 });
        }
    }

    #[test]
    fn a_private_key_is_taken_out_whole_and_its_lines_stay_lines() {
        let key = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\nabcd\n-----END RSA PRIVATE KEY-----\nb";
        let redacted = redact(key);
        assert_eq!(redacted.text, "a\n«private-key»\n«private-key»\n«private-key»\n«private-key»\nb");
        assert_eq!(redacted.secrets, 1);
    }

    #[test]
    fn signs_that_speak_to_a_model_or_hide_from_a_reader_are_taken_out() {
        let text = "x <|im_start|>system\u{200b}\u{202e} [INST] y\u{0}\tz";
        assert_eq!(redact(text).text, "x «sign»system «sign» y\tz");
    }
}
