//! One request, one answer.

use std::io::Write as _;

use hivesync_lockdown::Degraded;
use hivesync_protocol::{CompileAnswer, RunFault};
use hivesync_types::Code;

use crate::request::{Job, receive};
use crate::{compile, last_words, socket, walls};

/// Serves the one request; returns the status to exit with.
pub(crate) fn serve(degraded: Degraded) -> i32 {
    let job = match receive() {
        Ok(job) => job,
        // Without a request there is nobody to answer.
        Err(_) => return 2,
    };
    let answer = match walls::stand(degraded, &job) {
        Ok(standing) => {
            last_words::arm(job.request.limits.cpu_seconds);
            compiled(job, &standing).unwrap_or_else(CompileAnswer::Refused)
        }
        Err(fault) => CompileAnswer::Refused(fault),
    };
    match socket::send(&answer) {
        Ok(()) => 0,
        Err(_) => 2,
    }
}

/// Prints the engine's name; returns the status to exit with.
pub(crate) fn identify() -> i32 {
    let frame = compile::identity().ok().and_then(|identity| hivesync_protocol::encode(&identity).ok());
    match frame.map(|frame| std::io::stdout().write_all(&frame)) {
        Some(Ok(())) => 0,
        _ => 2,
    }
}

fn compiled(job: Job, standing: &hivesync_lockdown::Standing) -> Result<CompileAnswer, RunFault> {
    let limits = job.request.limits;
    let bytes = job.module()?;
    let made = compile::compile(&bytes, &limits)?;
    let size = u64::try_from(made.code.len()).unwrap_or(u64::MAX);
    if size > limits.output_bytes {
        let detail = format!("bytes of machine code: {size} of {}", limits.output_bytes);
        return Err(fault(Code::CompileLimit, detail));
    }
    job.write(&made.code)?;
    Ok(CompileAnswer::Compiled { bytes: size, engine: made.engine, layer2: standing.layer2().clone() })
}

/// Why there is no machine code.
pub(crate) fn fault(code: Code, detail: String) -> RunFault {
    RunFault { code, detail, backtrace: Vec::new() }
}
