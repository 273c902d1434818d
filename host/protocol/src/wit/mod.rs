//! The records of `wit/`, field by field and in the same order: the runner's generated
//! types and these serialise to the same bytes.

pub mod artifacts;
pub mod bundler;
pub mod influence;
pub mod log;
pub mod mapper;
pub mod modules;
pub mod progress;
pub mod steps;
pub mod types;
