//! Sandbox policies: from a TOML file to what holds for one run.
//!
//! A policy denies by default. Every grant says why, every number has a ceiling in this
//! crate's code, and [`effective`] intersects ceiling, policy and what the module asks
//! for. [`cli`] explains, lints and compares policies for people and programs.
//!
//! This crate reads no file, enforces nothing and knows no process: it takes text and
//! values and gives values back.
//!
//! ```
//! use hivesync_policy::{Asks, Ceiling, Interface, Policy, World, effective, shipped};
//!
//! let text = shipped("preview-bundler").ok_or("not shipped")?;
//! let policy = Policy::parse(text)?;
//! let asks = Asks::new(World::PreviewBundler, [Interface::Project, Interface::Log]);
//! let holds = effective(&Ceiling::of_this_host(), &policy, &asks)?;
//!
//! assert!(holds.grants(Interface::Project));
//! assert!(!holds.grants(Interface::Mapper), "granted, but this module does not import it");
//! assert!(holds.allows_project_path("src/App.tsx"));
//! assert!(!holds.allows_project_path("src/.env.local"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Invariant:** no input makes an effective policy wider than the ceiling.

pub mod cli;
mod diff;
mod effective;
mod error;
mod explain;
mod grants;
mod keys;
mod layer2;
mod lint;
mod module;
mod pattern;
mod place;
mod policy;
mod raw;
mod shipped;

pub use diff::{Change, Direction, diff};
pub use effective::{Asks, Ceiling, EffectivePolicy, effective};
pub use error::{PolicyError, Problem};
pub use explain::{explain, explain_json};
pub use grants::{Grant, Grants, Interface, ParseInterfaceError, Scope};
pub use keys::{Key, Keyed, all_keys};
pub use layer2::{Degraded, Layer2Rule, Wall};
pub use lint::{Finding, Severity, lint};
pub use module::{Accept, Candidate, ModuleRule, ModuleSignature, Signer, World};
pub use pattern::{LetterCase, Names, Pattern};
pub use place::Place;
pub use policy::{Determinism, InvalidPolicy, Policy, Profile};
pub use shipped::{SHIPPED, shipped};
