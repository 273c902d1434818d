//! What stands around a runner.

use hivesync_protocol::World;
use hivesync_types::Code;

use crate::broker::{Zygote, limits, start};
use crate::guests::{ok, transform, transformer};

#[test]
fn every_wall_stands_before_anything_is_read() {
    let zygote = Zygote::start();
    let runner = zygote.runner().unwrap();
    assert_eq!(runner.layer2.namespaces, ["user", "pid", "net", "mount", "ipc", "uts"]);
    assert!(runner.layer2.landlock_abi.is_some_and(|abi| abi >= 6));
    assert!(runner.layer2.seccomp.is_some());
    assert!(runner.layer2.rlimits);
    assert!(runner.layer2.no_new_privs);
}

#[test]
fn a_waiting_runner_has_its_socket_and_nothing_else() {
    let zygote = Zygote::start();
    let runner = zygote.runner().unwrap();
    let mut open: Vec<_> = std::fs::read_dir(format!("/proc/{}/fd", runner.pid))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let target = std::fs::read_link(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), target.into_os_string().into_string().unwrap())
        })
        .collect();
    open.sort();
    let kinds: Vec<_> =
        open.iter().map(|(number, target)| (number.as_str(), target.split(':').next().unwrap())).collect();
    assert_eq!(kinds, [("0", "socket"), ("1", "/dev/null"), ("2", "/dev/null")]);
    let environment = std::fs::read(format!("/proc/{}/environ", runner.pid)).unwrap();
    assert_eq!(environment, b"");
}

#[test]
fn a_runner_ends_when_the_broker_goes_away() {
    let zygote = Zygote::start();
    let mut runner = zygote.runner().unwrap();
    let (other, _) = std::os::unix::net::UnixStream::pair().unwrap();
    drop(std::mem::replace(&mut runner.socket, other));
    assert_eq!(runner.reap().exit_status(), Some(3));
}

#[test]
fn runs_beside_each_other_do_not_meet() {
    let zygote = Zygote::start();
    let module = transformer("", &ok());
    let runners: Vec<_> = (0..8).map(|_| zygote.runner().unwrap()).collect();
    for runner in &runners {
        runner.start(start(World::Transform, transform(1), limits()), &[&module]);
    }
    for runner in runners {
        assert!(runner.finish().1.result.is_ok());
    }
}

/// A host that has no user namespaces to give: `sysctl` is one of the namespace that
/// `unshare` makes.
fn without_namespaces(arguments: &[&str]) -> Zygote {
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
    let mut all = vec!["-Ur", "/bin/sh", "-c", script, env!("CARGO_BIN_EXE_hivesync-runner"), "zygote"];
    all.extend(arguments);
    Zygote::start_with("/usr/bin/unshare", &all)
}

#[test]
fn where_a_wall_cannot_be_built_no_run_is_taken() {
    let Err(end) = without_namespaces(&[]).runner() else { panic!("a runner without namespaces is ready") };
    let fault = end.result.unwrap_err();
    assert_eq!(fault.code, Code::PolicyDegradedLayer2);
    assert!(fault.detail.contains("namespaces"), "{}", fault.detail);
}

#[test]
fn a_missing_wall_that_is_allowed_for_is_named() {
    let zygote = without_namespaces(&["--allow-degraded"]);
    let runner = zygote.runner().unwrap();
    assert!(runner.layer2.namespaces.is_empty());
    assert!(runner.layer2.landlock_abi.is_some() && runner.layer2.seccomp.is_some());
    let module = transformer("", &ok());
    runner.start(start(World::Transform, transform(1), limits()), &[&module]);
    assert!(runner.finish().1.result.is_ok());
}
