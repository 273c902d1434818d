//! A project in memory, for the tests: files, links, and a mapper that finds the specifiers of
//! `require` and `import` by their looks.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hivesync_guest::{Level, LogSink};

use crate::wire::{BundleGraph, Dependency, DependencyKind, LinkedBundle, PluginOptions, TransformOptions};
use crate::{Diagnostic, Entry, EntryKind, Host, Job, Piece, ReadError, Stage, Transformed, WriteError};

#[derive(Default)]
pub(crate) struct Project {
    files: BTreeMap<String, Vec<u8>>,
    links: BTreeMap<String, String>,
    pub(crate) jobs: RefCell<Vec<Job>>,
    /// Jobs of each call.
    pub(crate) calls: RefCell<Vec<usize>>,
    pub(crate) options: RefCell<Vec<(Job, TransformOptions)>>,
    /// Paths of each call to `rewrite`.
    pub(crate) rewritten: RefCell<Vec<Vec<String>>>,
    pub(crate) written: RefCell<BTreeMap<String, Vec<Piece>>>,
    /// The first file.
    pub(crate) linked: RefCell<Option<BundleGraph>>,
    /// All files, in the order in which they were linked.
    pub(crate) all_linked: RefCell<Vec<BundleGraph>>,
    pub(crate) lines: RefCell<Vec<String>>,
    pub(crate) reads: RefCell<Vec<String>>,
    pub(crate) progress: RefCell<Vec<(Stage, u32, u32)>>,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.as_bytes().to_vec());
        self
    }

    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.links.insert(path.to_owned(), target.to_owned());
        self
    }
}

impl LogSink for Project {
    fn write_line(&self, _level: Level, line: &str) {
        self.lines.borrow_mut().push(line.to_owned());
    }
}

impl Host for Project {
    fn entries(&self, start: u32) -> Vec<Entry> {
        let files = self
            .files
            .iter()
            .map(|(path, bytes)| (path, EntryKind::File(u64::try_from(bytes.len()).unwrap())));
        let links = self.links.iter().map(|(path, target)| (path, EntryKind::Link(target.clone())));
        let mut all: Vec<_> =
            files.chain(links).map(|(path, kind)| Entry { path: path.clone(), kind }).collect();
        all.sort_by(|left, right| left.path.cmp(&right.path));
        // Small pages for small projects, so that every test pages.
        let page = if all.len() < 100 { 3 } else { 4096 };
        all.into_iter().skip(usize::try_from(start).unwrap()).take(page).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.reads.borrow_mut().push(path.to_owned());
        self.files.get(path).cloned().ok_or(ReadError::NotFound)
    }

    fn transform(
        &self,
        jobs: &[Job],
        options: &TransformOptions,
    ) -> Vec<Result<Transformed, Vec<Diagnostic>>> {
        self.calls.borrow_mut().push(jobs.len());
        self.jobs.borrow_mut().extend(jobs.iter().cloned());
        self.options.borrow_mut().extend(jobs.iter().map(|job| (job.clone(), options.clone())));
        jobs.iter()
            .map(|job| {
                let bytes =
                    job.text.clone().map(String::into_bytes).or_else(|| self.files.get(&job.path).cloned());
                let text = String::from_utf8(bytes.unwrap_or_default()).unwrap();
                if text.contains("SYNTAX ERROR") {
                    return Err(vec![crate::diagnose::about("bundle.syntax", "bad", &job.path)]);
                }
                Ok(Transformed {
                    code: 0,
                    code_bytes: number(text.len()),
                    code_lines: 0,
                    map: 0,
                    dependencies: if job.kind == crate::wire::SourceKind::Polyfill {
                        vec![]
                    } else {
                        edges(&text)
                    },
                    is_esm: false,
                    diagnostics: vec![],
                })
            })
            .collect()
    }

    fn rewrite(
        &self,
        paths: &[String],
        _options: &PluginOptions,
    ) -> Result<Vec<Result<bool, Vec<Diagnostic>>>, Vec<Diagnostic>> {
        self.rewritten.borrow_mut().push(paths.to_vec());
        let refused =
            |path: &String| self.files.get(path).is_some_and(|bytes| bytes.ends_with(b"PLUGIN ERROR"));
        let answers = paths.iter().map(|path| match refused(path) {
            true => Err(vec![crate::diagnose::about("bundle.plugin-failed", "bad", path)]),
            false => Ok(true),
        });
        Ok(answers.collect())
    }

    fn link(&self, graph: &BundleGraph) -> Result<LinkedBundle, Vec<Diagnostic>> {
        self.linked.borrow_mut().get_or_insert_with(|| graph.clone());
        self.all_linked.borrow_mut().push(graph.clone());
        Ok(LinkedBundle { bundle: vec![Piece::Text("bundle".into())], map: vec![Piece::Text("map".into())] })
    }

    fn write(&self, name: &str, pieces: &[Piece]) -> Result<(), WriteError> {
        if name.contains(' ') {
            return Err(WriteError::BadName);
        }
        match self.written.borrow_mut().insert(name.to_owned(), pieces.to_vec()) {
            Some(_) => Err(WriteError::Duplicate),
            None => Ok(()),
        }
    }

    fn progress(&self, stage: Stage, done: u32, total: u32) {
        self.progress.borrow_mut().push((stage, done, total));
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}

/// One edge a line: `require x`, `import x`, `lazy x`, `weak x`, `try x`.
fn edges(text: &str) -> Vec<Dependency> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let (word, specifier) = line.split_once(' ')?;
            let kind = match word {
                "require" | "try" => DependencyKind::Require,
                "import" => DependencyKind::Import,
                "lazy" => DependencyKind::DynamicImport,
                "weak" => DependencyKind::Weak,
                _ => return None,
            };
            Some(Dependency {
                specifier: specifier.to_owned(),
                kind,
                optional: word == "try",
                line: number(at) + 1,
                column: number(word.len()) + 2,
                context: None,
            })
        })
        .collect()
}

/// The graph of a web app that begins in `index.js`, and the order of its modules.
pub(crate) fn web_graph(project: &Project) -> (crate::graph::Graph, Vec<crate::graph::ModuleIndex>) {
    use crate::resolve::{Resolver, Settings};
    let image = crate::image::Image::read(project);
    let packages = crate::packages::Packages::new(project, &image);
    let settings = Settings::new(crate::wire::Flavour::Web, crate::Platform::Web, false);
    let resolver = Resolver::new(&image, &packages, settings, None);
    let variables = crate::env::Environment { of_app: vec![], of_packages: vec![], at_run_time: vec![] };
    let options = crate::graph::OptionsByPlace::new(web_options(), &variables);
    let walk = crate::graph::Walk {
        host: project,
        image: &image,
        resolver: &resolver,
        options: &options,
        environment: "",
        plugins: None,
        styles: None,
    };
    let graph = walk.run(&crate::project::EntryModule { path: "index.js".to_owned(), text: None });
    let order = crate::graph::depth_first(&graph);
    (graph, order)
}

fn web_options() -> TransformOptions {
    TransformOptions {
        platform: crate::Platform::Web,
        dev: false,
        minify: false,
        flavour: crate::wire::Flavour::Web,
        inline_requires: false,
        asset_registry: String::new(),
        env: vec![],
        jsx_import_source: "react".to_owned(),
        engine: crate::wire::Engine::HermesV1,
        worklets: None,
        decorators: None,
    }
}
