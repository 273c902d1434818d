//! `hivesync worker`.

use super::serve::served;
use crate::cli::{WorkerArguments, WorkerKind};
use crate::exit::Exit;
use crate::serve;

pub(crate) fn run(arguments: &WorkerArguments) -> Exit {
    let kind = match arguments.kind {
        WorkerKind::Cpu => hivesync_worker::Kind::Cpu,
        WorkerKind::Gpu => hivesync_worker::Kind::Gpu,
        WorkerKind::Cleanup => {
            return served("worker", arguments.config.as_deref(), async |config, folders| {
                serve::clean_up(&config, &folders).await
            });
        }
    };
    let queues: Vec<String> = arguments.queues.iter().map(|queue| queue.as_str().to_owned()).collect();
    served("worker", arguments.config.as_deref(), async |config, folders| {
        serve::work(&config, &folders, (kind, queues)).await
    })
}
