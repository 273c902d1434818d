//! Posts from clips and from what happened in a repository meanwhile.
//!
//! Clips are matched to events in time, scored, told to a model as facts, and what it writes
//! becomes Markdown within bounds; a second reply judges the post. Titles, summaries and replies
//! are written by strangers: they are data here, and text in what is written.
//!
//! **Invariant:** what is written depends on the arguments alone, and no text of a stranger has a
//! meaning in it beyond its own letters.

mod facts;
mod judge;
mod matching;
mod narrative;
mod post;
mod score;
mod text;

pub use facts::{Category, Clip, Event, EventKind, Facts, When};
pub use judge::{OVERALL_MIN, PART_MIN, Unreadable, Verdict, read_verdict};
pub use matching::{Confidence, Match, Matched, match_events};
pub use narrative::{Narrative, Problem, Section, read_narrative};
pub use post::{Post, write};
pub use score::{Score, Scored, score};
