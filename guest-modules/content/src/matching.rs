//! Which events belong to a clip: those that happened about when it was made.

use serde::Serialize;

use crate::facts::{Clip, Event, EventKind};

/// How far apart an event and a clip may be.
const WINDOW_SECONDS: u64 = 2 * 3600;
/// How near an event surely belongs to a clip.
const HIGH_SECONDS: u64 = 30 * 60;
/// How near it probably does.
const MEDIUM_SECONDS: u64 = 60 * 60;
/// Events of one clip; the nearest stay.
const MATCHES_MAX: usize = 20;

/// How sure it is that an event belongs to a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Within two hours.
    Low,
    /// Within an hour.
    Medium,
    /// Within half an hour.
    High,
}

impl Confidence {
    /// By the distance in time; none outside of the window.
    const fn of(seconds: u64) -> Option<Self> {
        if seconds <= HIGH_SECONDS {
            Some(Self::High)
        } else if seconds <= MEDIUM_SECONDS {
            Some(Self::Medium)
        } else if seconds <= WINDOW_SECONDS {
            Some(Self::Low)
        } else {
            None
        }
    }
}

/// An event that belongs to a clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The event.
    pub event_id: String,
    /// What happened.
    pub kind: EventKind,
    /// As its maker wrote it.
    pub title: String,
    /// Seconds between the two.
    pub distance_seconds: u64,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A clip with its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The clip.
    pub clip: Clip,
    /// Its events, the nearest first.
    pub events: Vec<Match>,
}

/// Gives each clip its events. The order of neither list counts: clips come out by time.
pub fn match_events(mut clips: Vec<Clip>, events: &[Event]) -> Vec<Matched> {
    clips.sort_by(|a, b| {
        (a.clip_created_at, &a.content_item_id).cmp(&(b.clip_created_at, &b.content_item_id))
    });
    clips
        .into_iter()
        .map(|clip| {
            let mut near: Vec<Match> = events.iter().filter_map(|event| near(&clip, event)).collect();
            near.sort_by(|a, b| (a.distance_seconds, &a.event_id).cmp(&(b.distance_seconds, &b.event_id)));
            near.truncate(MATCHES_MAX);
            Matched { clip, events: near }
        })
        .collect()
}

fn near(clip: &Clip, event: &Event) -> Option<Match> {
    let distance_seconds = clip.clip_created_at.seconds_to(event.occurred_at);
    Some(Match {
        event_id: event.id.clone(),
        kind: event.kind,
        title: event.title.clone(),
        distance_seconds,
        confidence: Confidence::of(distance_seconds)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::{Category, When};

    fn when(second: i64) -> When {
        When(jiff::Timestamp::from_second(1_700_000_000 + second).unwrap())
    }

    fn clip(id: &str, second: i64) -> Clip {
        Clip {
            content_item_id: id.to_owned(),
            clip_title: "A clip".to_owned(),
            clip_url: None,
            clip_duration: 30.0,
            clip_view_count: 10,
            clip_created_at: when(second),
            transcript_words: 0,
            transcript_summary: None,
            github_summary: None,
            content_score: None,
            content_tags: Vec::new(),
            content_category: Category::Other,
        }
    }

    fn event(id: &str, second: i64) -> Event {
        Event {
            id: id.to_owned(),
            kind: EventKind::Commit,
            title: "A commit".to_owned(),
            url: None,
            occurred_at: when(second),
        }
    }

    #[test]
    fn the_borders_of_confidence_are_half_an_hour_an_hour_and_two_on_both_sides() {
        for side in [1, -1] {
            for (seconds, expected) in [
                (0, Some(Confidence::High)),
                (1800, Some(Confidence::High)),
                (1801, Some(Confidence::Medium)),
                (3600, Some(Confidence::Medium)),
                (3601, Some(Confidence::Low)),
                (7200, Some(Confidence::Low)),
                (7201, None),
            ] {
                let matched = match_events(vec![clip("a", 0)], &[event("e", side * seconds)]);
                let found = matched[0].events.first().map(|found| found.confidence);
                assert_eq!(found, expected, "{}", side * seconds);
            }
        }
    }

    #[test]
    fn an_event_may_belong_to_two_clips_and_the_nearest_come_first() {
        let clips = vec![clip("b", 3000), clip("a", 0)];
        let matched = match_events(clips, &[event("far", 5000), event("near", 1000)]);
        assert_eq!(matched[0].clip.content_item_id, "a");
        let ids = |place: usize| -> Vec<&str> {
            matched[place].events.iter().map(|found| found.event_id.as_str()).collect()
        };
        assert_eq!(ids(0), ["near", "far"]);
        // Two thousand seconds each: the name decides.
        assert_eq!(ids(1), ["far", "near"]);
    }

    #[test]
    fn of_many_events_the_nearest_stay() {
        let events: Vec<Event> = (0..50).map(|n| event(&format!("{n:02}"), 50 - n)).collect();
        let matched = match_events(vec![clip("a", 0)], &events);
        assert_eq!(matched[0].events.len(), MATCHES_MAX);
        assert_eq!(matched[0].events[0].event_id, "49");
    }

    proptest! {
        #[test]
        fn the_order_of_clips_and_events_does_not_count(
            clips in prop::collection::vec(-9000_i64..9000, 0..6),
            events in prop::collection::vec(-9000_i64..9000, 0..30),
            turn in 0_usize..30,
        ) {
            let clips: Vec<Clip> = clips.iter().enumerate().map(|(n, at)| clip(&format!("c{n}"), *at)).collect();
            let events: Vec<Event> = events.iter().enumerate().map(|(n, at)| event(&format!("e{n}"), *at)).collect();
            let straight = match_events(clips.clone(), &events);
            let (mut turned_clips, mut turned_events) = (clips, events);
            turned_clips.reverse();
            if !turned_events.is_empty() {
                let by = turn % turned_events.len();
                turned_events.rotate_left(by);
            }
            prop_assert_eq!(straight, match_events(turned_clips, &turned_events));
        }
    }
}
