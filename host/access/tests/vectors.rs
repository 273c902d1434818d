//! The vectors that every implementation agrees on, and what each guard refuses.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use hivesync_access::{
    ArtifactGrant, BuildGrant, Key, KeyRing, Party, Refusal, Secret, SignedRequest, TokenSecrets, issue,
    read, sign,
};
use hivesync_types::{Code, Platform};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

const VECTORS: &str = include_str!("signatures.json");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn secrets() -> TokenSecrets {
    TokenSecrets { current: Secret::new(b"test-secret"), previous: None }
}

fn ring(replaced_at: Option<Timestamp>) -> KeyRing {
    let key = |id: &str, secret: &[u8], replaced_at| Key {
        id: id.to_owned(),
        secret: Secret::new(secret),
        replaced_at,
    };
    KeyRing::new(vec![key("new", b"another-secret", None), key("old", b"test-secret", replaced_at)])
}

fn request(vector: &Value) -> SignedRequest<'_> {
    SignedRequest {
        method: vector["method"].as_str().unwrap(),
        path: vector["path"].as_str().unwrap(),
        query: vector["query"].as_str().unwrap(),
        body: vector["body"].as_str().unwrap().as_bytes(),
        content_type: Some("application/json; charset=utf-8"),
        signature: vector["signature"].as_str(),
        timestamp: vector["timestamp"].as_str(),
        nonce: vector["nonce"].as_str(),
        key_id: None,
        worker_id: vector["worker_id"].as_str(),
    }
}

fn party(vector: &Value) -> Party {
    if vector["worker_id"].is_string() { Party::Worker } else { Party::Client }
}

/// The moment at which the vectors were signed.
fn signed_at() -> Timestamp {
    "2025-01-15T10:30:00Z".parse().unwrap()
}

fn later(seconds: i64) -> Timestamp {
    at(signed_at().as_second() + seconds)
}

#[test]
fn signatures_are_those_of_the_vectors() {
    let vectors = vectors();
    let list = vectors["signed_requests"].as_array().unwrap();
    assert_eq!(list.len(), 3);
    for vector in list {
        let request = request(vector);
        let made = sign(&request, party(vector), &Secret::new(b"test-secret"));
        assert_eq!(Some(made.as_str()), vector["signature"].as_str());
        let verified = request.verify(&ring(None), party(vector), signed_at()).unwrap();
        assert_eq!(verified.key_id, "old");
        assert_eq!(verified.forget_at, later(300));
        assert_eq!(verified.worker_id.as_deref(), vector["worker_id"].as_str());
    }
}

#[test]
fn vectors_that_must_fail_do() {
    for vector in vectors()["must_fail"].as_array().unwrap() {
        let refused = request(vector).verify(&ring(None), party(vector), signed_at());
        assert_eq!(refused, Err(Refusal::Signature), "{}", vector["why"]);
    }
}

#[test]
fn tokens_are_those_of_the_vectors() {
    let vectors = vectors();
    let tokens = vectors["preview_tokens"].as_array().unwrap();
    let build: BuildGrant =
        read(tokens[0]["token"].as_str().unwrap(), &secrets(), at(1_732_560_299)).unwrap();
    assert_eq!((build.reference.as_str(), build.plat), ("main", Platform::Ios));
    assert_eq!(issue(&build, &secrets()).unwrap(), tokens[0]["token"]);
    let artifact: ArtifactGrant =
        read(tokens[1]["token"].as_str().unwrap(), &secrets(), at(1_732_560_299)).unwrap();
    assert_eq!(artifact.allowed_device_types, ["iphone", "ipad"]);
    assert_eq!(issue(&artifact, &secrets()).unwrap(), tokens[1]["token"]);
}

#[test]
fn a_token_ends_and_is_good_for_its_own_endpoint_only() {
    let vectors = vectors();
    let token = vectors["preview_tokens"][0]["token"].as_str().unwrap();
    assert_eq!(read::<BuildGrant>(token, &secrets(), at(1_732_560_300)), Err(Refusal::TokenExpired));
    let wrong = read::<ArtifactGrant>(token, &secrets(), at(0)).unwrap_err();
    assert_eq!(wrong, Refusal::TokenVersion { found: 1, wanted: 2 });
    assert_eq!((wrong.code(), wrong.status()), (Code::TokenWrongVersion, 401));
}

#[test]
fn a_token_survives_the_rotation_of_its_secret_and_no_longer() {
    let vectors = vectors();
    let token = vectors["preview_tokens"][0]["token"].as_str().unwrap();
    let new = || Secret::new(b"the-next-secret");
    let rotating = TokenSecrets { current: new(), previous: Some(Secret::new(b"test-secret")) };
    assert!(read::<BuildGrant>(token, &rotating, at(0)).is_ok());
    let rotated = TokenSecrets { current: new(), previous: None };
    assert_eq!(read::<BuildGrant>(token, &rotated, at(0)), Err(Refusal::Token));
}

#[test]
fn a_signed_payload_that_is_no_grant_is_refused() {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    for json in ["[]", "{}", r#"{"ver":1}"#, r#"{"ver":"1"}"#, "nonsense"] {
        // Signed by the same codec that requests use, with the token's own secret.
        let payload = engine.encode(json);
        let token = format!("{payload}.{}", engine.encode(hmac_of(payload.as_bytes())));
        assert_eq!(read::<BuildGrant>(&token, &secrets(), at(0)), Err(Refusal::Token), "{json}");
    }
    let long = "a".repeat(hivesync_access::TOKEN_BYTES_MAX + 1);
    assert_eq!(read::<BuildGrant>(&long, &secrets(), at(0)), Err(Refusal::Token));
}

fn hmac_of(text: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"test-secret").unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[test]
fn each_header_is_required_and_each_must_be_what_it_says() {
    let vectors = vectors();
    let good = request(&vectors["signed_requests"][2]);
    let refused = |request: SignedRequest<'_>| {
        let refusal = request.verify(&ring(None), Party::Worker, signed_at()).unwrap_err();
        (refusal.code(), refusal.status(), refusal.to_string())
    };
    let missing = |name: &str| (Code::SignatureMissing, 400, format!("{name} is missing"));
    let malformed = |name: &str| (Code::SignatureMalformed, 400, format!("{name} is malformed"));
    assert_eq!(refused(SignedRequest { signature: None, ..good }), missing("X-Signature"));
    assert_eq!(refused(SignedRequest { timestamp: Some(""), ..good }), missing("X-Timestamp"));
    assert_eq!(refused(SignedRequest { nonce: None, ..good }), missing("X-Nonce"));
    assert_eq!(refused(SignedRequest { worker_id: None, ..good }), missing("X-Worker-Id"));
    let upper = good.signature.unwrap().to_uppercase();
    assert_eq!(refused(SignedRequest { signature: Some(&upper), ..good }), malformed("X-Signature"));
    assert_eq!(refused(SignedRequest { signature: Some("ab"), ..good }), malformed("X-Signature"));
    assert_eq!(refused(SignedRequest { timestamp: Some("today"), ..good }), malformed("X-Timestamp"));
    for nonce in ["short", "with a space", "line\nfeed-in-it", &"x".repeat(129)] {
        assert_eq!(refused(SignedRequest { nonce: Some(nonce), ..good }), malformed("X-Nonce"));
    }
    for kind in [None, Some("text/plain"), Some("application/jsonp")] {
        let refusal = refused(SignedRequest { content_type: kind, ..good });
        assert_eq!((refusal.0, refusal.1), (Code::ContentTypeUnsupported, 400));
    }
    let moved = SignedRequest { path: "/api/v1/workers/callback\n", ..good };
    assert_eq!(refused(moved), malformed("the request"));
}

#[test]
fn a_reading_request_needs_no_content_type_and_signs_no_body() {
    let vectors = vectors();
    let good = request(&vectors["signed_requests"][1]);
    let with_body = SignedRequest { body: b"ignored", content_type: None, ..good };
    with_body.verify(&ring(None), Party::Client, signed_at()).unwrap();
}

#[test]
fn clocks_may_differ_by_five_minutes_and_not_by_more() {
    let vectors = vectors();
    let good = request(&vectors["signed_requests"][0]);
    for seconds in [-300, 300] {
        good.verify(&ring(None), Party::Client, later(seconds)).unwrap();
    }
    for seconds in [-301, 301] {
        let refusal = good.verify(&ring(None), Party::Client, later(seconds)).unwrap_err();
        assert_eq!((refusal.to_string().as_str(), refusal.status()), ("Clock skew too large", 401));
    }
}

#[test]
fn a_replaced_key_is_good_for_a_day_and_a_named_key_is_tried_alone() {
    let vectors = vectors();
    let good = request(&vectors["signed_requests"][0]);
    let day = 24 * 3600;
    let verify = |request: SignedRequest<'_>, replaced| {
        request.verify(&ring(Some(later(replaced))), Party::Client, signed_at())
    };
    assert!(verify(good, 1 - day).is_ok());
    assert_eq!(verify(good, -day), Err(Refusal::Signature));
    let named = |key_id| SignedRequest { key_id: Some(key_id), ..good };
    assert!(verify(named("old"), 1 - day).is_ok());
    assert_eq!(verify(named("new"), 1 - day), Err(Refusal::Signature));
    for unknown in ["old", "nobody"] {
        let refusal = verify(named(unknown), -day).unwrap_err();
        assert_eq!((refusal.to_string().as_str(), refusal.status()), ("Invalid API key", 401));
    }
}

proptest! {
    #[test]
    fn no_changed_request_keeps_its_signature(
        part in 0_usize..5, place in any::<prop::sample::Index>(), bit in 0_u8..7,
    ) {
        let vectors = vectors();
        let good = request(&vectors["signed_requests"][2]);
        let flip = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let index = place.index(bytes.len());
            bytes[index] ^= 1 << bit;
            String::from_utf8(bytes).unwrap()
        };
        let path = flip(good.path);
        let body = flip(std::str::from_utf8(good.body).unwrap());
        let (nonce, worker, time) =
            (flip(good.nonce.unwrap()), flip(good.worker_id.unwrap()), flip(good.timestamp.unwrap()));
        let changed = match part {
            0 => SignedRequest { path: &path, ..good },
            1 => SignedRequest { body: body.as_bytes(), ..good },
            2 => SignedRequest { nonce: Some(&nonce), ..good },
            3 => SignedRequest { worker_id: Some(&worker), ..good },
            _ => SignedRequest { timestamp: Some(&time), ..good },
        };
        prop_assert!(changed.verify(&ring(None), Party::Worker, signed_at()).is_err());
    }

    #[test]
    fn no_changed_token_is_read(place in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let vectors = vectors();
        let token = vectors["preview_tokens"][0]["token"].as_str().unwrap();
        let mut bytes = token.as_bytes().to_vec();
        let index = place.index(bytes.len());
        bytes[index] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(read::<BuildGrant>(&changed, &secrets(), at(0)), Err(Refusal::Token));
    }
}
