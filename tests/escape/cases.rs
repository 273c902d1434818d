//! The cases as they stand in `cases.toml`.

use serde::Deserialize;

/// One attempt and its twin. See the head of `cases.toml` for what the fields are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) code: String,
    pub(crate) attack: String,
    pub(crate) twin: String,
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    pub(crate) grants: Option<String>,
    #[serde(default)]
    pub(crate) limits: toml::Table,
    #[serde(default)]
    pub(crate) fields: String,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) pages: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Run,
    Artifact,
    Read,
    Import,
    Export,
    Core,
    Bytes,
    Bomb,
    Layer2,
    Process,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// Every case, in the order of the file.
pub(crate) fn all() -> Vec<Case> {
    toml::from_str::<File>(include_str!("cases.toml")).unwrap().case
}

impl Case {
    /// `repeat:x:129` and `repeat:a/:10000:a` are written out; everything else is itself.
    pub(crate) fn text(argument: &str) -> String {
        let mut parts = argument.splitn(4, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("repeat"), Some(what), Some(times)) => {
                what.repeat(times.parse().unwrap()) + parts.next().unwrap_or_default()
            }
            _ => argument.to_owned(),
        }
    }
}
