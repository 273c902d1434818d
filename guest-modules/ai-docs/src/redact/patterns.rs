//! What a secret looks like.

/// A secret that begins with words of its own: its kind, what it begins with, which characters
/// follow, and how many at least.
struct Shape {
    kind: &'static str,
    begins: &'static str,
    follows: fn(char) -> bool,
    at_least: usize,
}

const fn shape(
    kind: &'static str,
    begins: &'static str,
    follows: fn(char) -> bool,
    at_least: usize,
) -> Shape {
    Shape { kind, begins, follows, at_least }
}

fn word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '-'
}

fn upper(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit()
}

fn dotted(character: char) -> bool {
    word(character) || character == '.'
}

fn path(character: char) -> bool {
    word(character) || character == '/'
}

const SHAPES: [Shape; 27] = [
    shape("aws-key", "AKIA", upper, 16),
    shape("aws-key", "ASIA", upper, 16),
    shape("github-token", "github_pat_", word, 22),
    shape("github-token", "ghp_", word, 30),
    shape("github-token", "gho_", word, 30),
    shape("github-token", "ghs_", word, 30),
    shape("github-token", "ghu_", word, 30),
    shape("gitlab-token", "glpat-", word, 20),
    shape("slack-token", "xoxb-", word, 20),
    shape("slack-token", "xoxp-", word, 20),
    shape("slack-token", "xoxa-", word, 20),
    shape("slack-hook", "hooks.slack.com/services/", path, 20),
    shape("google-key", "AIza", word, 35),
    shape("google-secret", "GOCSPX-", word, 20),
    shape("stripe-key", "sk_live_", word, 16),
    shape("stripe-key", "rk_live_", word, 16),
    shape("stripe-key", "sk_test_", word, 16),
    shape("model-key", "sk-ant-", word, 20),
    shape("model-key", "sk-proj-", word, 20),
    shape("model-key", "sk-", word, 32),
    shape("npm-token", "npm_", word, 36),
    shape("pypi-token", "pypi-AgEI", word, 40),
    shape("sendgrid-key", "SG.", dotted, 40),
    shape("twilio-key", "SK", |character| character.is_ascii_hexdigit(), 32),
    shape("huggingface-token", "hf_", word, 30),
    shape("digitalocean-token", "dop_v1_", word, 40),
    shape("jwt", "eyJ", dotted, 40),
];

/// Words in the name of what holds a secret.
const NAMES: [&str; 12] = [
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "private_key",
    "privatekey",
    "credential",
    "auth_key",
];

/// Values that stand where a secret would and are none.
const PLACEHOLDERS: [&str; 8] =
    ["example", "changeme", "placeholder", "your", "xxxx", "<", "${", "process.env"];

const VALUE_CHARACTERS_MIN: usize = 8;

/// Signs that part the messages of chats in usual models.
const TEMPLATE_SIGNS: [&str; 10] = [
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<s>",
    "</s>",
    "<think>",
    "</think>",
];

pub(super) fn begins_private_key(line: &str) -> bool {
    line.contains("-----BEGIN ") && line.contains("PRIVATE KEY")
}

pub(super) fn ends_private_key(line: &str) -> bool {
    line.contains("-----END ") && line.contains("PRIVATE KEY")
}

/// Bytes and kind of a secret that begins here; `before` is the character in front of it.
pub(super) fn secret_at(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    let at_word = !before.is_some_and(|before| before.is_ascii_alphanumeric() || before == '_');
    if at_word && let Some(found) = SHAPES.iter().find_map(|shape| shape.length(text)) {
        return Some(found);
    }
    password_in_address(text, before).or_else(|| named_value(text, before))
}

/// Bytes of a sign that parts messages.
pub(super) fn template_sign(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix("<|") {
        let end =
            inner.find("|>").filter(|end| *end <= 32 && !inner.get(..*end).unwrap_or("").contains(' '))?;
        return Some(end + 4);
    }
    TEMPLATE_SIGNS.iter().find(|sign| text.starts_with(**sign)).map(|sign| sign.len())
}

impl Shape {
    fn length(&self, text: &str) -> Option<(usize, &'static str)> {
        let rest = text.strip_prefix(self.begins)?;
        let follows: usize =
            rest.chars().take_while(|character| (self.follows)(*character)).map(char::len_utf8).sum();
        let looks_random = self.kind != "jwt" || rest.get(..follows).unwrap_or_default().contains('.');
        (follows >= self.at_least && looks_random).then_some((self.begins.len() + follows, self.kind))
    }
}

/// `//user:password@host`, from the password on.
fn password_in_address(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    if before != Some('/') {
        return None;
    }
    let end =
        text.find(|character: char| character.is_whitespace() || matches!(character, '/' | '"' | '\'' | '`'));
    let authority = text.get(..end.unwrap_or(text.len()))?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    let plain = password.starts_with("${") || password.starts_with('<') || password.is_empty();
    (!plain).then_some((user.len(), "address-password"))
}

/// The value in `password = "…"`, in `"token": "…"` and in `SECRET=…`: this stands at its name.
fn named_value(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    if before.is_some_and(|before| before.is_ascii_alphanumeric() || before == '_' || before == '-') {
        return None;
    }
    let name_end = text.find(|character: char| !word(character)).filter(|end| *end > 0)?;
    let name = text.get(..name_end)?.to_ascii_lowercase();
    if !NAMES.iter().any(|known| name.contains(known)) {
        return None;
    }
    let after = text.get(name_end..)?;
    let sign = after.trim_start_matches(['"', '\'', ' ', '\t']);
    let value = sign.strip_prefix(":=").or_else(|| sign.strip_prefix(['=', ':']))?;
    let value = value.trim_start_matches([' ', '\t']);
    let start = text.len() - value.len();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
    let (inner, opening) = match quote {
        Some(quote) => (value.get(1..)?.split(quote).next()?, 1),
        // Without quotes only what an environment file has: `NAME=value` without spaces.
        None if after.starts_with('=') && name == text.get(..name_end)?.to_ascii_lowercase() => {
            (value.split([' ', '\t', ';', ',']).next()?, 0)
        }
        None => return None,
    };
    let lower = inner.to_ascii_lowercase();
    let code = quote.is_none() && inner.contains(['(', '.', '[', '{', '<']);
    let prose = inner.contains(' ');
    if inner.chars().count() < VALUE_CHARACTERS_MIN
        || prose
        || code
        || PLACEHOLDERS.iter().any(|plain| lower.contains(plain))
        || inner.starts_with('«')
    {
        return None;
    }
    // The name goes with its value: both are one mark, which says what stood there.
    Some((start + opening + inner.len(), "named-secret"))
}
