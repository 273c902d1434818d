//! What befalls a runner's process from outside, or what it does that only the parent can end.

use std::fs;
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::cases::Case;
use crate::frame::Guest;
use crate::host::{Host, PolicyText};

/// Deadline of the runs in here; short, because the suite waits for it.
const WALL: Duration = Duration::from_millis(1500);
/// The parent's promise: no run outlives its deadline by more.
const GRACE: Duration = Duration::from_millis(250);

/// The attempt, then the twin, each on a host of its own.
pub(crate) fn try_case(case: &Case) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let host = Host::start().await;
        let start = Instant::now();
        let attack = attempt(&host, &case.attack).await;
        let took = start.elapsed();
        assert_eq!(attack.result.as_ref().err(), Some(&case.code), "{attack:?}");
        // Registering and spawning is in the figure, and the machine may be loaded.
        assert!(took < WALL + GRACE + Duration::from_secs(2), "ended after {took:?}");
        host.assert_unharmed(&attack).await;
        let twin = attempt(&host, &case.twin).await;
        assert_eq!(twin.result.as_deref(), Ok(""), "the twin did not pass: {twin:?}");
        host.stop().await;
    });
}

async fn attempt(host: &Host, name: &str) -> crate::host::Ended {
    // One instruction that runs for longer than the deadline, or hardly at all.
    let fill = |mebibytes: u32, rounds: u32| {
        format!(
            "(local $i i32) (drop (memory.grow (i32.const 6400))) (local.set $i (i32.const {rounds})) (loop $l (memory.fill (i32.const 65536) (i32.const 7) (i32.const {})) (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if $l (local.get $i)))",
            mebibytes << 20
        )
    };
    let endless = "(loop $l (br $l))".to_owned();
    let (body, signal) = match name {
        "fill" => (fill(390, 100), None),
        "short-fill" => (fill(1, 1), None),
        "undisturbed" => (String::new(), None),
        "sigstop" => (endless, Some(rustix::process::Signal::STOP)),
        "sigkill" => (endless, Some(rustix::process::Signal::KILL)),
        other => panic!("nothing is called {other}"),
    };
    let guest = Guest { body: &body, ..Guest::default() };
    let wanted =
        Wanted { bytes: guest.component(), policy: PolicyText { limits: limits(), ..PolicyText::default() } };
    let sender = signal.map(|signal| std::thread::spawn(move || send_to_the_busy_child(signal)));
    let ended = host.run(&wanted).await;
    if let Some(sender) = sender {
        sender.join().unwrap();
    }
    ended
}

fn limits() -> toml::Table {
    let figure = |value: u64| toml::Value::Integer(i64::try_from(value).unwrap());
    [("wall-ms", 1500), ("cpu-ms", 14_000), ("fuel", 100_000_000_000), ("memory-bytes", 536_870_912)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), figure(value)))
        .collect()
}

/// Waits for a child that computes, which only the runner of the attempt does, and
/// sends it the signal.
fn send_to_the_busy_child(signal: rustix::process::Signal) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(child) = busy_child() {
            rustix::process::kill_process(rustix::process::Pid::from_raw(child).unwrap(), signal).unwrap();
            return;
        }
        std::thread::yield_now();
    }
    panic!("no child computes");
}

/// A child that has used more than a tenth of a second.
fn busy_child() -> Option<i32> {
    let own = std::process::id().to_string();
    fs::read_dir("/proc").unwrap().find_map(|entry| {
        let pid: i32 = entry.unwrap().file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let (name, ticks): (_, u64) = (stat.split_once(" (")?.1, fields.get(11)?.parse().ok()?);
        (fields.get(1)? == &own && name.starts_with("hivesync-runner") && ticks >= 10).then_some(pid)
    })
}
