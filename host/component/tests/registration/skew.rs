//! Modules of another version of `wit/`.

use std::fmt::Write as _;

use hivesync_component::check;
use hivesync_protocol::World;

use crate::guest::{ALL_GRANTS, Change, LIMITS, guest};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/registration/skew.golden");
const BUNDLER: (&str, World) = ("preview-bundler", World::PreviewBundler);
const TRANSFORM: (&str, World) = ("transform", World::Transform);

/// One skew: what it is called, the world, what was different, what is granted.
type Case = (&'static str, (&'static str, World), &'static [Change], &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "an interface the host never had",
        BUNDLER,
        &[
            ("import progress;", "import network; import progress;"),
            (
                "interface progress {",
                "interface network { connect: func(host: string) -> u32; }\ninterface progress {",
            ),
        ],
        &ALL_GRANTS,
    ),
    (
        "a function the host does not have",
        BUNDLER,
        &[("entries: func", "remove: func(path: string);\n entries: func")],
        &ALL_GRANTS,
    ),
    ("a newer minor version", BUNDLER, &[("build@0.1.0", "build@0.2.0")], &ALL_GRANTS),
    ("a newer patch version", BUNDLER, &[("build@0.1.0", "build@0.1.7")], &ALL_GRANTS),
    ("another major version", BUNDLER, &[("build@0.1.0", "build@3.0.0")], &ALL_GRANTS),
    ("a version left behind", BUNDLER, &[("build@0.1.0", "build@0.0.4")], &ALL_GRANTS),
    ("a pre-release", BUNDLER, &[("build@0.1.0", "build@0.1.0-rc.1")], &ALL_GRANTS),
    ("no version", BUNDLER, &[("build@0.1.0", "build")], &ALL_GRANTS),
    (
        "a parameter of another type",
        BUNDLER,
        &[("read: func(path: string)", "read: func(path: u32)")],
        &ALL_GRANTS,
    ),
    (
        "a parameter of another name",
        BUNDLER,
        &[("read: func(path: string)", "read: func(file: string)")],
        &ALL_GRANTS,
    ),
    (
        "a parameter more",
        BUNDLER,
        &[("read: func(path: string)", "read: func(path: string, start: u64)")],
        &ALL_GRANTS,
    ),
    ("another result", BUNDLER, &[("result<list<u8>, read-error>", "option<list<u8>>")], &ALL_GRANTS),
    ("no result", BUNDLER, &[("result<list<u8>, read-error>", "result<_, read-error>")], &ALL_GRANTS),
    (
        "a case more in an enum",
        BUNDLER,
        &[("        debug,\n", "        trace,\n        debug,\n")],
        &ALL_GRANTS,
    ),
    ("a case less in an enum", BUNDLER, &[("        debug,\n", "")], &ALL_GRANTS),
    (
        "cases in another order",
        BUNDLER,
        &[("        debug,\n        info,\n", "        info,\n        debug,\n")],
        &ALL_GRANTS,
    ),
    ("a case renamed in a variant", BUNDLER, &[("text(string)", "characters(string)")], &ALL_GRANTS),
    (
        "another payload deep inside a variant",
        BUNDLER,
        &[("type blob = u32", "type blob = u64")],
        &ALL_GRANTS,
    ),
    ("a field less in a record of a record", BUNDLER, &[("        mode: string,\n", "")], &ALL_GRANTS),
    (
        "a record where a tuple was",
        BUNDLER,
        &[("env: list<tuple<string, string>>", "env: list<string>")],
        &ALL_GRANTS,
    ),
    ("an import that is not granted", BUNDLER, &[], &["project", "artifacts", "log", "progress"]),
    (
        "an import the world does not have",
        TRANSFORM,
        &[("world transform {", "world transform {\n import project;")],
        &ALL_GRANTS,
    ),
    ("an export of another type", BUNDLER, &[("result<report, failure>", "report")], &ALL_GRANTS),
    (
        "an export that has lost a function",
        TRANSFORM,
        &[(
            "link: func(graph: bundle-graph) -> result<linked-bundle, list<diagnostic>>;\n}\n/// Running",
            "}\n/// Running",
        )],
        &ALL_GRANTS,
    ),
    ("an export that is missing", BUNDLER, &[("    export bundler;\n", "")], &ALL_GRANTS),
    (
        "a module of the other world",
        TRANSFORM,
        &[("world transform {\n    export modules;", "world transform {\n    export bundler;")],
        &ALL_GRANTS,
    ),
    ("a newer version of a pure module", TRANSFORM, &[("build@0.1.0", "build@0.3.1")], &ALL_GRANTS),
];

#[test]
fn every_skew_is_told_word_for_word() {
    let mut found = String::new();
    for (name, (text, world), changes, grants) in CASES {
        let refusal = check(&guest(text, changes), *world, grants, &LIMITS).expect_err(name);
        let _ = writeln!(found, "# {name}\n{}\n{refusal}\n", refusal.code());
    }
    if std::env::var_os("HIVESYNC_BLESS").is_some() {
        std::fs::write(GOLDEN, &found).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(&golden, &found);
    assert_eq!(golden, found, "\n{}", difference.unified_diff());
}

#[test]
fn every_message_names_interface_version_and_what_to_do() {
    for (name, (text, world), changes, grants) in CASES {
        let sentence = check(&guest(text, changes), *world, grants, &LIMITS).expect_err(name).to_string();
        assert!(sentence.contains("hivesync:build/"), "{name}: {sentence}");
        assert!(sentence.contains("0.1.0"), "{name}: {sentence}");
        let (_, fix) = sentence.rsplit_once("; ").unwrap_or_else(|| panic!("{name}: {sentence}"));
        assert!(
            ["build", "remove", "update", "implement", "generate", "add"]
                .iter()
                .any(|verb| fix.starts_with(verb)),
            "{name}: {fix}"
        );
        assert!(!sentence.contains('\n'), "{name}");
    }
}

#[test]
fn the_twin_of_every_skew_is_taken() {
    for ((text, world), imports) in [(BUNDLER, 5), (TRANSFORM, 0)] {
        let info = check(&guest(text, &[]), world, &ALL_GRANTS, &LIMITS).unwrap();
        assert_eq!(info.asks().count(), imports);
        assert_eq!(info.exports.len(), 1);
    }
}

#[test]
fn a_function_the_module_does_not_use_may_be_missing_in_it() {
    // `mapper.wit` is followed by `module-types.wit` when the files are joined.
    let older: &[Change] = &[(
        "link: func(graph: bundle-graph) -> result<linked-bundle, list<diagnostic>>;\n}\n/// The values of `modul",
        "}\n/// The values of `modul",
    )];
    let info = check(&guest("preview-bundler", older), World::PreviewBundler, &ALL_GRANTS, &LIMITS).unwrap();
    let mapper = info.imports.iter().find(|import| import.name == "mapper").unwrap();
    assert_eq!(mapper.functions, ["transform", "rewrite"]);
}

#[test]
fn an_interface_imported_for_its_types_needs_no_grant() {
    let info = check(&guest("preview-bundler", &[]), World::PreviewBundler, &ALL_GRANTS, &LIMITS).unwrap();
    let types = info.imports.iter().find(|import| import.name == "types").unwrap();
    assert_eq!(types.functions, Vec::<String>::new());
    assert!(info.asks().all(|name| ALL_GRANTS.contains(&name)));
}
