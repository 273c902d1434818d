//! Doing things to the sandbox's processes behind its back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The kernel cuts the name of a program to fifteen bytes.
const NAME: &str = "hivesync-runner";

/// The zygote and the runners: the children of this process that run that program.
pub(crate) fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let Some((name, rest)) = stat(*pid) else { return false };
            let mut fields = rest.split_whitespace();
            // State, then parent. A dead process that is not yet reaped does not count.
            name == NAME && fields.next() != Some("Z") && fields.next() == Some(own.as_str())
        })
        .collect()
}

/// The name of a process, and the fields behind it.
fn stat(pid: i32) -> Option<(String, String)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, rest) = stat.rsplit_once(')')?;
    Some((name.rsplit_once('(')?.1.to_owned(), rest.to_owned()))
}

fn ticks(pid: i32) -> u64 {
    let ticks = stat(pid).and_then(|(_, rest)| rest.split_whitespace().nth(11)?.parse().ok());
    ticks.unwrap_or(0)
}

/// Stops the one child that computes, once it had some time to.
pub(crate) fn stop_busiest_child() {
    std::thread::sleep(Duration::from_millis(50));
    if let Some(pid) = children().into_iter().max_by_key(|pid| ticks(*pid)) {
        send(pid, Signal::STOP);
    }
}

/// Stops every second child that computes, once all had some time to begin.
pub(crate) fn stop_every_second_child() {
    std::thread::sleep(Duration::from_secs(3));
    for pid in children().into_iter().filter(|pid| ticks(*pid) > 2).step_by(2) {
        send(pid, Signal::STOP);
    }
}

/// Threads that do nothing but keep cores busy, until it is dropped.
pub(crate) struct Crowd(Arc<AtomicBool>);

impl Crowd {
    pub(crate) fn gather(threads: usize) -> Self {
        let gone = Arc::new(AtomicBool::new(false));
        for _ in 0..threads {
            let gone = Arc::clone(&gone);
            std::thread::spawn(move || while !gone.load(Ordering::Relaxed) {});
        }
        Self(gone)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Kills the zygote and every runner.
pub(crate) fn kill_all_children() {
    for pid in children() {
        send(pid, Signal::KILL);
    }
}

fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // A process that has gone needs no signal.
        let _ = kill_process(pid, signal);
    }
}
