//! Figures, on request: `cargo test -p hivesync-runner --test run -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use hivesync_protocol::World;

use crate::broker::{Zygote, limits, start};
use crate::guests::{ok, transform, transformer};

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[times.len() * part / 100];
    println!("{what}: min {:?}, p50 {:?}, p95 {:?}", times[0], at(50), at(95));
}

#[test]
#[ignore = "measures; run it alone"]
fn how_long_a_run_takes() {
    let zygote = Zygote::start();
    let module = transformer("", &ok());
    let (mut forked, mut run, mut whole, mut reaped) = (vec![], vec![], vec![], vec![]);
    for _ in 0..300 {
        let begun = Instant::now();
        let runner = zygote.runner().unwrap();
        forked.push(begun.elapsed());
        let started = Instant::now();
        runner.start(start(World::Transform, transform(1), limits()), &[&module]);
        let mut runner = runner;
        while !matches!(runner.receive(), hivesync_protocol::FromRunner::End(_)) {}
        run.push(started.elapsed());
        whole.push(begun.elapsed());
        runner.reap();
        reaped.push(begun.elapsed());
    }
    told("fork until ready", forked);
    told("start until end, warm", run);
    told("fork until end", whole);
    told("fork until reaped", reaped);

    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, transform(2000), limits()), &[&module]);
    let begun = Instant::now();
    let (_, end) = runner.finish();
    println!(
        "one of 2000 inputs: {:?}, of it in the guest {} us",
        begun.elapsed() / 2000,
        end.usage.cpu_us / 2000
    );
}
