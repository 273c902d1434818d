//! Modules in, a bundle out.

// What the tests share is test code too, though the lint cannot see it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use transform::Piece;
use transform::api::{BundleGraph, LinkedBundle, LinkedModule};

fn module(path: &str, id: u32, code: u32, dependencies: Vec<Option<u32>>) -> LinkedModule {
    LinkedModule { path: path.to_owned(), id, code, code_lines: 2, map: Some(code + 100), dependencies }
}

fn graph() -> BundleGraph {
    BundleGraph {
        name: "main.jsbundle".to_owned(),
        dev: true,
        prelude: "var __DEV__=true;\nvar x;".to_owned(),
        scripts: vec![LinkedModule { map: None, ..module("polyfill.js", 0, 7, Vec::new()) }],
        modules: vec![module("a \"q\".js", 0, 1, vec![Some(4), None]), module("b.js", 4, 2, Vec::new())],
        elsewhere: Vec::new(),
        run: vec![4, 0],
    }
}

/// Joins the pieces, a blob as its number between marks, with the lines it is said to have.
fn joined(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Blob(number) => format!("<{number}\n\n>"),
            Piece::File(path) => panic!("no file {path} was asked for"),
        })
        .collect()
}

fn linked(graph: &BundleGraph) -> LinkedBundle {
    transform::link(graph).unwrap()
}

#[test]
fn modules_stand_between_prelude_and_calls_in_order_of_their_ids() {
    let expected = "var __DEV__=true;\nvar x;\n<7\n\n>\n__d(<1\n\n>,0,[4,null],\"a \\\"q\\\".js\");\n\
                    __d(<2\n\n>,4,[],\"b.js\");\n__r(4);\n__r(0);\n//# sourceMappingURL=main.jsbundle.map\n";
    assert_eq!(joined(&linked(&graph()).bundle), expected);
}

#[test]
fn production_says_no_names() {
    let graph = BundleGraph { dev: false, ..graph() };
    assert!(joined(&linked(&graph).bundle).contains(",0,[4,null]);\n"));
}

#[test]
fn each_section_of_the_map_begins_at_the_line_of_its_module() {
    let answer = linked(&graph());
    let bundle = joined(&answer.bundle);
    let line_of = |text: &str| bundle[..bundle.find(text).unwrap()].matches('\n').count();
    let map: String = answer
        .map
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Blob(number) => format!("{{\"blob\":{number}}}"),
            Piece::File(path) => panic!("no file {path} was asked for"),
        })
        .collect();
    let map: serde_json::Value = serde_json::from_str(&map).unwrap();
    let sections = map["sections"].as_array().unwrap();
    let seen: Vec<_> =
        sections.iter().map(|section| (&section["offset"]["line"], &section["map"]["blob"])).collect();
    assert_eq!(seen.len(), 2, "a script without a map has no section");
    assert_eq!((seen[0].0.as_u64(), seen[0].1.as_u64()), (u64::try_from(line_of("__d(<1")).ok(), Some(101)));
    assert_eq!((seen[1].0.as_u64(), seen[1].1.as_u64()), (u64::try_from(line_of("__d(<2")).ok(), Some(102)));
}

#[test]
fn ids_out_of_order_doubled_or_missing_are_refused() {
    let mut doubled = graph();
    doubled.modules[1].id = 0;
    let mut missing = graph();
    missing.modules[0].dependencies = vec![Some(9)];
    let mut nothing_to_run = graph();
    nothing_to_run.run = vec![9];
    for wrong in [doubled, missing, nothing_to_run] {
        let faults = transform::link(&wrong).unwrap_err();
        assert_eq!(faults[0].code, "bundle.link");
    }
}

#[test]
fn a_part_may_ask_for_what_another_file_holds_and_not_for_what_none_has() {
    let mut part = graph();
    part.modules[0].dependencies = vec![Some(9)];
    part.elsewhere = vec![2, 9];
    assert!(joined(&linked(&part).bundle).contains(",0,[9],"));
    part.name = "assets/chunks/part.js".to_owned();
    assert!(joined(&linked(&part).bundle).ends_with("//# sourceMappingURL=part.js.map\n"));
    for elsewhere in [vec![9, 2], vec![9, 9], vec![4, 9], vec![2]] {
        let faults =
            transform::link(&BundleGraph { elsewhere: elsewhere.clone(), ..part.clone() }).unwrap_err();
        assert_eq!(faults[0].code, "bundle.link", "{elsewhere:?}");
    }
}

#[test]
fn a_bundle_of_nothing_is_still_a_bundle() {
    let empty = BundleGraph { scripts: Vec::new(), modules: Vec::new(), run: Vec::new(), ..graph() };
    assert!(joined(&linked(&empty).map).contains("\"sections\":[]}"));
}
