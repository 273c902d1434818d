//! What every guest wants: panics that reach the run's log, log lines with a level, and code
//! frames for people.
//!
//! It binds no WIT interface itself. A guest hands over its own import, so one crate serves
//! guests of different worlds and runs natively in their tests.
//!
//! **Invariant:** nothing in here asks the host for anything but what the guest's own
//! [`LogSink`] does.

mod frame;
mod log;
mod panic;

pub use frame::{FrameStyle, code_frame};
pub use log::{Level, LogSink};
pub use panic::report_panics;
