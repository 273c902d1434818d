//! Who may call what. Every entry says why it is there.

use super::{Condition, Rule};

const fn always(syscall: libc::c_long) -> Rule {
    Rule { syscall, condition: None }
}

const fn only(syscall: libc::c_long, argument: u8, mask: u32, value: u32) -> Rule {
    Rule { syscall, condition: Some(Condition { argument, mask, value }) }
}

const PROT_EXEC: u32 = 4;
const F_GETFD: u32 = 1;
const MADV_DONTNEED: u32 = 4;
/// The descriptor of the one socket to the broker.
const SOCKET: u32 = 0;

/// What a process that runs a guest may call.
pub const RUNNING: &[Rule] = &[
    // The frames, on the one socket and nowhere else.
    only(libc::SYS_read, 0, u32::MAX, SOCKET),
    only(libc::SYS_write, 0, u32::MAX, SOCKET),
    // Memory, as long as it does not become code.
    only(libc::SYS_mmap, 2, PROT_EXEC, 0),
    only(libc::SYS_mprotect, 2, PROT_EXEC, 0),
    only(libc::SYS_madvise, 2, u32::MAX, MADV_DONTNEED),
    always(libc::SYS_munmap),
    always(libc::SYS_mremap),
    always(libc::SYS_brk),
    // What the module was mapped from is let go at the end.
    always(libc::SYS_close),
    // Builds with debug assertions ask whether a descriptor is open before they close it.
    only(libc::SYS_fcntl, 1, u32::MAX, F_GETFD),
    // A trap of the guest is a signal that the engine's handler returns from.
    always(libc::SYS_rt_sigreturn),
    always(libc::SYS_rt_sigprocmask),
    always(libc::SYS_sigaltstack),
    // The ticker sleeps; locks wait.
    always(libc::SYS_futex),
    always(libc::SYS_clock_nanosleep),
    always(libc::SYS_restart_syscall),
    always(libc::SYS_sched_yield),
    // Where the kernel gives no clock without a call.
    always(libc::SYS_clock_gettime),
    // Seeds of hash tables of the host's own code.
    always(libc::SYS_getrandom),
    always(libc::SYS_exit),
    always(libc::SYS_exit_group),
];

/// What a runner may call besides while it waits for its one run and loads the module.
pub const WAITING: &[Rule] = &[
    // The first frame brings descriptors.
    always(libc::SYS_recvmsg),
    // The module is opened again by its descriptor, to be mapped; Landlock refuses any
    // other path.
    always(libc::SYS_openat),
    always(libc::SYS_fstat),
    always(libc::SYS_statx),
    always(libc::SYS_newfstatat),
    always(libc::SYS_lseek),
    always(libc::SYS_read),
    always(libc::SYS_fcntl),
    always(libc::SYS_close_range),
    // The module's code becomes executable here, for the last time.
    always(libc::SYS_mmap),
    always(libc::SYS_mprotect),
    // An engine with the run's own stack is made here; it counts the processors.
    always(libc::SYS_sched_getaffinity),
    // Handlers for traps are installed with the first store.
    always(libc::SYS_rt_sigaction),
    // Limits are lowered to those of the run.
    always(libc::SYS_prlimit64),
    // The narrower filter goes on top.
    only(libc::SYS_prctl, 0, u32::MAX, libc::PR_SET_NO_NEW_PRIVS.cast_unsigned()),
    always(libc::SYS_seccomp),
];
