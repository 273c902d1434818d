//! Building bundles: cold, warm, after an edit; against Metro, esbuild and rspack.
//!
//! Cold means that nothing of the project is known; the guests are compiled, as they are
//! after an installation. Warm is the second build. Both figures are of a whole process,
//! start and end included. The edit changes one file of the app under `--watch`, and is
//! measured from before the file is written until the new bundle is announced; Metro has no
//! such mode that writes a bundle, so its figure is that of a warm process. All walls are on,
//! source maps are on.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::measure::{Taken, measure};
use super::row::Row;
use super::{median, seconds, watch};
use crate::house::House;
use crate::setup::{self, Node};

/// The rspack that web bundles are compared with.
const RSPACK: &str = "@rspack/core@2.3.2";

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// One native app and the file that is edited in it.
struct Subject {
    app: &'static str,
    edited: &'static str,
    cpu_times: f64,
    cold_seconds: f64,
    warm_seconds: f64,
}

const SUBJECTS: [Subject; 2] = [
    Subject { app: "rn-bare", edited: "App.tsx", cpu_times: 25.0, cold_seconds: 1.0, warm_seconds: 0.25 },
    Subject {
        app: "expo-default",
        edited: "src/app/index.tsx",
        cpu_times: 20.0,
        cold_seconds: 2.0,
        warm_seconds: 0.4,
    },
];

/// The lines of the table, one for each app where a line has two.
pub(crate) fn rows(house: &House, runs: usize) -> Result<Vec<Row>> {
    let bench = Bench::prepare(house, runs)?;
    let mut rows = Vec::new();
    let mut memory = Vec::new();
    for subject in &SUBJECTS {
        let ours = bench.ours(subject, &mut memory)?;
        let metro = bench.metro(subject)?;
        let name = |line: &str| format!("{line}: {}", subject.app);
        rows.push(Row::less_than(
            name("CPU, cold, against cold Metro"),
            ours.cold_cpu,
            "s",
            "Metro",
            metro.cold_cpu,
            subject.cpu_times,
        ));
        rows.push(
            Row::at_most(name("wall, cold, two cores"), ours.cold, "s", subject.cold_seconds)
                .and_less_than("Metro", metro.cold, 1.0),
        );
        rows.push(
            Row::at_most(name("wall with the shared package cache"), ours.warm, "s", subject.warm_seconds)
                .and_less_than("Metro", metro.warm, 10.0),
        );
        rows.push(Row::at_most(name("one file edited"), ours.edited, "s", 0.1).and_less_than(
            "Metro",
            metro.edited,
            25.0,
        ));
    }
    let web = bench.web(&mut memory)?;
    // Twice the time is half the speed.
    rows.push(Row::less_than("web, against esbuild native", web.ours, "s", "esbuild", web.esbuild, 0.5));
    rows.push(Row::less_than("web, against rspack native", web.ours, "s", "rspack", web.rspack, 0.5));
    let peak = memory.iter().copied().reduce(f64::max);
    rows.push(Row::at_most("peak memory of a runner", peak, "MiB", 128.0));
    Ok(rows)
}

/// Medians in seconds.
#[derive(Default)]
struct Figures {
    cold_cpu: Option<f64>,
    cold: Option<f64>,
    warm: Option<f64>,
    edited: Option<f64>,
}

/// The same for the web app.
struct WebFigures {
    ours: Option<f64>,
    esbuild: Option<f64>,
    rspack: Option<f64>,
}

struct Bench<'a> {
    house: &'a House,
    node: Node,
    runs: usize,
    folder: PathBuf,
    /// Data folders that were made.
    folders: Cell<usize>,
}

impl<'a> Bench<'a> {
    fn prepare(house: &'a House, runs: usize) -> Result<Self> {
        let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
        for app in ["rn-bare", "expo-default", "web-mui"] {
            setup::install_app(house, &node, app)?;
        }
        let folder = house.target("bench");
        empty(&folder)?;
        let bench = Self { house, node, runs, folder, folders: Cell::new(0) };
        bench.compile_guests()?;
        Ok(bench)
    }

    /// What an installation does once: a first build leaves the compiled guests behind.
    fn compile_guests(&self) -> Result<()> {
        let small = self.folder.join("small");
        empty(&small)?;
        fs::write(small.join("package.json"), r#"{"name":"small","main":"index.js"}"#)?;
        fs::write(small.join("index.js"), "document.title = 'small';\n")?;
        measure(&self.build(&small, "web", &self.compiled()))?;
        Ok(())
    }

    fn compiled(&self) -> PathBuf {
        self.folder.join("compiled")
    }

    /// A data folder that knows the compiled guests and nothing else. The ones before are left
    /// for the end: a file system is slow to make files where it just removed thousands.
    fn fresh_data(&self) -> Result<PathBuf> {
        let number = self.folders.get();
        self.folders.set(number + 1);
        let data = self.folder.join(format!("data-{number}"));
        copy(&self.compiled(), &data)?;
        Ok(data)
    }

    fn build(&self, project: &Path, platform: &str, data: &Path) -> Command {
        let mut command = Command::new(self.house.product("bin/hivesync"));
        command
            .args(["build", "--platform", platform, "--json", "--no-restore"])
            .arg(project)
            .arg("--out")
            .arg(self.folder.join("bundle.zip"))
            .env("HIVESYNC_HOME", self.house.product(""))
            .env("DATA_DIR", data)
            .env("LOG_LEVEL", "error");
        command
    }

    fn ours(&self, subject: &Subject, memory: &mut Vec<f64>) -> Result<Figures> {
        let project = self.house.app(subject.app);
        let (mut cold, mut cold_cpu, mut warm, mut edited) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for run in 0..self.runs {
            let data = self.fresh_data()?;
            let build = self.build(&project, "ios", &data);
            let (taken, printed) = measure(&build)?;
            cold.push(seconds(taken.wall));
            cold_cpu.push(seconds(taken.cpu));
            memory.push(peak_mebibytes(&printed)?);
            warm.push(seconds(measure(&build)?.0.wall));
            if run + 1 == self.runs {
                let file = project.join(subject.edited);
                edited = watch::edits(self.build(&project, "ios", &data), &file, self.runs)?;
            }
        }
        Ok(Figures {
            cold_cpu: median(cold_cpu),
            cold: median(cold),
            warm: median(warm),
            edited: median(edited),
        })
    }

    fn metro(&self, subject: &Subject) -> Result<Figures> {
        let project = self.house.app(subject.app);
        let work = self.folder.join("metro");
        empty(&work)?;
        let bundle = |keep_cache: bool| -> Result<Taken> {
            let mut command = self.node.command();
            command.arg(self.house.root("tests/parity/metro.mjs")).args([
                "bundle",
                "--app",
                subject.app,
                "--root",
            ]);
            command.arg(&project).arg("--out").arg(work.join("main.jsbundle"));
            if keep_cache {
                command.arg("--keep-cache");
            }
            eprintln!("bench: Metro, {}, {}", subject.app, if keep_cache { "warm" } else { "cold" });
            Ok(measure(&command)?.0)
        };
        let cold = bundle(false)?;
        let warm = bundle(true)?;
        let edit = Edit::make(&project.join(subject.edited), 0)?;
        let edited = bundle(true)?;
        edit.undo()?;
        Ok(Figures {
            cold_cpu: Some(seconds(cold.cpu)),
            cold: Some(seconds(cold.wall)),
            warm: Some(seconds(warm.wall)),
            edited: Some(seconds(edited.wall)),
        })
    }

    fn web(&self, memory: &mut Vec<f64>) -> Result<WebFigures> {
        let project = self.house.app("web-mui");
        let tool = self.node.tool(self.house, "@rspack/core", RSPACK)?;
        let (mut ours, mut esbuild, mut rspack) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.runs {
            let data = self.fresh_data()?;
            let (taken, printed) = measure(&self.build(&project, "web", &data))?;
            ours.push(seconds(taken.wall));
            memory.push(peak_mebibytes(&printed)?);
            let mut peer = Command::new(project.join("node_modules/.bin/esbuild"));
            peer.current_dir(&project)
                .args(["src/index.tsx", "--bundle", "--sourcemap", "--log-level=error"])
                .arg("--define:process.env.NODE_ENV=\"production\"")
                .arg(format!("--outfile={}", self.folder.join("esbuild/out.js").display()))
                .env("PATH", crate::command::path_with(self.node.folder())?);
            esbuild.push(seconds(measure(&peer)?.0.wall));
            let mut peer = self.node.command();
            peer.arg(self.house.root("tests/parity/rspack.mjs")).arg(&tool).arg(&project);
            peer.arg(self.folder.join("rspack/out.js"));
            rspack.push(seconds(measure(&peer)?.0.wall));
        }
        Ok(WebFigures { ours: median(ours), esbuild: median(esbuild), rspack: median(rspack) })
    }
}

/// A change of one source file, taken back afterwards.
pub(super) struct Edit {
    path: PathBuf,
    before: String,
}

impl Edit {
    pub(super) fn make(path: &Path, run: usize) -> Result<Self> {
        let before = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(path, format!("{before}\nglobalThis.edited = {run};\n"))?;
        Ok(Self { path: path.to_owned(), before })
    }

    pub(super) fn undo(self) -> Result<()> {
        fs::write(&self.path, self.before).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn peak_mebibytes(printed: &str) -> Result<f64> {
    let answer: Value =
        serde_json::from_str(printed).context("`hivesync build --json` did not print JSON")?;
    let bytes = answer.pointer("/result/peak_memory_bytes").and_then(Value::as_f64);
    Ok(bytes.context("the build does not tell its peak memory")? / MEBIBYTE)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    crate::command::run(Command::new("cp").arg("-a").arg(from).arg(to))
}
