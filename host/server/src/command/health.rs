//! `hivesync health`.

use std::process::ExitCode;

use hivesync_http::{Status, Vitals, worker_status};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::cli::HealthArguments;
use crate::config::Config;
use crate::paths::DataFolders;
use crate::progress::print_quietly;
use crate::serve;
use crate::style::{Colour, Emphasis};

/// 0 well, 1 not as it should be, 2 broken, or not to be looked at.
pub(crate) fn run(arguments: &HealthArguments) -> ExitCode {
    let vitals = match look(arguments) {
        Ok(vitals) => vitals,
        Err(error) => {
            eprintln!("hivesync health: {error}");
            return ExitCode::from(2);
        }
    };
    let status = vitals.status();
    for error in [vitals.database.as_ref().err(), vitals.objects.as_ref().err()].into_iter().flatten() {
        tracing::error!(%error, "a service gives no sign of life");
    }
    if arguments.json {
        print_quietly(&format!("{}\n", as_json(&vitals)));
    } else {
        print_quietly(&as_text(&vitals, Colour::of_stdout()));
    }
    ExitCode::from(match status {
        Status::Ok => 0,
        Status::Degraded => 1,
        Status::Failed => 2,
    })
}

fn look(arguments: &HealthArguments) -> Result<Vitals, Box<dyn std::error::Error>> {
    let config = Config::load(arguments.config.as_deref(), |name| std::env::var_os(name))?;
    let folders = DataFolders::find()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(serve::look(&config, &folders))?)
}

fn as_json(vitals: &Vitals) -> Value {
    let word = |is_ok: bool| if is_ok { "ok" } else { "failed" };
    let workers: Vec<Value> = vitals
        .workers
        .iter()
        .map(|worker| {
            json!({
                "id": worker.node.id, "name": worker.node.name, "kind": worker.node.kind,
                "status": worker_status(worker, vitals.at),
                "silent_seconds": vitals.at.since(worker.last_seen_at).as_secs(),
                "active_jobs": worker.beat.map(|beat| beat.active_jobs),
            })
        })
        .collect();
    let queues: Vec<Value> = vitals
        .queues
        .iter()
        .map(|queue| {
            let waits = queue.oldest.map(|oldest| vitals.at.since(oldest).as_secs());
            json!({ "queue": queue.queue, "waiting": queue.waiting, "running": queue.running, "oldest_wait_seconds": waits })
        })
        .collect();
    json!({
        "status": vitals.status(),
        "checks": {
            "database": word(vitals.database.is_ok()),
            "redis": vitals.redis.as_ref().map(|redis| word(redis.is_ok())),
            "objects": word(vitals.objects.is_ok()),
        },
        "queues": queues,
        "workers": workers,
        "findings": vitals.findings(),
    })
}

fn as_text(vitals: &Vitals, colour: Colour) -> String {
    let findings = vitals.findings();
    let (emphasis, word) = match vitals.status() {
        Status::Ok => (Emphasis::Good, "ok"),
        Status::Degraded => (Emphasis::Warning, "degraded"),
        Status::Failed => (Emphasis::Bad, "failed"),
    };
    let mut text = format!("{}\n", colour.paint(emphasis, word));
    for queue in &vitals.queues {
        text += &format!("queue {}: {} wait, {} run\n", queue.queue, queue.waiting, queue.running);
    }
    let here = vitals.workers.iter().filter(|worker| worker.stopped_at.is_none());
    text += &format!("workers: {}\n", here.count());
    for finding in findings {
        text += &format!("{}: {}\n", finding.part, finding.message);
    }
    text
}
