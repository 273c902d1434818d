//! The compiler's walls.

use hivesync_lockdown::{Condition, Degraded, Filter, LockdownError, Plan, Resources, Rule, Standing};
use hivesync_protocol::RunFault;
use hivesync_types::Code;

use crate::answer::fault;
use crate::request::Job;

/// Seconds of processor time beyond the request after which the kernel kills: the
/// compiler's own clock comes first and can still speak.
const CPU_GRACE_SECONDS: u64 = 2;
/// Address space beyond the request for the executable itself, its stack and the
/// module's bytes.
const ADDRESS_BASE_BYTES: u64 = 64 << 20;
/// Open descriptors: three standard ones, the module and the output.
const DESCRIPTORS: u64 = 8;

const PROT_EXEC: u32 = 4;

const fn always(syscall: libc::c_long) -> Rule {
    Rule { syscall, condition: None }
}

const fn only(syscall: libc::c_long, argument: u8, mask: u32, value: u32) -> Rule {
    Rule { syscall, condition: Some(Condition { argument, mask, value }) }
}

/// What a compiler may call. It opens nothing, starts nothing, and makes no memory
/// executable.
const COMPILING: &[Rule] = &[
    // The module in, the machine code and the answer out.
    always(libc::SYS_pread64),
    always(libc::SYS_pwrite64),
    only(libc::SYS_write, 0, u32::MAX, 0),
    always(libc::SYS_fstat),
    always(libc::SYS_statx),
    always(libc::SYS_close),
    // A build with assertions asks whether a descriptor is open before it closes it.
    only(libc::SYS_fcntl, 1, u32::MAX, libc::F_GETFD.cast_unsigned()),
    // Memory.
    only(libc::SYS_mmap, 2, PROT_EXEC, 0),
    only(libc::SYS_mprotect, 2, PROT_EXEC, 0),
    always(libc::SYS_munmap),
    always(libc::SYS_mremap),
    always(libc::SYS_madvise),
    always(libc::SYS_brk),
    // Its own clock of processor time.
    only(libc::SYS_setitimer, 0, u32::MAX, 2),
    always(libc::SYS_rt_sigaction),
    always(libc::SYS_rt_sigprocmask),
    always(libc::SYS_rt_sigreturn),
    always(libc::SYS_sigaltstack),
    // Locks, time and seeds of the standard library.
    always(libc::SYS_futex),
    always(libc::SYS_clock_gettime),
    always(libc::SYS_getrandom),
    always(libc::SYS_sched_yield),
    always(libc::SYS_restart_syscall),
    always(libc::SYS_exit),
    always(libc::SYS_exit_group),
];

/// Builds every wall, or says which one cannot be built.
pub(crate) fn stand(degraded: Degraded, job: &Job) -> Result<Standing, RunFault> {
    let limits = job.request.limits;
    let resources = Resources {
        cpu_seconds: Some(limits.cpu_seconds.saturating_add(CPU_GRACE_SECONDS)),
        address_bytes: Some(limits.memory_bytes.saturating_add(ADDRESS_BASE_BYTES)),
        descriptors: Some(DESCRIPTORS),
        processes: Some(0),
        file_bytes: Some(limits.output_bytes),
        ..Resources::default()
    };
    // SAFETY: this process has not started a thread, and never does.
    let namespaces = unsafe { hivesync_lockdown::unshare() }.unwrap_or_default();
    let filter =
        Filter::permitting(&[COMPILING]).map_err(|error| fault(Code::HostInternal, error.to_string()))?;
    let mut standing = hivesync_lockdown::enter(Plan::new(degraded, resources), &namespaces)
        .map_err(|error| missing(&error))?;
    standing.filter(&filter).map_err(|error| missing(&error))?;
    Ok(standing)
}

fn missing(error: &LockdownError) -> RunFault {
    fault(error.code(), error.to_string())
}
