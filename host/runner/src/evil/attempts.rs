//! One system call each, as a guest that owns the process would make it.

use std::ffi::CStr;
use std::io;
use std::sync::OnceLock;

use super::{Attempt, What};

const SECCOMP: &str = "seccomp";
const LANDLOCK: &str = "landlock";
const NAMESPACES: &str = "namespaces";
const PRIVILEGES: &str = "privileges";
const RLIMITS: &str = "rlimits";

const fn call(
    name: &'static str,
    stopped_by: &'static [&'static str],
    call: fn() -> Result<(), i32>,
) -> Attempt {
    Attempt { name, stopped_by, what: What::Call(call) }
}

pub(super) const ALL: &[Attempt] = &[
    call("abstract-socket", &[SECCOMP, NAMESPACES, LANDLOCK], abstract_socket),
    call("bind-tcp", &[SECCOMP, LANDLOCK], || tcp(libc::SYS_bind, 0)),
    call("bpf", &[SECCOMP, PRIVILEGES], || {
        // An array map of one entry.
        let attributes: [u32; 32] = std::array::from_fn(|at| [2, 4, 4, 1].get(at).copied().unwrap_or(0));
        raw(|| unsafe { libc::syscall(libc::SYS_bpf, 0, attributes.as_ptr(), size_of_val(&attributes)) })
    }),
    call("chroot", &[SECCOMP, PRIVILEGES], || {
        raw(|| unsafe { libc::syscall(libc::SYS_chroot, c"/tmp".as_ptr()) })
    }),
    call("clone3-process", &[SECCOMP], clone3_process),
    call("connect-tcp", &[SECCOMP, NAMESPACES, LANDLOCK], || tcp(libc::SYS_connect, PORT)),
    call("environment", &["zygote"], environment),
    call("execve", &[SECCOMP, LANDLOCK], || {
        raw(|| unsafe {
            libc::syscall(libc::SYS_execve, c"/bin/true".as_ptr(), NO_STRINGS.as_ptr(), NO_STRINGS.as_ptr())
        })
    }),
    call("fork", &[SECCOMP], fork),
    call("io-uring", &[SECCOMP], || {
        let mut parameters = [0_u8; 256];
        raw(|| unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) })
    }),
    call("keyring", &[SECCOMP], || {
        raw(|| unsafe {
            libc::syscall(libc::SYS_add_key, c"user".as_ptr(), c"evil".as_ptr(), c"x".as_ptr(), 1, -3)
        })
    }),
    call("kill-zygote", &[SECCOMP, NAMESPACES, LANDLOCK], || {
        raw(|| unsafe { libc::syscall(libc::SYS_kill, zygote(), 0) })
    }),
    call("memfd-exec", &[SECCOMP], memfd_exec),
    call("memory-beyond-limit", &[RLIMITS], memory_beyond_limit),
    call("mmap-exec", &[SECCOMP], || raw(|| map(libc::PROT_READ | libc::PROT_EXEC, 4096))),
    call("mount", &[SECCOMP, PRIVILEGES], || {
        raw(|| unsafe {
            libc::syscall(libc::SYS_mount, c"none".as_ptr(), c"/mnt".as_ptr(), c"tmpfs".as_ptr(), 0, 0)
        })
    }),
    call("mprotect-exec", &[SECCOMP], mprotect_exec),
    call("open-etc-passwd", &[SECCOMP, LANDLOCK], || open(c"/etc/passwd", libc::O_RDONLY)),
    call("open-for-write", &[SECCOMP, LANDLOCK], || {
        open(c"/tmp/hivesync-evil-was-here", libc::O_WRONLY | libc::O_CREAT)
    }),
    call("open-own-binary", &[SECCOMP, LANDLOCK], || open(c"/proc/self/exe", libc::O_RDONLY)),
    call("open-own-memory", &[SECCOMP, LANDLOCK], || open(c"/proc/self/mem", libc::O_RDWR)),
    call("open-zygote-environment", &[SECCOMP, LANDLOCK], open_zygote_environment),
    call("perf-event", &[SECCOMP, PRIVILEGES], || {
        // The processor clock of this process.
        let mut attributes = [0_u64; 16];
        attributes[0] = 1 | (128 << 32);
        raw(|| unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), 0, -1, -1, 0) })
    }),
    call("pidfd-open-zygote", &[SECCOMP, NAMESPACES], || {
        raw(|| unsafe { libc::syscall(libc::SYS_pidfd_open, zygote(), 0) })
    }),
    call("process-vm-readv", &[SECCOMP, NAMESPACES, LANDLOCK], process_vm_readv),
    call("ptrace-zygote", &[SECCOMP, NAMESPACES, LANDLOCK], || {
        raw(|| unsafe { libc::syscall(libc::SYS_ptrace, libc::PTRACE_SEIZE, zygote(), 0, 0) })
    }),
    call("raise-rlimit", &[SECCOMP], raise_rlimit),
    call("read-other-descriptor", &[SECCOMP], read_other_descriptor),
    call("receive-descriptors", &[SECCOMP], receive_descriptors),
    call("sethostname", &[SECCOMP, PRIVILEGES], || {
        raw(|| unsafe { libc::syscall(libc::SYS_sethostname, c"evil".as_ptr(), 4) })
    }),
    call("socket-inet", &[SECCOMP], || socket(libc::AF_INET, libc::SOCK_STREAM)),
    call("socket-netlink", &[SECCOMP], || socket(libc::AF_NETLINK, libc::SOCK_RAW)),
    call("socket-packet", &[SECCOMP, PRIVILEGES], || socket(libc::AF_PACKET, libc::SOCK_RAW)),
    call("socket-unix", &[SECCOMP], || socket(libc::AF_UNIX, libc::SOCK_STREAM)),
    call("thread", &[SECCOMP], thread),
    call("udp-send", &[SECCOMP, NAMESPACES], udp_send),
    call("unshare-network", &[SECCOMP, PRIVILEGES], || {
        raw(|| unsafe { libc::syscall(libc::SYS_unshare, libc::CLONE_NEWNET) })
    }),
    call("userfaultfd", &[SECCOMP], || raw(|| unsafe { libc::syscall(libc::SYS_userfaultfd, 1) })),
];

const NO_STRINGS: [*const libc::c_char; 1] = [std::ptr::null()];

/// The zygote's process id as the host counts it: a guest might guess it.
static ZYGOTE: OnceLock<libc::pid_t> = OnceLock::new();

/// Remembers who the zygote is. Called in it, before anything is cloned.
pub(crate) fn remember_zygote() {
    let _ = ZYGOTE.set(i32::try_from(std::process::id()).unwrap_or(1));
}

fn zygote() -> libc::pid_t {
    ZYGOTE.get().copied().unwrap_or(1)
}

/// Runs a call and returns its error number. Every call in this file hands the kernel
/// memory that lives across it, or none; what a call might do to this process does not
/// matter, because the process ends right after.
fn raw(call: impl FnOnce() -> libc::c_long) -> Result<(), i32> {
    if call() < 0 { Err(errno()) } else { Ok(()) }
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn open(path: &CStr, flags: i32) -> Result<(), i32> {
    raw(|| unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0o600) })
}

fn open_zygote_environment() -> Result<(), i32> {
    let path = std::ffi::CString::new(format!("/proc/{}/environ", zygote())).map_err(|_| libc::EINVAL)?;
    open(&path, libc::O_RDONLY)
}

fn socket(family: i32, kind: i32) -> Result<(), i32> {
    raw(|| unsafe { libc::syscall(libc::SYS_socket, family, kind, 0) })
}

fn map(protection: i32, bytes: usize) -> libc::c_long {
    unsafe {
        libc::syscall(libc::SYS_mmap, 0, bytes, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    }
}

/// A port on which the test listens, or nobody.
pub const PORT: u16 = 47_113;

fn loopback(port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    }
}

fn tcp(what: libc::c_long, port: u16) -> Result<(), i32> {
    let address = loopback(port);
    let socket = unsafe { libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0) };
    raw(|| socket)?;
    raw(|| unsafe { libc::syscall(what, socket, &raw const address, size_of_val(&address)) })
}

fn udp_send() -> Result<(), i32> {
    let address = loopback(PORT);
    let socket = unsafe { libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0) };
    raw(|| socket)?;
    raw(|| unsafe {
        libc::syscall(
            libc::SYS_sendto,
            socket,
            c"x".as_ptr(),
            1,
            0,
            &raw const address,
            size_of_val(&address),
        )
    })
}

/// Where the test listens: an abstract name that a guest might know.
pub const ABSTRACT: &[u8] = b"\0hivesync-evil";

fn abstract_socket() -> Result<(), i32> {
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (to, from) in address.sun_path.iter_mut().zip(ABSTRACT) {
        *to = *from as libc::c_char;
    }
    let socket = unsafe { libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0) };
    raw(|| socket)?;
    let bytes = size_of::<libc::sa_family_t>() + ABSTRACT.len();
    raw(|| unsafe { libc::syscall(libc::SYS_connect, socket, &raw const address, bytes) })
}

fn fork() -> Result<(), i32> {
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    leave_if_child(pid)
}

fn clone3_process() -> Result<(), i32> {
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.exit_signal = libc::SIGCHLD as u64;
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of_val(&arguments)) };
    leave_if_child(pid)
}

fn leave_if_child(pid: libc::c_long) -> Result<(), i32> {
    if pid == 0 {
        unsafe { libc::_exit(0) };
    }
    raw(|| pid)
}

fn thread() -> Result<(), i32> {
    match std::thread::Builder::new().spawn(|| ()) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.raw_os_error().unwrap_or(0)),
    }
}

fn memfd_exec() -> Result<(), i32> {
    let file = unsafe { libc::syscall(libc::SYS_memfd_create, c"x".as_ptr(), 0) };
    raw(|| file)?;
    let script = b"#!/bin/true\n";
    raw(|| unsafe { libc::syscall(libc::SYS_write, file, script.as_ptr(), script.len()) })?;
    raw(|| unsafe {
        libc::syscall(
            libc::SYS_execveat,
            file,
            c"".as_ptr(),
            NO_STRINGS.as_ptr(),
            NO_STRINGS.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    })
}

/// More private memory than any run may have, without touching it.
fn memory_beyond_limit() -> Result<(), i32> {
    raw(|| map(libc::PROT_READ | libc::PROT_WRITE, 8 << 30))
}

fn mprotect_exec() -> Result<(), i32> {
    let page = map(libc::PROT_READ | libc::PROT_WRITE, 4096);
    raw(|| page)?;
    raw(|| unsafe { libc::syscall(libc::SYS_mprotect, page, 4096, libc::PROT_READ | libc::PROT_EXEC) })
}

fn process_vm_readv() -> Result<(), i32> {
    let mut byte = 0_u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // A copy has the same addresses as the zygote it is one of.
    let remote = libc::iovec { iov_base: (&raw const ZYGOTE).cast_mut().cast(), iov_len: 1 };
    raw(|| unsafe {
        libc::process_vm_readv(zygote(), &raw const local, 1, &raw const remote, 1, 0) as libc::c_long
    })
}

/// More descriptors than the process was given.
fn raise_rlimit() -> Result<(), i32> {
    let more = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
    raw(|| unsafe { libc::syscall(libc::SYS_prlimit64, 0, libc::RLIMIT_NOFILE, &raw const more, 0) })
}

fn receive_descriptors() -> Result<(), i32> {
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    match raw(|| unsafe { libc::recvmsg(0, &raw mut message, libc::MSG_DONTWAIT) as libc::c_long }) {
        // Nothing was sent; the call as such was let through.
        Err(libc::EAGAIN) => Ok(()),
        other => other,
    }
}

/// The module is still open, for the memories that are mapped from it.
fn read_other_descriptor() -> Result<(), i32> {
    let mut byte = 0_u8;
    let result =
        (1..8).map(|number| unsafe { libc::syscall(libc::SYS_read, number, &raw mut byte, 1) }).max();
    raw(|| result.unwrap_or(-1))
}

/// What a guest finds in the environment.
fn environment() -> Result<(), i32> {
    if std::env::vars_os().next().is_some() { Ok(()) } else { Err(libc::ENOENT) }
}
