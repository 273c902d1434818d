//! The sandbox's figures, for `cargo xtask bench sandbox`.
//!
//! ```text
//! HIVESYNC_HOME=target/hivesync cargo run -p hivesync-sandbox --example bench-sandbox -- [RUNS]
//! ```
//!
//! Standard output has one figure a line, a name, a tab and a number, as the table of
//! the specification has them; standard error has the same for people, with counts,
//! tails, and the load of the machine, without which none of it means anything.

#[path = "../../tests/support/guests.rs"]
mod guests;
mod house;
mod processes;

use std::time::{Duration, Instant};

use guests::Coordinator;
use hivesync_sandbox::{BundleRun, Outcome};
use hivesync_types::{Code, Limits};
use house::{Bench, POOL};
use processes::{Crowd, children, kill_all_children, stop_busiest_child, stop_every_second_child};

/// Deadlines that are tried are this long.
const DEADLINE_MS: u64 = 100;
/// Busy threads a core while deadlines are tried.
const CROWD_PER_CORE: usize = 5;
/// Runs that reach the policy's own wall, this many at one time.
const WALL_RUNS: usize = 200;
const WALL_RUNS_AT_ONCE: usize = 40;
/// How long after its start a run must be over at the latest.
const WALL_MAX: Duration = Duration::from_millis(15_300);
/// Runs in which a process is killed or crashes.
const CHAOS_RUNS: usize = 1000;
/// Generated runs that are made twice.
const REPLAYS: u32 = 1000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let runs = std::env::args().nth(1).map_or(Ok(200), |runs| runs.parse())?;
    let bench = Bench::start().await?;
    eprintln!("load {}", std::fs::read_to_string("/proc/loadavg")?.trim());
    noop(&bench, runs).await?;
    cold("complete cold run", &bench, runs, guests::coordinator(Coordinator::Noop)).await?;
    cold("complete cold run with a 5 MB guest", &bench, runs, guests::large_coordinator(5 << 20)).await?;
    maps(&bench).await?;
    deadlines(&bench, runs).await?;
    kills(&bench, runs.min(50)).await?;
    walls(&bench).await?;
    heals(&bench).await?;
    chaos(&bench).await?;
    replays(&bench).await?;
    eprintln!("load {}", std::fs::read_to_string("/proc/loadavg")?.trim());
    Ok(())
}

async fn timed(bench: &Bench, run: &BundleRun) -> anyhow::Result<(Duration, Outcome)> {
    let started = Instant::now();
    let outcome = bench.sandbox.bundle(run.clone(), |_| {}).await?;
    Ok((started.elapsed(), outcome))
}

/// A run that does nothing, from a pool that is full.
async fn noop(bench: &Bench, runs: usize) -> anyhow::Result<()> {
    let run = bench.run_of(&bench.sandbox, &guests::coordinator(Coordinator::Noop)).await?;
    let (mut whole, mut inside) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        bench.full(&bench.sandbox, POOL).await;
        let (elapsed, outcome) = timed(bench, &run).await?;
        outcome.result?;
        whole.push(elapsed);
        inside.push(Duration::from_micros(outcome.record.clocks.cpu_us.used));
    }
    report("no-op run through the pre-forked pool", &mut whole, 50, 1000.0);
    report("guest code of a no-op run", &mut inside, 50, 1.0);
    Ok(())
}

/// The same when no process is there yet: the fork and every wall are in it.
async fn cold(what: &str, bench: &Bench, runs: usize, module: Vec<u8>) -> anyhow::Result<()> {
    let (_dir, sandbox) = bench.another(1).await?;
    let run = bench.run_of(&sandbox, &module).await?;
    let mut times = Vec::new();
    for _ in 0..runs {
        // Back to back: the pool of one is empty when the next run begins.
        let started = Instant::now();
        sandbox.bundle(run.clone(), |_| {}).await?.result?;
        times.push(started.elapsed());
    }
    report(what, &mut times, 50, 1000.0);
    Ok(())
}

/// 600 small sources, made and then kept.
async fn maps(bench: &Bench) -> anyhow::Result<()> {
    let mut run = bench.run_of(&bench.sandbox, &guests::coordinator(Coordinator::Map(600))).await?;
    let (mut made, mut kept) = (Vec::new(), Vec::new());
    for number in 0..10 {
        run.image = bench.image(600, number)?;
        for times in [&mut made, &mut kept] {
            bench.full(&bench.sandbox, POOL).await;
            let (elapsed, outcome) = timed(bench, &run).await?;
            outcome.result?;
            times.push(elapsed);
        }
    }
    report("map of 600 sources, none kept", &mut made, 50, 1000.0);
    report("map of 600 sources, all kept", &mut kept, 50, 1000.0);
    Ok(())
}

/// How far the clock inside the process lets a guest go beyond its time, in a crowd.
async fn deadlines(bench: &Bench, runs: usize) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let _crowd = Crowd::gather(cores.saturating_mul(CROWD_PER_CORE));
    let run = bench.run_of(&bench.sandbox, &guests::coordinator(Coordinator::Spin)).await?;
    let limits = Limits { cpu_ms: DEADLINE_MS, ..run.module.policy().limits };
    let run = BundleRun { limits: Some(limits), ..run };
    let mut times = Vec::new();
    for _ in 0..runs {
        let (_, outcome) = timed(bench, &run).await?;
        ends_by(&outcome, Code::LimitCpu)?;
        let used = Duration::from_micros(outcome.record.clocks.cpu_us.used);
        times.push(used.saturating_sub(Duration::from_millis(DEADLINE_MS)));
    }
    report("over-run of a deadline", &mut times, 99, 1000.0);
    Ok(())
}

/// How long after its deadline a run is over when only the parent can end it.
async fn kills(bench: &Bench, kills: usize) -> anyhow::Result<()> {
    let run = bench.run_of(&bench.sandbox, &guests::coordinator(Coordinator::Spin)).await?;
    let limits = Limits { wall_ms: DEADLINE_MS, ..run.module.policy().limits };
    let run = BundleRun { limits: Some(limits), ..run };
    for (what, stopped) in
        [("parent kill of an endless loop", false), ("parent kill of a stopped process", true)]
    {
        let mut times = Vec::new();
        for _ in 0..kills {
            bench.full(&bench.sandbox, POOL).await;
            let stopper = stopped.then(|| std::thread::spawn(stop_busiest_child));
            let (elapsed, outcome) = timed(bench, &run).await?;
            ends_by(&outcome, Code::LimitWall)?;
            times.push(elapsed.saturating_sub(Duration::from_millis(DEADLINE_MS)));
            if let Some(stopper) = stopper {
                stopper.join().map_err(|_| anyhow::anyhow!("nobody was stopped"))?;
            }
        }
        report(what, &mut times, 99, 1000.0);
    }
    Ok(())
}

/// Endless loops against the wall of the policy itself, every second one stopped, so
/// that only the parent can end it.
async fn walls(bench: &Bench) -> anyhow::Result<()> {
    let (_dir, sandbox) = bench.another(POOL).await?;
    let run = bench.run_of(&sandbox, &guests::coordinator(Coordinator::Spin)).await?;
    let mut times = Vec::new();
    for _ in 0..WALL_RUNS / WALL_RUNS_AT_ONCE {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..WALL_RUNS_AT_ONCE {
            let (sandbox, run) = (sandbox.clone(), run.clone());
            running.spawn(async move { sandbox.bundle(run, |_| {}).await });
        }
        let stopper = std::thread::spawn(stop_every_second_child);
        while let Some(outcome) = running.join_next().await {
            let outcome = outcome??;
            // A loop that had a core to itself is out of processor time first.
            ends_by(&outcome, Code::LimitWall).or_else(|_| ends_by(&outcome, Code::LimitCpu))?;
            times.push(Duration::from_micros(outcome.record.clocks.wall_us.used));
        }
        stopper.join().map_err(|_| anyhow::anyhow!("nobody was stopped"))?;
    }
    let late = times.iter().filter(|time| **time > WALL_MAX).count();
    report("wall of a run that only its parent can end", &mut times, 99, 1000.0);
    figure("parent kill", f64::from(u32::try_from(late)?));
    Ok(())
}

fn ends_by(outcome: &Outcome, code: Code) -> anyhow::Result<()> {
    let ended = outcome.result.as_ref().err().map(|error| (error.code(), error.evidence()));
    anyhow::ensure!(ended.as_ref().is_some_and(|(found, _)| *found == code), "ended by {ended:?}");
    Ok(())
}

/// From killing the zygote and every waiting runner to a full pool.
async fn heals(bench: &Bench) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for _ in 0..10 {
        bench.full(&bench.sandbox, POOL).await;
        let before = children();
        let started = Instant::now();
        kill_all_children();
        // Whole again means other processes: the pool does not know at once that its own died.
        while children().iter().filter(|pid| !before.contains(pid)).count() < POOL + 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bench.full(&bench.sandbox, POOL).await;
        times.push(started.elapsed());
    }
    report("pool whole again after all of it died", &mut times, 99, 1000.0);
    Ok(())
}

/// Guests that trap, and runners that are killed under runs that should succeed.
async fn chaos(bench: &Bench) -> anyhow::Result<()> {
    let good = bench.run_of(&bench.sandbox, &guests::coordinator(Coordinator::Noop)).await?;
    let bad = bench.run_of(&bench.sandbox, &guests::coordinator(Coordinator::Unreachable)).await?;
    let (mut wrong, mut lost) = (0_u32, 0_u32);
    for number in 0..CHAOS_RUNS {
        if number % 4 == 0 {
            kill_all_children();
        }
        let run = if number % 2 == 0 { &good } else { &bad };
        let (_, outcome) = timed(bench, run).await?;
        match outcome.result.as_ref().map_err(hivesync_sandbox::Error::code) {
            Ok(_) if number % 2 == 0 => {}
            Err(Code::GuestTrap) if number % 2 == 1 => {}
            Err(Code::HostRunnerLost) => lost += 1,
            _ => wrong += 1,
        }
    }
    let started = Instant::now();
    bench.full(&bench.sandbox, POOL).await;
    eprintln!("{lost} runs lost their process; whole again after {:?}", started.elapsed());
    figure("1,000 killed or crashing runners", f64::from(wrong));
    Ok(())
}

/// The same run twice, once with nothing kept and once with everything.
async fn replays(bench: &Bench) -> anyhow::Result<()> {
    let (_dir, other) = bench.another(POOL).await?;
    let mut unequal = 0_u32;
    for number in 0..REPLAYS {
        let module = guests::coordinator(Coordinator::Map(1 + number % 7));
        let mut records = Vec::new();
        for sandbox in [&bench.sandbox, &other] {
            let mut run = bench.run_of(sandbox, &module).await?;
            run.request.env = vec![("N".to_owned(), (number / 7).to_string())];
            let outcome = sandbox.bundle(run, |_| {}).await?;
            outcome.result?;
            records.push((
                outcome.record.run,
                outcome.record.outputs,
                outcome.record.clocks.fuel,
                outcome.record.log,
            ));
        }
        if records.first() != records.last() {
            unequal += 1;
        }
    }
    figure("equal replay", f64::from(unequal));
    Ok(())
}

/// Prints the given percentile in the unit of which a second has `per_ms` thousand.
fn report(what: &str, times: &mut [Duration], percentile: usize, per_ms: f64) {
    times.sort_unstable();
    let at =
        |share: usize| times.get(times.len().saturating_sub(1) * share / 100).copied().unwrap_or_default();
    eprintln!("{what}: n {} p50 {:?} p99 {:?} max {:?}", times.len(), at(50), at(99), at(100));
    figure(what, at(percentile).as_secs_f64() * 1_000_000.0 / per_ms);
}

fn figure(what: &str, number: f64) {
    println!("{what}\t{number:.3}");
}
