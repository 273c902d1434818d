//! The same run twice is the same, and tells nothing of its host.

use std::time::{Duration, Instant};

use hivesync_types::Digest;

use crate::broker::{LIMITS, run, run_as};

#[test]
fn the_same_run_sees_the_same_time_and_the_same_randomness() {
    let steps = "time\nrandom\nsleep 5\ntime\nlist /project\nwrite /out/a";
    let [first, second] = [(), ()].map(|()| run(steps, LIMITS));
    assert_eq!((first.log, first.end.usage.fuel), (second.log, second.end.usage.fuel));
}

#[test]
fn another_run_sees_another_randomness() {
    let [first, second] = [b"one".as_slice(), b"two"].map(|id| run_as("random", LIMITS, Digest::of(id)));
    assert_ne!(first.log, second.log);
}

#[test]
fn sleeping_takes_no_time() {
    let started = Instant::now();
    assert_eq!(run("sleep 100000", LIMITS).answers(), ["ok"]);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn there_is_no_input_no_environment_and_no_argument() {
    assert_eq!(run("stdin\nenvironment", LIMITS).answers(), ["ok 0", "ok 0 0"]);
}
