//! The words, texts and signs of a program, as much as is needed to read literals in it.

/// A part of a program with its line. Comments are not among them.
pub(crate) enum Token {
    /// A name or a keyword.
    Word(String, u32),
    /// What stands between quotes, escapes left as they are.
    Text(String, u32),
    /// A bracket, a colon, a comma or any other sign.
    Sign(char, u32),
}

impl Token {
    /// The word or the text; empty for a sign.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Word(text, _) | Self::Text(text, _) => text,
            Self::Sign(..) => "",
        }
    }

    pub(crate) fn is_sign(&self, sign: char) -> bool {
        matches!(self, Self::Sign(found, _) if *found == sign)
    }

    pub(crate) fn line(&self) -> u32 {
        match self {
            Self::Word(_, line) | Self::Text(_, line) | Self::Sign(_, line) => *line,
        }
    }
}

pub(crate) fn tokens(program: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut line = 1_u32;
    let mut rest = program;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '\'' | '`' => {
                let inner = rest.get(1..).unwrap_or("").split(next).next().unwrap_or("");
                found.push(Token::Text(inner.to_owned(), line));
                (inner.len() + 2).min(rest.len())
            }
            word if word.is_alphabetic() || word == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                found.push(Token::Word(rest.get(..end).unwrap_or("").to_owned(), line));
                end
            }
            other => {
                if !other.is_whitespace() {
                    found.push(Token::Sign(other, line));
                }
                other.len_utf8()
            }
        };
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let breaks = taken.matches('\n').count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        rest = after;
    }
    found
}
