//! `hivesync map`: the module in its sandbox, from a folder to an answer.

use serde_json::{Value, json};

use super::project::Project;

/// A page, two sheets of which one imports the other, a picture, and something outside.
const SHOP: &[(&str, &str)] = &[
    (
        "index.html",
        "<!doctype html>\n<link rel=stylesheet href=css/site.css>\n<link rel=stylesheet href=https://cdn.example/f.css>\n\
         <nav id=menu><a class='item active' href=about.html>About</a></nav>\n<p class=price style='top: 4px'>12</p>\n\
         <img src=logo.png>\n",
    ),
    (
        "css/site.css",
        "@import 'reset.css' layer(reset);\n.price { color: green }\np { color: black !important }\n\
         .item:hover { color: red }\n.item { color: blue; &.active { color: navy } }\n\
         @media (max-width: 400px) { .active.item { color: gray } }\n.broken { colour: red }\n",
    ),
    ("css/reset.css", "p, a { color: silver; padding: 0 }\n"),
    ("logo.png", "no picture"),
];

fn map(project: &Project, more: &[&str]) -> Value {
    let folder = project.dir();
    let mut arguments = vec!["map", folder.to_str().unwrap(), "--json"];
    arguments.extend(more);
    project.run(&arguments).done()
}

fn nodes<'m>(map: &'m Value, kind: &str) -> Vec<&'m Value> {
    map["nodes"].as_array().unwrap().iter().filter(|node| node["type"] == kind).collect()
}

/// What each run so far has used, by the audit records.
fn fuel(project: &Project) -> Vec<u64> {
    let audit = std::fs::read_to_string(project.data().join("audit.jsonl")).unwrap();
    let entries = audit.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.map(|line| line["entry"]["event"]["influence"]["fuel"]["used"].as_u64().unwrap()).collect()
}

#[test]
fn a_map_names_files_elements_rules_and_who_wins_and_is_the_same_again() {
    let project = Project::new(SHOP);
    let deep = map(&project, &["--cia", "deep"]);
    for (kind, count) in [("html_file", 1), ("css_file", 2), ("css_external", 1), ("html_element", 9)] {
        assert_eq!(nodes(&deep, kind).len(), count, "{kind}");
    }
    let rules: Vec<_> = nodes(&deep, "css_rule").iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert!(rules.contains(&"&.active") && !rules.contains(&".broken"), "{rules:?}");
    assert_eq!(deep["limits"], json!({"hit": [], "partial": false}));
    assert_eq!(deep["diagnostics"][0]["code"], "css.declaration");
    assert_eq!(deep["diagnostics"][0]["line"], 7);
    assert_eq!(deep, map(&project, &["--cia", "deep"]));
    let fuel = fuel(&project);
    assert_eq!(fuel[0], fuel[1]);
    let off = map(&project, &["--cia", "off"]);
    assert_eq!((off["pages"].clone(), nodes(&off, "css_rule").len()), (json!([]), 0));
}

#[test]
fn why_says_who_wins_and_why_the_others_lost_with_file_and_line() {
    let project = Project::new(SHOP);
    let why = |element: &str, property: &str| {
        let folder = project.dir();
        let ended = project.run(&["map", "why", folder.to_str().unwrap(), element, property]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let price = why(".price", "color");
    assert!(price.contains("wins: `black !important` by `p` at css/site.css:3."), "{price}");
    assert!(price.contains("lost: `green` by `.price` at css/site.css:2; more important is"), "{price}");
    let item = why("#menu a", "color");
    assert!(
        item.contains(
            "wins sometimes: `gray` by `.active.item` at css/site.css:6, where `(max-width: 400px)`."
        ),
        "{item}"
    );
    assert!(item.contains("wins: `navy` by `&.active` at css/site.css:5."), "{item}");
    assert!(
        item.contains("lost: `red` by `.item:hover` at css/site.css:4, where `:hover`; later comes"),
        "{item}"
    );
    assert!(why(".price", "top").contains("`4px` in the style attribute on line 5"));
}

#[test]
fn what_is_asked_about_and_not_there_is_refused_with_its_name() {
    let project = Project::new(SHOP);
    let folder = project.dir();
    let ended = project.run(&["map", "why", folder.to_str().unwrap(), "#nobody", "color", "--json"]);
    let error = &ended.json()["error"];
    assert_eq!((ended.code, &error["code"]), (Some(1), &json!("NOT_IN_MAP")));
    assert_eq!(error["diagnostics"][0]["code"], "map.no-element");
    let ended = project.run(&["map", "/nonexistent", "--json"]);
    assert_eq!(ended.json()["error"]["code"], "INVALID_PROJECT_STRUCTURE");
}

#[test]
fn muting_and_comparing_say_what_changes_and_write_nothing() {
    let project = Project::new(SHOP);
    let muted = map(&project, &["--mute", "css/reset.css", "--mute", "&.active"]);
    let changed = muted["changed"].as_array().unwrap();
    assert!(
        changed.iter().any(|one| one["property"] == "color" && one["after"][2]["value"] == "blue"),
        "{changed:#?}"
    );
    let file = |name: &str| project.data().join(name).to_str().unwrap().to_owned();
    let folder = project.dir();
    let write = |name: &str| {
        let ended = project.run(&["map", folder.to_str().unwrap(), "--cia", "deep", "--out", &file(name)]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    };
    write("before.json");
    project.write("css/reset.css", "p, a { color: silver; padding: 1px }\n");
    write("after.json");
    let difference =
        project.run(&["map", "diff", &file("before.json"), &file("after.json"), "--json"]).done();
    let changes = difference["winner_changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    assert!(
        changes.iter().all(|one| one["property"].as_str().unwrap().starts_with("padding-")),
        "{changes:#?}"
    );
}

#[test]
fn twenty_more_pages_of_a_large_sheet_cost_less_than_the_first() {
    let rule = |at| format!(".card-{at} > .title, .list-{at}:not(.open) a:hover {{ margin: 0 {at}px }}\n");
    let sheet: String = (0..2000).map(rule).collect();
    let page = "<!doctype html><link rel=stylesheet href=a.css><p class=card-1><b class=title>1</b></p>";
    let project = Project::new(&[("a.css", &sheet), ("00.html", page)]);
    map(&project, &[]);
    for at in 1..=20 {
        project.write(&format!("{at:02}.html"), page);
    }
    assert_eq!(map(&project, &[])["pages"].as_array().unwrap().len(), 21);
    let [one, many] = fuel(&project)[..] else { panic!("two runs") };
    assert!(many - one < one / 2, "one page {one}, twenty more {}", many - one);
}

#[test]
fn imports_components_and_addresses_outside_are_in_the_map_of_a_project_of_code() {
    let project = Project::new(&[
        (
            "src/main.tsx",
            "import { Hive } from './hive';\nimport 'react';\nexport const App = () => <Hive />;\n",
        ),
        ("src/hive.tsx", "export function Hive() { return fetch('https://api.example/v1'); }\n"),
        ("tool/run.py", "from . import part\n"),
        ("tool/part.py", "import json\n"),
    ]);
    let map = map(&project, &["--cia", "off"]);
    let named = |kind: &str| nodes(&map, kind).iter().map(|node| node["name"].clone()).collect::<Vec<_>>();
    assert_eq!(named("component"), ["App"]);
    assert_eq!(named("function"), ["Hive"]);
    let mut outside = named("external_resource");
    outside.sort_by_key(ToString::to_string);
    assert_eq!(outside, ["json", "react", "v1"]);
    let edges = map["edges"].as_array().unwrap().iter();
    let imports: Vec<_> = edges.filter(|edge| edge["type"] == "import").map(|edge| &edge["line"]).collect();
    assert_eq!(imports.len(), 4, "{imports:?}");
}

#[test]
fn a_map_after_an_edit_is_the_whole_map_for_less() {
    let page = |at: usize| {
        let rows = "<tr class=row><td class='cell wide'>1</td><td class=cell>2</td></tr>".repeat(40);
        format!(
            "<!doctype html><link rel=stylesheet href=a.css><h1 class=title>{at}</h1><table>{rows}</table>"
        )
    };
    let rule = |at| format!(".cell:nth-child({at}) {{ top: {at}px }}\n.title, .wide {{ left: {at}px }}\n");
    let mut files = vec![("a.css".to_owned(), (0..50).map(rule).collect::<String>())];
    files.extend((0..40).map(|at| (format!("{at:02}.html"), page(at))));
    let project = |files: &[(String, String)]| {
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Project::new(&files)
    };
    let edited = project(&files);
    map(&edited, &["--cia", "deep"]);
    let text = page(7).replace("wide", "narrow");
    edited.write("07.html", &text);
    let after = map(&edited, &["--cia", "deep"]);
    files[8].1 = text;
    // The same files in another folder: nobody made a map of it before.
    let whole = project(&files);
    assert!(after == map(&whole, &["--cia", "deep"]));
    let ([_, part], [all]) = (&fuel(&edited)[..], &fuel(&whole)[..]) else { panic!("three runs") };
    assert!(part * 3 < *all, "{part} after an edit, {all} for the whole");
    // What was kept for one depth is nothing for another.
    assert_eq!(map(&edited, &["--cia", "off"])["pages"], json!([]));
}
