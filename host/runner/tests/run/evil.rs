//! The second layer, assuming the first is lost: `cargo test -p hivesync-runner --features evil`.
//!
//! Each attempt three times: behind all walls, behind each wall alone that claims to
//! stop it, and, as its control twin, without them.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use hivesync_protocol::{FromRunner, World};
use hivesync_runner::evil::{ABSTRACT, Attempt, PORT};

use crate::broker::{Runner, Zygote, limits, start};
use crate::guests::{ok, transform, transformer};

const SIGSYS: i32 = 31;

/// What became of an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The process was killed with this signal.
    Killed(i32),
    /// The system refused with this error number.
    Refused(i32),
    /// It worked.
    Granted,
    /// The process became another program, which ended well.
    Replaced,
}

fn evil(name: &str, without: &[&str], module: &OwnedFd) -> (Zygote, Runner) {
    let without = without.join(",");
    let mut arguments = vec!["zygote", "--evil", name];
    if !without.is_empty() {
        arguments.extend(["--without", &without]);
    }
    let zygote = Zygote::start_with(env!("CARGO_BIN_EXE_hivesync-runner-evil"), &arguments);
    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, transform(1), limits()), &[module]);
    // Some attempts are on the zygote, which must be there.
    (zygote, runner)
}

fn outcome(name: &str, without: &[&str], module: &OwnedFd) -> Outcome {
    let (_zygote, mut runner) = evil(name, without, module);
    let told = runner.try_receive();
    let status = runner.reap();
    let Some(frame) = told else {
        return match status.terminating_signal() {
            Some(signal) => Outcome::Killed(signal),
            None => {
                assert_eq!(status.exit_status(), Some(0), "{name}");
                Outcome::Replaced
            }
        };
    };
    let FromRunner::End(end) = frame else { panic!("{frame:?}") };
    let detail = end.result.unwrap_err().detail;
    let words: Vec<_> = detail.split(' ').collect();
    assert_eq!(words[..2], ["evil", name]);
    match words[2] {
        "granted" => Outcome::Granted,
        _ => Outcome::Refused(words[3].parse().unwrap()),
    }
}

const WALLS: [&str; 5] = ["seccomp", "landlock", "namespaces", "privileges", "rlimits"];

fn all_but(kept: &str) -> Vec<&'static str> {
    WALLS.into_iter().filter(|wall| *wall != kept).collect()
}

/// System calls only: frames are for the broker to judge.
fn attempts() -> impl Iterator<Item = Attempt> {
    Attempt::all().filter(|attempt| attempt.stopped_by != ["broker"])
}

#[test]
fn behind_all_walls_nothing_is_granted() {
    let module = transformer("", &ok());
    for attempt in attempts() {
        let outcome = outcome(attempt.name, &[], &module);
        match attempt.stopped_by {
            ["seccomp", ..] => assert_eq!(outcome, Outcome::Killed(SIGSYS), "{}", attempt.name),
            _ => assert!(matches!(outcome, Outcome::Refused(_)), "{}: {outcome:?}", attempt.name),
        }
    }
}

/// One test, because both halves need the same peers at the same addresses.
#[test]
fn each_wall_stops_alone_what_it_claims_to_stop_and_without_it_nothing_does() {
    let _peers = Peers::listen();
    let module = transformer("", &ok());
    each_wall_alone(&module);
    no_wall(&module);
}

fn each_wall_alone(module: &OwnedFd) {
    for attempt in attempts() {
        for wall in attempt.stopped_by.iter().filter(|wall| WALLS.contains(wall)) {
            let outcome = outcome(attempt.name, &all_but(wall), module);
            match *wall {
                "seccomp" => assert_eq!(outcome, Outcome::Killed(SIGSYS), "{} by {wall}", attempt.name),
                "landlock" => {
                    assert!(
                        matches!(outcome, Outcome::Refused(libc::EACCES | libc::EPERM)),
                        "{} by {wall}: {outcome:?}",
                        attempt.name
                    );
                }
                _ => {
                    assert!(matches!(outcome, Outcome::Refused(_)), "{} by {wall}: {outcome:?}", attempt.name)
                }
            }
        }
    }
}

/// What would reach beyond the test if it were granted in the host's own namespaces.
const CHANGES_THE_MACHINE: [&str; 3] = ["keyring", "mount", "sethostname"];

/// Without its walls each attempt works; else a typo in an attempt would look like a wall.
/// Attempts that would change the machine keep their namespaces.
fn no_wall(module: &OwnedFd) {
    let mut without_twin = Vec::new();
    for attempt in attempts().filter(|attempt| attempt.stopped_by != ["zygote"]) {
        let kept = if CHANGES_THE_MACHINE.contains(&attempt.name) { "namespaces" } else { "" };
        match outcome(attempt.name, &all_but(kept), module) {
            Outcome::Granted | Outcome::Replaced => {}
            other => without_twin.push((attempt.name, other)),
        }
    }
    let _ = std::fs::remove_file("/tmp/hivesync-evil-was-here");
    assert_eq!(without_twin, []);
}

/// Somebody to reach, for whom nothing stops.
struct Peers {
    _tcp: TcpListener,
    _udp: UdpSocket,
    _abstract: UnixListener,
}

impl Peers {
    fn listen() -> Self {
        let name = SocketAddr::from_abstract_name(&ABSTRACT[1..]).unwrap();
        Self {
            _tcp: TcpListener::bind(("127.0.0.1", PORT)).unwrap(),
            _udp: UdpSocket::bind(("127.0.0.1", PORT)).unwrap(),
            _abstract: UnixListener::bind_addr(&name).unwrap(),
        }
    }
}

#[test]
fn a_wall_that_is_left_out_is_named_by_its_absence() {
    for wall in WALLS {
        let zygote =
            Zygote::start_with(env!("CARGO_BIN_EXE_hivesync-runner-evil"), &["zygote", "--without", wall]);
        let layer2 = zygote.runner().unwrap().layer2;
        let standing = [
            ("seccomp", layer2.seccomp.is_some()),
            ("landlock", layer2.landlock_abi.is_some()),
            ("namespaces", !layer2.namespaces.is_empty()),
            ("privileges", layer2.no_new_privs),
            ("rlimits", layer2.rlimits),
        ];
        for (name, stands) in standing {
            assert_eq!(stands, name != wall, "{name} without {wall}");
        }
    }
}
