//! The clocks and ledgers, each from both sides.

use std::time::{Duration, Instant};

use hivesync_protocol::{End, FromRunner, Return, RunFault, World};
use hivesync_types::{Code, Limits};

use crate::broker::{Zygote, limits, start};
use crate::guests::{bundle, bundler, ok, transform, transformer};

const LOG: &str = r#"(import "hivesync:build/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;
const ENTRIES: &str = r#"(import "hivesync:build/project@0.1.0" "entries" (func $entries (param i32 i32)))"#;
const FOREVER: &str = "(loop $again (br $again)) unreachable";

/// Runs a coordinator and returns its frames and its end.
fn run(imports: &str, extra: &str, body: &str, limits: Limits) -> (Vec<FromRunner>, End) {
    let zygote = Zygote::start();
    let module = bundler(imports, extra, body);
    let runner = zygote.runner().unwrap();
    runner.start(start(World::PreviewBundler, bundle(), limits), &[&module]);
    runner.finish()
}

fn fault(imports: &str, extra: &str, body: &str, limits: Limits) -> RunFault {
    run(imports, extra, body, limits).1.result.unwrap_err()
}

fn passes(imports: &str, extra: &str, body: &str, limits: Limits) -> End {
    let (_, end) = run(imports, extra, body, limits);
    assert!(matches!(end.result, Ok(Return::Bundle(Ok(_)))), "{end:?}");
    end
}

#[test]
fn a_loop_ends_by_the_clock_where_fuel_does_not_end_it() {
    let cpu_ms = 60;
    let begun = Instant::now();
    let fault = fault("", "", FOREVER, Limits { fuel: 1 << 50, cpu_ms, ..limits() });
    assert_eq!(fault.code, Code::LimitCpu);
    assert!(begun.elapsed() >= Duration::from_millis(cpu_ms));
}

#[test]
fn a_start_function_has_the_same_fuel() {
    let extra = format!("(func $begin {FOREVER}) (start $begin)");
    assert_eq!(fault("", &extra, &ok(), Limits { fuel: 100_000, ..limits() }).code, Code::LimitFuel);
}

#[test]
fn no_fuel_is_no_run() {
    assert_eq!(fault("", "", &ok(), Limits { fuel: 0, ..limits() }).code, Code::LimitFuel);
}

#[test]
fn memory_up_to_the_limit_is_had_and_a_page_more_is_told_as_memory() {
    // Two pages are there; a guest whose growth fails gives up as an allocator does.
    let grow = "(if (i32.eq (memory.grow (i32.const 6)) (i32.const -1)) (then unreachable)) i32.const 1024";
    let end = passes("", "", grow, Limits { memory_bytes: 8 << 16, ..limits() });
    assert_eq!(end.usage.memory_peak, 8 << 16);
    let fault = fault("", "", grow, Limits { memory_bytes: 7 << 16, ..limits() });
    assert_eq!((fault.code, fault.detail.as_str()), (Code::LimitMemory, "wanted 524288 of 458752"));
}

#[test]
fn a_first_memory_beyond_the_limit_is_told_as_memory() {
    assert_eq!(fault("", "", &ok(), Limits { memory_bytes: 1 << 16, ..limits() }).code, Code::LimitMemory);
}

#[test]
fn two_memories_do_not_have_twice_the_limit() {
    let second = "(memory $second 4)";
    let end = passes("", second, &ok(), Limits { memory_bytes: 6 << 16, ..limits() });
    assert_eq!(end.usage.memory_peak, 6 << 16);
    let fault = fault("", second, &ok(), Limits { memory_bytes: 5 << 16, ..limits() });
    assert_eq!(fault.code, Code::LimitMemory);
}

#[test]
fn more_memories_than_there_is_room_for_are_told_as_memory() {
    let many = "(memory 0)".repeat(40);
    assert_eq!(fault("", &many, &ok(), limits()).code, Code::LimitMemory);
}

#[test]
fn more_tables_or_larger_ones_than_there_is_room_for_are_told_as_tables() {
    let ample = Limits { table_elements: 10_000_000, ..limits() };
    for tables in ["(table 1 funcref)".repeat(40), "(table 2000000 funcref)".to_owned()] {
        assert_eq!(fault("", &tables, &ok(), ample).code, Code::LimitTables);
    }
}

#[test]
fn tables_up_to_the_limit_are_had_and_an_element_more_is_told_as_tables() {
    let table = "(table $t 10 funcref)";
    let grow =
        "(if (i32.eq (table.grow $t (ref.null func) (i32.const 90)) (i32.const -1)) (then unreachable))
        i32.const 1024";
    passes("", table, grow, Limits { table_elements: 100, ..limits() });
    let fault = fault("", table, grow, Limits { table_elements: 99, ..limits() });
    assert_eq!(fault.code, Code::LimitTables);
}

#[test]
fn endless_recursion_is_told_as_stack() {
    let extra = "(func $deeper (param i32) (result i32)
        (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))";
    let fault = fault("", extra, "(call $deeper (i32.const 0))", limits());
    assert_eq!(fault.code, Code::LimitStack);
    assert_eq!(fault.backtrace[0], "deeper");
}

#[test]
fn a_larger_stack_of_the_policy_is_really_larger() {
    let extra = "(func $deeper (param i32)
        (if (local.get 0) (then (call $deeper (i32.sub (local.get 0) (i32.const 1))))))";
    let body = "(call $deeper (i32.const 40000)) i32.const 1024";
    passes("", extra, body, Limits { stack_bytes: 3 << 20, ..limits() });
    assert_eq!(fault("", extra, body, Limits { stack_bytes: 256 << 10, ..limits() }).code, Code::LimitStack);
}

#[test]
fn the_last_permitted_host_call_is_made_and_the_next_ends_the_run() {
    let body = "(call $entries (i32.const 0) (i32.const 2048))
        (call $entries (i32.const 0) (i32.const 2048)) i32.const 1024";
    let end = passes(ENTRIES, "", body, Limits { host_calls: 2, ..limits() });
    assert_eq!(
        (end.usage.host_calls[0].function.as_str(), end.usage.host_calls[0].calls),
        ("project.entries", 2)
    );
    assert_eq!(fault(ENTRIES, "", body, Limits { host_calls: 1, ..limits() }).code, Code::LimitHostCalls);
}

#[test]
fn a_line_of_the_log_arrives_and_one_line_too_many_ends_the_run() {
    let data = r#"(data (i32.const 4096) "hello")"#;
    let line = "(call $log (i32.const 1) (i32.const 4096) (i32.const 5))";
    let body = format!("{line} {line} i32.const 1024");
    let (frames, _) = run(LOG, data, &body, Limits { log_lines: 2, log_bytes: 10, ..limits() });
    assert_eq!(frames.len(), 2);
    assert!(matches!(&frames[0], FromRunner::Log { message, .. } if message == "hello"));
    assert_eq!(fault(LOG, data, &body, Limits { log_lines: 1, ..limits() }).code, Code::LimitLog);
    assert_eq!(fault(LOG, data, &body, Limits { log_bytes: 9, ..limits() }).code, Code::LimitLog);
    assert_eq!(fault(LOG, data, &body, Limits { host_call_bytes: 9, ..limits() }).code, Code::LimitHostBytes);
}

#[test]
fn one_call_hands_over_no_more_than_it_may() {
    let body = "(call $log (i32.const 1) (i32.const 0) (i32.const 100000)) i32.const 1024";
    passes(LOG, "", body, Limits { transfer_bytes: 100_000, ..limits() });
    assert_eq!(fault(LOG, "", body, Limits { transfer_bytes: 99_999, ..limits() }).code, Code::LimitTransfer);
}

#[test]
fn a_result_is_no_larger_than_one_call_may_hand_over() {
    let zygote = Zygote::start();
    // Success, and code of 100,000 bytes at address 0.
    let data = r#"(data (i32.const 4096) "\00\00\00\00\00\00\00\00\a0\86\01\00")"#;
    let module = transformer(data, "i32.const 4096");
    for (transfer_bytes, code) in [(100_000, None), (99_999, Some(Code::LimitTransfer))] {
        let runner = zygote.runner().unwrap();
        runner
            .start(start(World::Transform, transform(1), Limits { transfer_bytes, ..limits() }), &[&module]);
        let (frames, _) = runner.finish();
        let [FromRunner::Transformed(result)] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(result.result.as_ref().err().map(|fault| fault.code), code);
    }
}

#[test]
fn a_panics_message_is_told_in_the_place_of_its_trap() {
    let data = r#"(data (i32.const 4096) "panic: at the disco, src/lib.rs:7")"#;
    let body = "(call $log (i32.const 3) (i32.const 4096) (i32.const 33)) unreachable";
    let fault = fault(LOG, data, body, limits());
    assert_eq!((fault.code, fault.detail.as_str()), (Code::GuestPanic, "at the disco, src/lib.rs:7"));
}

#[test]
fn values_that_their_type_does_not_allow_are_told_as_such() {
    // Not UTF-8, a level that does not exist, a length beyond the memory.
    let data = r#"(data (i32.const 4096) "\ff\fe")"#;
    for call in [
        "(i32.const 1) (i32.const 4096) (i32.const 2)",
        "(i32.const 9) (i32.const 0) (i32.const 0)",
        "(i32.const 1) (i32.const 0) (i32.const 1000000)",
    ] {
        let fault = fault(LOG, data, &format!("(call $log {call}) i32.const 1024"), limits());
        assert_eq!(fault.code, Code::GuestBadValue, "{call}: {fault:?}");
    }
    // A result that is neither ok nor error, and one that is not aligned.
    assert_eq!(
        fault("", r#"(data (i32.const 4096) "\09")"#, "i32.const 4096", limits()).code,
        Code::GuestBadValue
    );
    assert_eq!(fault("", "", "i32.const 1025", limits()).code, Code::GuestBadValue);
}

#[test]
fn what_is_not_granted_is_not_there() {
    let zygote = Zygote::start();
    let module = bundler(LOG, "", "(call $log (i32.const 1) (i32.const 0) (i32.const 0)) i32.const 1024");
    for (grants, code) in
        [(vec!["log".to_owned()], None), (vec!["project".to_owned()], Some(Code::WitImportNotGranted))]
    {
        let runner = zygote.runner().unwrap();
        let mut start = start(World::PreviewBundler, bundle(), limits());
        start.grants = grants;
        runner.start(start, &[&module]);
        let (_, end) = runner.finish();
        assert_eq!(end.result.err().map(|fault| fault.code), code);
    }
}

#[test]
fn a_pure_world_gets_no_import_whatever_is_granted() {
    let zygote = Zygote::start();
    let module = bundler(LOG, "", "(call $log (i32.const 1) (i32.const 0) (i32.const 0)) i32.const 1024");
    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, bundle(), limits()), &[&module]);
    assert_eq!(runner.finish().1.result.unwrap_err().code, Code::WitImportNotGranted);
}

#[test]
fn a_module_without_the_export_says_which() {
    let zygote = Zygote::start();
    let module = transformer("", &ok());
    let runner = zygote.runner().unwrap();
    runner.start(start(World::PreviewBundler, bundle(), limits()), &[&module]);
    let fault = runner.finish().1.result.unwrap_err();
    assert_eq!(
        (fault.code, fault.detail.as_str()),
        (Code::WitMissingExport, "hivesync:build/bundler@0.1.0#bundle")
    );
}

#[test]
fn fuel_is_the_same_each_time_and_growing_has_a_price() {
    let grow = |pages| format!("(drop (memory.grow (i32.const {pages}))) i32.const 1024");
    let fuel = |body: &str| passes("", "", body, limits()).usage.fuel;
    let (none, one) = (fuel(&grow(0)), fuel(&grow(1)));
    assert_eq!(none, fuel(&grow(0)));
    assert_eq!(one - none, 255);
    assert!(none > 200);
}

#[test]
fn the_time_of_one_input_is_not_given_to_the_next() {
    let zygote = Zygote::start();
    let module = transformer("", FOREVER);
    let runner = zygote.runner().unwrap();
    let limits = Limits { fuel: 1 << 50, cpu_ms: 30, ..limits() };
    runner.start(start(World::Transform, transform(3), limits), &[&module]);
    let (frames, end) = runner.finish();
    assert_eq!(frames.len(), 3);
    assert!(end.usage.cpu_us >= 3 * 30_000);
}
