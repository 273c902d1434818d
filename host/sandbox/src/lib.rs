//! Running one guest behind walls, from a backend's own code.
//!
//! A backend holds one [`Sandbox`]. It registers modules ([`Sandbox::register`]),
//! hands over a project image and a request ([`Sandbox::bundle`]), and gets an
//! [`Outcome`]: the report or an [`Error`] with a stable code, the artifacts as ropes,
//! the log, and the audit record. See `examples/embed.rs` for the whole of it.
//!
//! Behind that stand processes: a pool of runners that wait behind their walls, each
//! for one run; and a compiler, one process a module. The crate links no engine, and
//! holds no credential of the outside world: a cache key and a signing key are the
//! only secrets it knows, and neither is ever told to a process.
//!
//! **Invariant:** what a process says is checked again before it counts; no run
//! outlives its deadline by more than 250 ms.

mod asked;
pub mod audit;
mod batch;
mod budget;
mod compile;
mod compiled;
mod config;
mod conversation;
mod error;
mod escape;
mod image;
mod influence;
mod installed;
mod journal;
mod keeper;
mod mac;
mod map;
mod memfd;
mod memo;
mod module;
mod names;
mod outputs;
mod plugins;
mod pool;
mod process;
mod pure;
mod run;
mod sandbox;
mod session;
mod shelf;
mod shipment;
mod socket;
mod step;
mod summary;
mod totals;
mod wasi;
mod workers;

pub use compiled::Origin;
pub use config::{Clock, SandboxConfig};
pub use conversation::Event;
pub use error::{Error, ProtocolFault};
pub use image::Image;
pub use influence::{InfluenceOutcome, InfluenceRequest, InfluenceRun};
pub use journal::LogLine;
pub use mac::MacKey;
pub use module::{InstalledModule, LateModule, Module, Registration};
pub use names::is_artifact_name;
pub use outputs::Artifact;
pub use process::{ProcessEnd, Resources};
pub use run::{BundleRun, Outcome};
pub use sandbox::Sandbox;
pub use shipment::{ShipmentError, Shipped, export_memo, import_memo};
pub use step::{StepOutcome, StepRequest, StepRun};
pub use totals::Totals;
pub use wasi::{CommandOutcome, CommandRun};
