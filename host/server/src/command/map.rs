//! `hivesync map`.

mod text;

use std::path::Path;
use std::time::Duration;

use hivesync_pipeline::{Cascade, MapAnswer, MapQuestion, Maps, map_page};
use hivesync_types::Code;
use serde_json::json;

use crate::cli::{CascadeArgument, MapArguments, MapCommand};
use crate::command::build::{options, runtime};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::progress::print_quietly;
use crate::report::{self, Problem};

/// How long processes and threads may take to be gone after Ctrl-C.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &MapArguments) -> Exit {
    let json = match &arguments.question {
        None => arguments.json,
        Some(MapCommand::Why { json, .. } | MapCommand::Diff { json, .. }) => *json,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            return tell(json, &Problem::host(&format!("threads cannot be started: {}", error.kind())));
        }
    };
    let exit = match runtime.block_on(work(arguments)) {
        Ok(answer) => done(arguments, json, &answer),
        Err(problem) => tell(json, &problem),
    };
    runtime.shutdown_timeout(GOODBYE);
    exit
}

async fn work(arguments: &MapArguments) -> Result<MapAnswer, Problem> {
    let mut interrupt = Interrupt::listen()
        .map_err(|error| Problem::host(&format!("signals cannot be heard: {}", error.kind())))?;
    let maps = tokio::select! {
        biased;
        () = interrupt.heard() => return Err(Problem::interrupted()),
        maps = start() => maps?,
    };
    let answer = tokio::select! {
        biased;
        () = interrupt.heard() => Err(Problem::interrupted()),
        answer = ask(arguments, &maps) => answer,
    };
    let _ = tokio::time::timeout(GOODBYE, maps.shutdown()).await;
    answer
}

async fn start() -> Result<Maps, Problem> {
    Maps::start(options()?).await.map_err(|error| Problem::from(&error))
}

async fn ask(arguments: &MapArguments, maps: &Maps) -> Result<MapAnswer, Problem> {
    let answer = match &arguments.question {
        Some(MapCommand::Diff { before, after, .. }) => maps.compare(read(before)?, read(after)?).await,
        Some(MapCommand::Why { dir, element, property, .. }) => {
            let (element, property) = (element.clone(), property.clone());
            maps.ask(whose(dir), dir.clone(), MapQuestion::Why { element, property }).await
        }
        None => {
            let question = match arguments.mute.as_slice() {
                [] => MapQuestion::Map(match arguments.cia {
                    Some(CascadeArgument::Off) => Cascade::Off,
                    None if arguments.html.is_some() => Cascade::Deep,
                    None | Some(CascadeArgument::Basic) => Cascade::Basic,
                    Some(CascadeArgument::Deep) => Cascade::Deep,
                }),
                muted => MapQuestion::Simulate(muted.to_vec()),
            };
            let dir = arguments.dir.clone().unwrap_or_default();
            maps.ask(whose(&dir), dir, question).await
        }
    };
    answer.map_err(|error| Problem::from(&error))
}

/// The name of a project on this machine: its folder.
fn whose(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    format!("folder:{}", whole.display())
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| {
        Problem::with_code(Code::NotInMap, &format!("{} cannot be read: {}", path.display(), error.kind()))
    })
}

fn done(arguments: &MapArguments, json: bool, answer: &MapAnswer) -> Exit {
    let page = arguments.html.as_ref().map(|file| (file, map_page(&answer.json, "[]", None).into_bytes()));
    let page = page.iter().map(|(file, page)| (*file, page.as_slice()));
    let files = arguments.out.iter().map(|file| (file, answer.json.as_slice())).chain(page);
    let mut written = false;
    for (file, bytes) in files {
        if let Err(error) = std::fs::write(file, bytes) {
            let problem = Problem::host(&format!("{} cannot be written: {}", file.display(), error.kind()));
            return tell(json, &problem);
        }
        if !json {
            print_quietly(&format!("{}\n", file.display()));
        }
        written = true;
    }
    if written {
        return Exit::Done;
    }
    let value = String::from_utf8_lossy(&answer.json);
    if json {
        // The answer is JSON already, and may be large.
        let MapAnswer { cpu_us, fuel, memory_peak, .. } = answer;
        let usage = json!({ "cpu_us": cpu_us, "fuel": fuel, "memory_peak": memory_peak });
        print_quietly(&format!("{{\"command\":\"map\",\"ok\":true,\"usage\":{usage},\"result\":"));
        print_quietly(&value);
        print_quietly("}\n");
        return Exit::Done;
    }
    match serde_json::from_str(&value) {
        Ok(value) => {
            print_quietly(&text::of(&value));
            Exit::Done
        }
        Err(_) => tell(json, &Problem::with_code(Code::HostInternal, "the map is no JSON")),
    }
}

fn tell(json: bool, problem: &Problem) -> Exit {
    if json {
        print_quietly(&report::line(&problem.to_json("map")));
    } else {
        problem.print();
    }
    problem.code.into()
}
