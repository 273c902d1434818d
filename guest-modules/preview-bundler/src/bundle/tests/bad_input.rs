//! What a project can have wrong: each class of error that Metro reports has a code, a place
//! and something to do, and nothing that is wrong is endless.

use super::*;

/// A mistake in one file beside an app that is sound.
struct Mistake {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    code: &'static str,
    path: &'static str,
    line: u32,
    says: &'static str,
}

const MISTAKES: [Mistake; 11] = [
    Mistake {
        name: "a relative file is not there",
        files: &[("index.js", "\nrequire ./gone")],
        code: "bundle.unresolved",
        path: "index.js",
        line: 2,
        says: "./gone",
    },
    Mistake {
        name: "a package is not installed",
        files: &[("index.js", "import left-pad")],
        code: "bundle.unresolved",
        path: "index.js",
        line: 1,
        says: "node_modules",
    },
    Mistake {
        name: "upper and lower case differ",
        files: &[("index.js", "require ./Card"), ("card.js", "")],
        code: "bundle.unresolved",
        path: "index.js",
        line: 1,
        says: "card.js: upper and lower case",
    },
    Mistake {
        name: "an asset is missing",
        files: &[("index.js", "require ./logo.png")],
        code: "bundle.unresolved",
        path: "index.js",
        line: 1,
        says: "logo.png",
    },
    Mistake {
        name: "a scale is imported by its own name",
        files: &[("index.js", "require ./logo@2x.png"), ("logo@2x.png", "")],
        code: "bundle.unresolved",
        path: "index.js",
        line: 1,
        says: "logo@2x.png",
    },
    Mistake {
        name: "a package names a main file that is not there",
        files: &[("index.js", "require p"), ("node_modules/p/package.json", r#"{"main":"dist/x.js"}"#)],
        code: "bundle.invalid-package",
        path: "index.js",
        line: 1,
        says: "dist/x.js",
    },
    Mistake {
        name: "a module of Node.js",
        files: &[("index.js", "require fs")],
        code: "bundle.node-builtin",
        path: "index.js",
        line: 1,
        says: "fs",
    },
    Mistake {
        name: "a URL",
        files: &[("index.js", "import https://example.org/x.js")],
        code: "bundle.unsupported-scheme",
        path: "index.js",
        line: 1,
        says: "https:",
    },
    Mistake {
        name: "a path out of the project",
        files: &[("index.js", "require ../../secret")],
        code: "bundle.escapes-project",
        path: "index.js",
        line: 1,
        says: "project folder",
    },
    Mistake {
        name: "a syntax error",
        files: &[("index.js", "require ./a"), ("a.js", "SYNTAX ERROR")],
        code: "bundle.syntax",
        path: "a.js",
        line: 0,
        says: "bad",
    },
    Mistake {
        name: "a private name of a package that has none",
        files: &[("index.js", "require #inner")],
        code: "bundle.unresolved",
        path: "index.js",
        line: 1,
        says: "#inner",
    },
];

fn with(files: &[(&str, &str)]) -> Project {
    files.iter().fold(react_native(), |project, (path, text)| project.file(path, text))
}

#[test]
fn every_mistake_has_its_code_its_place_and_something_to_do() {
    for mistake in MISTAKES {
        let project = with(mistake.files);
        let failure = bundle(&project, &request(Platform::Ios)).unwrap_err();
        let (Failure::InvalidProject(found)
        | Failure::MissingDependencies(found)
        | Failure::BuildFailed(found)) = failure;
        let [fault] = found.as_slice() else { panic!("{}: {found:?}", mistake.name) };
        let place = (fault.code.as_str(), fault.path.as_deref().unwrap_or_default(), fault.line);
        assert_eq!(place, (mistake.code, mistake.path, mistake.line), "{}", mistake.name);
        let hint = fault.hint.clone().unwrap_or_default();
        let said = format!("{} {hint}", fault.message);
        assert!(said.contains(mistake.says), "{}: {said}", mistake.name);
        // The transform of these tests has no frames and no hints of its own.
        if mistake.code != "bundle.syntax" {
            assert!(fault.frame.is_some() && !hint.is_empty(), "{}: {fault:?}", mistake.name);
        }
        assert!(project.written.borrow().is_empty(), "{}", mistake.name);
    }
}

#[test]
fn a_manifest_of_a_package_that_is_no_json_is_a_warning_with_its_place() {
    let project = with(&[
        ("index.js", "require p"),
        ("node_modules/p/package.json", "{\n  \"main\": x\n}"),
        ("node_modules/p/index.js", ""),
    ]);
    let report = bundle(&project, &request(Platform::Ios)).unwrap();
    let found: Vec<_> = report
        .diagnostics
        .iter()
        .map(|fault| (fault.code.as_str(), fault.path.as_deref(), fault.line))
        .collect();
    assert_eq!(found, [("bundle.invalid-package-json", Some("node_modules/p/package.json"), 2)]);
}

#[test]
fn imports_in_a_row_and_in_a_circle_are_a_bundle_until_the_chain_is_too_long() {
    let chain = |depth: usize| {
        let project = react_native().file("index.js", "require ./m0");
        (0..depth).fold(project, |project, at| {
            let next = if at + 1 == depth { "./m0".to_owned() } else { format!("./m{}", at + 1) };
            project.file(&format!("m{at}.js"), &format!("require {next}"))
        })
    };
    let report = bundle(&chain(1999), &request(Platform::Ios)).unwrap();
    assert_eq!(report.modules.len(), 2000);
    assert_eq!(report.modules.last().unwrap().path, "m1998.js");
    let failure = bundle(&chain(10_000), &request(Platform::Ios)).unwrap_err();
    assert_eq!(codes_of(&failure), [("bundle.too-many-modules", "m1999.js")]);
}
