//! `metadata.json`: what a bundle was made of, by what, and who says so.
//!
//! The signature covers the *canonical bytes*: a prefix, then the JSON object without
//! its `signature`, with the keys of every object in byte order and no white space.
//! The file itself is written for people, indented; only its meaning is signed.

use hivesync_types::{Digest, Platform};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::signing::{BundleKey, KeyId};

/// The name of the record in a bundle.
pub const METADATA_NAME: &str = "metadata.json";
/// The name of the log in a bundle.
pub const LOGS_NAME: &str = "logs.txt";
/// The name of the bundle itself.
pub const BUNDLE_NAME: &str = "main.jsbundle";

/// What the format is called.
const FORMAT: &str = "hivesync-bundle/1";
/// Keeps a signature over a bundle from being one over anything else.
const DOMAIN: &[u8] = b"hivesync-bundle/1\n";

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name in the zip.
    pub name: String,
    /// Its size, unpacked.
    pub bytes: u64,
    /// Of its bytes.
    pub digest: Digest,
}

/// The record of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// `hivesync-bundle/1`.
    pub format: String,
    /// The job, a ULID.
    pub job_id: String,
    /// The project, a ULID.
    pub project_id: String,
    /// What was asked for: an iPad's bundle is the one for iOS.
    pub platform: Platform,
    /// The device it is for; `default` where none is named.
    pub device_id: String,
    /// RFC 3339, UTC.
    pub built_at: String,
    /// The version of the preview token that asked for it; 0 for a build without one.
    pub token_version: u32,
    /// A development bundle.
    pub dev: bool,
    /// Minified.
    pub minify: bool,
    /// The entry file.
    pub entry: String,
    /// The conventions that were followed: `react-native`, `expo` or `web`.
    pub flavour: String,
    /// Of the coordinating module's WebAssembly.
    pub module_digest: Digest,
    /// Of the transforming module's WebAssembly.
    pub transform_digest: Digest,
    /// Of the effective policy.
    pub policy_digest: Digest,
    /// Of the project image.
    pub input_digest: Digest,
    /// Of the whole run: module, policy, input, options, schedule.
    pub run_id: Digest,
    /// Instructions, all runs together.
    pub fuel_used: u64,
    /// The price table, the engine and its features.
    pub fuel_schedule: String,
    /// The build ran out of time. Always false in a bundle: one that did has none.
    pub timeout: bool,
    /// How many modules the bundle has.
    pub modules: u64,
    /// Bytes of all files of the bundle but this record.
    pub bytes: u64,
    /// Every file of the bundle but this record, in order of name.
    pub files: Vec<FileRecord>,
    /// Who signed.
    pub key_id: String,
    /// Ed25519 over the canonical bytes, in hex; absent before it is signed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signature: Option<String>,
}

/// A record that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not the JSON of a record.
    #[error("metadata.json is not a record of a bundle")]
    Malformed,
    /// Another format.
    #[error("metadata.json has a format that this version does not know")]
    UnknownFormat,
    /// No signature, or no key.
    #[error("metadata.json is not signed")]
    Unsigned,
    /// The signature is not the key's over these bytes.
    #[error("the signature does not belong to metadata.json")]
    BadSignature,
}

impl Metadata {
    /// The format that this version writes.
    pub fn format() -> String {
        FORMAT.to_owned()
    }

    /// The file's bytes, signed with `key`.
    pub fn sign(mut self, key: &BundleKey) -> Result<Vec<u8>, serde_json::Error> {
        self.key_id = key.id().to_string();
        self.signature = None;
        let message = canonical_bytes(&serde_json::to_value(&self)?);
        self.signature = Some(hex::encode(key.sign(&message)));
        let mut text = serde_json::to_vec_pretty(&self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads a record and checks that its own key has signed it. Whether that key is
    /// to be trusted is the caller's question.
    pub fn read(text: &[u8]) -> Result<(Self, KeyId), MetadataError> {
        let mut value: Value = serde_json::from_slice(text).map_err(|_| MetadataError::Malformed)?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(MetadataError::UnknownFormat);
        }
        let record: Self = serde_json::from_slice(text).map_err(|_| MetadataError::Malformed)?;
        let mut signature = [0; 64];
        let digits = record.signature.as_deref().ok_or(MetadataError::Unsigned)?;
        hex::decode_to_slice(digits, &mut signature).map_err(|_| MetadataError::Unsigned)?;
        let key: KeyId = record.key_id.parse().map_err(|_| MetadataError::Unsigned)?;
        if let Some(object) = value.as_object_mut() {
            object.remove("signature");
        }
        if key.verifies(&canonical_bytes(&value), &signature) {
            Ok((record, key))
        } else {
            Err(MetadataError::BadSignature)
        }
    }
}

/// What is signed.
fn canonical_bytes(value: &Value) -> Vec<u8> {
    let mut bytes = DOMAIN.to_vec();
    put_canonical(&mut bytes, value);
    bytes
}

fn put_canonical(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<_> = object.iter().collect();
            keys.sort_unstable_by_key(|(key, _)| *key);
            put_list(bytes, (b'{', b'}'), keys, |bytes, (key, value)| {
                bytes.extend(Value::from(key.as_str()).to_string().as_bytes());
                bytes.push(b':');
                put_canonical(bytes, value);
            });
        }
        Value::Array(items) => put_list(bytes, (b'[', b']'), items, put_canonical),
        plain => bytes.extend(plain.to_string().as_bytes()),
    }
}

fn put_list<T>(
    bytes: &mut Vec<u8>,
    (open, close): (u8, u8),
    items: impl IntoIterator<Item = T>,
    put: impl Fn(&mut Vec<u8>, T),
) {
    bytes.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        put(bytes, item);
    }
    bytes.push(close);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample(files: Vec<FileRecord>) -> Metadata {
        Metadata {
            format: Metadata::format(),
            job_id: crate::identity::ulid(1, [1; 10]),
            project_id: crate::identity::project_id("sample"),
            platform: Platform::Ios,
            device_id: "default".to_owned(),
            built_at: "2026-01-01T00:00:00Z".to_owned(),
            token_version: 0,
            dev: false,
            minify: false,
            entry: "index.js".to_owned(),
            flavour: "react-native".to_owned(),
            module_digest: Digest::of(b"module"),
            transform_digest: Digest::of(b"transform"),
            policy_digest: Digest::of(b"policy"),
            input_digest: Digest::of(b"input"),
            run_id: Digest::of(b"run"),
            fuel_used: u64::MAX,
            fuel_schedule: "1".to_owned(),
            timeout: false,
            modules: 1,
            bytes: files.iter().map(|file| file.bytes).sum(),
            files,
            key_id: String::new(),
            signature: None,
        }
    }

    pub(crate) fn key(seed: u8) -> BundleKey {
        BundleKey::of_seed([seed; 32])
    }

    #[test]
    fn canonical_bytes_do_not_depend_on_order_or_white_space() {
        let canonical = |text: &str| canonical_bytes(&serde_json::from_str(text).unwrap());
        assert_eq!(
            canonical(r#"{ "b": [1, "ä\n"], "a": {"d": null, "c": true} }"#),
            canonical(r#"{"a":{"c":true,"d":null},"b":[1,"ä\u000a"]}"#)
        );
        assert_eq!(canonical("{}"), b"hivesync-bundle/1\n{}");
    }

    #[test]
    fn a_signed_record_reads_back_and_any_change_of_meaning_is_noticed() {
        let text = sample(Vec::new()).sign(&key(1)).unwrap();
        let (record, signer) = Metadata::read(&text).unwrap();
        assert_eq!(signer, key(1).id());
        assert_eq!(record.fuel_used, u64::MAX);
        let text = String::from_utf8(text).unwrap();
        let changed =
            |from: &str, to: &str| Metadata::read(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(changed("\"timeout\": false", "\"timeout\": true"), MetadataError::BadSignature);
        assert_eq!(changed("\"platform\": \"ios\"", "\"platform\": \"web\""), MetadataError::BadSignature);
        assert_eq!(changed("\"timeout\"", "\"extra\": 1, \"timeout\""), MetadataError::Malformed);
        assert_eq!(changed("bundle/1", "bundle/2"), MetadataError::UnknownFormat);
        assert_eq!(changed("\"signature\"", "\"signatur\""), MetadataError::Malformed);
        assert_eq!(changed(&key(1).id().to_string(), &key(2).id().to_string()), MetadataError::BadSignature);
        let spaced = text.replace("  ", " ");
        assert!(Metadata::read(spaced.as_bytes()).is_ok());
    }

    #[test]
    fn an_unsigned_record_is_refused() {
        let mut record = sample(Vec::new());
        record.key_id = key(1).id().to_string();
        let text = serde_json::to_vec(&record).unwrap();
        assert_eq!(Metadata::read(&text).unwrap_err(), MetadataError::Unsigned);
    }
}
