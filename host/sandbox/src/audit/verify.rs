//! Checking a chain.

use std::io::BufRead;

use ed25519_dalek::{Signature, VerifyingKey};
use hivesync_types::Digest;

use super::chain::Line;
use super::record::Entry;
use super::{digest_of, signed_bytes};

/// A chain without a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// The digest of the last one: note it elsewhere to see a cut-off end.
    pub head: Digest,
}

/// The first entry that is not as it was written.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the audit record: {flaw}")]
pub struct Broken {
    /// Counts from 1.
    pub line: u64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with an entry.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// No entry.
    #[error("it is no audit entry")]
    Malformed,
    /// The digest is not that of the entry.
    #[error("the entry was changed")]
    Changed,
    /// The signature is not that of the key.
    #[error("the signature is not that of the key")]
    Signature,
    /// It does not follow the line before.
    #[error("it does not follow the entry before it")]
    Order,
}

/// Checks every entry: its digest, its signature, and that it follows the one before.
pub fn verify_chain(reader: impl BufRead, key: &VerifyingKey) -> Result<Verified, Broken> {
    let mut verified = Verified { entries: 0, head: Digest::from_bytes([0; 32]) };
    for line in reader.split(b'\n') {
        let number = verified.entries.saturating_add(1);
        let broken = |flaw| Broken { line: number, flaw };
        let line = line.map_err(|error| broken(Flaw::Unreadable(error)))?;
        verified.head = verify_line(&line, &verified, key).map_err(broken)?;
        verified.entries = number;
    }
    Ok(verified)
}

fn verify_line(line: &[u8], before: &Verified, key: &VerifyingKey) -> Result<Digest, Flaw> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|_| Flaw::Malformed)?;
    if digest_of(line.entry.get()) != line.digest {
        return Err(Flaw::Changed);
    }
    let mut signature = [0; 64];
    hex::decode_to_slice(line.signature, &mut signature).map_err(|_| Flaw::Malformed)?;
    key.verify_strict(&signed_bytes(&line.digest), &Signature::from_bytes(&signature))
        .map_err(|_| Flaw::Signature)?;
    let entry: Entry = serde_json::from_str(line.entry.get()).map_err(|_| Flaw::Malformed)?;
    if entry.sequence != before.entries || entry.previous != before.head {
        return Err(Flaw::Order);
    }
    Ok(line.digest)
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;
    use cap_std::fs::Dir;
    use ed25519_dalek::SigningKey;
    use hivesync_types::{Code, Fault};

    use super::*;
    use crate::audit::{AuditLog, Event, Failure, Refused};

    fn event(number: u64) -> Event {
        let error =
            Failure { code: Code::ModuleInvalid, fault: Fault::Guest, evidence: format!("number {number}") };
        let module = Digest::of(&number.to_le_bytes());
        Event::Refused(Refused {
            at_ms: number,
            module,
            world: "transform".to_owned(),
            policy: "p".to_owned(),
            error,
        })
    }

    fn chain(entries: u64) -> (tempfile::TempDir, SigningKey, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        for number in 0..entries {
            // Opened anew each time: the head is read from the file, as by another process.
            let data = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
            AuditLog::open(&data, key.clone()).unwrap().append(event(number)).unwrap();
        }
        let text = std::fs::read_to_string(dir.path().join("audit.jsonl")).unwrap_or_default();
        (dir, key, text.lines().map(str::to_owned).collect())
    }

    fn verify(lines: &[String], key: &SigningKey) -> Result<u64, (u64, String)> {
        let text = lines.join("\n");
        verify_chain(text.as_bytes(), &key.verifying_key())
            .map(|verified| verified.entries)
            .map_err(|broken| (broken.line, broken.flaw.to_string()))
    }

    #[test]
    fn a_chain_verifies_with_its_key_and_no_other() {
        let (_dir, key, lines) = chain(4);
        assert_eq!(verify(&lines, &key), Ok(4));
        let other = SigningKey::from_bytes(&[8; 32]);
        assert_eq!(verify(&lines, &other).unwrap_err().0, 1);
    }

    #[test]
    fn a_changed_dropped_doubled_or_swapped_entry_is_found() {
        let (_dir, key, lines) = chain(5);
        let mut changed = lines.clone();
        changed[2] = changed[2].replace("number 2", "number 9");
        assert_eq!(verify(&changed, &key), Err((3, "the entry was changed".to_owned())));
        let mut dropped = lines.clone();
        dropped.remove(1);
        let order = "it does not follow the entry before it".to_owned();
        assert_eq!(verify(&dropped, &key), Err((2, order.clone())));
        let mut doubled = lines.clone();
        doubled.insert(1, lines[0].clone());
        assert_eq!(verify(&doubled, &key), Err((2, order.clone())));
        let mut swapped = lines.clone();
        swapped.swap(3, 4);
        assert_eq!(verify(&swapped, &key), Err((4, order)));
    }

    #[test]
    fn an_entry_with_a_fresh_digest_but_no_key_is_found() {
        let (_dir, key, mut lines) = chain(2);
        let forged = lines[1].replace("number 1", "number 9");
        let line: Line<'_> = serde_json::from_str(&forged).unwrap();
        let digest = digest_of(line.entry.get());
        lines[1] = forged.replace(&line.digest.to_string(), &digest.to_string());
        assert_eq!(verify(&lines, &key), Err((2, "the signature is not that of the key".to_owned())));
    }

    #[test]
    fn two_writers_and_a_line_longer_than_a_look_make_one_chain() {
        let (dir, key, _) = chain(0);
        let open = || {
            let data = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
            AuditLog::open(&data, key.clone()).unwrap()
        };
        let (first, second) = (open(), open());
        for number in 0..6 {
            let writer = if number % 3 == 0 { &second } else { &first };
            let Event::Refused(mut refused) = event(number) else { panic!() };
            refused.error.evidence = "x".repeat(if number == 2 { 200_000 } else { 10 });
            writer.append(Event::Refused(refused)).unwrap();
        }
        let text = std::fs::read_to_string(dir.path().join("audit.jsonl")).unwrap();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        assert_eq!(verify(&lines, &key), Ok(6));
    }

    #[test]
    fn a_torn_line_is_cut_off_and_the_next_entry_says_so() {
        let (dir, key, mut lines) = chain(2);
        let path = dir.path().join("audit.jsonl");
        let torn = format!("{}\n{}\n{{\"entry\":{{\"seq", lines[0], lines[1]);
        std::fs::write(&path, torn).unwrap();
        let data = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
        AuditLog::open(&data, key.clone()).unwrap().append(event(2)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        lines = text.lines().map(str::to_owned).collect();
        assert_eq!(verify(&lines, &key), Ok(3));
        assert!(lines[2].contains("\"torn-bytes\":14"), "{}", lines[2]);
    }
}
