//! The processes that transform for one job. Setting one up costs as much as ten small
//! modules, and a graph is found in a dozen waves: so a process that has answered waits
//! for the next batch of the same kind until its job ends.
//!
//! Every module still has an instance of its own, and no process serves two jobs, two sets
//! of options, or the app and its packages.
//!
//! **Invariant:** what is answered does not depend on which process answers.

use std::sync::{Mutex, PoisonError};

use hivesync_protocol::TransformResult;
use hivesync_protocol::wit::modules::{TransformInput, TransformOptions};
use hivesync_types::Limits;

use crate::error::Error;
use crate::pure::{PureRuns, Transformer};

/// What all batches of a process have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    pub(crate) in_package: bool,
    pub(crate) options: TransformOptions,
}

/// Those that wait. They are killed when the job ends.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    idle: Mutex<Vec<(Kind, Transformer)>>,
}

impl Workers {
    /// Transforms a batch, and says whether a process was begun for it. The limits hold for
    /// every input; those of an older process are the wider ones, so whoever asked compares
    /// what was used with its own.
    pub(crate) async fn transform(
        &self,
        pure: &PureRuns,
        kind: Kind,
        inputs: Vec<TransformInput>,
        limits: Limits,
    ) -> Result<(bool, Vec<TransformResult>), Error> {
        let wanted = inputs.len();
        let waiting = self.take(&kind);
        let began = waiting.is_none();
        let mut worker = match waiting {
            Some(mut worker) => {
                worker.more(inputs).await?;
                worker
            }
            None => pure.transformer(inputs, kind.options.clone(), limits).await?,
        };
        let results = pure.answers(&mut worker, wanted).await?;
        if worker.is_fresh() {
            self.idle().push((kind, worker));
        }
        Ok((began, results))
    }

    fn take(&self, kind: &Kind) -> Option<Transformer> {
        let mut idle = self.idle();
        let at = idle.iter().position(|(waiting, _)| waiting == kind)?;
        Some(idle.swap_remove(at).1)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Kind, Transformer)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
