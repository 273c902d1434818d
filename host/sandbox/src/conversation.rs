//! Answering one coordinating guest until its run ends.
//!
//! **Invariant:** an interface that the policy does not grant is answered by nobody: a
//! runner that speaks of one is broken or hostile, and ends.

use hivesync_policy::{EffectivePolicy, Interface};
use hivesync_protocol::wit::bundler::{Failure, Report};
use hivesync_protocol::wit::modules::BundleGraph;
use hivesync_protocol::wit::progress::Stage;
use hivesync_protocol::{End, FromRunner, Return, ToRunner, Usage};
use hivesync_types::bounds::LINK_MODULES_MAX;
use hivesync_types::{Code, Digest};

use crate::budget::Budget;
use crate::error::{Error, ProtocolFault};
use crate::escape::{escape_diagnostics, escape_report};
use crate::image::Image;
use crate::journal::{Journal, LogLine};
use crate::map::{Mapper, count};
use crate::outputs::{Artifacts, Blobs, check};
use crate::session::Session;

/// What a run says while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A line of its log, escaped.
    Log(&'a LogLine),
    /// How far it is.
    Progress {
        /// The part of the work.
        stage: Stage,
        /// Units done.
        done: u32,
        /// Units known.
        total: u32,
    },
}

/// Hears what a run says.
pub(crate) type Observer = Box<dyn FnMut(Event<'_>) + Send>;

/// One run as it goes on.
pub(crate) struct Conversation {
    pub(crate) run_id: Digest,
    pub(crate) policy: EffectivePolicy,
    pub(crate) image: Image,
    pub(crate) budget: Budget,
    pub(crate) mapper: Mapper,
    pub(crate) blobs: Blobs,
    pub(crate) artifacts: Artifacts,
    pub(crate) journal: Journal,
    pub(crate) observer: Observer,
    /// What the runner says it used; known at its end.
    pub(crate) usage: Usage,
}

impl Conversation {
    /// Listens and answers until the end.
    pub(crate) async fn hold(&mut self, session: &mut Session) -> Result<Report, Error> {
        loop {
            let answer = match session.next().await? {
                FromRunner::End(end) => return self.end(*end),
                FromRunner::Log { level, message } => {
                    self.granted(Interface::Log)?;
                    let line = self.journal.take(level, &message, self.budget.limits())?;
                    (self.observer)(Event::Log(line));
                    continue;
                }
                FromRunner::Progress { stage, done, total } => {
                    self.granted(Interface::Progress)?;
                    (self.observer)(Event::Progress { stage, done, total });
                    continue;
                }
                FromRunner::Write { name, pieces } => {
                    self.granted(Interface::Artifacts)?;
                    let allows = |name: &str| self.policy.allows_artifact(name);
                    let sources = (&self.blobs, &self.image);
                    let reply =
                        self.artifacts.write(name, pieces, sources, (self.budget.limits(), &allows))?;
                    ToRunner::Written(reply)
                }
                FromRunner::Map { jobs, options } => {
                    self.granted(Interface::Mapper)?;
                    let mapped = self.mapper.map(jobs, options, &mut self.budget, &mut self.blobs).await?;
                    ToRunner::Mapped(mapped)
                }
                FromRunner::Rewrite { paths, options } => {
                    self.granted(Interface::Mapper)?;
                    ToRunner::Rewritten(self.mapper.rewrite(paths, options, &mut self.budget).await?)
                }
                FromRunner::Link(graph) => {
                    self.granted(Interface::Mapper)?;
                    self.link(graph).await?
                }
                FromRunner::Ready(_) | FromRunner::Transformed(_) | FromRunner::OutFile { .. } => {
                    return Err(unexpected("a message that has no place in a coordinator's run"));
                }
            };
            session.send(&answer).await?;
        }
    }

    async fn link(&mut self, graph: BundleGraph) -> Result<ToRunner, Error> {
        let modules = graph.modules.len().saturating_add(graph.scripts.len());
        check(Code::LimitJobs, count(modules), count(LINK_MODULES_MAX))?;
        self.mapper.link(graph, &mut self.budget).await.map(ToRunner::Linked)
    }

    fn granted(&self, interface: Interface) -> Result<(), Error> {
        match self.policy.grants(interface) {
            true => Ok(()),
            false => Err(unexpected("a call of an interface that is not granted")),
        }
    }

    fn end(&mut self, end: End) -> Result<Report, Error> {
        if end.run_id != self.run_id {
            return Err(unexpected("the end of another run"));
        }
        self.usage = end.usage;
        let returned = end.result.map_err(Error::from_fault)?;
        self.budget.settle(self.usage.fuel)?;
        match returned {
            Return::Bundle(Ok(report)) => Ok(escape_report(report)),
            Return::Bundle(Err(failure)) => Err(build_error(failure)),
            _ => Err(unexpected("a coordinator returned something else than a report")),
        }
    }

    /// What the runner says it used, after it was told to stop. Anything else it says is
    /// of no interest any more.
    pub(crate) async fn hear_usage(&mut self, session: &mut Session) {
        while let Ok(message) = session.next().await {
            if let FromRunner::End(end) = message {
                self.usage = end.usage;
                return;
            }
        }
    }
}

fn build_error(failure: Failure) -> Error {
    let (code, diagnostics) = match failure {
        Failure::InvalidProject(diagnostics) => (Code::InvalidProjectStructure, diagnostics),
        Failure::MissingDependencies(diagnostics) => (Code::MissingDependencies, diagnostics),
        Failure::BuildFailed(diagnostics) => (Code::PreviewBuildFailed, diagnostics),
    };
    Error::Build { code, diagnostics: escape_diagnostics(diagnostics) }
}

const fn unexpected(what: &'static str) -> Error {
    Error::Protocol(ProtocolFault::Unexpected(what))
}
