//! Answering `mapper.rewrite`: the project's own plugins, a few files a process.
//!
//! Plugins may carry something from one file to the next, as they may in their own compiler.
//! So what is kept is the answer for all files of a process under a key that covers them all:
//! no file's answer is ever given to somebody who asked with other neighbours.
//!
//! **Invariant:** which files share a process is a function of the call, and the answer does
//! not depend on what was kept or on which process finished first.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use hivesync_protocol::wit::modules::{PluginOptions, SourceFile};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{RewriteAnswer, RewriteResult, Usage};
use hivesync_types::bounds::{MAP_JOBS_PER_CALL_MAX, PLUGIN_PROGRAMS_MAX};
use hivesync_types::{Code, Digest, Limits};
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::error::Error;
use crate::escape::escape_line;
use crate::map::{Mapper, absent, count, diagnostic, is_crash};
use crate::memo::{Made, ModuleCode};
use crate::module::{LateModule, Module};
use crate::outputs::check;
use crate::pure::PureRuns;

/// Files of one process. Loading the compiler costs as much as two or three of them; an edit
/// of one runs all of its neighbours again.
const FILES_PER_RUN: usize = 8;
/// Bytes of all programs. They travel to every process.
const PROGRAM_BYTES_MAX: usize = 24 << 20;
/// Bytes of the files of one call.
const SOURCE_BYTES_MAX: usize = 48 << 20;

/// The code of a file as plugins left it, and the map that leads back.
pub(crate) type Rewritten = Vec<Bytes>;

/// Where plugins run, and what they made in this run.
#[derive(Debug)]
pub(crate) struct Plugins {
    pub(crate) module: Option<LateModule>,
    pub(crate) rewritten: Arc<HashMap<String, Rewritten>>,
}

/// The files of one process and what became of them.
struct Run {
    key: Digest,
    sources: Vec<SourceFile>,
    made: Option<Arc<Made>>,
}

impl Mapper {
    /// Answers one call. The error is a limit or a loss that ends the run.
    pub(crate) async fn rewrite(
        &mut self,
        paths: Vec<String>,
        options: PluginOptions,
        budget: &mut Budget,
    ) -> Result<RewriteAnswer, Error> {
        check(Code::LimitJobs, count(paths.len()), count(MAP_JOBS_PER_CALL_MAX))?;
        check(Code::LimitJobs, count(options.programs.len()), count(PLUGIN_PROGRAMS_MAX))?;
        budget.take_jobs(count(paths.len()))?;
        let Some(late) = &self.plugins.module else {
            let message = "This host has no module that runs build plugins.".to_owned();
            return Ok(Err(vec![diagnostic("bundle.plugins-not-offered", message, "")]));
        };
        let program_paths = options.programs.iter().map(|program| program.path.as_str());
        let programs = self.read(program_paths, PROGRAM_BYTES_MAX, || {
            format!("The build plugins have more than {PROGRAM_BYTES_MAX} bytes of programs.")
        });
        let sources = self.read(paths.iter().map(String::as_str), SOURCE_BYTES_MAX, || {
            format!("More than {SOURCE_BYTES_MAX} bytes of sources are for build plugins.")
        });
        let (programs, sources) = match (programs, sources) {
            (Ok(programs), Ok(sources)) => (programs, sources),
            (Err(fault), _) | (_, Err(fault)) => return Ok(Err(vec![*fault])),
        };
        let sources =
            paths.into_iter().zip(sources).map(|(path, bytes)| SourceFile { path, bytes }).collect();
        let module = late.module().await?;
        let asked = Asked { programs, options };
        let mut runs = self.runs(&module, &asked, sources)?;
        self.run_plugins(&module, &asked, &mut runs, budget).await?;
        self.settle(&module, runs, budget)
    }

    /// The bytes of files of the image, in order; `too_large` says what it means that all
    /// together are more than `bytes_max`.
    fn read<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
        bytes_max: usize,
        too_large: impl Fn() -> String,
    ) -> Result<Vec<Vec<u8>>, Box<Diagnostic>> {
        let mut bytes = 0_usize;
        let mut files = Vec::new();
        for path in paths {
            let text = self.image.file(path).ok_or_else(|| Box::new(absent(path)))?;
            bytes = bytes.saturating_add(text.len());
            if bytes > bytes_max {
                return Err(Box::new(diagnostic("bundle.too-large", too_large(), path)));
            }
            files.push(text.to_vec());
        }
        Ok(files)
    }

    /// The cut, with what is known already.
    fn runs(&mut self, module: &Module, asked: &Asked, sources: Vec<SourceFile>) -> Result<Vec<Run>, Error> {
        let question = asked.question(module.digest(), self.engine)?;
        let mut sources = sources.into_iter().peekable();
        let mut runs = Vec::new();
        while sources.peek().is_some() {
            let sources: Vec<SourceFile> = sources.by_ref().take(FILES_PER_RUN).collect();
            let key = key(question, &sources);
            let made = self.memo.find(&key);
            self.tally.hits += if made.is_some() { count(sources.len()) } else { 0 };
            runs.push(Run { key, sources, made });
        }
        Ok(runs)
    }

    /// Runs what is not known; afterwards everything is.
    async fn run_plugins(
        &mut self,
        module: &Module,
        asked: &Asked,
        runs: &mut [Run],
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let limits = budget.child(&module.policy().limits);
        let pure = PureRuns { module: module.clone(), ..self.pure.clone() };
        let mut running = JoinSet::new();
        for (position, run) in runs.iter().enumerate().filter(|(_, run)| run.made.is_none()) {
            self.tally.misses += count(run.sources.len());
            self.tally.children += 1;
            running.spawn(run_one(pure.clone(), position, run.sources.clone(), asked.clone(), limits));
        }
        let mut first_fault: Option<(usize, Error)> = None;
        while let Some(finished) = running.join_next().await {
            let (position, answer) = finished.map_err(|_| Error::Internal("a run of plugins failed"))?;
            let run = runs.get_mut(position).ok_or(Error::Internal("an answer for no run"))?;
            match answer {
                Ok((result, usage)) => {
                    budget.charge_cpu(usage.cpu_us)?;
                    self.tally.memory_peak = self.tally.memory_peak.max(usage.memory_peak);
                    let made = Arc::new(made(run, result, usage.fuel)?);
                    self.memo.remember(run.key, Arc::clone(&made));
                    self.fresh.modules.push((run.key, Arc::clone(&made)));
                    run.made = Some(made);
                }
                Err(Error::Stopped { code, evidence, .. }) if is_crash(code) => {
                    run.made = Some(Arc::new(crashed(run, &evidence)));
                }
                Err(error) if first_fault.as_ref().is_none_or(|(first, _)| position < *first) => {
                    first_fault = Some((position, error));
                }
                Err(_) => {}
            }
        }
        first_fault.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Charges every run in its order and keeps what was made for `transform`.
    fn settle(
        &mut self,
        module: &Module,
        runs: Vec<Run>,
        budget: &mut Budget,
    ) -> Result<RewriteAnswer, Error> {
        let fuel_max = budget.child(&module.policy().limits).fuel;
        let mut rewritten = HashMap::clone(&self.plugins.rewritten);
        let mut answers = Vec::new();
        for run in runs {
            let made = run.made.ok_or(Error::Internal("a run of plugins was not answered"))?;
            check(Code::LimitFuel, made.fuel, fuel_max)?;
            budget.charge_fuel(made.fuel)?;
            let result = match &made.answer {
                Ok(kept) => decode(&kept.code)?,
                Err(diagnostics) => Err(diagnostics.clone()),
            };
            let answered = match result {
                Ok(answered) => answered,
                Err(diagnostics) => return Ok(Err(diagnostics)),
            };
            for (source, answer) in run.sources.into_iter().zip(answered) {
                answers.push(answer.map(|made| {
                    made.is_some_and(|made| {
                        rewritten.insert(source.path, vec![made.code.into(), made.map.into()]);
                        true
                    })
                }));
            }
        }
        self.plugins.rewritten = Arc::new(rewritten);
        Ok(Ok(answers))
    }
}

/// What every process of a call is given.
#[derive(Clone)]
struct Asked {
    programs: Vec<Vec<u8>>,
    options: PluginOptions,
}

impl Asked {
    /// The part of the key that is the same for all processes of the call.
    fn question(&self, module: Digest, engine: Digest) -> Result<Digest, Error> {
        let options = postcard::to_stdvec(&self.options)
            .map_err(|_| Error::Internal("plugin options that do not encode"))?;
        let mut fields: Vec<&[u8]> =
            vec![b"hivesync-rewrite/1", module.as_bytes(), engine.as_bytes(), &options];
        fields.extend(self.programs.iter().map(Vec::as_slice));
        Ok(Digest::of_fields(&fields))
    }
}

fn key(question: Digest, sources: &[SourceFile]) -> Digest {
    let mut fields: Vec<&[u8]> = vec![question.as_bytes()];
    for source in sources {
        fields.extend([source.path.as_bytes(), source.bytes.as_slice()]);
    }
    Digest::of_fields(&fields)
}

async fn run_one(
    pure: PureRuns,
    position: usize,
    sources: Vec<SourceFile>,
    asked: Asked,
    limits: Limits,
) -> (usize, Result<(RewriteResult, Usage), Error>) {
    // The semaphore is never closed; a permit that cannot be had only means no waiting.
    let _slot = Arc::clone(&pure.slots).acquire_owned().await.ok();
    (position, pure.rewrite(sources, asked.programs, asked.options, limits).await)
}

/// The kept form: an answer for all files is one value, and the memo keeps bytes.
fn made(run: &Run, result: RewriteResult, fuel: u64) -> Result<Made, Error> {
    if let Ok(answers) = &result
        && answers.len() != run.sources.len()
    {
        return Ok(crashed(run, "it answered with another number of files"));
    }
    let encoded =
        postcard::to_stdvec(&result).map_err(|_| Error::Internal("an answer that does not encode"))?;
    let kept = ModuleCode {
        code: encoded.into(),
        map: Bytes::new(),
        lines: 0,
        dependencies: Vec::new(),
        is_esm: false,
        diagnostics: Vec::new(),
    };
    Ok(Made { answer: Ok(kept), fuel })
}

fn decode(kept: &[u8]) -> Result<RewriteResult, Error> {
    postcard::from_bytes(kept).map_err(|_| Error::Internal("an answer that does not decode"))
}

/// Plugins that bring the engine down take the call with them; nothing of it is kept.
fn crashed(run: &Run, detail: &str) -> Made {
    let detail = escape_line(detail, 1024);
    let path = run.sources.first().map(|source| source.path.as_str()).unwrap_or_default();
    let message = format!("The engine of the build plugins gave up on this file or one after it: {detail}");
    Made { answer: Err(vec![diagnostic("bundle.transform-crashed", message, path)]), fuel: 0 }
}

#[cfg(test)]
mod tests {
    use hivesync_protocol::wit::types::Platform;

    use super::*;

    fn asked(program: &str, dev: bool) -> Asked {
        let (programs, known, env) = (Vec::new(), Vec::new(), Vec::new());
        let options = PluginOptions { programs, compiler: 1, platform: Platform::Web, dev, env, known };
        Asked { programs: vec![program.as_bytes().to_vec()], options }
    }

    fn key_of(asked: &Asked, module: &str, sources: &[(&str, &str)]) -> Digest {
        let question = asked.question(Digest::of(module.as_bytes()), Digest::of(b"engine")).unwrap();
        let sources: Vec<_> = sources
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() })
            .collect();
        key(question, &sources)
    }

    #[test]
    fn the_key_covers_module_options_programs_and_every_neighbour() {
        let first = key_of(&asked("p", false), "m", &[("a", "1"), ("b", "2")]);
        assert_eq!(first, key_of(&asked("p", false), "m", &[("a", "1"), ("b", "2")]));
        for other in [
            key_of(&asked("p", false), "n", &[("a", "1"), ("b", "2")]),
            key_of(&asked("p", true), "m", &[("a", "1"), ("b", "2")]),
            key_of(&asked("q", false), "m", &[("a", "1"), ("b", "2")]),
            key_of(&asked("p", false), "m", &[("a", "1"), ("b", "3")]),
            key_of(&asked("p", false), "m", &[("b", "2"), ("a", "1")]),
            key_of(&asked("p", false), "m", &[("a", "1")]),
            key_of(&asked("p", false), "m", &[("a", "1b"), ("", "2")]),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn an_answer_of_another_length_is_a_crash_and_not_an_answer() {
        let run = Run { key: Digest::of(b"k"), sources: Vec::new(), made: None };
        assert!(made(&run, Ok(Vec::new()), 1).unwrap().answer.is_ok());
        let diagnostics = made(&run, Ok(vec![Ok(None)]), 1).unwrap().answer.unwrap_err();
        assert_eq!(diagnostics[0].code, "bundle.transform-crashed");
    }
}
