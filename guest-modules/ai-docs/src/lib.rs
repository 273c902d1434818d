//! Documentation of one file by a model: what is sent, and what of the reply is believed.
//!
//! The step chooses what of the file to send, takes secrets out, and asks. What comes back is
//! checked against its schema; a reply that is none is asked for once more. A proposed change is
//! made here and not by the model: comments become lines of their own, names are exchanged where
//! they stand, and the new text is parsed and compared with the old one before it is shown.
//!
//! **Invariant:** a diff that leaves this module applies to the file that came in, and changes
//! nothing of it but comments, or the names that it says.

mod change;
mod diff;
mod language;
mod lex;
mod prompt;
mod redact;
mod reply;
mod request;
mod script;
mod select;
mod work;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({ world: "pipeline-step", path: "../../wit" });
}

pub use bindings::exports::hivesync::build::steps::{
    Answer, Ask, AskError, Finish, Input, Message, Outcome, Output, Question, Reply, Role,
};
pub use bindings::hivesync::build::types::{Diagnostic, Severity};
pub use work::{begin, resume};

use bindings::exports::hivesync::build::steps as api;

/// The exports of the world.
#[derive(Debug)]
pub struct Component;

impl api::Guest for Component {
    fn begin(input: Input) -> Result<Outcome, Vec<Diagnostic>> {
        begin(&input)
    }

    fn resume(input: Input, state: Vec<u8>, answer: Answer) -> Result<Outcome, Vec<Diagnostic>> {
        resume(&input, &state, answer)
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);

/// A diagnostic of this module.
fn refusal(code: &str, message: String, hint: &str, path: Option<&str>) -> Vec<Diagnostic> {
    vec![Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message,
        path: path.map(str::to_owned),
        line: 0,
        column: 0,
        frame: None,
        hint: Some(hint.to_owned()),
    }]
}
