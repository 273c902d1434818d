//! Many commands as one transaction.
//!
//! Their callers wait at the same time, so any order among them is theirs: words about known
//! jobs come first, then new jobs, then claims.

use std::collections::{BTreeMap, BTreeSet};

use hivesync_jobs::{Claimed, Event, Fence, JobId, LaneKey, Moment, Order, Rejected, Taken, WorkerClass};

use super::command::{Answer, Command, Request};
use super::desk::Desk;
use super::remembered::Remembered;
use super::rows::{Places, Rows, Wanted};
use crate::error::StorageError;

/// Does them, and answers in the order in which they came. What they changed last still lies on the desk,
/// to be written with the commit, and what is there is to be remembered after it. `clock` is the time of all
/// of them; without one, each has brought its own.
pub(super) async fn run(
    db: &mut impl Rows,
    remembered: &Remembered,
    requests: &[Request],
    clock: Option<Moment>,
) -> Result<(Vec<Answer>, Desk), StorageError> {
    let commands: Vec<&Command> = requests.iter().map(|request| &request.command).collect();
    let at = |now: Moment| clock.unwrap_or(now);
    let newest = commands.iter().filter_map(|command| command.time()).max();
    let mut desk = Desk { now: clock.or(newest).unwrap_or_default(), ..Desk::default() };
    let late = lay_out(db, &mut desk, remembered, &commands, at).await?;
    let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
    for (index, command) in commands.iter().enumerate() {
        if let Some(answer) = transition(&mut desk, command, late.get(&index), at)? {
            answers.insert(index, answer);
        }
    }
    for (index, command) in commands.iter().enumerate() {
        if let Command::Enqueue(new, now) = command {
            answers.insert(index, Answer::Enqueued(desk.enqueue(new, at(*now))?));
        }
    }
    for ((queue, has_gpu, now), orders) in claims(&commands, at) {
        let taken = claim(db, &mut desk, (queue, has_gpu, now), &orders).await?;
        answers.extend(taken.into_iter().map(|(index, taken)| (index, Answer::Taken(taken))));
    }
    for (index, command) in commands.iter().enumerate() {
        match command {
            Command::Look(id) => {
                let job = desk.jobs.get(id).map(|(job, _)| Box::new(job.clone()));
                answers.insert(index, Answer::Job(job));
            }
            Command::Running(key) => {
                let running = desk.lanes.get(key).map_or(0, |lane| lane.lane.running);
                answers.insert(index, Answer::Running(running));
            }
            // Who could not look does not know better.
            Command::Rest => drop(answers.insert(index, Answer::Rests(false))),
            _ => {}
        }
    }
    Ok((answers.into_values().collect(), desk))
}

/// Reads what the commands are about. Says which jobs each sweep found late.
async fn lay_out(
    db: &mut impl Rows,
    desk: &mut Desk,
    remembered: &Remembered,
    commands: &[&Command],
    at: impl Fn(Moment) -> Moment,
) -> Result<BTreeMap<usize, Vec<JobId>>, StorageError> {
    let (mut jobs, mut lanes) = (BTreeSet::new(), BTreeSet::<LaneKey>::new());
    let (mut keys, mut queues) = (BTreeSet::new(), BTreeSet::new());
    let (mut held_ones, mut known) = (Vec::new(), BTreeMap::new());
    for command in commands {
        match command {
            Command::Extend(held, _) => held_ones.extend_from_slice(held),
            Command::Settle(claim, ..) => held_ones.push(*claim),
            Command::Withdraw(job) | Command::Look(job) => {
                jobs.insert(*job);
            }
            Command::Running(key) => {
                lanes.insert(key.clone());
            }
            Command::Enqueue(new, _) => {
                lanes.insert(new.lane.clone());
                queues.insert(new.lane.queue.as_str());
                keys.extend(new.key.iter().map(|(name, _)| (new.lane.tenant, name.clone())));
            }
            Command::Claim(..) | Command::Sweep(_) | Command::Rest => {}
        }
    }
    for claim in held_ones {
        match remembered.get(claim) {
            Some(job) => drop(known.insert(claim.job, job)),
            None => drop(jobs.insert(claim.job)),
        }
    }
    for job in known.into_values().filter(|job| !jobs.contains(&job.id)) {
        desk.lay_out_remembered(job);
    }
    db.jobs(desk, &jobs).await?;
    let gone: BTreeSet<JobId> = jobs.into_iter().filter(|id| !desk.jobs.contains_key(id)).collect();
    db.over(desk, &gone).await?;
    let mut late = BTreeMap::new();
    for (index, command) in commands.iter().enumerate() {
        if let Command::Sweep(now) = command {
            late.insert(index, db.late(desk, at(*now)).await?);
        }
    }
    lanes.extend(desk.jobs.values().map(|(job, _)| job.lane.clone()));
    db.places(desk, &Places { lanes, queues, keys }).await?;
    Ok(late)
}

/// A word about jobs that are known; nothing for any other command.
fn transition(
    desk: &mut Desk,
    command: &Command,
    late: Option<&Vec<JobId>>,
    at: impl Fn(Moment) -> Moment,
) -> Result<Option<Answer>, StorageError> {
    Ok(Some(match command {
        Command::Settle(claim, verdict, now) => {
            Answer::Settled(desk.change(claim.job, |job| job.settle(claim.fence, *verdict, at(*now)))?)
        }
        Command::Extend(held, now) => {
            let extend = |claim: &Claimed| {
                let extended = desk.change(claim.job, |job| job.extend(claim.fence, at(*now)))?;
                Ok((claim.job, extended))
            };
            Answer::Extended(held.iter().map(extend).collect::<Result<_, StorageError>>()?)
        }
        Command::Withdraw(job) => Answer::Withdrawn(desk.change(*job, |job| Ok(job.withdraw()))?),
        Command::Sweep(now) => {
            let mut events = Vec::new();
            for job in late.into_iter().flatten() {
                if desk.change(*job, |job| Ok(job.expire(at(*now))))? == Ok(true) {
                    events.push(Event::Expired(*job));
                }
            }
            Answer::Swept(events)
        }
        _ => return Ok(None),
    }))
}

/// Claims that look for the same.
fn claims<'a>(
    commands: &[&'a Command],
    at: impl Fn(Moment) -> Moment,
) -> BTreeMap<Wanted<'a>, Vec<(usize, &'a Order)>> {
    let mut claims: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (index, command) in commands.iter().enumerate() {
        if let Command::Claim(order, now) = command {
            let wanted = (order.queue.as_str(), order.class == WorkerClass::Gpu, at(*now));
            claims.entry(wanted).or_default().push((index, order));
        }
    }
    claims
}

/// Gives what is due to those who ask, the first one first.
async fn claim(
    db: &mut impl Rows,
    desk: &mut Desk,
    wanted: Wanted<'_>,
    orders: &[(usize, &Order)],
) -> Result<Vec<(usize, Taken)>, StorageError> {
    let (_, has_gpu, now) = wanted;
    let count = orders.iter().map(|(_, order)| order.count).fold(0, usize::saturating_add);
    // What came before has to be seen by this claim.
    db.write(desk).await?;
    let mut due = db.due(desk, wanted, count).await?.into_iter();
    let mut given = Vec::with_capacity(orders.len());
    for (index, order) in orders {
        let mut taken = Taken::default();
        for job in due.by_ref().take(order.count) {
            let claimed: Result<(Fence, bool), Rejected> = desk.change(job, |job| {
                let fell_back = !has_gpu && job.gpu_until.is_some();
                Ok((job.claim(order.worker, now), fell_back))
            })?;
            let nonsense = |_| StorageError::Nonsense("a job that is due and is not there");
            let (fence, fell_back) = claimed.map_err(nonsense)?;
            taken.jobs.push(Claimed { job, fence });
            taken.events.extend(fell_back.then_some(Event::GpuFallback(job)));
        }
        given.push((*index, taken));
    }
    Ok(given)
}
