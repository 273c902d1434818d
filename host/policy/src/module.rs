//! Which modules a policy stands for.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};
use hivesync_types::Digest;
use serde::{Serialize, Serializer};

use crate::{Interface, PolicyError, Problem};

/// Put in front of the digest that is signed, so that a signature made for another
/// purpose is none here.
const SIGNED_PREFIX: &str = "hivesync-module ";

/// The world a module is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum World {
    /// `preview-bundler` of `wit/`: the coordinator.
    #[serde(rename = "preview-bundler")]
    PreviewBundler,
    /// `transform` of `wit/`: pure.
    #[serde(rename = "transform")]
    Transform,
    /// `plugin-host` of `wit/`: pure.
    #[serde(rename = "plugin-host")]
    PluginHost,
    /// `influence-map` of `wit/`: pure.
    #[serde(rename = "influence-map")]
    InfluenceMap,
    /// `pipeline-step` of `wit/`: pure.
    #[serde(rename = "pipeline-step")]
    PipelineStep,
    /// A command of a stock toolchain.
    #[serde(rename = "wasi:cli/command")]
    WasiCommand,
}

impl World {
    /// Every world a policy can name.
    pub const ALL: [Self; 6] = [
        Self::PreviewBundler,
        Self::Transform,
        Self::PluginHost,
        Self::InfluenceMap,
        Self::PipelineStep,
        Self::WasiCommand,
    ];

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreviewBundler => "preview-bundler",
            Self::Transform => "transform",
            Self::PluginHost => "plugin-host",
            Self::InfluenceMap => "influence-map",
            Self::PipelineStep => "pipeline-step",
            Self::WasiCommand => "wasi:cli/command",
        }
    }

    /// The powers a module of this world can ask for; a test compares them with `wit/`.
    pub const fn imports(self) -> &'static [Interface] {
        match self {
            Self::PreviewBundler => &Interface::ALL,
            Self::Transform | Self::PluginHost | Self::InfluenceMap | Self::PipelineStep => &[],
            Self::WasiCommand => &[Interface::Project, Interface::Artifacts, Interface::Log],
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a module proves that it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accept {
    /// Not at all: nothing may run under this policy.
    Nothing,
    /// By being what this host's own build made.
    BuiltHere,
    /// By digest, by signature, or by both when both lists are filled.
    Named,
}

/// Whose signature counts: an Ed25519 public key. Its text is `ed25519:` and 64
/// lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer(VerifyingKey);

impl FromStr for Signer {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let bad = || Problem::BadSigner(text.to_owned());
        let digits = text.strip_prefix("ed25519:").ok_or_else(bad)?;
        let key = VerifyingKey::from_bytes(&lower_hex(digits).ok_or_else(bad)?).map_err(|_| bad())?;
        if key.is_weak() {
            return Err(bad());
        }
        Ok(Self(key))
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", hex::encode(self.0.as_bytes()))
    }
}

impl Serialize for Signer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A signature that came with a module. Its text, a line of the file beside the module,
/// is the signer, a space and 128 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleSignature {
    signer: Signer,
    signature: Signature,
}

impl FromStr for ModuleSignature {
    type Err = Problem;

    fn from_str(line: &str) -> Result<Self, Problem> {
        let bad = || Problem::BadSigner(line.to_owned());
        let (signer, digits) = line.trim_end().split_once(' ').ok_or_else(bad)?;
        let signature = Signature::from_bytes(&lower_hex(digits).ok_or_else(bad)?);
        Ok(Self { signer: signer.parse()?, signature })
    }
}

impl ModuleSignature {
    /// The bytes a signer signs for a module.
    pub fn message(module: Digest) -> Vec<u8> {
        format!("{SIGNED_PREFIX}{module}").into_bytes()
    }

    fn is_good_for(&self, module: Digest) -> bool {
        self.signer.0.verify_strict(&Self::message(module), &self.signature).is_ok()
    }
}

fn lower_hex<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let lower = !digits.bytes().any(|digit| digit.is_ascii_uppercase());
    (lower && hex::decode_to_slice(digits, &mut bytes).is_ok()).then_some(bytes)
}

/// The section `module`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleRule {
    /// How a module proves that it is meant.
    pub accept: Accept,
    /// The exact bytes that may run; empty when the signature alone decides.
    pub digests: Vec<Digest>,
    /// Of whom one must have signed; empty when the digest alone decides.
    pub signers: Vec<Signer>,
    /// What may never run again, whoever signed it.
    pub revoked: Vec<Digest>,
    /// The worlds this policy stands for.
    pub worlds: Vec<World>,
}

/// A module that wants to run.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Of its bytes.
    pub digest: Digest,
    /// The signatures that came with it.
    pub signatures: &'a [ModuleSignature],
    /// The modules that this host's own build made.
    pub built_here: &'a [Digest],
}

impl ModuleRule {
    /// Whether these bytes may run at all. Checked in this order: revoked, digest,
    /// signature.
    pub fn admit(&self, candidate: &Candidate<'_>) -> Result<(), PolicyError> {
        let digest = candidate.digest;
        if self.revoked.contains(&digest) {
            return Err(PolicyError::new("module.revoked", Problem::Revoked(digest.to_string())));
        }
        let not_named = |key: &str| Err(PolicyError::new(key, Problem::DigestNotNamed(digest.to_string())));
        match self.accept {
            Accept::Nothing => not_named("module.accept"),
            Accept::BuiltHere if candidate.built_here.contains(&digest) => Ok(()),
            Accept::BuiltHere => not_named("module.accept"),
            Accept::Named if !self.digests.is_empty() && !self.digests.contains(&digest) => {
                not_named("module.digests")
            }
            Accept::Named => self.check_signatures(candidate),
        }
    }

    fn check_signatures(&self, candidate: &Candidate<'_>) -> Result<(), PolicyError> {
        let digest = candidate.digest.to_string();
        if self.signers.is_empty() {
            return Ok(());
        }
        if candidate.signatures.is_empty() {
            return Err(PolicyError::new("module.signers", Problem::Unsigned(digest)));
        }
        let counts = |signature: &&ModuleSignature| {
            self.signers.contains(&signature.signer) && signature.is_good_for(candidate.digest)
        };
        match candidate.signatures.iter().find(counts) {
            Some(_) => Ok(()),
            None => Err(PolicyError::new("module.signers", Problem::BadSignature(digest))),
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use hivesync_types::Code;

    use super::*;

    fn rule(accept: Accept) -> ModuleRule {
        ModuleRule { accept, digests: vec![], signers: vec![], revoked: vec![], worlds: World::ALL.to_vec() }
    }

    fn key(seed: u8) -> (Signer, SigningKey) {
        let signing = SigningKey::from_bytes(&[seed; 32]);
        (Signer(signing.verifying_key()), signing)
    }

    fn sign(key: &(Signer, SigningKey), module: Digest) -> ModuleSignature {
        ModuleSignature { signer: key.0, signature: key.1.sign(&ModuleSignature::message(module)) }
    }

    fn refusal(rule: &ModuleRule, signatures: &[ModuleSignature], module: Digest) -> Option<Code> {
        let candidate = Candidate { digest: module, signatures, built_here: &[Digest::of(b"ours")] };
        rule.admit(&candidate).err().map(|error| error.code())
    }

    #[test]
    fn nothing_runs_under_a_policy_that_names_nothing() {
        assert_eq!(
            refusal(&rule(Accept::Nothing), &[], Digest::of(b"ours")),
            Some(Code::ModuleDigestMismatch)
        );
    }

    #[test]
    fn a_module_of_the_own_build_runs_and_another_does_not() {
        let rule = rule(Accept::BuiltHere);
        assert_eq!(refusal(&rule, &[], Digest::of(b"ours")), None);
        assert_eq!(refusal(&rule, &[], Digest::of(b"theirs")), Some(Code::ModuleDigestMismatch));
    }

    #[test]
    fn a_signature_counts_for_its_digest_and_its_signer_only() {
        let (ours, theirs) = (key(1), key(2));
        let rule = ModuleRule { signers: vec![ours.0], ..rule(Accept::Named) };
        let (module, other) = (Digest::of(b"module"), Digest::of(b"other"));
        assert_eq!(refusal(&rule, &[sign(&theirs, module), sign(&ours, module)], module), None);
        assert_eq!(refusal(&rule, &[], module), Some(Code::ModuleUnsigned));
        assert_eq!(refusal(&rule, &[sign(&theirs, module)], module), Some(Code::ModuleBadSignature));
        assert_eq!(refusal(&rule, &[sign(&ours, other)], module), Some(Code::ModuleBadSignature));
        let claimed = ModuleSignature { signer: ours.0, ..sign(&theirs, module) };
        assert_eq!(refusal(&rule, &[claimed], module), Some(Code::ModuleBadSignature));
    }

    #[test]
    fn digest_and_signature_are_both_needed_when_both_are_named() {
        let ours = key(1);
        let module = Digest::of(b"module");
        let rule = ModuleRule { digests: vec![module], signers: vec![ours.0], ..rule(Accept::Named) };
        let other = Digest::of(b"other");
        assert_eq!(refusal(&rule, &[sign(&ours, module)], module), None);
        assert_eq!(refusal(&rule, &[], module), Some(Code::ModuleUnsigned));
        assert_eq!(refusal(&rule, &[sign(&ours, other)], other), Some(Code::ModuleDigestMismatch));
    }

    #[test]
    fn a_revoked_module_does_not_run_whoever_signed_it() {
        let ours = key(1);
        let module = Digest::of(b"module");
        let rule = ModuleRule { signers: vec![ours.0], revoked: vec![module], ..rule(Accept::Named) };
        assert_eq!(refusal(&rule, &[sign(&ours, module)], module), Some(Code::ModuleRevoked));
    }

    #[test]
    fn signers_and_signatures_round_trip_as_text() {
        let ours = key(1);
        let module = Digest::of(b"module");
        assert_eq!(ours.0.to_string().parse::<Signer>(), Ok(ours.0));
        let line = format!("{} {}", ours.0, hex::encode(sign(&ours, module).signature.to_bytes()));
        assert_eq!(line.parse::<ModuleSignature>(), Ok(sign(&ours, module)));
        assert!(line.to_uppercase().parse::<ModuleSignature>().is_err());
        let weak = format!("ed25519:{}", "0".repeat(64));
        assert!(matches!(weak.parse::<Signer>(), Err(Problem::BadSigner(_))));
    }
}
