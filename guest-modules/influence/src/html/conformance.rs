//! The cases of html5lib, of which each is a document or a fragment and the tree that it is.

use std::fmt::Write as _;
use std::path::PathBuf;

use html5ever::driver::ParseOpts;
use html5ever::interface::QuirksMode;
use html5ever::tendril::TendrilSink as _;
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{LocalName, Namespace, QualName, ns};

use super::sink::Sink;
use super::{Document, NodeData, NodeId};

/// All of them.
const CASES: usize = 1_708;

/// The standard of 2025 lets a `select` hold any element; before, the parser dropped them.
const SELECT: &str = "a select holds any element";
/// The standard of 2021 has elements of HTML leave a foreign context in fragments, too.
const FOREIGN: &str = "an element of HTML leaves the foreign context of a fragment";

/// Cases whose tree is another here, because the cases are older than the standard that
/// browsers follow: the file, which one of it, and what has changed.
const DIFFERENT: [(&str, usize, &str); 24] = [
    ("foreign-fragment.dat", 1, FOREIGN),
    ("foreign-fragment.dat", 2, FOREIGN),
    ("foreign-fragment.dat", 39, FOREIGN),
    ("foreign-fragment.dat", 41, FOREIGN),
    ("foreign-fragment.dat", 48, FOREIGN),
    ("foreign-fragment.dat", 49, FOREIGN),
    ("menuitem-element.dat", 14, SELECT),
    ("tests1.dat", 30, SELECT),
    ("tests1.dat", 102, SELECT),
    ("tests10.dat", 4, SELECT),
    ("tests10.dat", 5, SELECT),
    ("tests10.dat", 17, SELECT),
    ("tests10.dat", 18, SELECT),
    ("tests18.dat", 14, SELECT),
    ("tests18.dat", 15, SELECT),
    ("tests7.dat", 31, SELECT),
    ("tests9.dat", 5, SELECT),
    ("tests9.dat", 6, SELECT),
    ("tests9.dat", 18, SELECT),
    ("tests9.dat", 19, SELECT),
    ("tests_innerHTML_1.dat", 80, SELECT),
    ("tests_innerHTML_1.dat", 81, SELECT),
    ("tests_innerHTML_1.dat", 82, SELECT),
    ("webkit02.dat", 18, SELECT),
];

#[derive(Debug, Default)]
struct Case {
    data: String,
    context: Option<String>,
    /// The cases that say nothing are read as maps are: without scripts.
    scripting: bool,
    tree: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/html5lib")
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut section = "";
    let lines: Vec<&str> = text.split('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        // A text of a tree may hold anything but the beginning of the next case.
        let begins = *line == "#data" && (at == 0 || lines[at - 1].is_empty());
        let is_head = begins
            || section != "#document"
                && ["#errors", "#document-fragment", "#script-on", "#script-off", "#document"].contains(line);
        if is_head {
            section = line;
            match *line {
                "#data" => cases.push(Case::default()),
                "#script-on" => cases.last_mut().unwrap().scripting = true,
                _ => {}
            }
            continue;
        }
        let case = cases.last_mut().unwrap();
        match section {
            "#data" => case.data += &format!("{line}\n"),
            "#document-fragment" => case.context = Some((*line).to_owned()),
            "#document" => case.tree += &format!("{line}\n"),
            _ => {}
        }
    }
    for case in &mut cases {
        case.data.pop();
        case.tree = case.tree.trim_end_matches('\n').to_owned();
    }
    cases
}

fn parsed(case: &Case) -> Document {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: case.scripting,
            quirks_mode: QuirksMode::NoQuirks,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    let Some(context) = &case.context else {
        return html5ever::parse_document(Sink::complete(), options).one(case.data.as_str());
    };
    let (namespace, name) = match context.split_once(' ') {
        Some(("svg", name)) => (ns!(svg), name),
        Some(("math", name)) => (ns!(mathml), name),
        _ => (ns!(html), context.as_str()),
    };
    let name = QualName::new(None, namespace, LocalName::from(name));
    html5ever::parse_fragment(Sink::complete(), options, name, Vec::new(), case.scripting)
        .one(case.data.as_str())
}

fn prefix(namespace: &Namespace) -> &'static str {
    match *namespace {
        ns!(svg) => "svg ",
        ns!(mathml) => "math ",
        ns!(xlink) => "xlink ",
        ns!(xml) => "xml ",
        ns!(xmlns) => "xmlns ",
        _ => "",
    }
}

/// The tree as the cases write it.
fn written(document: &Document, case: &Case) -> String {
    let top = match case.context {
        // What a fragment consists of hangs below an element that is no part of it.
        Some(_) => {
            document.children(NodeId::DOCUMENT).find(|child| document.element(*child).is_some()).unwrap()
        }
        None => NodeId::DOCUMENT,
    };
    let mut text = String::new();
    let mut open: Vec<(NodeId, usize)> = document.children(top).map(|child| (child, 0)).collect();
    open.reverse();
    while let Some((id, depth)) = open.pop() {
        let indent = "  ".repeat(depth);
        let mut below: Vec<(NodeId, usize)> = document.children(id).map(|child| (child, depth + 1)).collect();
        match &document.node(id).unwrap().data {
            NodeData::Doctype(said) => writeln!(text, "| {indent}<!DOCTYPE {said}>").unwrap(),
            NodeData::Text(said) => writeln!(text, "| {indent}\"{said}\"").unwrap(),
            NodeData::Comment(said) => writeln!(text, "| {indent}<!-- {said} -->").unwrap(),
            NodeData::Element(element) => {
                writeln!(text, "| {indent}<{}{}>", prefix(&element.name.ns), element.tag()).unwrap();
                let mut attributes: Vec<String> = element
                    .attributes
                    .iter()
                    .map(|one| format!("{}{}=\"{}\"", prefix(&one.name.ns), one.name.local, one.value))
                    .collect();
                attributes.sort();
                for attribute in attributes {
                    writeln!(text, "| {indent}  {attribute}").unwrap();
                }
                if let Some(contents) = element.contents {
                    writeln!(text, "| {indent}  content").unwrap();
                    below = document.children(contents).map(|child| (child, depth + 2)).collect();
                }
            }
            NodeData::Document | NodeData::Fragment | NodeData::Instruction => {}
        }
        open.extend(below.into_iter().rev());
    }
    text.trim_end_matches('\n').to_owned()
}

#[test]
fn documents_and_fragments_are_the_trees_that_html5lib_has() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|one| one.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "dat"));
    files.sort();
    let (mut count, mut different) = (0, Vec::new());
    for path in files {
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for (at, case) in cases(&text).iter().enumerate() {
            count += 1;
            let tree = written(&parsed(case), case);
            if tree != case.tree {
                different.push((file.clone(), at + 1));
                if !DIFFERENT.iter().any(|(known, number, _)| *known == file && *number == at + 1) {
                    println!("{file} {}\n{case:?}\n{tree}\n{}\n", at + 1, case.tree);
                }
            }
        }
    }
    assert_eq!(count, CASES);
    let known: Vec<(String, usize)> =
        DIFFERENT.iter().map(|(file, at, _)| ((*file).to_owned(), *at)).collect();
    assert_eq!(different, known);
}
