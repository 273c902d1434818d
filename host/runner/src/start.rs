//! From a fresh copy of the zygote to a loaded module.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, OnceLock};

use hivesync_image::ProjectImage;
use hivesync_lockdown::{Filter, LockdownError, Plan, Resources, Standing};
use hivesync_protocol::{End, FromRunner, Layer2, RunFault, Start, ToRunner, Usage};
use hivesync_types::{Code, Digest, Limits};
use memmap2::Mmap;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::channel::{Channel, ChannelError};
use crate::fault::Fault;
use crate::warm::{Warm, WarmError};

/// Bytes of private memory a runner may use beside its guest's: frames, images' names, results.
const HOST_DATA_BYTES: u64 = 512 << 20;
/// Seconds of processor time beyond the deadline, by which the broker has killed: this
/// only ends a runner whose broker does not. The guest's own clock cannot serve here,
/// because it begins anew with every input.
const GRACE_CPU_SECONDS: u64 = 5;
/// The main thread's stack beyond the guest's.
const HOST_STACK_BYTES: u64 = 4 << 20;
/// The socket, the module twice, and its image layers.
const DESCRIPTORS_MAX: u64 = 24;

/// How a process of this zygote locks itself down. The filters are made once.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) plan: Plan,
    /// While it waits and loads.
    pub(crate) waiting: Filter,
    /// While a guest runs.
    pub(crate) running: Filter,
}

impl Lock {
    /// What stands when a guest's code runs. Of the filters the audit names the last one,
    /// which goes up after this is said: where it cannot, no guest runs.
    fn promised(&self, standing: &Standing) -> Layer2 {
        let mut layer2 = standing.layer2().clone();
        layer2.seccomp = layer2.seccomp.map(|_| self.running.digest());
        layer2
    }
}

/// Limits that hold before the run's own are known.
pub(crate) fn first_resources() -> Resources {
    Resources { descriptors: Some(DESCRIPTORS_MAX), file_bytes: Some(0), ..Resources::default() }
}

fn run_resources(limits: &Limits) -> Resources {
    Resources {
        cpu_seconds: Some((limits.wall_ms / 1000).saturating_add(GRACE_CPU_SECONDS)),
        data_bytes: Some(limits.memory_bytes.saturating_add(HOST_DATA_BYTES)),
        stack_bytes: Some(limits.stack_bytes.saturating_add(HOST_STACK_BYTES)),
        processes: Some(0),
        ..first_resources()
    }
}

/// Why a process takes no run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Lockdown(#[from] LockdownError),
    #[error(transparent)]
    Warm(#[from] WarmError),
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// What came with the first frame cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("the first frame is no start")]
    NotAStart,
    #[error("{came} descriptors came and {wanted} were announced")]
    Descriptors { came: usize, wanted: usize },
    #[error("a layer of the image cannot be mapped")]
    Map(#[source] std::io::Error),
    #[error("the image is none: {0}")]
    Image(String),
    #[error("the compiled module cannot be loaded: {0}")]
    Module(String),
}

impl StartError {
    /// What the broker is told, if there still is one.
    pub(crate) fn into_fault(self) -> Option<RunFault> {
        let fault = match self {
            Self::Lockdown(error) => Fault::new(error.code(), error.to_string()),
            Self::Warm(error) => Fault::new(Code::HostInternal, error.to_string()),
            Self::Channel(ChannelError::Closed | ChannelError::Io(_)) => return None,
            Self::Channel(ChannelError::Frame(error)) => Fault::new(Code::HostProtocol, error.to_string()),
            Self::Load(LoadError::Module(detail)) => Fault::new(load_code(&detail), detail),
            Self::Load(error) => Fault::new(Code::HostProtocol, error.to_string()),
        };
        Some(fault.into_run_fault())
    }
}

/// The engine validates a module against its pool while loading, and says so in text only.
fn load_code(detail: &str) -> Code {
    match detail {
        text if !text.contains("exceeds the") => Code::HostInternal,
        text if text.contains("table") => Code::LimitTables,
        text if text.contains("memor") => Code::LimitMemory,
        _ => Code::ModuleTooLarge,
    }
}

/// A loaded module behind all walls: what is missing is to run it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) component: Component,
    pub(crate) image: Arc<ProjectImage<Mmap>>,
    pub(crate) start: Start,
}

/// The run that this process has, for whoever ends it in a hurry.
static CURRENT: OnceLock<Digest> = OnceLock::new();

/// The id of this process's run; zeroes before it has one.
pub(crate) fn current_run() -> Digest {
    CURRENT.get().copied().unwrap_or_else(|| Digest::from_bytes([0; 32]))
}

/// Locks this process down, waits for its run, and loads the module.
pub(crate) fn load(lock: &Lock, namespaces: &[&str], channel: Channel) -> Result<Loaded, StartError> {
    let mut standing = hivesync_lockdown::enter(lock.plan.clone(), namespaces)?;
    let warm = Warm::new()?;
    standing.filter(&lock.waiting)?;
    channel.send(&FromRunner::Ready(lock.promised(&standing)))?;

    let (message, descriptors) = channel.receive_first()?;
    let ToRunner::Start(start) = message else { return Err(LoadError::NotAStart.into()) };
    let _ = CURRENT.set(start.run_id);
    let loaded = open(*start, descriptors, warm)?;
    harden(&mut standing, lock, &loaded.start.limits)?;
    Ok(loaded)
}

fn open(start: Start, descriptors: Vec<OwnedFd>, warm: Warm) -> Result<Loaded, StartError> {
    let came = descriptors.len();
    let wanted = usize::try_from(start.image_layers).unwrap_or(usize::MAX).saturating_add(1);
    let mut descriptors = descriptors.into_iter();
    let (Some(module), true) = (descriptors.next(), came == wanted) else {
        return Err(LoadError::Descriptors { came, wanted }.into());
    };
    let layers = descriptors.map(|layer| map(&layer)).collect::<Result<Vec<_>, _>>()?;
    let image = ProjectImage::from_layers(layers).map_err(|error| LoadError::Image(error.to_string()))?;
    let engine = warm.start(start.limits.stack_bytes)?;
    let path = format!("/proc/self/fd/{}", module.as_raw_fd());
    // SAFETY: the broker compiled these bytes itself, has checked their MAC, and sealed
    // the file so that they cannot change any more.
    let component = unsafe { Component::deserialize_file(&engine, path) }
        .map_err(|error| LoadError::Module(format!("{error:#}")))?;
    Ok(Loaded { engine, component, image: Arc::new(image), start })
}

fn map(layer: &OwnedFd) -> Result<Mmap, LoadError> {
    // SAFETY: a layer is immutable by contract: the broker never writes a layer again
    // once its digest is known. Should it be cut short, this process alone dies.
    unsafe { Mmap::map(layer.as_raw_fd()) }.map_err(LoadError::Map)
}

/// The last walls, when nothing new has to be opened.
fn harden(standing: &mut Standing, lock: &Lock, limits: &Limits) -> Result<(), StartError> {
    standing.lower(run_resources(limits))?;
    // SAFETY: the standard output and error are owned by nobody; from here on the
    // process can make no descriptor that would take their numbers.
    let _ = unsafe { hivesync_lockdown::close_between(1, 2) };
    standing.filter(&lock.running)?;
    Ok(())
}

/// The end of a process that took no run, or that fell over.
pub(crate) fn end_without_value(fault: RunFault) -> FromRunner {
    FromRunner::End(Box::new(End { run_id: current_run(), result: Err(fault), usage: Usage::default() }))
}

/// Where the host's own code panics, the broker learns the place before the process ends.
pub(crate) fn report_panics(channel: Channel) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let fault = Fault::new(Code::HostInternal, format!("the runner panicked at {place}"));
        let _ = channel.send(&end_without_value(fault.into_run_fault()));
        // SAFETY: ends the process at once and touches nothing.
        unsafe { libc::_exit(EXIT_PANIC) };
    }));
}

/// The process ended by a mistake of ours.
const EXIT_PANIC: i32 = 101;
