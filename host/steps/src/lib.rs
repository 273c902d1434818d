//! Pipelines: what runs after what, as data, and the engine that runs it.
//!
//! A definition names steps, their modules, how often a step may ask and be tried, and what its
//! result decides. The engine calls each step in a sandbox, puts its questions to the models, and
//! calls it again with the answers, each time in a fresh process. A run is a function of the
//! definition, its input and the answers, which a [`Ledger`] keeps: with them it can be made
//! again without any model, and a run that was cut off goes on without asking twice.
//!
//! What it does not do: know what a step is for, choose a provider, or store a result.
//!
//! **Invariant:** no model is asked before the ledger knows of the question, and no step sees an
//! answer that the ledger does not have.

mod decision;
mod definition;
mod engine;
mod graph;
mod journal;
mod ledger;
mod record;
mod report;

pub use decision::{Condition, Decision, Test, Then, decide};
pub use definition::{Definition, Problem, SHIPPED, Step};
pub use engine::{Answers, Engine, RunInput};
pub use graph::{Drawing, draw};
pub use journal::Journal;
pub use ledger::{AskedFor, Begun, Kept, Ledger, LedgerError};
pub use record::{BeginningOf, RecordError, RecordedAttachment, RunRecord};
pub use report::{AskReport, End, RunReport, StepReport, Trail};
