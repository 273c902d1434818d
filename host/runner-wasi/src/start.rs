//! From the first frame to the last.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use hivesync_lockdown::{Degraded, LockdownError};
use hivesync_protocol::{Call, End, FromRunner, RunFault, Start, ToRunner, Usage, World};
use hivesync_runner::channel::{Channel, ChannelError};
use hivesync_runner::fault::Fault;
use hivesync_runner::warm::{Warm, WarmError};
use hivesync_types::{Code, Digest};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{out, run, state, walls};

/// Why there is no run.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Lockdown(#[from] LockdownError),
    #[error(transparent)]
    Warm(#[from] WarmError),
    #[error("{0}")]
    Directory(String),
    #[error("the compiled module cannot be loaded: {0}")]
    Module(String),
}

impl StartError {
    fn into_fault(self) -> RunFault {
        let code = match &self {
            Self::Lockdown(error) => error.code(),
            Self::Warm(_) | Self::Directory(_) | Self::Module(_) => Code::HostInternal,
        };
        Fault::new(code, self.to_string()).into_run_fault()
    }
}

/// A loaded command behind all walls.
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) component: Component,
    pub(crate) start: Start,
    pub(crate) state: state::State,
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) out: OwnedFd,
}

/// Serves the one run of this process.
pub(crate) fn serve(degraded: Degraded) -> Result<(), ChannelError> {
    let channel = Channel;
    let (message, descriptors) = channel.receive_first()?;
    let ToRunner::Start(start) = message else { return Err(ChannelError::Closed) };
    let (run_id, wanted) = (start.run_id, (start.world, start.call == Call::Command));
    if wanted != (World::WasiCommand, true) {
        return refuse(
            channel,
            run_id,
            Fault::new(Code::HostProtocol, "this runner has commands only").into_run_fault(),
        );
    }
    let Ok([module, project]) = <[OwnedFd; 2]>::try_from(descriptors) else {
        let fault = Fault::new(Code::HostProtocol, "a module and a directory are needed");
        return refuse(channel, run_id, fault.into_run_fault());
    };
    match load(degraded, channel, *start, &module, &project) {
        Err(error) => refuse(channel, run_id, error.into_fault()),
        Ok(Err(error)) => Err(error),
        Ok(Ok(loaded)) => {
            let (mut end, out) = run::run(loaded);
            if let Err(fault) = out::hand_over(&out, channel)? {
                end.result = end.result.and(Err(fault.into_run_fault()));
            }
            channel.send(&FromRunner::End(Box::new(end))).map(drop)
        }
    }
}

fn refuse(channel: Channel, run_id: Digest, fault: RunFault) -> Result<(), ChannelError> {
    let end = End { run_id, result: Err(fault), usage: Usage::default() };
    channel.send(&FromRunner::End(Box::new(end))).map(drop)
}

/// Locks this process down and loads the module.
fn load(
    degraded: Degraded,
    channel: Channel,
    start: Start,
    module: &OwnedFd,
    project: &OwnedFd,
) -> Result<Result<Loaded, ChannelError>, StartError> {
    let directory = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| StartError::Directory(format!("{what}: {error}"))
    };
    let filters = walls::filters().map_err(directory("the filters"))?;
    let namespaces = walls::separate();
    let out = walls::make_out(&start.limits).map_err(directory("`/out` cannot be made"))?;
    // The engine's library opens directories by path, so this comes before the walls.
    let state = state::State::new(&start, channel, project.as_fd(), out.as_fd())
        .map_err(|error| StartError::Directory(format!("{error:#}")))?;
    let mut standing = walls::stand(degraded, &namespaces, project.as_fd(), out.as_fd())?;
    let runtime = runtime().map_err(directory("the file thread"))?;
    // This build's engine could call asynchronously, and would reserve a thousand stacks
    // for that, which count against the limit on memory.
    let warm = Warm::tuned(|pool| {
        pool.total_stacks(1);
    })?;
    standing.filter(&filters.loading)?;
    if let Err(error) = channel.send(&FromRunner::Ready(standing.layer2().clone())) {
        return Ok(Err(error));
    }
    let engine = warm.start(start.limits.stack_bytes)?;
    let path = format!("/proc/self/fd/{}", module.as_raw_fd());
    // SAFETY: the broker compiled these bytes itself, has checked their MAC, and sealed
    // the file so that they cannot change any more.
    let component = unsafe { Component::deserialize_file(&engine, path) }
        .map_err(|error| StartError::Module(format!("{error:#}")))?;
    standing.lower(walls::resources(&start.limits))?;
    standing.filter(&filters.running)?;
    Ok(Ok(Loaded { engine, component, start, state, runtime, out }))
}

/// What the engine's library waits with. It has one thread for files, made here: later
/// none can be made.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let forever = std::time::Duration::from_secs(u64::from(u32::MAX));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .thread_keep_alive(forever)
        .build()?;
    runtime.block_on(runtime.spawn_blocking(|| ())).map_err(std::io::Error::other)?;
    Ok(runtime)
}
