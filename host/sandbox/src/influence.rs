//! One question about a project, in a process of its own.
//!
//! The module is pure, so the project travels to it whole and nothing comes back but the
//! answer. It does not keep answers: whoever asks knows better what is worth keeping. What a
//! map leaves for the next one of its project is kept beside what transforms returned.
//!
//! **Invariant:** an answer is accounted for in the audit record, or there is none.

use std::sync::Arc;

use bytes::Bytes;
use hivesync_policy::World;
use hivesync_protocol::wit::influence::{Depth, ProjectFiles, Question};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{Call, InfluenceAnswer, Return, Usage};
use hivesync_types::{Code, Digest, Limits};

use crate::asked::Asked;
use crate::audit::{Event, PureRecord};
use crate::error::Error;
use crate::map::Fresh;
use crate::memo::left_key;
use crate::module::Module;
use crate::pure::unexpected;
use crate::sandbox::Sandbox;

/// One question.
#[derive(Debug, Clone)]
pub struct InfluenceRun {
    /// Registered for the world `influence-map`.
    pub module: Module,
    /// What is asked.
    pub request: InfluenceRequest,
    /// Lower limits for this run; higher values change nothing.
    pub limits: Option<Limits>,
    /// Whoever asked, for the audit record.
    pub who: String,
}

/// A call of one of the module's functions.
#[derive(Debug, Clone)]
pub enum InfluenceRequest {
    /// `influence.ask`.
    Ask {
        /// What is read.
        project: ProjectFiles,
        /// What is asked.
        question: Question,
    },
    /// `influence.remap`: a map, made of what the last one of the same project left.
    Remap {
        /// What is read.
        project: ProjectFiles,
        /// How far the cascade is followed.
        depth: Depth,
        /// Which project it is; nothing is shared between two.
        whose: String,
    },
    /// `influence.compare`.
    Compare {
        /// A map.
        before: Vec<u8>,
        /// A later one.
        after: Vec<u8>,
    },
}

/// What came of a question.
#[derive(Debug)]
pub struct InfluenceOutcome {
    /// The answer in canonical JSON, what the module says is wrong with the question, or why
    /// it did not answer.
    pub result: Result<Result<Vec<u8>, Vec<Diagnostic>>, Error>,
    /// The audit record.
    pub record: Box<PureRecord>,
}

impl Sandbox {
    /// Asks about one project, or compares two maps.
    ///
    /// Fails with `policy.denied` for a module of another world, with `host.overloaded` when
    /// too many wait, and with `host.storage` when the audit record cannot be written;
    /// everything else is in the outcome. Dropping the future kills the process.
    pub async fn influence(&self, wanted: InfluenceRun) -> Result<InfluenceOutcome, Error> {
        if wanted.module.policy().world != World::InfluenceMap {
            let evidence = format!("{} is registered for another world", wanted.module.digest());
            return Err(Error::Denied { code: Code::PolicyDenied, evidence });
        }
        let inner = self.inner();
        let _turn = inner.turn().await?;
        let place = place(&wanted);
        let left = match place {
            Some(key) => {
                let memo = Arc::clone(&inner.memo);
                let found = tokio::task::spawn_blocking(move || memo.find_left(&key)).await;
                found.map_err(|_| Error::Internal("looking for what a map left failed"))?
            }
            None => Bytes::new(),
        };
        let input = digest(&wanted.request, &left)?;
        let asked = Asked::new(inner, "hivesync-influence/1", wanted.module, input, wanted.limits.as_ref());
        let call = match wanted.request {
            InfluenceRequest::Ask { project, question } => Call::Ask { project, question },
            InfluenceRequest::Remap { project, depth, whose: _ } => {
                Call::Remap { project, depth, left: left.to_vec() }
            }
            InfluenceRequest::Compare { before, after } => Call::Compare { before, after },
        };
        let (result, usage) = match asked.run(inner, call).await {
            Ok((Return::Mapped(mapped), usage)) => {
                let fresh = place.filter(|_| mapped.left != left).map(|key| (key, mapped.left));
                inner.keep(Fresh { left: fresh.into_iter().collect(), ..Fresh::default() });
                (Ok(InfluenceAnswer::Json(mapped.json)), usage)
            }
            Ok((Return::Influence(answer), usage)) => (Ok(answer), usage),
            Ok((_, usage)) => (Err(unexpected("a question returned something else")), usage),
            Err(error) => (Err(error), Usage::default()),
        };
        let output = match &result {
            Ok(InfluenceAnswer::Json(json)) => Some(Digest::of(json)),
            _ => None,
        };
        let record = asked.record(&wanted.who, &usage, output, result.as_ref().err());
        inner.counter.used(&usage);
        inner.record(Event::Influence(Box::new(record.clone())))?;
        let result = result.map(|answer| match answer {
            InfluenceAnswer::Json(json) => Ok(json),
            InfluenceAnswer::Refused(diagnostics) => Err(diagnostics),
        });
        Ok(InfluenceOutcome { result, record: Box::new(record) })
    }
}

/// Where what a map leaves is kept; nothing where none is asked for.
fn place(wanted: &InfluenceRun) -> Option<Digest> {
    let (module, identity) = (wanted.module.digest(), wanted.module.identity());
    match &wanted.request {
        InfluenceRequest::Remap { depth, whose, .. } => {
            Some(left_key(module, identity.engine, *depth, whose))
        }
        InfluenceRequest::Ask { .. } | InfluenceRequest::Compare { .. } => None,
    }
}

/// Names everything that an answer is a function of, beside the module.
fn digest(request: &InfluenceRequest, left: &[u8]) -> Result<Digest, Error> {
    let encoded = match request {
        InfluenceRequest::Ask { question, .. } => postcard::to_stdvec(question),
        InfluenceRequest::Remap { depth, .. } => postcard::to_stdvec(&("remap", depth)),
        InfluenceRequest::Compare { .. } => Ok(Vec::new()),
    };
    let question = encoded.map_err(|_| Error::Internal("a question that does not encode"))?;
    let mut fields: Vec<&[u8]> = vec![&question];
    match request {
        InfluenceRequest::Ask { project, .. } | InfluenceRequest::Remap { project, .. } => {
            for file in &project.files {
                fields.extend([file.path.as_bytes(), file.bytes.as_slice()]);
            }
            fields.push(b"names");
            fields.extend(project.names.iter().map(String::as_bytes));
            fields.extend((!left.is_empty()).then_some(left));
        }
        InfluenceRequest::Compare { before, after } => fields.extend([before.as_slice(), after.as_slice()]),
    }
    Ok(Digest::of_fields(&fields))
}
