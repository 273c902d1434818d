//! `hivesync build`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hivesync_pipeline::{
    BuildReport, BuildRequest, Delta, Event, Identity, Keys, Observer, Preview, PreviewOptions,
    RestoreOptions, Source, system_clock, write_output,
};
use tokio::runtime::{Builder, Runtime};

use crate::changes::changes;
use crate::cli::BuildArguments;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::paths::{self, DataFolders, Home};
use crate::progress::{Mode, Progress, print_quietly};
use crate::random::random;
use crate::rebuilt::Rebuilt;
use crate::report::{self, Problem};
use crate::watch::{Change, Watch};

/// How long processes and threads may take to be gone after Ctrl-C.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &BuildArguments) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            return tell(arguments, &Problem::host(&format!("threads cannot be started: {}", error.kind())));
        }
    };
    let exit = runtime.block_on(work(arguments));
    runtime.shutdown_timeout(GOODBYE);
    exit
}

pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Dropping a build is what cancels it: runners and npm die, temporary files go.
async fn work(arguments: &BuildArguments) -> Exit {
    let mut interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            return tell(arguments, &Problem::host(&format!("signals cannot be heard: {}", error.kind())));
        }
    };
    let started = tokio::select! {
        biased;
        () = interrupt.heard() => Err(Problem::interrupted()),
        started = start() => started,
    };
    let preview = match started {
        Ok(preview) => preview,
        Err(problem) => return tell(arguments, &problem),
    };
    let exit = tokio::select! {
        biased;
        () = interrupt.heard() => tell(arguments, &Problem::interrupted()),
        exit = rounds(arguments, &preview) => exit,
    };
    // What a withdrawn run still has to write into the audit record is waited for, but not for ever.
    let _ = tokio::time::timeout(GOODBYE, preview.shutdown()).await;
    exit
}

async fn rounds(arguments: &BuildArguments, preview: &Preview) -> Exit {
    if arguments.watch { watch(arguments, preview).await } else { once(arguments, preview, None).await }
}

/// Builds now and after every change, until Ctrl-C.
async fn watch(arguments: &BuildArguments, preview: &Preview) -> Exit {
    let root = hivesync_pipeline::tree_of(&arguments.dir).map_err(|error| Problem::from(&error));
    let mut watch = match root.and_then(|root| Watch::start(&root)) {
        Ok(watch) => watch,
        Err(problem) => return tell(arguments, &problem),
    };
    let mut change = None;
    loop {
        once(arguments, preview, change.as_ref()).await;
        if !arguments.json {
            print_quietly("Waiting for changes; Ctrl-C ends.\n");
        }
        change = Some(watch.changed().await);
    }
}

/// One build; `change` is what it follows.
async fn once(arguments: &BuildArguments, preview: &Preview, change: Option<&Change>) -> Exit {
    let request = match request(arguments) {
        Ok(request) => request,
        Err(problem) => return tell(arguments, &problem),
    };
    let progress = Arc::new(Progress::new(Mode::choose(arguments.json)));
    let observer: Observer = {
        let progress = Arc::clone(&progress);
        Arc::new(move |event: Event| progress.hear(&event))
    };
    let result = match change {
        Some(Change { packages: false, .. }) => preview.rebuild(&request, &observer).await,
        _ => preview.build(&request, &observer).await,
    };
    let rebuilt = change.map(Rebuilt::now);
    progress.clear();
    match result {
        Ok(finished) => done(arguments, &finished, rebuilt.as_ref()),
        Err(error) => tell(arguments, &Problem::from(&error)),
    }
}

fn done(arguments: &BuildArguments, finished: &BuildReport, rebuilt: Option<&Rebuilt>) -> Exit {
    if let Err((path, error)) = write_reports(arguments, finished) {
        let problem = Problem::host(&format!("{} cannot be written: {}", path.display(), error.kind()));
        return tell(arguments, &problem);
    }
    let why = arguments.explain.as_ref().map(|module| (module, finished.why(module)));
    if let Some((module, Err(near))) = &why {
        return tell(arguments, &Problem::not_in_bundle(module, near));
    }
    let why = why.and_then(|(_, why)| why.ok());
    if arguments.json {
        print_quietly(&report::line(&report::build_json(finished, why.as_ref(), rebuilt)));
    } else {
        report::print_diagnostics(&finished.diagnostics);
        print_quietly(&match rebuilt {
            Some(rebuilt) => rebuilt.line(finished),
            None => report::summary(finished),
        });
        if let Some(why) = &why {
            print_quietly(&report::why_text(why));
        }
    }
    Exit::Done
}

fn write_reports<'a>(
    arguments: &'a BuildArguments,
    finished: &BuildReport,
) -> Result<(), (&'a Path, io::Error)> {
    if let Some(path) = &arguments.report {
        let json = serde_json::to_vec_pretty(&finished.modules_report()).map_err(io::Error::from);
        json.and_then(|mut text| {
            text.push(b'\n');
            write_output(path, &text)
        })
        .map_err(|error| (path.as_path(), error))?;
    }
    match &arguments.map {
        Some(path) => {
            write_output(path, finished.modules_page().as_bytes()).map_err(|error| (path.as_path(), error))
        }
        None => Ok(()),
    }
}

/// Says what went wrong, to a person or a program.
fn tell(arguments: &BuildArguments, problem: &Problem) -> Exit {
    if arguments.json {
        print_quietly(&report::line(&problem.to_json("build")));
    } else {
        problem.print();
    }
    problem.code.into()
}

/// Starts what builds.
async fn start() -> Result<Preview, Problem> {
    Preview::start(options()?).await.map_err(|error| Problem::from(&error))
}

/// Where the parts of this installation are.
pub(crate) fn options() -> Result<PreviewOptions, Problem> {
    let home = Home::find().map_err(|error| Problem::installation(&error.to_string()))?;
    let folders = DataFolders::find().map_err(|error| Problem::host(&error.to_string()))?;
    let keys =
        Keys::load_or_create(&folders.keys(), random).map_err(|error| Problem::host(&error.to_string()))?;
    Ok(PreviewOptions {
        libexec: home.libexec(),
        guests: home.guests(),
        policies: home.policies(),
        cache: folders.cache,
        data: folders.data,
        keys,
        clock: system_clock(),
        threads: std::thread::available_parallelism().map_or(2, usize::from),
        keeps_images: true,
    })
}

fn request(arguments: &BuildArguments) -> Result<BuildRequest, Problem> {
    Ok(BuildRequest {
        project: source(arguments)?,
        platform: arguments.platform.into(),
        dev: arguments.dev,
        minify: arguments.minify,
        entry: arguments.entry.clone(),
        out: arguments.out.clone(),
        identity: identity()?,
        project_id: None,
        device_id: "default".to_owned(),
        token_version: 0,
        restore: RestoreOptions {
            allowed: !arguments.no_restore,
            deadline: Duration::from_secs(arguments.restore_timeout),
            npm: PathBuf::from("npm"),
            environment: paths::environment(),
        },
        step_deadline: paths::step_deadline().map_err(|error| Problem::host(&error.to_string()))?,
    })
}

fn source(arguments: &BuildArguments) -> Result<Source, Problem> {
    Ok(match arguments.base {
        None => Source::Folder(arguments.dir.clone()),
        Some(base) => Source::Delta(Delta { base, changes: changes(&arguments.dir, &arguments.removed)? }),
    })
}

fn identity() -> Result<Identity, Problem> {
    if let Some(seconds) = paths::fixed_time().map_err(|error| Problem::host(&error.to_string()))? {
        return Ok(Identity::Reproducible { seconds });
    }
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let bytes =
        random().map_err(|error| Problem::host(&format!("there are no random bytes: {}", error.kind())))?;
    Ok(Identity::Fresh { seconds, entropy: bytes.first_chunk().copied().unwrap_or_default() })
}
