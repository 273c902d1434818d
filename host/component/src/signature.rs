//! Whose modules are taken.

use ed25519_dalek::{Signature, VerifyingKey};
use hivesync_types::{Code, Digest};

use crate::Refusal;

/// What a signer signs: this line and the digest, so that a signature under anything
/// else can never be taken for one under a module.
const CONTEXT: &[u8] = b"hivesync module signature v1\n";

/// An ed25519 signature that lies beside a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleSignature {
    /// 64 bytes, over [`signed_text`].
    pub bytes: [u8; 64],
}

/// Which modules a policy trusts.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrustedModules<'a> {
    /// The digests it names; empty to name none and rely on signers.
    pub digests: &'a [Digest],
    /// The ed25519 public keys it names; empty to ask for no signature.
    pub signers: &'a [[u8; 32]],
    /// Digests that are never taken, whoever signed them.
    pub revoked: &'a [Digest],
}

/// The bytes a signer signs for the module of this digest.
pub fn signed_text(digest: &Digest) -> Vec<u8> {
    [CONTEXT, digest.to_string().as_bytes()].concat()
}

impl TrustedModules<'_> {
    /// Checks the module's bytes and the signature beside it, if there is one. A
    /// policy that names both digests and signers asks for both.
    ///
    /// # Errors
    ///
    /// In order of checking: `module.revoked`, `module.digest-mismatch`,
    /// `module.unsigned`, `module.bad-signature`.
    pub fn verify(&self, bytes: &[u8], signature: Option<&ModuleSignature>) -> Result<Digest, Refusal> {
        let digest = Digest::of(bytes);
        let refuse =
            |code, what: String| Err(Refusal::Untrusted { code, sentence: format!("{digest} {what}") });
        if self.revoked.contains(&digest) {
            return refuse(Code::ModuleRevoked, "was revoked; build and register a newer module".to_owned());
        }
        if self.digests.is_empty() && self.signers.is_empty() {
            return refuse(
                Code::ModuleDigestMismatch,
                "is not named: the policy names no digest and no signer; add the digest to `module.digests`"
                    .to_owned(),
            );
        }
        if !self.digests.is_empty() && !self.digests.contains(&digest) {
            return refuse(
                Code::ModuleDigestMismatch,
                format!("is not among the {} digests the policy names", self.digests.len()),
            );
        }
        if self.signers.is_empty() {
            return Ok(digest);
        }
        let Some(signature) = signature else {
            return refuse(
                Code::ModuleUnsigned,
                format!("has no signature, and the policy asks for one of {} signers", self.signers.len()),
            );
        };
        let text = signed_text(&digest);
        let signature = Signature::from_bytes(&signature.bytes);
        let signed = self.signers.iter().filter_map(|key| VerifyingKey::from_bytes(key).ok()).any(|key| {
            // Strict: a signature has one form, and a weak key signs nothing.
            key.verify_strict(&text, &signature).is_ok()
        });
        if signed {
            return Ok(digest);
        }
        refuse(
            Code::ModuleBadSignature,
            format!("is not signed by any of the {} signers the policy names", self.signers.len()),
        )
    }
}
