//! The process that turns one WebAssembly component into machine code: one request
//! on standard input, one answer, and the end.
//!
//! `hivesync-compiler identify` says instead for which engine it writes; no module is
//! near it then, and so it has no walls.
//!
//! Otherwise it stands behind the same walls as a runner before it looks at a single byte of
//! the module, and has one thread. It never executes what it compiles: it is built
//! without the engine's runtime.
//!
//! **Invariant:** whatever the module is, the process ends within the processor time
//! and the memory of the request, and where it can still speak it says why.

mod answer;
mod compile;
mod last_words;
mod request;
mod socket;
mod walls;

use hivesync_lockdown::Degraded;

/// Counts what cannot be had: see [`last_words`].
#[global_allocator]
static ALLOCATOR: last_words::Allocator = last_words::Allocator;

fn main() {
    // Nothing listens on standard error; the status is for whoever runs it by hand.
    let status = match std::env::args().nth(1).as_deref() {
        Some("identify") => answer::identify(),
        Some("--allow-degraded") => answer::serve(Degraded::Allow),
        Some(_) => 2,
        None => answer::serve(Degraded::Refuse),
    };
    std::process::exit(status);
}
