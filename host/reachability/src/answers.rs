//! Answers that are still fresh, so that a map that is looked at twice asks once.

use std::collections::HashMap;
use std::time::Duration;

use crate::Reachability;

/// How long an answer counts.
pub const FRESH: Duration = Duration::from_secs(600);

/// How many answers are kept. When there are more, the oldest goes: a stranger who names
/// many addresses costs others a repeated question, not memory.
pub const ANSWERS_MAX: usize = 4096;

/// The answers of the last minutes, by address.
#[derive(Debug, Default)]
pub struct Answers {
    by_url: HashMap<String, Reachability>,
}

impl Answers {
    /// The answer for `url`, unless it is older than [`FRESH`]. `now_ms`: milliseconds
    /// since 1970.
    pub fn get(&self, url: &str, now_ms: u64) -> Option<&Reachability> {
        self.by_url.get(url).filter(|answer| is_fresh(answer, now_ms))
    }

    /// Keeps an answer.
    pub fn put(&mut self, url: &str, answer: Reachability) {
        let now_ms = answer.checked_at_ms;
        if self.by_url.len() >= ANSWERS_MAX && !self.by_url.contains_key(url) {
            self.by_url.retain(|_, answer| is_fresh(answer, now_ms));
            self.drop_oldest();
        }
        self.by_url.insert(url.to_owned(), answer);
    }

    fn drop_oldest(&mut self) {
        if self.by_url.len() < ANSWERS_MAX {
            return;
        }
        let oldest = self.by_url.iter().min_by_key(|(url, answer)| (answer.checked_at_ms, *url));
        if let Some(url) = oldest.map(|(url, _)| url.clone()) {
            self.by_url.remove(&url);
        }
    }
}

fn is_fresh(answer: &Reachability, now_ms: u64) -> bool {
    u128::from(now_ms.saturating_sub(answer.checked_at_ms)) < FRESH.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_at(checked_at_ms: u64) -> Reachability {
        Reachability { reachable: true, status_code: Some(200), checked_at_ms, error: None }
    }

    #[test]
    fn an_answer_counts_for_ten_minutes_and_no_longer() {
        let mut answers = Answers::default();
        answers.put("https://a.example/", seen_at(5_000));
        assert!(answers.get("https://a.example/", 604_999).is_some());
        assert!(answers.get("https://a.example/", 605_000).is_none());
        assert!(answers.get("https://b.example/", 5_000).is_none());
    }

    #[test]
    fn the_oldest_answer_makes_room() {
        let mut answers = Answers::default();
        for number in 0..ANSWERS_MAX {
            let at = 1_000 + u64::try_from(number).unwrap();
            answers.put(&format!("https://{number}.example/"), seen_at(at));
        }
        answers.put("https://new.example/", seen_at(9_000));
        assert_eq!(answers.by_url.len(), ANSWERS_MAX);
        assert!(answers.get("https://0.example/", 9_000).is_none());
        assert!(answers.get("https://1.example/", 9_000).is_some());
        assert!(answers.get("https://new.example/", 9_000).is_some());
    }
}
