//! Pure runs.

use hivesync_protocol::{Call, FromRunner, Return, ToRunner, TransformResult, World};
use hivesync_types::{Code, Limits};

use crate::broker::{Zygote, limits, start};
use crate::guests::{ok, transform, transformer};

fn results(frames: Vec<FromRunner>) -> Vec<TransformResult> {
    frames
        .into_iter()
        .map(|frame| match frame {
            FromRunner::Transformed(result) => *result,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_run_is_taken_answered_and_over() {
    let zygote = Zygote::start();
    let module = transformer("", &ok());
    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, transform(3), limits()), &[&module]);
    let (frames, end) = runner.finish();
    assert_eq!(end.result, Ok(Return::Transform));
    let results = results(frames);
    assert_eq!(results.iter().map(|result| result.index).collect::<Vec<_>>(), [0, 1, 2]);
    for result in &results {
        let output = result.result.as_ref().unwrap().as_ref().unwrap();
        assert!(output.code.is_empty() && output.dependencies.is_empty());
        assert!(result.fuel > 0);
        assert_eq!(result.fuel, results[0].fuel);
    }
    assert_eq!(end.usage.fuel, results[0].fuel * 3);
    assert_eq!(end.usage.memory_peak, 2 * 65536);
}

#[test]
fn an_input_sees_nothing_of_the_input_before() {
    let zygote = Zygote::start();
    // Traps when its memory, its global or its table is not as new.
    let body = "(if (i32.load (i32.const 40000)) (then unreachable))
        (i32.store (i32.const 40000) (i32.const 1))
        (if (global.get $mark) (then unreachable))
        (global.set $mark (i32.const 1))
        (if (i32.ne (memory.size) (i32.const 2)) (then unreachable))
        (drop (memory.grow (i32.const 1)))
        i32.const 1024";
    let module = transformer("(global $mark (mut i32) (i32.const 0))", body);
    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, transform(4), limits()), &[&module]);
    let (frames, _) = runner.finish();
    for result in results(frames) {
        assert!(result.result.is_ok(), "{result:?}");
    }
}

#[test]
fn a_trap_is_the_fault_of_one_input_and_names_the_function() {
    let zygote = Zygote::start();
    // The sources' first byte decides: list of lists at 60 bytes into the parameters.
    let extra = "(func $gives_up unreachable)";
    let module = transformer(extra, "(call $gives_up) i32.const 1024");
    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, transform(2), limits()), &[&module]);
    let (frames, end) = runner.finish();
    assert_eq!(end.result, Ok(Return::Transform));
    let results = results(frames);
    assert_eq!(results.len(), 2);
    for result in results {
        let fault = result.result.unwrap_err();
        assert_eq!((fault.code, fault.detail.as_str()), (Code::GuestTrap, "unreachable"));
        assert_eq!(fault.backtrace.first().map(String::as_str), Some("gives_up"));
    }
}

#[test]
fn each_input_has_the_fuel_of_its_own() {
    let zygote = Zygote::start();
    let body = "(local $i i32)
        (loop $again
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
        i32.const 1024";
    let module = transformer("", body);
    let run = |fuel| {
        let runner = zygote.runner().unwrap();
        runner.start(start(World::Transform, transform(3), Limits { fuel, ..limits() }), &[&module]);
        results(runner.finish().0)
    };
    let needed = run(1_000_000)[0].fuel;
    assert!(run(needed + 1).iter().all(|result| result.result.is_ok()));
    for result in run(needed / 2) {
        assert_eq!(result.result.unwrap_err().code, Code::LimitFuel);
    }
}

#[test]
fn a_process_that_stays_answers_the_next_batch_and_ends_with_its_broker() {
    let zygote = Zygote::start();
    // Traps when its memory is not as new: what came before must not be seen in a later batch.
    let body = "(if (i32.load (i32.const 40000)) (then unreachable))
        (i32.store (i32.const 40000) (i32.const 1))
        i32.const 1024";
    let module = transformer("", body);
    let mut runner = zygote.runner().unwrap();
    let Call::Transform { inputs, options, .. } = transform(2) else { panic!("another call") };
    let call = Call::Transform { inputs: inputs.clone(), options, stays: true };
    runner.start(start(World::Transform, call, limits()), &[&module]);
    let answers = |runner: &mut crate::broker::Runner, wanted: u32| {
        for index in 0..wanted {
            let FromRunner::Transformed(result) = runner.receive() else { panic!("no result") };
            assert_eq!(result.index, index);
            assert!(result.result.is_ok(), "{result:?}");
            assert!(result.fuel > 0);
            assert_eq!(result.memory_peak, 2 * 65536);
        }
    };
    answers(&mut runner, 2);
    runner.answer(&ToRunner::Inputs(inputs[..1].to_vec()));
    answers(&mut runner, 1);
    runner.socket.shutdown(std::net::Shutdown::Both).unwrap();
    assert_eq!(runner.reap().exit_status(), Some(3));
}
