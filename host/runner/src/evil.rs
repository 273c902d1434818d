//! Runners that assume the engine lost.
//!
//! The walls are built as for any run, and then, where a guest's code would run, this
//! process does what a guest that broke out would do. Never part of a shipped runner.
//!
//! What is left of an attempt is either the process's death by the filter, or an end
//! whose detail is `evil NAME granted` or `evil NAME refused ERRNO`.

#[allow(clippy::as_conversions, reason = "the types of the C interface, in code that never ships")]
mod attempts;
mod frames;

pub(crate) use attempts::remember_zygote;
pub use attempts::{ABSTRACT, PORT};

use hivesync_protocol::{End, FromRunner, Usage};
use hivesync_types::Code;

use crate::channel::{Channel, ChannelError};
use crate::fault::Fault;
use crate::start::Loaded;

/// One thing to try.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// Its name on the command line.
    pub name: &'static str,
    /// The walls that stop it, each alone: the first in full dress, the others when it
    /// is taken away.
    pub stopped_by: &'static [&'static str],
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// A system call: the errno it was refused with.
    Call(fn() -> Result<(), i32>),
    /// Frames: sends them itself.
    Frames(fn(&Loaded, Channel) -> Result<(), ChannelError>),
}

impl Attempt {
    /// Everything that can be tried, in order of name.
    pub fn all() -> impl Iterator<Item = Self> {
        attempts::ALL.iter().chain(frames::ALL).copied()
    }

    /// The attempt of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|attempt| attempt.name == name)
    }

    pub(crate) fn perform(self, loaded: &Loaded, channel: Channel) -> Result<(), ChannelError> {
        let outcome = match self.what {
            What::Frames(send) => return send(loaded, channel),
            What::Call(call) => call(),
        };
        let detail = match outcome {
            Ok(()) => format!("evil {} granted", self.name),
            Err(errno) => format!("evil {} refused {errno}", self.name),
        };
        let fault = Fault::new(Code::HostInternal, detail).into_run_fault();
        let end = End { run_id: loaded.start.run_id, result: Err(fault), usage: Usage::default() };
        channel.send(&FromRunner::End(Box::new(end))).map(drop)
    }
}
