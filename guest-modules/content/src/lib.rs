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
mod steps;
mod text;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({ world: "pipeline-step", path: "../../wit" });
}

pub use facts::{Category, Clip, Event, EventKind, Facts, When};
pub use judge::{OVERALL_MIN, PART_MIN, Unreadable, Verdict, read_verdict};
pub use matching::{Confidence, Match, Matched, match_events};
pub use narrative::{Narrative, Problem, Section, read_narrative};
pub use post::{Post, write};
pub use score::{Score, Scored, score};

use bindings::exports::hivesync::build::steps as api;
use bindings::hivesync::build::types::{Diagnostic, Severity};

/// The exports of the world.
#[derive(Debug)]
pub struct Component;

impl api::Guest for Component {
    fn begin(input: api::Input) -> Result<api::Outcome, Vec<Diagnostic>> {
        steps::begin(&input)
    }

    fn resume(
        input: api::Input,
        state: Vec<u8>,
        answer: api::Answer,
    ) -> Result<api::Outcome, Vec<Diagnostic>> {
        steps::resume(&input, &state, answer)
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);
