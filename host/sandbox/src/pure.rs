//! Pure runs: processes that transform batch after batch of one job, or link once.
//!
//! **Invariant:** a batch is answered wholly and in its order, or not at all.

use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Instant;

use hivesync_protocol::wit::modules::{
    BundleGraph, LinkedBundle, PluginOptions, SourceFile, TransformInput, TransformOptions,
};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{
    Call, End, FromRunner, Return, RewriteResult, Start, ToRunner, TransformResult, Usage,
};
use hivesync_types::{Digest, Limits};
use tokio::sync::Semaphore;

use crate::error::{Error, ProtocolFault};
use crate::module::{Module, denied, world_of};
use crate::pool::Pool;
use crate::session::Session;

/// Bytes that one pure run may say in all; stops a process that never ends its answer.
const RECEIVED_BYTES_MAX: u64 = 512 << 20;

/// Where pure runs are made.
#[derive(Debug, Clone)]
pub(crate) struct PureRuns {
    pub(crate) pool: Arc<Pool>,
    /// One permit a core that may be busy with pure runs.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) module: Module,
    pub(crate) run_id: Digest,
    pub(crate) deadline: Instant,
}

/// A process that waits for the next batch of its job. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Transformer {
    session: Session,
}

impl PureRuns {
    /// Starts a process with its first batch, each input in a fresh instance. The process
    /// may use `limits` for every input, and its answers come from [`Transformer::answers`].
    pub(crate) async fn transformer(
        &self,
        inputs: Vec<TransformInput>,
        options: TransformOptions,
        limits: Limits,
    ) -> Result<Transformer, Error> {
        let call = Call::Transform { inputs, options, stays: true };
        Ok(Transformer { session: self.begin(call, limits).await? })
    }

    /// The answers of a batch of this many inputs, in its order.
    pub(crate) async fn answers(
        &self,
        transformer: &mut Transformer,
        wanted: usize,
    ) -> Result<Vec<TransformResult>, Error> {
        let mut results = Vec::with_capacity(wanted);
        while results.len() < wanted {
            match transformer.session.next().await? {
                FromRunner::Transformed(result) if is_next(&result, results.len(), wanted) => {
                    results.push(*result)
                }
                FromRunner::End(end) => {
                    self.settle(*end)?;
                    return Err(unexpected("a process ended before its batch was answered"));
                }
                _ => return Err(unexpected("a batch was not answered in its order")),
            }
        }
        Ok(results)
    }

    /// Links a graph.
    pub(crate) async fn link(
        &self,
        graph: BundleGraph,
        limits: Limits,
    ) -> Result<(Result<LinkedBundle, Vec<Diagnostic>>, Usage), Error> {
        let (returned, usage) = self.answer(Call::Link(graph), limits).await?;
        match returned {
            Return::Link(linked) => Ok((linked, usage)),
            _ => Err(unexpected("a link returned something else")),
        }
    }

    /// Runs a project's plugins on a few files, all in one instance.
    pub(crate) async fn rewrite(
        &self,
        sources: Vec<SourceFile>,
        programs: Vec<Vec<u8>>,
        options: PluginOptions,
        limits: Limits,
    ) -> Result<(RewriteResult, Usage), Error> {
        let call = Call::Rewrite { sources, programs, options };
        let (returned, usage) = self.answer(call, limits).await?;
        match returned {
            Return::Rewrite(result) => Ok((result, usage)),
            _ => Err(unexpected("a run of plugins returned something else")),
        }
    }

    /// Makes one call that is answered by its end alone.
    pub(crate) async fn answer(&self, call: Call, limits: Limits) -> Result<(Return, Usage), Error> {
        let mut session = self.begin(call, limits).await?;
        let FromRunner::End(end) = session.next().await? else {
            return Err(unexpected("a call was answered with something else"));
        };
        let settled = self.settle(*end)?;
        tokio::spawn(session.finish());
        Ok(settled)
    }

    async fn begin(&self, call: Call, limits: Limits) -> Result<Session, Error> {
        let compiled = self.module.compiled().await?;
        let runner = self.pool.take().await?;
        let mut session = Session::open(runner, self.deadline, RECEIVED_BYTES_MAX).await?;
        let effective = self.module.policy();
        effective.layer2.judge(&hivesync_policy::Wall::standing(session.layer2())).map_err(denied)?;
        let start = Start {
            run_id: self.run_id,
            world: world_of(effective.world),
            grants: effective.granted_names(),
            limits,
            image_layers: 0,
            call,
        };
        session.start(start, &[compiled.code.as_fd()]).await?;
        Ok(session)
    }

    fn settle(&self, end: End) -> Result<(Return, Usage), Error> {
        if end.run_id != self.run_id {
            return Err(unexpected("the end of another run"));
        }
        match end.result {
            Ok(returned) => Ok((returned, end.usage)),
            Err(fault) => Err(Error::from_fault(fault)),
        }
    }
}

impl Transformer {
    /// Sends the next batch.
    pub(crate) async fn more(&mut self, inputs: Vec<TransformInput>) -> Result<(), Error> {
        self.session.send(&ToRunner::Inputs(inputs)).await
    }

    /// It may say so much more that another batch can be sent.
    pub(crate) fn is_fresh(&self) -> bool {
        self.session.received() < RECEIVED_BYTES_MAX / 2
    }
}

fn is_next(result: &TransformResult, answered: usize, wanted: usize) -> bool {
    answered < wanted && usize::try_from(result.index) == Ok(answered)
}

pub(crate) const fn unexpected(what: &'static str) -> Error {
    Error::Protocol(ProtocolFault::Unexpected(what))
}
