//! Which requests were seen, for one process.
//!
//! **Invariant:** a request that was admitted once is not admitted again, whatever the
//! clock of its sender says, for as long as its timestamp would be accepted.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use crate::refusal::Refusal;
use crate::request::Verified;

/// The nonces of verified requests, until each can be forgotten.
#[derive(Debug)]
pub struct NonceMemory {
    seen: HashSet<String>,
    by_time: BTreeSet<(Timestamp, String)>,
    capacity: usize,
}

impl NonceMemory {
    /// Room for this many requests of the last ten minutes. Only those who hold a key
    /// can fill it.
    pub fn new(capacity: usize) -> Self {
        Self { seen: HashSet::new(), by_time: BTreeSet::new(), capacity }
    }

    /// Remembers the request, or says that it was seen.
    pub fn admit(&mut self, request: &Verified, now: Timestamp) -> Result<(), Refusal> {
        self.forget(now);
        if self.seen.contains(&request.nonce) {
            return Err(Refusal::Replay);
        }
        if self.seen.len() >= self.capacity {
            return Err(Refusal::Overloaded);
        }
        self.seen.insert(request.nonce.clone());
        self.by_time.insert((request.forget_at, request.nonce.clone()));
        Ok(())
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    fn forget(&mut self, now: Timestamp) {
        // At its very moment a timestamp is still accepted.
        while let Some((at, _)) = self.by_time.first()
            && *at < now
        {
            if let Some((_, nonce)) = self.by_time.pop_first() {
                self.seen.remove(&nonce);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(nonce: &str, forget_at: i64) -> Verified {
        let forget_at = at(forget_at);
        Verified { key_id: "k".to_owned(), nonce: nonce.to_owned(), forget_at, worker_id: None }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_request_is_admitted_once_until_it_would_be_refused_for_its_age() {
        let mut memory = NonceMemory::new(10);
        memory.admit(&request("a", 600), at(0)).unwrap();
        assert_eq!(memory.admit(&request("a", 600), at(0)), Err(Refusal::Replay));
        assert_eq!(memory.admit(&request("a", 600), at(600)), Err(Refusal::Replay));
        memory.admit(&request("b", 900), at(601)).unwrap();
        assert_eq!(memory.len(), 1);
    }

    #[test]
    fn a_full_memory_refuses_instead_of_forgetting() {
        let mut memory = NonceMemory::new(2);
        memory.admit(&request("a", 600), at(0)).unwrap();
        memory.admit(&request("b", 600), at(0)).unwrap();
        assert_eq!(memory.admit(&request("c", 600), at(0)), Err(Refusal::Overloaded));
        assert_eq!(memory.admit(&request("a", 600), at(0)), Err(Refusal::Replay));
    }
}
