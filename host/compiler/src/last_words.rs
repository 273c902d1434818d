//! What the process says when it has no memory or no time left.
//!
//! Running out of either would end it by a signal that looks like a crash. The answer
//! for both cases is therefore made in advance, and sent by a few instructions that
//! need neither.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;

use hivesync_protocol::{CompileAnswer, encode};
use hivesync_types::Code;

use crate::answer::fault;

/// The frames, ready to be sent.
struct LastWords {
    memory: Vec<u8>,
    time: Vec<u8>,
}

static LAST_WORDS: OnceLock<LastWords> = OnceLock::new();

/// Prepares the answers, and starts the clock of processor time.
pub(crate) fn arm(cpu_seconds: u64) {
    let frame =
        |what: String| encode(&CompileAnswer::Refused(fault(Code::CompileLimit, what))).unwrap_or_default();
    let words = LastWords {
        memory: frame("the compiler used up its memory".to_owned()),
        time: frame(format!("the compiler used up {cpu_seconds} seconds of processor time")),
    };
    drop(LAST_WORDS.set(words));
    let seconds = libc::time_t::try_from(cpu_seconds).unwrap_or(libc::time_t::MAX);
    let zero = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let timer =
        libc::itimerval { it_interval: zero, it_value: libc::timeval { tv_sec: seconds, tv_usec: 0 } };
    let handler: extern "C" fn(libc::c_int) = on_time_up;
    #[expect(clippy::as_conversions, reason = "the address of a function has no other conversion")]
    let handler = handler as libc::sighandler_t;
    // SAFETY: both calls read structures that live on this stack. The handler only
    // writes and exits, which a signal handler may do.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        libc::sigaction(libc::SIGPROF, &raw const action, std::ptr::null_mut());
        libc::setitimer(libc::ITIMER_PROF, &raw const timer, std::ptr::null_mut());
    }
}

extern "C" fn on_time_up(_signal: libc::c_int) {
    say_and_exit(|words| &words.time);
}

fn say_and_exit(which: impl Fn(&LastWords) -> &[u8]) -> ! {
    let frame = LAST_WORDS.get().map(which).unwrap_or_default();
    // SAFETY: the frame is never changed once set; both calls may be made in a signal
    // handler. A short write cannot happen on an empty socket with so few bytes.
    unsafe {
        libc::write(0, frame.as_ptr().cast(), frame.len());
        libc::_exit(0)
    }
}

/// The system's allocator, which says what happened instead of aborting.
pub(crate) struct Allocator;

// SAFETY: every call is handed to the system's allocator unchanged; where it has
// nothing, the process ends.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        had(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        had(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        had(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

fn had(block: *mut u8) -> *mut u8 {
    if block.is_null() && LAST_WORDS.get().is_some() {
        say_and_exit(|words| &words.memory);
    }
    block
}
