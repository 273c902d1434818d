//! Workers that are killed without a word, and come back under the same name or another.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hivesync_jobs::{Claimed, Ending, JobId, LaneTerms, State, Verdict};
use hivesync_storage::{Clock, JobStore};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::load::{Lane, Tenants, job, now, order};
use crate::{Bench, real, say};

/// The word by which this program is a worker that takes jobs and never says anything.
pub(crate) const HOLD: &str = "hold";
/// What each of them takes.
const HELD: usize = 3;
/// What those who come after them take at one time.
const TAKEN: usize = 64;
/// Workers that are started at one time.
const STARTED: usize = 8;
/// How often the others look, as those of a fleet do.
const LOOK: Duration = Duration::from_millis(250);
/// Tries of the job that kills whoever takes it.
const TRIES: u32 = 3;
/// The number of that job, and whose it is.
const POISON: u64 = 1_000_000;
/// When a job that nobody got is called lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes jobs, says which, and waits to be killed.
pub(crate) async fn hold(url: &str, worker: u64, count: usize) -> Result<()> {
    let store = JobStore::postgres(url, Clock::Database).await?;
    let mut held = 0;
    let mut out = std::io::stdout();
    while held < count {
        for claim in store.claim(order(worker, count - held), now()).await?.jobs {
            held += 1;
            writeln!(out, "{} {}", claim.job.0, claim.fence.0)?;
        }
    }
    out.flush()?;
    tokio::time::sleep(Duration::from_secs(600)).await;
    Ok(())
}

/// What became of all of them.
#[derive(Default)]
struct Toll {
    slowest: Duration,
    lost: u64,
    twice: u64,
    poison_runs: u32,
}

/// As many rounds as the poison job has tries, with a part of the kills each.
pub(crate) async fn measure(bench: &Bench, kills: u64) -> Result<()> {
    eprintln!("bench: {kills} workers are killed");
    let url = bench.database("crash").await?;
    let store = Arc::new(JobStore::postgres(&url, Clock::Database).await?);
    let poison = Lane { tenant: 2, terms: LaneTerms { weight: 1, cap: 1 } };
    store.enqueue(job(POISON, poison), now()).await?;
    let (mut toll, mut next) = (Toll::default(), 0);
    for round in 0..TRIES {
        // As many in all as were asked for.
        let workers = ((kills + u64::from(round)) / u64::from(TRIES)).max(1);
        let jobs = workers * u64::try_from(HELD)?;
        for number in next..next + jobs {
            store.enqueue(job(number, (Tenants::one().of)(number)), now()).await?;
        }
        next += jobs;
        killed(&store, &url, (round, workers), &mut toll).await?;
    }
    let dead = store.job(JobId(u128::from(POISON))).await?.context("the poison is gone")?;
    let is_dead = matches!(dead.state, State::Ended(Ending::Dead(_)));
    let runs = i64::from(toll.poison_runs) - i64::from(TRIES);
    say("kill: slowest re-run, s", toll.slowest.as_secs_f64());
    say("kill: lost", real(toll.lost));
    say("kill: accepted twice", real(toll.twice));
    say("kill: runs of a poison job off its tries", real(runs.unsigned_abs() + u64::from(!is_dead)));
    Ok(())
}

/// One round: they take everything there is, and all are killed.
async fn killed(
    store: &Arc<JobStore>,
    url: &str,
    (round, workers): (u32, u64),
    toll: &mut Toll,
) -> Result<()> {
    let (mut children, mut claims) = (Vec::new(), BTreeMap::new());
    let numbers: Vec<u64> = (0..workers).collect();
    for some in numbers.chunks(STARTED) {
        let begun = children.len();
        for worker in some {
            // One takes the poison beside its own.
            children.push(start(url, *worker, HELD + usize::from(*worker == 0))?);
        }
        for (child, count) in children.iter_mut().skip(begun) {
            held(child, *count, &mut claims).await?;
        }
    }
    let died = Instant::now();
    for (child, _) in &mut children {
        child.kill().await?;
    }
    let again = take_over(store, &mut claims, (round, died), toll).await?;
    for (old, new) in again {
        // The dead one's word counts for nothing; the living one's does, once.
        let late = store.settle(old, Verdict::Succeeded, now()).await?;
        toll.twice += u64::from(late.is_ok());
        ensure!(store.settle(new, Verdict::Succeeded, now()).await?.is_ok(), "a word was refused");
        toll.twice += u64::from(store.settle(new, Verdict::Succeeded, now()).await?.is_ok());
    }
    Ok(())
}

/// What a worker says that it holds.
async fn held(child: &mut Child, count: usize, claims: &mut BTreeMap<JobId, Claimed>) -> Result<()> {
    let out = child.stdout.take().context("its output is not piped")?;
    let mut lines = BufReader::new(out).lines();
    for _ in 0..count {
        let line = lines.next_line().await?.context("a worker ended by itself")?;
        let (job, fence) = line.split_once(' ').context("a worker says something else")?;
        let claim = Claimed { job: JobId(job.parse()?), fence: hivesync_jobs::Fence(fence.parse()?) };
        claims.insert(claim.job, claim);
    }
    Ok(())
}

/// Waits until every job is somebody else's; half of them go to one who calls itself as the dead
/// one did. The poison is nobody's: it is left for the next round.
async fn take_over(
    store: &Arc<JobStore>,
    claims: &mut BTreeMap<JobId, Claimed>,
    (round, died): (u32, Instant),
    toll: &mut Toll,
) -> Result<Vec<(Claimed, Claimed)>> {
    let poison = JobId(u128::from(POISON));
    toll.poison_runs += u32::from(claims.remove(&poison).is_some());
    let (mut again, mut name) = (Vec::new(), 0_u64);
    let mut poison_is_back = false;
    while (!claims.is_empty() || !poison_is_back) && died.elapsed() < PATIENCE {
        store.sweep(now()).await?;
        let mut has_taken = false;
        if !claims.is_empty() {
            name += 1;
            // Odd ones are new; even ones are the first of those who died.
            let worker = if name % 2 == 0 { 0 } else { 1_000 + name };
            for new in store.claim(order(worker, TAKEN), now()).await?.jobs {
                if new.job == poison {
                    let back = store.settle(new, Verdict::GivenBack, now()).await?;
                    ensure!(back.is_ok(), "the poison was not taken back");
                    continue;
                }
                let old = claims.remove(&new.job).context("a job that nobody held")?;
                toll.slowest = toll.slowest.max(died.elapsed());
                again.push((old, new));
                has_taken = true;
            }
        }
        let state = store.job(poison).await?.context("the poison is gone")?.state;
        poison_is_back = !matches!(state, State::Leased { .. });
        // Who found something asks again at once.
        if !has_taken {
            tokio::time::sleep(LOOK).await;
        }
    }
    toll.lost += u64::try_from(claims.len())? + u64::from(!poison_is_back);
    eprintln!("bench: round {round}, slowest {:.1} s", toll.slowest.as_secs_f64());
    Ok(again)
}

fn start(url: &str, worker: u64, count: usize) -> Result<(Child, usize)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([HOLD, url, &worker.to_string(), &count.to_string()]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    Ok((child, count))
}
