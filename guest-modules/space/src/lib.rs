//! Spaces of a plan or of photographs: pictures made safe to hand on, what a model sees in them,
//! what it is held against, and what follows.
//!
//! Four kinds of step. `image` decodes one picture that a stranger sent, measures it and makes a
//! preview of it. `info` has a model describe the spaces of the previews. `compare` holds the
//! description against rules and, with a model, against what the user asked for. `supervise`
//! decides: go on, try again, or wait for a person. Pictures, captions and replies are written by
//! strangers: they are data here.
//!
//! **Invariant:** nothing leaves a step but what its schema knows, and no reply of a model turns
//! what a rule found into nothing.

mod compare;
mod picture;
mod rules;
mod spaces;
mod steps;
mod supervise;
mod text;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({ world: "pipeline-step", path: "../../wit" });
}

pub use compare::{Compared, Findings, read_findings};
pub use picture::{Format, Picture, PictureError, Quality, measure};
pub use rules::{Failure, FailureKind, Plan, Recommendation, Severity, check, recommend};
pub use spaces::{Category, Furnishing, SchemaError, Space, Spaces, read_spaces};
pub use supervise::{Audit, Decision, Reasoning, Retries, Verdict, decide, read_audit};

use bindings::exports::hivesync::build::steps as api;
use bindings::hivesync::build::types::Diagnostic;

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
