//! The walls, with their two openings.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use hivesync_lockdown::{
    Access, Beneath, Condition, Degraded, Filter, LockdownError, Plan, Resources, Rule, Standing,
};
use hivesync_lockdown::{enter_beside, lists};
use hivesync_types::Limits;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
};

/// Bytes of private memory beside the guest's: the engine, frames, what `/out` hands back.
const HOST_DATA_BYTES: u64 = 512 << 20;
/// Seconds of processor time beyond the guest's own.
const HOST_CPU_SECONDS: u64 = 5;
/// The main thread's stack beyond the guest's.
const HOST_STACK_BYTES: u64 = 4 << 20;
/// The socket, the module, two directories, and what a module may hold open.
const DESCRIPTORS_MAX: u64 = 256;
/// A file system in memory gives whole pages, and directories need some too.
const PAGE_BYTES: u64 = 4096;

const fn always(syscall: libc::c_long) -> Rule {
    Rule { syscall, condition: None }
}

const fn only(syscall: libc::c_long, argument: u8, mask: u32, value: u32) -> Rule {
    Rule { syscall, condition: Some(Condition { argument, mask, value }) }
}

/// What serving files takes, beyond what a guest's process may call. Which files is
/// Landlock's business.
const FILES: &[Rule] = &[
    always(libc::SYS_openat),
    always(libc::SYS_openat2),
    always(libc::SYS_read),
    always(libc::SYS_write),
    always(libc::SYS_pread64),
    always(libc::SYS_pwrite64),
    always(libc::SYS_preadv),
    always(libc::SYS_pwritev),
    always(libc::SYS_preadv2),
    always(libc::SYS_pwritev2),
    always(libc::SYS_lseek),
    always(libc::SYS_fstat),
    always(libc::SYS_statx),
    always(libc::SYS_newfstatat),
    always(libc::SYS_readlinkat),
    always(libc::SYS_getdents64),
    always(libc::SYS_mkdirat),
    always(libc::SYS_unlinkat),
    always(libc::SYS_renameat),
    always(libc::SYS_renameat2),
    // Landlock refuses both; without them a module would be killed for asking.
    always(libc::SYS_linkat),
    always(libc::SYS_symlinkat),
    always(libc::SYS_ftruncate),
    always(libc::SYS_utimensat),
    always(libc::SYS_fsync),
    always(libc::SYS_fdatasync),
    always(libc::SYS_fadvise64),
    // Flags of a descriptor, and duplicates of it.
    only(libc::SYS_fcntl, 1, u32::MAX, libc::F_GETFL.cast_unsigned()),
    only(libc::SYS_fcntl, 1, u32::MAX, libc::F_GETFD.cast_unsigned()),
    only(libc::SYS_fcntl, 1, u32::MAX, libc::F_SETFL.cast_unsigned()),
    only(libc::SYS_fcntl, 1, u32::MAX, libc::F_DUPFD_CLOEXEC.cast_unsigned()),
    // An advice about huge pages and names of threads would be refused politely elsewhere.
    always(libc::SYS_madvise),
];

/// The filters for the two phases of this process.
pub(crate) struct Filters {
    pub(crate) loading: Filter,
    pub(crate) running: Filter,
}

/// Makes the filters.
pub(crate) fn filters() -> io::Result<Filters> {
    let permitting = |lists: &[&[Rule]]| Filter::permitting(lists).map_err(io::Error::other);
    Ok(Filters {
        loading: permitting(&[lists::RUNNING, lists::WAITING, FILES])?,
        running: permitting(&[lists::RUNNING, FILES])?,
    })
}

/// Moves this process into namespaces of its own, in which it is user 0 without any
/// right outside. Returns their names: none where the host allows none.
pub(crate) fn separate() -> Vec<&'static str> {
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    // SAFETY: no thread has been started yet.
    let Ok(names) = (unsafe { hivesync_lockdown::unshare() }) else { return Vec::new() };
    // Files in memory need an owner that exists; groups must be given up first.
    let mapped = std::fs::write("/proc/self/setgroups", "deny")
        .and_then(|()| std::fs::write("/proc/self/uid_map", format!("0 {user} 1")))
        .and_then(|()| std::fs::write("/proc/self/gid_map", format!("0 {group} 1")));
    if mapped.is_err() {
        return Vec::new();
    }
    match be_first_process() {
        true => names.into_iter().chain(["pid"]).collect(),
        false => names,
    }
}

/// Goes on as the first process of a namespace of its own. The process that was is left
/// behind, with nothing open, to wait and to end as this one does: the broker knows it,
/// and killing it kills this one.
fn be_first_process() -> bool {
    // Entering a user namespace has cleared what the broker's end would do to this one.
    let bound = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    if bound.is_err() {
        return false;
    }
    // SAFETY: this process has one thread; neither call touches memory of ours.
    let child = unsafe {
        if libc::unshare(libc::CLONE_NEWPID) != 0 {
            return false;
        }
        libc::fork()
    };
    if child < 0 {
        return false;
    }
    if child == 0 {
        return true;
    }
    // SAFETY: no value of this process is used again; it waits and ends.
    unsafe {
        let _ = hivesync_lockdown::close_above(0);
        let mut status = 0;
        while libc::waitpid(child, &raw mut status, 0) < 0 {}
        libc::_exit(if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { EXIT_KILLED })
    }
}

/// The process behind the walls was killed.
const EXIT_KILLED: i32 = 70;

/// An empty file system in memory, as large as `limits` say. It is mounted nowhere:
/// only the returned descriptor leads to it.
pub(crate) fn make_out(limits: &Limits) -> io::Result<OwnedFd> {
    // One page more a file, because bytes come in whole pages; the broker counts again.
    let files = limits.artifacts.saturating_add(1);
    let bytes = limits.artifact_bytes.saturating_add(files.saturating_mul(PAGE_BYTES));
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    let set = |key: &str, value: String| fsconfig_set_string(context.as_fd(), key, value);
    set("size", bytes.to_string())?;
    // Every file, every directory, and the root have a node; directories are bounded like files.
    set("nr_inodes", files.saturating_mul(2).to_string())?;
    set("mode", "0700".to_owned())?;
    fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

/// Builds every wall but the filters, and leaves the two directories reachable.
pub(crate) fn stand(
    degraded: Degraded,
    namespaces: &[&str],
    project: BorrowedFd<'_>,
    out: BorrowedFd<'_>,
) -> Result<Standing, LockdownError> {
    let resources = Resources { descriptors: Some(DESCRIPTORS_MAX), ..Resources::default() };
    let beneath = [
        Beneath { directory: project, access: Access::Read },
        Beneath { directory: out, access: Access::Write },
    ];
    enter_beside(Plan::new(degraded, resources), namespaces, &beneath)
}

/// The resource limits of the run.
pub(crate) fn resources(limits: &Limits) -> Resources {
    Resources {
        cpu_seconds: Some(
            (limits.cpu_ms / 1000)
                .saturating_add(limits.host_call_ms / 1000)
                .saturating_add(HOST_CPU_SECONDS),
        ),
        data_bytes: Some(limits.memory_bytes.saturating_add(HOST_DATA_BYTES)),
        stack_bytes: Some(limits.stack_bytes.saturating_add(HOST_STACK_BYTES)),
        descriptors: Some(DESCRIPTORS_MAX),
        processes: Some(0),
        file_bytes: Some(limits.artifact_bytes),
        ..Resources::default()
    }
}
