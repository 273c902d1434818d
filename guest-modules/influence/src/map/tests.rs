use super::compare::apply;
use super::*;

const PAGE: &str = "<!doctype html><link rel=stylesheet href=a.css><p id=x class=b>1</p><p>2</p>";
const CSS: &str =
    "p{color:red}\n.b{color:blue;top:1px}\n@media print{.b{color:green}}\n.b:hover::before{content:'x'}";

fn project(files: &[(&str, &str)]) -> Project {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into()));
    Project::new(files, vec!["logo.png".to_owned()])
}

fn shop() -> Project {
    project(&[("index.html", PAGE), ("a.css", CSS)])
}

fn value(json: &[u8]) -> serde_json::Value {
    serde_json::from_slice(json).unwrap()
}

/// Keys ascend, in every object.
fn assert_canonical(text: &str) {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut stack = vec![&value];
    while let Some(value) = stack.pop() {
        match value {
            serde_json::Value::Object(map) => {
                assert!(map.keys().is_sorted(), "{:?}", map.keys().collect::<Vec<_>>());
                stack.extend(map.values());
            }
            serde_json::Value::Array(list) => stack.extend(list),
            _ => {}
        }
    }
    assert_eq!(value.to_string(), text, "spaces or escapes of our own");
}

#[test]
fn a_map_is_canonical_and_the_same_again() {
    for depth in [Depth::Off, Depth::Basic, Depth::Deep] {
        let text = String::from_utf8(map(&shop(), depth)).unwrap();
        assert_canonical(&text);
        assert_eq!(text.into_bytes(), map(&shop(), depth));
    }
}

#[test]
fn a_difference_leads_from_one_map_to_the_other_and_back() {
    let before = map(&shop(), Depth::Deep);
    let edited = CSS.replace("blue", "navy").replace("p{color:red}", "\n\nq{top:0}\np{color:red}");
    let after = map(&project(&[("index.html", PAGE), ("a.css", &edited), ("b.html", "<p>")]), Depth::Deep);
    let there = compare(&before, &after).unwrap();
    assert_canonical(&String::from_utf8(there.clone()).unwrap());
    assert_eq!(String::from_utf8(apply(&before, &there).unwrap()), String::from_utf8(after.clone()));
    let back = compare(&after, &before).unwrap();
    assert_eq!(String::from_utf8(apply(&after, &back).unwrap()), String::from_utf8(before.clone()));
    let changes = &value(&there)["winner_changes"];
    assert_eq!(changes.as_array().unwrap().len(), 1, "{changes}");
    assert_eq!(changes[0]["property"], "color");
    let nothing = value(&compare(&before, &before).unwrap());
    for list in ["nodes", "edges", "pages"] {
        for kind in ["added", "changed", "moved", "removed"] {
            assert_eq!(nothing[list][kind], serde_json::json!([]), "{list} {kind}");
        }
    }
    assert_eq!(
        (&nothing["winner_changes"], &nothing["rest"]),
        (&serde_json::json!([]), &serde_json::json!({}))
    );
}

#[test]
fn an_edit_above_moves_what_is_below_and_renames_nothing() {
    let before = map(&shop(), Depth::Deep);
    let lower = format!("<!--\n\n-->{PAGE}");
    let after = map(&project(&[("index.html", &lower), ("a.css", CSS)]), Depth::Deep);
    let difference = value(&compare(&before, &after).unwrap());
    assert_eq!(difference["nodes"]["added"], serde_json::json!([]));
    assert_eq!(difference["nodes"]["removed"], serde_json::json!([]));
    assert!(!difference["nodes"]["moved"].as_array().unwrap().is_empty());
}

#[test]
fn muting_changes_what_a_project_without_it_would_have() {
    let answer = value(&simulate(&shop(), &[".b".to_owned()]).unwrap());
    let changed = answer["changed"].as_array().unwrap();
    let of = |property: &str| changed.iter().find(|one| one["property"] == property).unwrap();
    assert_eq!(of("color")["before"][1]["value"], "blue");
    assert_eq!(of("color")["after"][0]["value"], "red");
    assert_eq!(of("top")["after"], serde_json::json!([]));
    assert_eq!(answer["restored"][0]["value"], "red");
}

/// The edges of a kind, by the names of what they join.
fn joined(map: &serde_json::Value, kind: &str) -> Vec<String> {
    let nodes = map["nodes"].as_array().unwrap();
    let name = |id: &serde_json::Value| {
        let node = nodes.iter().find(|node| node["id"] == *id)?;
        Some(format!("{} {}", node["type"].as_str().unwrap(), node["name"].as_str().unwrap()))
    };
    let edges = map["edges"].as_array().unwrap().iter().filter(|edge| edge["type"] == kind);
    let mut all: Vec<String> =
        edges.filter_map(|edge| Some(format!("{} > {}", name(&edge["from"])?, name(&edge["to"])?))).collect();
    all.sort();
    all
}

/// The names of the nodes of a kind.
fn named(map: &serde_json::Value, kind: &str) -> Vec<String> {
    let nodes = map["nodes"].as_array().unwrap().iter().filter(|node| node["type"] == kind);
    let mut all: Vec<String> = nodes.map(|node| node["name"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

#[test]
fn rules_are_joined_with_those_they_override_and_what_they_hand_down() {
    let sheet = "div{font-size:2px;width:2px;width:1px}\np{color:red;top:1px}\n.b,.c{color:blue;color:navy}\n\
        @media print{.b{left:0}}\n.b{color:green}";
    let page = "<!doctype html><link rel=stylesheet href=a.css><div><p class=b style=top:0>1</p></div>";
    let project = project(&[("a.html", page), ("b.html", page), ("a.css", sheet)]);
    let deep = value(&map(&project, Depth::Deep));
    let overridden = [
        "css_rule .b > css_rule .b,.c",
        "css_rule .b > css_rule p",
        "html_element p.b > css_rule p",
        "html_element p.b > css_rule p",
    ];
    assert_eq!(joined(&deep, "css_override"), overridden);
    assert_eq!(joined(&deep, "css_specificity"), ["css_selector .b > css_selector p"]);
    // What lies in the paragraph is text, which inherits nothing that an element would.
    assert_eq!(joined(&deep, "css_inherit"), ["css_rule div > css_property font-size"]);
    assert_eq!(joined(&deep, "css_applies_to"), ["css_media print > css_rule .b"]);
    assert_eq!(named(&deep, "css_property"), ["color", "font-size", "left", "top", "width"]);
    assert_eq!(named(&deep, "css_selector"), [".b", ".b", ".b", "div", "p"]);
    let property = deep["nodes"].as_array().unwrap().iter().find(|node| node["name"] == "font-size");
    assert_eq!(property.unwrap()["metadata"], serde_json::json!({ "inherited": true }));
    let selector = deep["nodes"].as_array().unwrap().iter().find(|node| node["type"] == "css_selector");
    assert_eq!(selector.unwrap()["metadata"]["specificity"].as_array().unwrap().len(), 3);
    let basic = value(&map(&project, Depth::Basic));
    for kind in ["css_override", "css_specificity", "css_inherit"] {
        assert_eq!(joined(&basic, kind), [""; 0], "{kind}");
    }
    assert_eq!((named(&basic, "css_property").len(), named(&basic, "css_selector").len()), (0, 5));
}

#[test]
fn a_selector_is_muted_by_its_id() {
    let project = shop();
    let deep = value(&map(&project, Depth::Deep));
    let nodes = deep["nodes"].as_array().unwrap();
    let id = nodes.iter().find(|node| node["type"] == "css_selector" && node["name"] == "p").unwrap()["id"]
        .clone();
    let by_id = simulate(&project, &[id.as_str().unwrap().to_owned()]).unwrap();
    let by_text = simulate(&project, &["p".to_owned()]).unwrap();
    assert_eq!(value(&by_id)["changed"], value(&by_text)["changed"]);
}

#[test]
fn a_deep_map_says_which_of_its_properties_are_inherited() {
    let sheet = "body{font-family:serif;width:1px;--own:2px;color:red} p{color:blue;top:0}";
    let page = "<!doctype html><link rel=stylesheet href=a.css><body><p>";
    let project = project(&[("index.html", page), ("a.css", sheet)]);
    let page = |depth| value(&map(&project, depth))["pages"][0].clone();
    assert_eq!(page(Depth::Deep)["inherits"], serde_json::json!(["--own", "color", "font-family"]));
    assert!(page(Depth::Basic).get("inherits").is_none());
    let told = String::from_utf8(why(&project, "p", "font-family").unwrap()).unwrap();
    assert!(told.contains("it is inherited from `body` (index.html:1)"), "{told}");
}

#[test]
fn no_mute_is_no_change_and_their_order_says_nothing() {
    let nothing = value(&simulate(&shop(), &[]).unwrap());
    assert_eq!(
        (&nothing["changed"], &nothing["newly_dead"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
    let both = |names: [&str; 2]| simulate(&shop(), &names.map(str::to_owned)).unwrap();
    assert_eq!(both(["p", ".b"]), both([".b", "p"]));
    let unknown = simulate(&shop(), &[".nothing".to_owned()]);
    assert_eq!(unknown, Err(NoAnswer::NothingToMute(".nothing".to_owned())));
}

#[test]
fn what_is_asked_about_and_not_there_is_named() {
    assert_eq!(why(&shop(), "#nobody", "color"), Err(NoAnswer::NoElement("#nobody".to_owned())));
    assert_eq!(why(&shop(), "#x", "colour"), Err(NoAnswer::NoProperty("colour".to_owned())));
    assert_eq!(compare(b"{}", b"[]"), Err(NoAnswer::NoMap("first")));
}

#[test]
fn thresholds_end_with_a_part_of_the_map_and_their_names() {
    let many: Vec<(String, Vec<u8>)> =
        (0..=limits::FILES_MAX).map(|at| (format!("{at:05}.css"), b"a{top:0}".to_vec())).collect();
    let hit = |files: Vec<(String, Vec<u8>)>| {
        let map = value(&map(&Project::new(files, Vec::new()), Depth::Off));
        (map["limits"]["hit"].clone(), map["limits"]["partial"].clone())
    };
    assert_eq!(hit(many[..limits::FILES_MAX].to_vec()), (serde_json::json!([]), false.into()));
    assert_eq!(hit(many), (serde_json::json!(["files"]), true.into()));
    let large = vec![("a.html".to_owned(), vec![b' '; limits::FILE_BYTES_MAX + 1])];
    assert_eq!(hit(large), (serde_json::json!(["file-bytes"]), true.into()));
}

#[test]
fn what_lies_outside_is_one_opaque_node_with_its_domain() {
    let page = "<script src=https://cdn.example/a.js></script><link rel=stylesheet href=//cdn.example/a.css>";
    let map = value(&map(&project(&[("index.html", page)]), Depth::Off));
    let outside: Vec<_> = map["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["metadata"]["domain"] == "cdn.example")
        .map(|node| node["type"].as_str().unwrap())
        .collect();
    assert_eq!(outside.len(), 2);
    assert!(outside.contains(&"css_external") && outside.contains(&"external_resource"));
}

#[test]
fn code_is_followed_from_screens_to_components_over_aliases_and_files_that_pass_names_on() {
    let files = [
        (
            "tsconfig.json",
            "{ // comment\n \"compilerOptions\": { \"baseUrl\": \".\", \"paths\": { \"@/*\": [\"src/*\"], }, }, }",
        ),
        (
            "src/app/hives/page.tsx",
            "import { Card } from '@/ui';\nimport kit from 'kit';\nimport 'missing-not';\nimport './gone';\nexport default function Hives() { return <Card /> }",
        ),
        ("src/ui/index.ts", "export * from './card.js'"),
        (
            "src/ui/card.tsx",
            "export const Card = () => <p>{label()}</p>;\nfunction label() { return 'https://api.example/v1' }",
        ),
        ("kit/package.json", "{\"name\":\"kit\",\"exports\":{\".\":{\"import\":\"./lib.mjs\"}}}"),
        ("kit/lib.mjs", "export default 1"),
    ];
    let map = value(&map(&project(&files), Depth::Off));
    let name = |id: &serde_json::Value| {
        let node = map["nodes"].as_array().unwrap().iter().find(|node| node["id"] == *id).unwrap();
        format!(
            "{}{}",
            node["path"].as_str().unwrap(),
            if node["type"] == "file" { "" } else { node["name"].as_str().unwrap() }
        )
    };
    let edges: Vec<String> = map["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            format!("{} {} {}", name(&edge["from"]), edge["type"].as_str().unwrap(), name(&edge["to"]))
        })
        .collect();
    for wanted in [
        "src/app/hives/page.tsx import src/ui/index.ts",
        "src/app/hives/page.tsx import kit/lib.mjs",
        "src/app/hives/page.tsx import missing-not",
        "src/ui/index.ts import src/ui/card.tsx",
        "src/app/hives/page.tsxHives component_contains src/ui/card.tsxCard",
        "src/ui/card.tsxCard calls src/ui/card.tsxlabel",
        "src/app/hives/page.tsx/hives route_to_component src/app/hives/page.tsxHives",
        "src/ui/card.tsx data_flow v1",
    ] {
        assert!(edges.iter().any(|edge| edge == wanted), "{wanted}\n{edges:#?}");
    }
    let missing =
        map["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "map.import").unwrap();
    assert_eq!((&missing["path"], &missing["line"]), (&"src/app/hives/page.tsx".into(), &4.into()));
}

#[test]
fn what_many_pages_lack_is_said_once() {
    let page = "<!doctype html><script src=gone.js></script>\n<script src=gone.js></script>";
    let project = project(&[("a.html", page), ("b.html", page), ("sub/c.html", page)]);
    let map = value(&super::map(&project, Depth::Off));
    let told: Vec<_> = map["diagnostics"].as_array().unwrap().iter().map(|one| &one["message"]).collect();
    assert_eq!(
        told,
        [
            "`gone.js` is not in the project. It is asked for 4 times, here first.",
            "`sub/gone.js` is not in the project. It is asked for 2 times, here first."
        ]
    );
}
