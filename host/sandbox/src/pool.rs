//! Runners that wait behind their walls until somebody needs one.
//!
//! A runner is taken once, runs once, and is gone. Whoever drops a [`Runner`] kills
//! its process; the keeper's thread reaps it.
//!
//! **Invariant:** no process is handed out twice.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use crate::error::Error;
use crate::keeper;
use crate::process::{Ended, ProcessEnd, kill};
use crate::session::Session;

/// How runners are made, and how many wait.
#[derive(Debug, Clone)]
pub(crate) struct PoolConfig {
    /// The executable.
    pub(crate) program: PathBuf,
    /// Arguments behind `zygote`.
    pub(crate) arguments: Vec<String>,
    /// Runners that wait at any time.
    pub(crate) size: usize,
}

/// How long a taker waits before it asks whether there is trouble.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long a taker waits at all.
const PATIENCE_MAX: Duration = Duration::from_secs(15);

/// The pool and the thread that keeps it full.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the pool's users and the keeper's thread both see.
#[derive(Debug)]
pub(crate) struct Shared {
    idle: Mutex<VecDeque<Parked>>,
    /// One permit a parked runner.
    permits: Semaphore,
    orders: Mutex<Vec<Order>>,
    trouble: Mutex<Option<Trouble>>,
    /// An eventfd that wakes the keeper.
    pub(crate) alarm: OwnedFd,
}

/// What the keeper is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Kill this process when the time has come.
    Deadline { serial: u64, at: Instant },
    /// Kill everything and end.
    Stop,
}

/// Why there are no runners.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// The zygote cannot be started, or cannot fork.
    System { what: &'static str, errno: i32 },
    /// A waiting runner ended, and this is what it left.
    Died { end: ProcessEnd, fault: Option<hivesync_protocol::RunFault> },
}

impl Trouble {
    fn into_error(self) -> Error {
        match self {
            Self::System { what, errno } => {
                Error::Storage { what, source: io::Error::from_raw_os_error(errno) }
            }
            Self::Died { fault: Some(fault), .. } => Error::from_fault(fault),
            Self::Died { end, fault: None } => {
                Error::Lost { code: hivesync_types::Code::HostRunnerLost, end }
            }
        }
    }
}

/// A process that waits.
#[derive(Debug)]
pub(crate) struct Parked {
    pub(crate) serial: u64,
    pub(crate) pid: i32,
    pub(crate) pidfd: Arc<OwnedFd>,
    pub(crate) socket: OwnedFd,
    pub(crate) ended: oneshot::Receiver<Ended>,
}

impl Pool {
    /// Starts the keeper's thread, which starts the zygote.
    pub(crate) fn start(config: PoolConfig) -> Result<Self, Error> {
        let storage = |what| move |source| Error::Storage { what, source };
        let flags = rustix::event::EventfdFlags::CLOEXEC | rustix::event::EventfdFlags::NONBLOCK;
        let alarm = rustix::event::eventfd(0, flags).map_err(io::Error::from);
        let shared = Arc::new(Shared {
            idle: Mutex::default(),
            permits: Semaphore::new(0),
            orders: Mutex::default(),
            trouble: Mutex::default(),
            alarm: alarm.map_err(storage("making an event descriptor"))?,
        });
        let thread = keeper::spawn(config, Arc::clone(&shared)).map_err(storage("starting a thread"))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// A runner of one's own.
    pub(crate) async fn take(&self) -> Result<Runner, Error> {
        let started = Instant::now();
        loop {
            match tokio::time::timeout(PATIENCE, self.shared.permits.acquire()).await {
                Ok(Ok(permit)) => permit.forget(),
                Ok(Err(_)) => return Err(Error::Internal("the pool is closed")),
                Err(_) => match self.shared.trouble() {
                    Some(trouble) => return Err(trouble.into_error()),
                    None if started.elapsed() > PATIENCE_MAX => return Err(Error::Overloaded { waiting: 0 }),
                    None => continue,
                },
            }
            // The runner of this permit may have died meanwhile: then wait for the next.
            if let Some(parked) = self.shared.unpark() {
                return Ok(Runner { parked: Some(parked), shared: Arc::clone(&self.shared) });
            }
        }
    }

    /// Waits until a runner is there, without taking it; an early word on a machine
    /// where none can be made.
    pub(crate) async fn probe(&self) -> Result<(), Error> {
        let runner = self.take().await?;
        let deadline = Instant::now() + PATIENCE_MAX;
        Session::open(runner, deadline, 1 << 20).await.map(drop)
    }

    /// How many runners wait.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.shared.idle).len()
    }
}

impl Drop for Pool {
    /// Kills and reaps every process; takes as long as the kernel needs for that.
    fn drop(&mut self) {
        self.shared.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    pub(crate) fn order(&self, order: Order) {
        lock(&self.orders).push(order);
        self.wake();
    }

    pub(crate) fn orders(&self) -> Vec<Order> {
        std::mem::take(&mut lock(&self.orders))
    }

    fn wake(&self) {
        // The only failure is a counter that is full already, which wakes as well.
        let _ = rustix::io::write(&self.alarm, &1_u64.to_ne_bytes());
    }

    pub(crate) fn park(&self, parked: Parked) {
        lock(&self.idle).push_back(parked);
        *lock(&self.trouble) = None;
        self.permits.add_permits(1);
    }

    fn unpark(&self) -> Option<Parked> {
        let parked = lock(&self.idle).pop_front();
        self.wake();
        parked
    }

    /// Takes a runner that died out of the pool.
    pub(crate) fn withdraw(&self, serial: u64) -> Option<Parked> {
        let mut idle = lock(&self.idle);
        let at = idle.iter().position(|parked| parked.serial == serial)?;
        let parked = idle.remove(at);
        drop(idle);
        // Where a taker holds the permit already it finds nothing, and waits again.
        if let Ok(permit) = self.permits.try_acquire() {
            permit.forget();
        }
        parked
    }

    pub(crate) fn idle(&self) -> usize {
        lock(&self.idle).len()
    }

    pub(crate) fn complain(&self, trouble: Trouble) {
        *lock(&self.trouble) = Some(trouble);
    }

    fn trouble(&self) -> Option<Trouble> {
        lock(&self.trouble).clone()
    }
}

/// What the lock guards stays consistent at every step, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process of one's own. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Runner {
    /// None only once the process was waited for.
    parked: Option<Parked>,
    shared: Arc<Shared>,
}

/// A runner without a process cannot be had outside this module's own steps.
const GONE: Error = Error::Internal("the runner is gone");

impl Runner {
    /// A second handle on the runner's socket.
    pub(crate) fn socket(&self) -> Result<OwnedFd, Error> {
        let parked = self.parked.as_ref().ok_or(GONE)?;
        parked.socket.try_clone().map_err(|source| Error::Storage { what: "duplicating a socket", source })
    }

    /// The process id, for logs.
    pub(crate) fn pid(&self) -> i32 {
        self.parked.as_ref().map_or(0, |parked| parked.pid)
    }

    /// The keeper kills the process at this moment, whatever the rest of the host does.
    pub(crate) fn arm(&self, at: Instant) {
        if let Some(parked) = &self.parked {
            self.shared.order(Order::Deadline { serial: parked.serial, at });
        }
    }

    /// Kills the process now. Works on a stopped process too.
    pub(crate) fn kill(&self) {
        if let Some(parked) = &self.parked {
            // It fails only for a process that is reaped already.
            kill(&parked.pidfd);
        }
    }

    /// Waits until the process is reaped, killing it after `grace`. None when it was
    /// waited for before.
    pub(crate) async fn ended(&mut self, grace: Duration) -> Option<Ended> {
        self.arm(Instant::now() + grace);
        let parked = self.parked.take()?;
        let guard = KillOnDrop(Arc::clone(&parked.pidfd));
        let ended = parked.ended.await.ok();
        drop(guard);
        ended
    }
}

#[cfg(test)]
impl Runner {
    /// A runner that is some other child of this process, for a peer that misbehaves.
    pub(crate) fn from_child(child: &std::process::Child, socket: OwnedFd) -> Self {
        let pid = rustix::process::Pid::from_child(child);
        let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap();
        let flags = rustix::event::EventfdFlags::NONBLOCK;
        let shared = Shared {
            idle: Mutex::default(),
            permits: Semaphore::new(0),
            orders: Mutex::default(),
            trouble: Mutex::default(),
            alarm: rustix::event::eventfd(0, flags).unwrap(),
        };
        let (_, ended) = oneshot::channel();
        let pid = pid.as_raw_nonzero().get();
        let parked = Parked { serial: 0, pid, pidfd: Arc::new(pidfd), socket, ended };
        Self { parked: Some(parked), shared: Arc::new(shared) }
    }
}

/// Kills the process of a runner whose end nobody waits for any longer.
struct KillOnDrop(Arc<OwnedFd>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        kill(&self.0);
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.kill();
    }
}
