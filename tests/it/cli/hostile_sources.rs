//! Sources that are made to break a bundler, through the whole sandbox: each ends with a bundle,
//! a diagnostic or a limit, by its code.

use serde_json::Value;

use super::project::{Project, unzip};

/// More than a graph of people's making is deep.
const DEPTH: usize = 10_000;

/// A small app whose `greet.js` is this.
fn with(source: &[u8]) -> Project {
    let project = Project::small(&[]);
    std::fs::write(project.path("greet.js"), source).unwrap();
    project
}

#[test]
fn a_chain_of_ten_thousand_imports_is_named_and_a_tenth_of_it_is_a_bundle() {
    let project = Project::small(&[("greet.js", "import './chain/0';\nexport const greet = () => 1;\n")]);
    for number in 0..DEPTH {
        let next = if number + 1 < DEPTH { format!("import './{}';\n", number + 1) } else { String::new() };
        project.write(&format!("chain/{number}.js"), &next);
    }
    let error = project.refused("PREVIEW_BUILD_FAILED", 1);
    let diagnostic = &error["diagnostics"][0];
    assert_eq!(diagnostic["code"], "bundle.too-many-modules", "{error:#}");
    assert!(diagnostic["path"].as_str().is_some_and(|path| path.starts_with("chain/")), "{error:#}");
    assert!(diagnostic["hint"].is_string(), "{error:#}");
    // A tenth of it is a project like any other.
    project.write(&format!("chain/{}.js", DEPTH / 10), "globalThis.reached = 'the end';\n");
    project.build(&[]).done();
    assert!(unzip(&project.out(), "main.jsbundle").contains("the end"));
}

#[test]
fn a_line_of_fifty_megabytes_is_refused_by_its_size() {
    let project = with(&[b"export const greet = () => '", vec![b'x'; 50 << 20].as_slice(), b"';\n"].concat());
    let error = project.refused("PREVIEW_BUILD_FAILED", 1);
    let diagnostic = &error["diagnostics"][0];
    assert_eq!(diagnostic["code"], "bundle.too-large", "{error:#}");
    assert_eq!(diagnostic["path"], "greet.js");
}

#[test]
fn a_line_that_takes_more_memory_than_there_is_ends_by_that_limit() {
    let project = with(&[b"export const greet = [".as_slice(), &b"1,".repeat(12 << 20), b"1];\n"].concat());
    let error = project.refused("SANDBOX_LIMIT_EXCEEDED", 3);
    assert_eq!(error["cause"], "limit.memory", "{error:#}");
}

#[test]
fn bytes_that_are_not_utf8_are_shown_at_their_place() {
    let project = with(b"const name = 'x';\nexport const greet = '\xff\xfe';\n");
    let error = project.refused("PREVIEW_BUILD_FAILED", 1);
    let diagnostic = &error["diagnostics"][0];
    assert_eq!(diagnostic["code"], "bundle.encoding", "{error:#}");
    assert_eq!((&diagnostic["path"], &diagnostic["line"]), (&"greet.js".into(), &2.into()));
    assert!(diagnostic["frame"].is_string() && diagnostic["hint"].is_string());
}

#[test]
fn source_maps_that_are_hostile_neither_stop_a_build_nor_get_into_its_map() {
    let maps = [
        ("none", "{".to_owned()),
        (
            "huge",
            format!(r#"{{"version":3,"sources":["a"],"names":[],"mappings":"{}"}}"#, ";".repeat(1 << 20)),
        ),
        (
            "outside",
            r#"{"version":3,"sources":["../../secret-of-the-host"],"names":[],"mappings":"DDDD,//////D"}"#
                .to_owned(),
        ),
        (
            "nested",
            format!(
                r#"{{"version":3,"sections":[{}]}}"#,
                vec![r#"{"offset":{"line":0,"column":0},"map":{"version":3,"mappings":"A"}}"#; 5000]
                    .join(",")
            ),
        ),
    ];
    let project = Project::small(&[]);
    let mut imports = String::from("import './elsewhere';\nexport const greet = () => 1;\n");
    project.write("elsewhere.js", "globalThis.e = 1;\n//# sourceMappingURL=../../secret-of-the-host\n");
    for (name, map) in maps {
        let map: String = map.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let text = format!("globalThis.{name} = 1;\n//# sourceMappingURL=data:application/json,{map}\n");
        project.write(&format!("{name}.js"), &text);
        imports.push_str(&format!("import './{name}';\n"));
    }
    project.write("greet.js", &imports);
    project.build(&[]).done();
    let map = unzip(&project.out(), "main.jsbundle.map");
    assert!(serde_json::from_str::<Value>(&map).unwrap()["version"] == 3);
    assert!(!map.contains("\"../../secret-of-the-host"), "a source outside of the project is named");
}
