//! How much a clip is worth telling, from 0 to 1.
//!
//! Everything is counted in ten-thousandths, so that no order of adding changes a digit.

use serde::{Serialize, Serializer};

use crate::facts::{Category, Clip};
use crate::matching::{Confidence, Match, Matched};

/// All of a part, and of the whole.
const FULL: u64 = 10_000;
/// What each part counts, of a hundred.
const CONTENT: u64 = 40;
const REPOSITORY: u64 = 25;
const VIEWS: u64 = 15;
const TRANSCRIPT: u64 = 10;
const DURATION: u64 = 10;
/// What gives a part in full.
const FULL_VIEWS: u64 = 1000;
const FULL_WORDS: u64 = 200;
const FULL_SECONDS: f64 = 600.0;

/// From 0 to 1, in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u32);

impl Score {
    /// From 0 to 1.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

/// A clip that was scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The clip with its events.
    pub matched: Matched,
    /// What it is worth.
    pub score: Score,
}

/// Scores a clip by what it holds, what happened meanwhile, and who saw it.
pub fn score(matched: &Matched) -> Score {
    let clip = &matched.clip;
    let whole = CONTENT * content(clip)
        + REPOSITORY * repository(&matched.events)
        + VIEWS * part(clip.clip_view_count, FULL_VIEWS)
        + TRANSCRIPT * part(clip.transcript_words, FULL_WORDS)
        + DURATION * duration(clip.clip_duration);
    Score(u32::try_from(whole / 100).unwrap_or(0))
}

/// What somebody said it is worth, else one quarter each for a title of three words, something
/// said in it, words that it goes by, and something that it is about.
fn content(clip: &Clip) -> u64 {
    if let Some(said) = clip.content_score {
        return ten_thousandths(said);
    }
    let quarters = [
        clip.clip_title.split_whitespace().count() >= 3,
        clip.transcript_summary.as_ref().is_some_and(|summary| !summary.trim().is_empty()),
        !clip.content_tags.is_empty(),
        clip.content_category != Category::Other,
    ];
    quarters.into_iter().filter(|is_there| *is_there).map(|_| FULL / 4).sum()
}

/// What is sure counts in full, what is likely six tenths, what is possible three.
fn repository(events: &[Match]) -> u64 {
    let worth = |found: &Match| match found.confidence {
        Confidence::High => FULL,
        Confidence::Medium => FULL / 10 * 6,
        Confidence::Low => FULL / 10 * 3,
    };
    events.iter().map(worth).max().unwrap_or(0)
}

fn part(count: u64, full: u64) -> u64 {
    count.min(full) * FULL / full
}

fn duration(seconds: f64) -> u64 {
    ten_thousandths(seconds / FULL_SECONDS)
}

/// A share as a whole number. What is no number counts nothing.
fn ten_thousandths(share: f64) -> u64 {
    if share.is_nan() {
        return 0;
    }
    let scaled = share.clamp(0.0, 1.0) * 10_000.0;
    // Between 0 and 10000, so that nothing is lost.
    #[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = scaled as u64;
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::{EventKind, When};

    fn clip() -> Clip {
        Clip {
            content_item_id: "a".to_owned(),
            clip_title: "Hi".to_owned(),
            clip_url: None,
            clip_duration: 0.0,
            clip_view_count: 0,
            clip_created_at: When(jiff::Timestamp::UNIX_EPOCH),
            transcript_words: 0,
            transcript_summary: None,
            github_summary: None,
            content_score: None,
            content_tags: Vec::new(),
            content_category: Category::Other,
        }
    }

    fn found(confidence: Confidence) -> Match {
        Match {
            event_id: "e".to_owned(),
            kind: EventKind::Issue,
            title: String::new(),
            distance_seconds: 0,
            confidence,
        }
    }

    fn of(clip: Clip, events: Vec<Match>) -> f64 {
        score(&Matched { clip, events }).value()
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn each_part_counts_as_much_as_its_weight() {
        assert_eq!(of(clip(), vec![]), 0.0);
        assert_eq!(of(Clip { content_score: Some(1.0), ..clip() }, vec![]), 0.40);
        assert_eq!(of(clip(), vec![found(Confidence::High)]), 0.25);
        assert_eq!(of(clip(), vec![found(Confidence::Low), found(Confidence::Medium)]), 0.15);
        assert_eq!(of(Clip { clip_view_count: 1000, ..clip() }, vec![]), 0.15);
        assert_eq!(of(Clip { transcript_words: 100, ..clip() }, vec![]), 0.05);
        assert_eq!(of(Clip { clip_duration: 600.0, ..clip() }, vec![]), 0.10);
        let full = Clip {
            content_score: Some(7.0),
            clip_view_count: u64::MAX,
            transcript_words: u64::MAX,
            clip_duration: f64::INFINITY,
            ..clip()
        };
        assert_eq!(of(full, vec![found(Confidence::High)]), 1.0);
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn a_clip_that_nobody_judged_is_worth_what_is_known_of_it() {
        let known = Clip {
            clip_title: "Fixing the build".to_owned(),
            transcript_summary: Some("They fix it.".to_owned()),
            content_tags: vec!["rust".to_owned()],
            content_category: Category::Development,
            ..clip()
        };
        assert_eq!(of(known, vec![]), 0.40);
    }

    fn any_events() -> impl Strategy<Value = Vec<Match>> {
        let one = prop_oneof![Just(Confidence::Low), Just(Confidence::Medium), Just(Confidence::High)];
        prop::collection::vec(one.prop_map(found), 0..6)
    }

    proptest! {
        #[test]
        fn a_score_is_between_nothing_and_one_whatever_is_said(
            said in prop::option::of(any::<f64>()), views: u64, words: u64, seconds: f64,
            events in any_events(),
        ) {
            let clip = Clip {
                content_score: said, clip_view_count: views, transcript_words: words,
                clip_duration: seconds, ..clip()
            };
            let value = of(clip, events);
            prop_assert!((0.0..=1.0).contains(&value), "{}", value);
        }

        #[test]
        fn more_of_anything_is_never_worth_less(
            said in 0.0_f64..1.0, views in 0_u64..2000, words in 0_u64..400, seconds in 0.0_f64..900.0,
            events in any_events(), more in any_events(), by in 0_u64..500, share in 0.0_f64..0.5,
        ) {
            let less = Clip {
                content_score: Some(said), clip_view_count: views, transcript_words: words,
                clip_duration: seconds, ..clip()
            };
            let base = of(less.clone(), events.clone());
            let mut all = events.clone();
            all.extend(more);
            prop_assert!(of(less.clone(), all) >= base);
            for clip in [
                Clip { content_score: Some(said + share), ..less.clone() },
                Clip { clip_view_count: views + by, ..less.clone() },
                Clip { transcript_words: words + by, ..less.clone() },
                Clip { clip_duration: seconds + share * 100.0, ..less },
            ] {
                prop_assert!(of(clip, events.clone()) >= base);
            }
        }

        #[test]
        fn the_order_of_events_does_not_count(mut events in any_events()) {
            let straight = of(clip(), events.clone());
            events.reverse();
            prop_assert!((straight - of(clip(), events)).abs() < f64::EPSILON);
        }
    }
}
