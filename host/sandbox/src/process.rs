//! The end of a process: who ended it, and what it used.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::process::{Signal, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessEnd {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// Nobody could find out.
    Unknown,
}

impl ProcessEnd {
    /// A system call that the second wall forbids ended the process.
    pub const fn is_forbidden_call(self) -> bool {
        matches!(self, Self::Signaled(libc::SIGSYS))
    }
}

impl fmt::Display for ProcessEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Signaled(libc::SIGSYS) => f.write_str("SIGSYS: a system call that is not allowed"),
            Self::Signaled(libc::SIGSEGV) => f.write_str("SIGSEGV"),
            Self::Signaled(libc::SIGKILL) => f.write_str("SIGKILL"),
            Self::Signaled(libc::SIGABRT) => f.write_str("SIGABRT"),
            Self::Signaled(libc::SIGBUS) => f.write_str("SIGBUS"),
            Self::Signaled(libc::SIGXCPU) => {
                f.write_str("SIGXCPU: the processor time of the process is used up")
            }
            Self::Signaled(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("unknown end"),
        }
    }
}

/// What the kernel counted for one process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resources {
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// Most resident memory, in bytes.
    pub resident_max: u64,
}

/// A reaped process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) end: ProcessEnd,
    pub(crate) resources: Resources,
    /// The keeper killed it because its deadline had come.
    pub(crate) by_deadline: bool,
}

/// Kills the process, stopped or not. It fails only for one that is reaped already.
pub(crate) fn kill(pidfd: &OwnedFd) {
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
}

/// Reaps the child behind `pidfd` if it has ended. Only its parent can.
pub(crate) fn reap(pidfd: impl AsFd) -> io::Result<Option<(ProcessEnd, Resources)>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both structures are plain data that all-zero bytes are valid for, live on
    // this stack, and are written by the kernel during the call only. rustix has no
    // waitid that returns the resource usage, which is why the call is made here.
    let (result, info, usage) = unsafe {
        let result = libc::syscall(
            libc::SYS_waitid,
            libc::P_PIDFD,
            pidfd.as_fd().as_raw_fd(),
            info.as_mut_ptr(),
            libc::WEXITED | libc::WNOHANG,
            usage.as_mut_ptr(),
        );
        (result, info.assume_init(), usage.assume_init())
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: waitid fills the fields of SIGCHLD, or leaves the zeroes.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    if pid == 0 {
        return Ok(None);
    }
    let end = match info.si_code {
        libc::CLD_EXITED => ProcessEnd::Exited(status),
        libc::CLD_KILLED | libc::CLD_DUMPED => ProcessEnd::Signaled(status),
        _ => ProcessEnd::Unknown,
    };
    Ok(Some((end, resources(&usage))))
}

fn resources(usage: &libc::rusage) -> Resources {
    Resources {
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        resident_max: u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1024),
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}
