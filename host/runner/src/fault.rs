//! Why a run ended without a value, in the words of [`Code`].

use hivesync_protocol::{Refusal, RunFault};
use hivesync_types::{Code, Limits};
use wasmtime::{Trap, WasmBacktrace};

use crate::state::Run;

/// Most frames of a guest that are told.
const FRAMES_MAX: usize = 64;
/// Most bytes of one told frame: symbol names can be as long as a module wants.
const FRAME_TEXT_BYTES_MAX: usize = 512;
/// Most bytes of a detail.
const DETAIL_BYTES_MAX: usize = 4096;

/// An end that the host decided on: a limit, or a broker that stops the run.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Fault {
    /// The stable code.
    pub code: Code,
    /// Evidence.
    pub detail: String,
}

impl Fault {
    /// An end with its evidence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// A counter beyond its limit.
    pub fn beyond(code: Code, counter: &str, used: u64, limit: u64) -> Self {
        Self::new(code, format!("{counter}: {used} of {limit}"))
    }

    /// The fault as the broker is told, without a backtrace.
    pub fn into_run_fault(self) -> RunFault {
        RunFault { code: self.code, detail: cut(self.detail, DETAIL_BYTES_MAX), backtrace: Vec::new() }
    }
}

/// The fault that `error`, which came out of a guest's code, stands for. What the
/// ledgers remember explains what the engine cannot know: a trap after a refused
/// growth is an exhausted memory, and a trap after a panic's message is that panic.
pub(crate) fn explain(error: &wasmtime::Error, run: &Run) -> RunFault {
    let known =
        Known { limits: &run.limits, refusal: run.memory.first_refusal(), panic: run.panic.as_deref() };
    explain_with(error, &known)
}

/// What is known of a run beside the error that ended it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What it was allowed.
    pub limits: &'a Limits,
    /// The first growth that was refused.
    pub refusal: Option<&'a Refusal>,
    /// What the guest said when it gave up.
    pub panic: Option<&'a str>,
}

/// As `explain`, for a store that holds something else than this crate's runs.
pub fn explain_with(error: &wasmtime::Error, known: &Known<'_>) -> RunFault {
    let Fault { code, detail } = classify(error, known);
    RunFault { code, detail: cut(detail, DETAIL_BYTES_MAX), backtrace: frames(error) }
}

fn classify(error: &wasmtime::Error, known: &Known<'_>) -> Fault {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return Fault::new(fault.code, fault.detail.clone());
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Fault::beyond(Code::LimitFuel, "fuel", known.limits.fuel, known.limits.fuel),
        Some(Trap::Interrupt) => Fault::new(Code::LimitCpu, "interrupted"),
        Some(trap) if is_bad_value(*trap) => Fault::new(Code::GuestBadValue, trap.to_string()),
        Some(Trap::StackOverflow) => {
            Fault::new(Code::LimitStack, format!("{} bytes", known.limits.stack_bytes))
        }
        trap => match (known.refusal, known.panic, trap) {
            (Some(refusal), _, _) => {
                Fault::new(refusal.code, format!("wanted {} of {}", refusal.wanted, refusal.limit))
            }
            (None, Some(message), Some(_)) => Fault::new(Code::GuestPanic, message),
            (None, _, Some(trap)) => Fault::new(Code::GuestTrap, trap_name(*trap)),
            (None, _, None) => without_trap(error),
        },
    }
}

/// An error of the engine that is no trap: what crossed the border was not what its
/// type allows, or was too much.
fn without_trap(error: &wasmtime::Error) -> Fault {
    let text = format!("{:#}", error.root_cause());
    // The engine keeps this error's type to itself; a test holds its text in place.
    if text.contains("too much data is being copied") {
        return Fault::new(Code::LimitTransfer, "one call handed over more than `transfer-bytes`");
    }
    Fault::new(Code::GuestBadValue, text)
}

/// A value that crossed between two parts of one component and was none of its type.
fn is_bad_value(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer
    )
}

/// The stable name of a trap, as it follows `guest.trap` in reports.
fn trap_name(trap: Trap) -> &'static str {
    match trap {
        Trap::MemoryOutOfBounds => "memory-out-of-bounds",
        Trap::HeapMisaligned => "heap-misaligned",
        Trap::TableOutOfBounds => "table-out-of-bounds",
        Trap::IndirectCallToNull => "indirect-call-to-null",
        Trap::BadSignature => "bad-signature",
        Trap::IntegerOverflow => "integer-overflow",
        Trap::IntegerDivisionByZero => "integer-division-by-zero",
        Trap::BadConversionToInteger => "bad-conversion-to-integer",
        Trap::UnreachableCodeReached => "unreachable",
        Trap::CannotEnterComponent => "cannot-enter-component",
        Trap::CannotLeaveComponent => "cannot-leave-component",
        _ => "other",
    }
}

fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    backtrace
        .frames()
        .iter()
        .take(FRAMES_MAX)
        .map(|frame| cut(frame_text(frame), FRAME_TEXT_BYTES_MAX))
        .collect()
}

fn frame_text(frame: &wasmtime::FrameInfo) -> String {
    let name = frame.func_name().map_or_else(
        || format!("<function {}>", frame.func_index()),
        |name| format!("{:#}", rustc_demangle::demangle(name)),
    );
    let place = frame.symbols().first().and_then(|symbol| Some((symbol.file()?, symbol.line()?)));
    match place {
        Some((file, line)) => format!("{name} ({file}:{line})"),
        None => name,
    }
}

/// At most `max` bytes of `text`, cut between characters.
pub fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = text.floor_char_boundary(max);
        text.truncate(end);
    }
    text
}
