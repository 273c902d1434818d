//! What a map costs without a sandbox, for `cargo xtask bench influence`.
//!
//! ```text
//! cargo run --release -p influence --example figures -- DIR [RUNS]
//! ```
//!
//! One figure a line: a name, a tab, a number. Times are milliseconds of this thread on a
//! processor, so that what else the machine does is not counted.

use std::fs;
use std::path::Path;

use influence::bindings::hivesync::build::module_types::SourceFile;
use influence::measure::Subject;
use influence::{ProjectFiles, Question, ask};

/// Rules that are switched off one by one, evenly taken from all.
const MUTES: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let runs: usize = arguments.next().map_or(Ok(5), |runs| runs.parse())?;
    let project = read(Path::new(&folder))?;
    let deep = || Question::Map(influence::bindings::exports::hivesync::build::influence::Depth::Deep);
    let mut maps = Vec::new();
    for _ in 0..runs {
        let project = project.clone();
        maps.push(timed(|| ask(project, deep()))?.1);
    }
    println!("map\t{}", median(maps));
    let mut subject = Subject::new(project);
    // The outlines of selectors are made for the first who asks.
    let expected = subject.matches();
    let mut matching = Vec::new();
    for _ in 0..runs {
        matching.push(timed(|| subject.matches())?.1);
    }
    println!("match\t{}", median(matching));
    let (found, naive) = timed(|| subject.matches_naively())?;
    if found != expected {
        return Err(format!("{expected} pairs are found when looked up, and {found} are there").into());
    }
    println!("match naively\t{naive}");
    let mutes = subject.mutes();
    let rules = mutes.rules();
    let step = (rules.len() / MUTES).max(1);
    let mut each = Vec::new();
    // What the first one looks up for all is no part of the others.
    for rule in rules.iter().step_by(step).take(MUTES + 1) {
        each.push(timed(|| mutes.without(rule))?.1);
    }
    each.remove(0);
    println!("mute mean\t{}", each.iter().sum::<f64>() / f64::from(u32::try_from(each.len())?));
    println!("mute worst\t{}", each.iter().copied().fold(0.0, f64::max));
    Ok(())
}

/// The files that lie in a folder itself.
fn read(folder: &Path) -> std::io::Result<ProjectFiles> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        files.push(SourceFile { path: name.unwrap_or_default(), bytes: fs::read(&path)? });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(ProjectFiles { files, names: Vec::new() })
}

fn timed<T>(work: impl FnOnce() -> T) -> Result<(T, f64), Box<dyn std::error::Error>> {
    let before = on_processor()?;
    let done = work();
    Ok((done, on_processor()? - before))
}

/// Milliseconds that this thread has run, as the kernel counts them.
fn on_processor() -> Result<f64, Box<dyn std::error::Error>> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().ok_or("the kernel does not tell")?.parse()?;
    Ok(nanoseconds / 1e6)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
