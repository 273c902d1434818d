//! What can be wrong with a policy, or with asking something of it.

use std::fmt;

use hivesync_types::Code;
use serde::Serialize;

use crate::Place;

/// One thing that is wrong: the stable code, the key it is about, where that stands,
/// and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// What is wrong.
    pub problem: Problem,
    /// The key, dotted, such as `limits.fuel`; empty when it is about the whole file.
    pub key: String,
    /// Where the key stands, when it is written down.
    pub place: Option<Place>,
}

/// What is wrong with a key, or refused by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is not TOML, or a value has another type than its key.
    #[error("{0}")]
    Syntax(String),
    /// No policy has a key of this name.
    #[error("there is no such key")]
    UnknownKey {
        /// The known key that is spelled most like it.
        nearest: Option<String>,
    },
    /// A key that every policy needs is absent.
    #[error("the key is missing")]
    Missing,
    /// A word that the key does not know.
    #[error("`{word}` is not one of {allowed}")]
    UnknownWord {
        /// What is written.
        word: String,
        /// What may be written.
        allowed: String,
    },
    /// A grant or an exception does not say what it is for.
    #[error("the reason is empty")]
    NoReason,
    /// A name, a purpose or a reason is not the plain text it should be.
    #[error("{0}")]
    BadText(&'static str),
    /// A path pattern that cannot be understood.
    #[error("the pattern `{pattern}` {why}")]
    BadPattern {
        /// As written.
        pattern: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not `sha256:` and 64 digits.
    #[error("`{0}` is no digest")]
    BadDigest(String),
    /// Not `ed25519:` and the 64 digits of a key that is on the curve.
    #[error("`{0}` is no signer's key")]
    BadSigner(String),
    /// The value says the opposite of another key.
    #[error("{0}")]
    Contradiction(&'static str),
    /// So little that nothing could run.
    #[error("{value} is below the floor of {floor}")]
    BelowFloor {
        /// As written.
        value: u64,
        /// The least that may be written.
        floor: u64,
    },
    /// More than this host ever grants.
    #[error("{value} is above the ceiling of {ceiling}")]
    AboveCeiling {
        /// As written.
        value: u64,
        /// The most that may be written.
        ceiling: u64,
    },
    /// Something that this host does not offer at all.
    #[error("this host does not offer {0}")]
    NotOffered(String),
    /// A world for which the policy does not stand.
    #[error("the policy does not stand for modules of world `{0}`")]
    WorldNotAllowed(String),
    /// A module wants an interface that the policy is silent about.
    #[error("the module imports `{0}`, which is not granted")]
    ImportNotGranted(String),
    /// The module's digest is not named.
    #[error("the module {0} is not one that the policy names")]
    DigestNotNamed(String),
    /// No signature was handed over.
    #[error("the module {0} has no signature")]
    Unsigned(String),
    /// No named signer signed this digest.
    #[error("no signer that the policy names has signed the module {0}")]
    BadSignature(String),
    /// The digest is on the list of revoked ones.
    #[error("the module {0} has been revoked")]
    Revoked(String),
    /// A wall of the operating system is missing.
    #[error("the wall `{0}` is missing around the runner")]
    WallMissing(String),
}

impl Problem {
    /// The name of the lint rule that reports it.
    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::UnknownKey { .. } => "unknown-key",
            Self::Missing => "missing",
            Self::UnknownWord { .. } => "unknown-word",
            Self::NoReason => "no-reason",
            Self::BadText(_) => "bad-text",
            Self::BadPattern { .. } => "bad-pattern",
            Self::BadDigest(_) => "bad-digest",
            Self::BadSigner(_) => "bad-signer",
            Self::Contradiction(_) => "contradiction",
            Self::BelowFloor { .. } => "below-floor",
            Self::AboveCeiling { .. } => "above-ceiling",
            Self::NotOffered(_) => "not-offered",
            Self::WorldNotAllowed(_) => "world-not-allowed",
            Self::ImportNotGranted(_) => "import-not-granted",
            Self::DigestNotNamed(_) => "digest-not-named",
            Self::Unsigned(_) => "unsigned",
            Self::BadSignature(_) => "bad-signature",
            Self::Revoked(_) => "revoked",
            Self::WallMissing(_) => "wall-missing",
        }
    }
}

impl PolicyError {
    pub(crate) fn new(key: impl Into<String>, problem: Problem) -> Self {
        Self { problem, key: key.into(), place: None }
    }

    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self.problem {
            Problem::Syntax(_)
            | Problem::UnknownKey { .. }
            | Problem::Missing
            | Problem::UnknownWord { .. }
            | Problem::NoReason
            | Problem::BadText(_)
            | Problem::BadPattern { .. }
            | Problem::BadDigest(_)
            | Problem::BadSigner(_)
            | Problem::Contradiction(_)
            | Problem::BelowFloor { .. } => Code::PolicyInvalid,
            Problem::AboveCeiling { .. } | Problem::NotOffered(_) => Code::PolicyCeiling,
            Problem::WorldNotAllowed(_) => Code::PolicyDenied,
            Problem::ImportNotGranted(_) => Code::WitImportNotGranted,
            Problem::DigestNotNamed(_) => Code::ModuleDigestMismatch,
            Problem::Unsigned(_) => Code::ModuleUnsigned,
            Problem::BadSignature(_) => Code::ModuleBadSignature,
            Problem::Revoked(_) => Code::ModuleRevoked,
            Problem::WallMissing(_) => Code::PolicyDegradedLayer2,
        }
    }

    /// What to do about it, in one sentence.
    pub fn hint(&self) -> String {
        let key = &self.key;
        match &self.problem {
            Problem::Syntax(_) => "Write the value as `sandbox-policies/default.toml` shows it.".to_owned(),
            Problem::UnknownKey { nearest: Some(nearest) } => format!("Did you mean `{nearest}`?"),
            Problem::UnknownKey { nearest: None } => {
                "Remove it; `sandbox-policies/default.toml` holds every key there is.".to_owned()
            }
            Problem::Missing => format!("Add `{key}`; `sandbox-policies/default.toml` shows how."),
            Problem::UnknownWord { allowed, .. } => format!("Write one of {allowed}."),
            Problem::NoReason => "Say in a sentence why this is needed.".to_owned(),
            Problem::BadText(_) => format!("Rewrite `{key}` as `sandbox-policies/README.md` describes it."),
            Problem::BadPattern { .. } => {
                "Write segments joined by `/`, with `*` inside a segment and `**` as a whole one.".to_owned()
            }
            Problem::BadDigest(_) => "Write `sha256:` and 64 lower-case hex digits.".to_owned(),
            Problem::BadSigner(_) => {
                "Write `ed25519:` and the 64 lower-case hex digits of the public key.".to_owned()
            }
            Problem::Contradiction(_) => format!("Change or remove `{key}`."),
            Problem::BelowFloor { floor, .. } => format!("Write at least {floor}, or leave the key out."),
            Problem::AboveCeiling { ceiling, .. } => {
                format!("Write at most {ceiling}: ceilings are in the host's code and no policy raises them.")
            }
            Problem::NotOffered(_) => format!("Choose another value for `{key}`."),
            Problem::WorldNotAllowed(world) => {
                format!("Use the policy made for such modules, or add `{world}` to `module.worlds`.")
            }
            Problem::ImportNotGranted(interface) => {
                format!(
                    "Build the module without it, or add a grant with its reason: `[grants.{interface}]`."
                )
            }
            Problem::DigestNotNamed(digest) => {
                format!("If these are the bytes you reviewed, add \"{digest}\" to `module.digests`.")
            }
            Problem::Unsigned(_) => "Hand over the signature file that was made with the module.".to_owned(),
            Problem::BadSignature(_) => {
                "Have a signer of `module.signers` sign this digest, or use the bytes that were signed."
                    .to_owned()
            }
            Problem::Revoked(_) => "Use a newer build of the module.".to_owned(),
            Problem::WallMissing(wall) => format!(
                "Run on a kernel that has it, or add `{wall}` to `layer2.allow-degraded.walls` and say why."
            ),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.problem)
    }
}

/// As a report shows it: code, key, place, message, what to do.
impl Serialize for PolicyError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut object = serializer.serialize_struct("PolicyError", 5)?;
        object.serialize_field("code", self.code().as_str())?;
        object.serialize_field("key", &self.key)?;
        object.serialize_field("place", &self.place)?;
        object.serialize_field("message", &self.problem.to_string())?;
        object.serialize_field("hint", &self.hint())?;
        object.end()
    }
}
