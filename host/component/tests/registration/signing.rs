//! Who signed a module.

use ed25519_dalek::{Signer as _, SigningKey};
use hivesync_component::{ModuleSignature, TrustedModules, signed_text};
use hivesync_types::{Code, Digest};

const MODULE: &[u8] = b"the bytes of a module";
const OTHER: &[u8] = b"the bytes of another";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn sign(key: &SigningKey, bytes: &[u8]) -> ModuleSignature {
    ModuleSignature { bytes: key.sign(&signed_text(&Digest::of(bytes))).to_bytes() }
}

fn code(trusted: &TrustedModules<'_>, signature: Option<ModuleSignature>) -> Option<Code> {
    trusted.verify(MODULE, signature.as_ref()).err().map(|refusal| refusal.code())
}

#[test]
fn a_named_signer_is_believed_and_nobody_else() {
    let signers = [key(1).verifying_key().to_bytes(), key(2).verifying_key().to_bytes()];
    let trusted = TrustedModules { signers: &signers, ..TrustedModules::default() };
    assert_eq!(code(&trusted, Some(sign(&key(1), MODULE))), None);
    assert_eq!(code(&trusted, Some(sign(&key(2), MODULE))), None);
    assert_eq!(code(&trusted, Some(sign(&key(3), MODULE))), Some(Code::ModuleBadSignature));
    assert_eq!(code(&trusted, Some(sign(&key(1), OTHER))), Some(Code::ModuleBadSignature));
    assert_eq!(code(&trusted, None), Some(Code::ModuleUnsigned));
}

#[test]
fn a_signature_over_the_bare_digest_is_not_one_under_the_module() {
    let signers = [key(1).verifying_key().to_bytes()];
    let trusted = TrustedModules { signers: &signers, ..TrustedModules::default() };
    let bare = ModuleSignature { bytes: key(1).sign(Digest::of(MODULE).as_bytes()).to_bytes() };
    assert_eq!(code(&trusted, Some(bare)), Some(Code::ModuleBadSignature));
}

#[test]
fn a_revoked_module_stays_revoked_under_a_good_signature() {
    let signers = [key(1).verifying_key().to_bytes()];
    let [digest, other] = [Digest::of(MODULE), Digest::of(OTHER)];
    let signature = Some(sign(&key(1), MODULE));
    let trusted = TrustedModules { signers: &signers, revoked: &[digest], ..TrustedModules::default() };
    assert_eq!(code(&trusted, signature), Some(Code::ModuleRevoked));
    assert_eq!(code(&TrustedModules { revoked: &[other], ..trusted }, signature), None);
}

#[test]
fn a_digest_that_is_not_named_is_refused_whoever_signed() {
    let signers = [key(1).verifying_key().to_bytes()];
    let [digest, other] = [Digest::of(MODULE), Digest::of(OTHER)];
    let signature = Some(sign(&key(1), MODULE));
    let named = TrustedModules { digests: &[digest], signers: &signers, revoked: &[] };
    assert_eq!(code(&named, signature), None);
    assert_eq!(
        code(&TrustedModules { digests: &[other], ..named }, signature),
        Some(Code::ModuleDigestMismatch)
    );
    assert_eq!(code(&TrustedModules { digests: &[digest], ..TrustedModules::default() }, None), None);
    assert_eq!(code(&TrustedModules::default(), signature), Some(Code::ModuleDigestMismatch));
}
