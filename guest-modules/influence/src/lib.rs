//! The architecture map: reads a project and says what decides what in it.
//!
//! Documents are parsed as browsers parse them, style sheets down to their longhands, and for
//! every element and property it is known which declaration wins, in which viewport and state,
//! and why the others lost. Nothing is fetched, no script is run, no handler is evaluated.
//!
//! **Invariant:** the answer depends on the arguments alone, and the same arguments give the
//! same bytes for the same fuel.

mod cascade;
mod code;
mod css;
mod html;
mod json;
mod map;
#[cfg(not(target_arch = "wasm32"))]
pub mod measure;
mod select;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({ world: "influence-map", path: "../../wit" });
}

pub use bindings::exports::hivesync::build::influence::{Mapped, ProjectFiles, Question};
pub use bindings::hivesync::build::types::{Diagnostic, Severity};
pub use map::Depth;
#[cfg(not(target_arch = "wasm32"))]
pub use map::Mutes;

use bindings::exports::hivesync::build::influence as api;

/// A number of ours as a place in a list.
fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The exports of the world.
#[derive(Debug)]
pub struct Component;

impl api::Guest for Component {
    fn ask(project: ProjectFiles, question: Question) -> Result<Vec<u8>, Vec<Diagnostic>> {
        ask(project, question)
    }

    fn remap(project: ProjectFiles, depth: api::Depth, left: Vec<u8>) -> api::Mapped {
        remap(project, depth.into(), &left)
    }

    fn compare(before: Vec<u8>, after: Vec<u8>) -> Result<Vec<u8>, Vec<Diagnostic>> {
        compare(&before, &after)
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);

/// Answers a question about a project.
///
/// # Errors
/// The question names what the project does not have.
pub fn ask(project: ProjectFiles, question: Question) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let project = taken(project);
    let answer = match question {
        Question::Map(depth) => Ok(map::map(&project, depth.into())),
        Question::Why(wanted) => map::why(&project, &wanted.element, &wanted.property),
        Question::Simulate(muted) => map::simulate(&project, &muted),
    };
    answer.map_err(|missing| vec![refusal(&missing)])
}

/// The map, made of what an earlier one left.
#[must_use]
pub fn remap(project: ProjectFiles, depth: Depth, left: &[u8]) -> Mapped {
    let (json, left) = map::remap(&taken(project), depth, left);
    Mapped { json, left }
}

fn taken(project: ProjectFiles) -> map::Project {
    let files = project.files.into_iter().map(|file| (file.path, file.bytes));
    map::Project::new(files, project.names)
}

/// What leads from one map to another.
///
/// # Errors
/// One of them is no map of this version.
pub fn compare(before: &[u8], after: &[u8]) -> Result<Vec<u8>, Vec<Diagnostic>> {
    map::compare(before, after).map_err(|missing| vec![refusal(&missing)])
}

impl From<api::Depth> for Depth {
    fn from(depth: api::Depth) -> Self {
        match depth {
            api::Depth::Off => Self::Off,
            api::Depth::Basic => Self::Basic,
            api::Depth::Deep => Self::Deep,
        }
    }
}

fn refusal(missing: &map::NoAnswer) -> Diagnostic {
    use map::NoAnswer;
    let (code, message, hint) = match missing {
        NoAnswer::NoElement(wanted) => (
            "map.no-element",
            format!("No element of any page is meant by `{wanted}`."),
            "Name it by a selector such as `nav a.active`, or by the id of its node in the map.",
        ),
        NoAnswer::NoProperty(wanted) => (
            "map.no-property",
            format!("No declaration of the project sets `{wanted}`."),
            "Name a longhand, such as `margin-left`, or a custom property.",
        ),
        NoAnswer::NothingToMute(wanted) => (
            "map.nothing-to-mute",
            format!("No selector, rule or style sheet that a page loads is called `{wanted}`."),
            "Name a selector as it is written, the id of a rule or selector in the map, or the path of a sheet.",
        ),
        NoAnswer::NoMap(which) => (
            "map.no-map",
            format!("The {which} one is no map of this version."),
            "Write maps with `hivesync map DIR --out FILE`.",
        ),
    };
    Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message,
        path: None,
        line: 0,
        column: 0,
        frame: None,
        hint: Some(hint.to_owned()),
    }
}
