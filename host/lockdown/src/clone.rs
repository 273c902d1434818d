//! New processes in namespaces of their own.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The namespaces a guest's process gets, with their flags.
const NAMESPACES: [(&str, i32); 6] = [
    ("user", libc::CLONE_NEWUSER),
    ("pid", libc::CLONE_NEWPID),
    ("net", libc::CLONE_NEWNET),
    ("mount", libc::CLONE_NEWNS),
    ("ipc", libc::CLONE_NEWIPC),
    ("uts", libc::CLONE_NEWUTS),
];

/// Which of two processes this is.
#[derive(Debug)]
pub enum Cloned {
    /// The new one, with the names of the namespaces it was made in: all or none.
    Child {
        /// In the order they are listed in the audit.
        namespaces: Vec<&'static str>,
    },
    /// The one that asked.
    Parent {
        /// As seen from here.
        pid: i32,
        /// The handle by which the process can be killed and waited for.
        pidfd: OwnedFd,
    },
}

/// Makes a copy of this process in new namespaces, as a child of *this process's
/// parent*, who can then wait for it. Where the host allows no namespaces, the copy is
/// made without and finds its list empty; [`crate::enter`] then decides.
///
/// The copy gets no process id in the kernel's file system and its parent is outside
/// its process namespace.
///
/// # Safety
///
/// The calling process must have one thread only: the copy has one, and a lock that
/// another held would stay locked.
pub unsafe fn clone_behind_namespaces(wanted: bool) -> io::Result<Cloned> {
    if wanted {
        let names = NAMESPACES.map(|(name, _)| name).to_vec();
        // SAFETY: handed on to the caller.
        match unsafe { clone_with(flags(&names), names) } {
            Err(error) if is_refusal(&error) => {}
            made => return made,
        }
    }
    // SAFETY: handed on to the caller.
    unsafe { clone_with(0, Vec::new()) }
}

/// Moves this process into new namespaces, except that of processes, which can only be
/// entered at birth. Returns their names.
///
/// # Safety
///
/// The calling process must have one thread only.
pub unsafe fn unshare() -> io::Result<Vec<&'static str>> {
    let names: Vec<_> = NAMESPACES.iter().map(|(name, _)| *name).filter(|name| *name != "pid").collect();
    // SAFETY: `unshare` touches no memory; a user namespace demands a single thread,
    // for which the caller answers.
    let result = unsafe { libc::unshare(flags(&names)) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(names) }
}

fn flags(names: &[&str]) -> i32 {
    NAMESPACES.iter().filter(|(name, _)| names.contains(name)).fold(0, |flags, (_, flag)| flags | flag)
}

/// The host forbids namespaces, or has no more to give; anything else is a real failure.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EPERM | libc::EINVAL | libc::ENOSPC | libc::EUSERS))
}

/// # Safety
///
/// As [`clone_behind_namespaces`].
unsafe fn clone_with(flags: i32, namespaces: Vec<&'static str>) -> io::Result<Cloned> {
    let mut pidfd: RawFd = -1;
    // SAFETY: all zeroes is the documented "nothing asked for" of this plain structure.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = wide(flags | libc::CLONE_PARENT | libc::CLONE_PIDFD);
    arguments.pidfd = u64::try_from((&raw mut pidfd).addr()).unwrap_or(0);
    // SAFETY: without CLONE_VM and with a null stack this is a fork: the copy goes on
    // here on its own copy of the stack. The structure and the place for the pidfd
    // live across the call. The exit signal must be zero with CLONE_PARENT: the copy
    // has that of this process.
    let result = unsafe {
        libc::syscall(libc::SYS_clone3, &raw mut arguments, std::mem::size_of::<libc::clone_args>())
    };
    match result {
        0 => Ok(Cloned::Child { namespaces }),
        pid if pid > 0 => {
            // SAFETY: the kernel has just made this descriptor for us.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Cloned::Parent { pid: i32::try_from(pid).unwrap_or(0), pidfd })
        }
        _ => Err(io::Error::last_os_error()),
    }
}

/// Flags are bits: the sign is none.
fn wide(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}
