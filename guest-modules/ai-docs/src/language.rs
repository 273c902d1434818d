//! What is known of a file's language, by its name.

/// A language, as far as comments and strings go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// JavaScript and TypeScript, which are parsed.
    Script { typescript: bool, jsx: bool },
    /// Lines by `//`, blocks by `/* */`.
    Slashes(Slashes),
    /// Lines by `#`.
    Hash { triple: bool },
    /// Described, and never changed.
    Other,
}

/// What parts languages with slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slashes {
    /// Comments stand in comments.
    pub(crate) nests: bool,
    /// `r#"…"#`.
    pub(crate) raw: bool,
    /// `"""…"""`.
    pub(crate) triple: bool,
    /// A backtick begins a string.
    pub(crate) backtick: bool,
    /// `'a` may be a lifetime, and `'` begins no string.
    pub(crate) lifetimes: bool,
}

const C: Slashes = Slashes { nests: false, raw: false, triple: false, backtick: false, lifetimes: false };

impl Language {
    /// By the extension.
    pub(crate) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        match extension.as_str() {
            "js" | "mjs" | "cjs" | "jsx" => Self::Script { typescript: false, jsx: true },
            "tsx" => Self::Script { typescript: true, jsx: true },
            "ts" | "mts" | "cts" => Self::Script { typescript: true, jsx: false },
            "c" | "h" | "java" | "cc" | "cpp" | "hpp" => Self::Slashes(C),
            "go" => Self::Slashes(Slashes { backtick: true, ..C }),
            "rs" => Self::Slashes(Slashes { nests: true, raw: true, lifetimes: true, ..C }),
            "kt" | "swift" | "dart" => Self::Slashes(Slashes { nests: true, triple: true, ..C }),
            "py" => Self::Hash { triple: true },
            "toml" | "yaml" | "yml" => Self::Hash { triple: false },
            _ => Self::Other,
        }
    }

    /// As it is told to a model.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Script { typescript: true, .. } => "TypeScript",
            Self::Script { .. } => "JavaScript",
            Self::Slashes(_) => "a language of the C family",
            Self::Hash { triple: true } => "Python",
            Self::Hash { .. } => "a configuration",
            Self::Other => "unknown",
        }
    }

    /// What a comment of one line begins with; none where comments are not written.
    pub(crate) const fn sign(self) -> Option<&'static str> {
        match self {
            Self::Script { .. } | Self::Slashes(_) => Some("//"),
            // A line of `#` within a block of YAML or a string of TOML would be text.
            Self::Hash { triple: true } => Some("#"),
            Self::Hash { .. } | Self::Other => None,
        }
    }
}
