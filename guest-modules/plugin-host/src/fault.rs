//! What is said when a program throws.

use hivesync_guest::{FrameStyle, code_frame};
use rquickjs::{Ctx, Object};

use crate::{Diagnostic, Severity};

/// A program's own mistake, or its refusal of a source.
const FAILED: &str = "bundle.plugin-failed";
/// A program asked for something of Node that the sandbox has not.
const REFUSED: &str = "bundle.plugin-refused";

/// Characters of a sentence that a program may say.
const SENTENCE_CHARS_MAX: usize = 1000;

/// What was thrown, as far as it says something.
#[derive(Debug, Default)]
pub(crate) struct Thrown {
    sentence: String,
    refused: Option<String>,
    line: u32,
    column: u32,
    stack: String,
}

impl Thrown {
    /// Reads what the runtime says of an error.
    pub(crate) fn read(answer: &Object<'_>) -> rquickjs::Result<Self> {
        Ok(Self {
            sentence: answer.get("error")?,
            refused: answer.get("refused")?,
            line: answer.get("line")?,
            column: answer.get("column")?,
            stack: answer.get("stack")?,
        })
    }

    /// What the engine itself has to say, beyond what a program can catch.
    pub(crate) fn by_engine(ctx: &Ctx<'_>, error: &rquickjs::Error) -> Self {
        let exception = ctx.catch();
        let message = exception.as_exception().and_then(rquickjs::Exception::message);
        Self { sentence: message.unwrap_or_else(|| error.to_string()), ..Self::default() }
    }

    /// The first place of the stack that is one of the project's programs.
    fn program(&self) -> Option<&str> {
        let places = self.stack.lines().map(|line| {
            let place = line.trim().trim_start_matches("at ").trim_end_matches(')');
            place.rsplit_once('(').map_or(place, |(_, inner)| inner)
        });
        let mut known = places.filter(|place| place.contains(':') && !place.starts_with("runtime:"));
        known.next()
    }
}

/// The diagnostic about `path`, whose text is `text`.
pub(crate) fn of(thrown: &Thrown, path: &str, text: &str) -> Diagnostic {
    let (code, sentence) = match &thrown.refused {
        Some(what) => (REFUSED, format!("a build plugin asked for {what}, which the sandbox does not have")),
        None => (FAILED, thrown.sentence.clone()),
    };
    let program = thrown.program().map(|place| format!("it was thrown at {place}"));
    let hint = match (&thrown.refused, program) {
        (Some(_), Some(program)) => {
            Some(format!("{program}; plugins compute from their options and the source alone"))
        }
        (Some(_), None) => Some("plugins compute from their options and the source alone".to_owned()),
        (None, program) => program,
    };
    Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message: sentence.chars().take(SENTENCE_CHARS_MAX).collect(),
        path: Some(path.to_owned()),
        line: thrown.line,
        column: thrown.column,
        frame: code_frame(text, thrown.line, thrown.column, FrameStyle::default()),
        hint,
    }
}

/// The engine cannot be made.
pub(crate) fn unusable(configuration: &str, reason: &str) -> Diagnostic {
    let thrown = Thrown { sentence: reason.to_owned(), ..Thrown::default() };
    of(&thrown, configuration, "")
}
