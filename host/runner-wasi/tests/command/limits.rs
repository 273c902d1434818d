//! Limits, each met and just not met.

use hivesync_types::Limits;

use crate::broker::{LIMITS, run};

#[test]
fn out_is_full_when_its_bytes_are_used_up() {
    let limits = Limits { artifact_bytes: 256 << 10, artifacts: 4, ..LIMITS };
    // The file system gives whole pages, one a file, beyond the bytes.
    let full = run("fill /out/a 400000", limits).answers();
    assert!(full[0].starts_with("failed"), "{full:?}");
    assert_eq!(run("fill /out/a 262144", limits).answers(), ["ok"]);
}

#[test]
fn out_takes_no_more_files_than_it_may() {
    let limits = Limits { artifacts: 4, ..LIMITS };
    let many = run("files 40", limits).answers();
    assert!(many[0].starts_with("failed"), "{many:?}");
    assert_eq!(run("files 4", limits).answers(), ["ok"]);
}

#[test]
fn a_loop_ends_by_its_fuel_and_a_step_below_it_does_not() {
    let looping = run("spin", Limits { fuel: 50_000_000, ..LIMITS });
    assert_eq!(looping.code(), "limit.fuel");
    assert_eq!(run("print 1", Limits { fuel: 50_000_000, ..LIMITS }).status(), 0);
}

#[test]
fn a_loop_ends_by_its_time_where_fuel_is_plenty() {
    let looping = run("spin", Limits { cpu_ms: 200, fuel: u64::MAX / 2, ..LIMITS });
    assert_eq!(looping.code(), "limit.cpu");
}

#[test]
fn a_line_more_than_the_log_may_have_ends_the_run() {
    // The step's own answer is a line too.
    let limits = Limits { log_lines: 10, ..LIMITS };
    assert_eq!(run("print 10", limits).code(), "limit.log");
    assert_eq!(run("print 9", limits).status(), 0);
}

#[test]
fn a_status_is_a_result_and_a_panic_is_not() {
    // This version of WASI tells success and failure apart, and nothing more.
    assert_eq!(run("exit 3", LIMITS).status(), 1);
    assert_eq!(run("exit 0", LIMITS).status(), 0);
    let panicked = run("panic", LIMITS);
    assert_eq!(panicked.code(), "guest.trap");
    assert!(panicked.log.iter().any(|line| line.contains("as asked")), "{:?}", panicked.log);
}
