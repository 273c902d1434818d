//! Whole builds over projects of a few files.

mod bad_input;
mod bounds;
mod several_files;

use super::*;

use crate::testing::Project;
use crate::wire::{LinkedModule, SourceKind};

fn request(platform: Platform) -> Request {
    Request { platform, dev: false, minify: true, app: String::new(), entry: None, env: Vec::new() }
}

/// A React Native app without sources of its own.
fn react_native() -> Project {
    Project::new()
        .file("package.json", r#"{"dependencies":{"react-native":"0.87.0"}}"#)
        .file("node_modules/react-native/package.json", r#"{"version":"0.87.0"}"#)
        .file("node_modules/react-native/index.js", "require ./setup-env")
        .file("node_modules/react-native/setup-env.js", "")
        .file("node_modules/metro-runtime/package.json", "{}")
        .file("node_modules/metro-runtime/src/polyfills/require.js", "")
        .file("node_modules/@react-native/js-polyfills/package.json", "{}")
        .file("node_modules/@react-native/js-polyfills/console.js", "")
        .file("node_modules/@react-native/js-polyfills/error-guard.js", "")
}

fn paths(modules: &[LinkedModule]) -> Vec<&str> {
    modules.iter().map(|module| module.path.as_str()).collect()
}

fn codes_of(failure: &Failure) -> Vec<(&str, &str)> {
    let (Failure::InvalidProject(found) | Failure::MissingDependencies(found) | Failure::BuildFailed(found)) =
        failure;
    found.iter().map(|found| (found.code.as_str(), found.path.as_deref().unwrap_or(""))).collect()
}

#[test]
fn ids_follow_the_depth_first_order_and_the_entry_is_zero() {
    let project = react_native()
        .file("index.js", "require ./a\nrequire ./b")
        .file("a.js", "require ./c\nrequire ./index")
        .file("b.js", "require ./c")
        .file("c.js", "require ./b");
    let report = bundle(&project, &request(Platform::Ios)).unwrap();
    let linked = project.linked.borrow().clone().unwrap();
    assert_eq!(paths(&linked.modules), ["index.js", "a.js", "c.js", "b.js"]);
    let dependencies: Vec<_> = report.modules.iter().map(|module| module.dependencies.clone()).collect();
    assert_eq!(dependencies, [vec![1, 3], vec![2, 0], vec![3], vec![2]]);
    assert_eq!(linked.run, [0]);
}

#[test]
fn the_frame_is_the_frameworks_and_setup_runs_first_when_it_is_reached() {
    let project = react_native().file("index.js", "require react-native");
    bundle(&project, &request(Platform::Android)).unwrap();
    let linked = project.linked.borrow().clone().unwrap();
    let scripts = [
        "node_modules/metro-runtime/src/polyfills/require.js",
        "node_modules/@react-native/js-polyfills/console.js",
        "node_modules/@react-native/js-polyfills/error-guard.js",
    ];
    assert_eq!(paths(&linked.scripts), scripts);
    assert!(linked.prelude.starts_with("var __BUNDLE_START_TIME__="));
    assert!(linked.prelude.contains("__DEV__=false") && linked.prelude.ends_with("||\"production\";"));
    assert_eq!(linked.run, [2, 0]);
    let jobs = project.jobs.borrow();
    let polyfills = jobs.iter().filter(|job| job.kind == SourceKind::Polyfill).count();
    assert_eq!(polyfills, 3);
}

#[test]
fn a_development_prelude_names_the_patterns_of_cycles_that_are_fine() {
    let line = crate::prelude::first_line(true);
    assert!(line.contains("__requireCycleIgnorePatterns=[/(^|\\/|\\\\)node_modules($|\\/|\\\\)/]"));
    assert!(line.contains("__DEV__=true") && line.ends_with("||\"development\";"));
}

#[test]
fn every_missing_import_is_reported_with_its_place_and_nothing_is_written() {
    let project = react_native()
        .file("index.js", "require ./a\nimport gone")
        .file("a.js", "\n  require nothing\nrequire ./b\nrequire fs\nrequire ../../x");
    let failure = bundle(&project, &request(Platform::Ios)).unwrap_err();
    assert!(matches!(failure, Failure::MissingDependencies(_)));
    let expected = [
        ("bundle.unresolved", "index.js"),
        ("bundle.unresolved", "a.js"),
        ("bundle.node-builtin", "a.js"),
        ("bundle.escapes-project", "a.js"),
    ];
    assert_eq!(codes_of(&failure), expected);
    let Failure::MissingDependencies(found) = failure else { panic!() };
    let first = found.first().unwrap();
    assert_eq!((first.line, first.column), (2, 8));
    assert!(first.message.contains("\"gone\" from index.js") && first.message.contains("node_modules"));
    assert_eq!(first.frame.as_deref(), Some("  1 | require ./a\n> 2 | import gone\n    |        ^"));
    assert!(first.hint.as_deref().unwrap().contains("install"));
    assert!(project.written.borrow().is_empty());
}

#[test]
fn an_optional_import_may_be_missing_and_a_weak_one_loads_nothing() {
    let project = react_native()
        .file("index.js", "try gone\nweak ./lonely\nweak ./a\nrequire ./a")
        .file("a.js", "")
        .file("lonely.js", "");
    bundle(&project, &request(Platform::Ios)).unwrap();
    let linked = project.linked.borrow().clone().unwrap();
    assert_eq!(paths(&linked.modules), ["index.js", "a.js"]);
    // A weak edge to what is not loaded still has a number of its own, as in Metro's bundles.
    assert_eq!(linked.modules.first().unwrap().dependencies, [None, Some(2), Some(1), Some(1)]);
    assert_eq!(linked.elsewhere, [2]);
}

#[test]
fn a_broken_source_does_not_hide_another() {
    let project = react_native()
        .file("index.js", "require ./a\nrequire ./b")
        .file("a.js", "SYNTAX ERROR")
        .file("b.js", "SYNTAX ERROR");
    let failure = bundle(&project, &request(Platform::Ios)).unwrap_err();
    assert_eq!(codes_of(&failure), [("bundle.syntax", "a.js"), ("bundle.syntax", "b.js")]);
    assert!(matches!(failure, Failure::BuildFailed(_)));
}

#[test]
fn assets_are_written_once_beside_the_bundle() {
    let project = react_native()
        .file("index.js", "require ./img/a.png\nrequire ./b")
        .file("b.js", "require ./img/a.png")
        .file("img/a.png", "")
        .file("img/a@2x.png", "");
    bundle(&project, &request(Platform::Ios)).unwrap();
    let written = project.written.borrow();
    let names: Vec<_> = written.keys().map(String::as_str).collect();
    assert_eq!(names, ["assets/img/a.png", "assets/img/a@2x.png", "main.jsbundle", "main.jsbundle.map"]);
    assert_eq!(written.get("assets/img/a@2x.png"), Some(&vec![Piece::File("img/a@2x.png".to_owned())]));
    let jobs = project.jobs.borrow();
    let asset = jobs.iter().find_map(|job| job.asset.clone()).unwrap();
    assert_eq!((asset.http_location.as_str(), asset.name.as_str()), ("/assets/img", "a"));
    let scales: Vec<u32> = asset.files.iter().map(|file| file.scale_milli).collect();
    assert_eq!(scales, [1000, 2000]);
}

#[test]
fn two_assets_of_one_android_name_are_told() {
    let project = react_native()
        .file("index.js", "require ./a-b.png\nrequire ./ab.png")
        .file("a-b.png", "")
        .file("ab.png", "");
    let failure = bundle(&project, &request(Platform::Android)).unwrap_err();
    assert_eq!(codes_of(&failure), [("bundle.artifact-refused", "ab.png")]);
}

#[test]
fn a_web_page_without_metro_gets_our_module_system() {
    let project = Project::new()
        .file("package.json", "{}")
        .file("index.html", r#"<script type="module" src="/src/start.tsx"></script>"#)
        .file(
            "src/start.tsx",
            "lazy ./later\nimport ./style.css\nrequire metro-runtime/src/modules/asyncRequire",
        )
        .file("src/later.js", "")
        .file("src/style.css", "");
    let report = bundle(&project, &request(Platform::Web)).unwrap();
    assert_eq!((report.flavour, report.entry.as_str()), (Flavour::Web, "src/start.tsx"));
    let linked = project.linked.borrow().clone().unwrap();
    assert_eq!(paths(&linked.scripts), ["virtual:runtime", "virtual:parts-table"]);
    assert_eq!(paths(&linked.modules), ["src/start.tsx", "src/style.css", "virtual:parts-loader"]);
    let jobs = project.jobs.borrow();
    let kinds: Vec<_> = jobs.iter().map(|job| (job.kind, job.text.is_some())).collect();
    let expected = [
        (SourceKind::Polyfill, true),
        (SourceKind::Tsx, false),
        (SourceKind::Script, false),
        (SourceKind::Css, false),
        (SourceKind::Script, true),
        (SourceKind::Polyfill, true),
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn expo_brings_its_own_frame() {
    let project = react_native()
        .file(
            "package.json",
            r#"{"main":"expo/AppEntry.js","dependencies":{"expo":"57","react-native":"0.86"}}"#,
        )
        .file("node_modules/expo/package.json", "{}")
        .file("node_modules/expo/AppEntry.js", "require ../../App\nrequire expo/src/winter")
        .file("node_modules/expo/src/winter/index.ts", "require react-native/Libraries/Core/InitializeCore")
        .file("node_modules/expo/virtual/streams.js", "")
        .file("node_modules/expo/node_modules/@expo/cli/package.json", "{}")
        .file("node_modules/expo/node_modules/@expo/cli/build/metro-require/require.js", "")
        .file("node_modules/react-native/Libraries/Core/InitializeCore.js", "")
        .file("App.tsx", "");
    let env = vec![("EXPO_PUBLIC_A".to_owned(), "1".to_owned())];
    let report = bundle(&project, &Request { dev: true, env, ..request(Platform::Ios) }).unwrap();
    assert_eq!(report.entry, "node_modules/expo/AppEntry.js");
    let linked = project.linked.borrow().clone().unwrap();
    let scripts = [
        "node_modules/expo/node_modules/@expo/cli/build/metro-require/require.js",
        "node_modules/@react-native/js-polyfills/console.js",
        "node_modules/@react-native/js-polyfills/error-guard.js",
        "virtual:polyfill/external-require",
        "virtual:polyfill/environment-variables",
        "node_modules/expo/virtual/streams.js",
    ];
    assert_eq!(paths(&linked.scripts), scripts);
    assert_eq!(linked.run, [3, 2, 0]);
    let jobs = project.jobs.borrow();
    let environment = jobs.iter().find(|job| job.path.ends_with("environment-variables")).unwrap();
    assert!(
        environment.text.as_deref().unwrap().contains(r#""EXPO_PUBLIC_A": { enumerable: true, value: "1" }"#)
    );
}

#[test]
fn a_folder_that_is_no_project_says_why() {
    let code = |project: Project, platform| {
        let failure = bundle(&project, &request(platform)).unwrap_err();
        assert!(matches!(failure, Failure::InvalidProject(_)));
        codes_of(&failure).first().unwrap().0.to_owned()
    };
    assert_eq!(code(Project::new().file("index.js", ""), Platform::Web), "bundle.no-package-json");
    assert_eq!(code(Project::new().file("package.json", "{"), Platform::Web), "bundle.invalid-package-json");
    assert_eq!(code(Project::new().file("package.json", "{}"), Platform::Web), "bundle.no-entry");
    assert_eq!(code(Project::new().file("package.json", "{}"), Platform::Ios), "bundle.wrong-platform");
    assert_eq!(code(react_native(), Platform::Ios), "bundle.no-entry");
}

#[test]
fn a_framework_that_is_not_installed_is_a_missing_dependency() {
    let project = Project::new()
        .file("package.json", r#"{"dependencies":{"react-native":"0.87.0"}}"#)
        .file("index.js", "");
    let failure = bundle(&project, &request(Platform::Ios)).unwrap_err();
    assert_eq!(codes_of(&failure).first().unwrap().0, "bundle.missing-runtime");
    assert!(matches!(failure, Failure::MissingDependencies(_)));
}

#[test]
fn the_entry_that_was_asked_for_wins() {
    let project = react_native().file("index.js", "").file("src/other.ios.tsx", "");
    let asked = Request { entry: Some("src/other".to_owned()), ..request(Platform::Ios) };
    assert_eq!(bundle(&project, &asked).unwrap().entry, "src/other.ios.tsx");
    let asked = Request { entry: Some("nowhere.js".to_owned()), ..request(Platform::Ios) };
    assert_eq!(codes_of(&bundle(&project, &asked).unwrap_err()), [("bundle.no-entry", "")]);
}

#[test]
fn progress_ends_with_everything_done_and_the_log_tells_the_story() {
    let project = react_native().file("index.js", "require ./a").file("a.js", "");
    bundle(&project, &request(Platform::Ios)).unwrap();
    assert_eq!(
        *project.progress.borrow(),
        [
            (Stage::Bundling, 1, 2),
            (Stage::Bundling, 2, 2),
            (Stage::Packaging, 1, 2),
            (Stage::Packaging, 2, 2),
        ]
    );
    let lines = project.lines.borrow();
    assert!(lines.iter().any(|line| line == "React Native app for ios, production; entry index.js"));
    assert!(lines.iter().any(|line| line == "found 2 modules in 2 waves"));
}

#[test]
fn equal_projects_make_equal_calls() {
    let make = || {
        react_native()
            .file("index.js", "require ./a\nrequire ./b")
            .file("a.js", "require ./c")
            .file("b.js", "require ./c")
            .file("c.js", "")
    };
    let (first, second) = (make(), make());
    bundle(&first, &request(Platform::Ios)).unwrap();
    bundle(&second, &request(Platform::Ios)).unwrap();
    assert_eq!(*first.jobs.borrow(), *second.jobs.borrow());
    assert_eq!(*first.linked.borrow(), *second.linked.borrow());
}

#[test]
fn aliases_of_babels_module_resolver_are_followed() {
    let project = react_native()
        .file(
            "babel.config.js",
            "x = { plugins: [['module-resolver', { alias: { '@': './src', old: 'new' } }]] }",
        )
        .file("index.js", "require @/a\nrequire old\nrequire old/b")
        .file("src/a.js", "")
        .file("node_modules/new/index.js", "")
        .file("node_modules/new/b.js", "");
    let report = bundle(&project, &request(Platform::Ios)).unwrap();
    let paths: Vec<&str> = report.modules.iter().map(|module| module.path.as_str()).collect();
    assert_eq!(paths, ["index.js", "src/a.js", "node_modules/new/index.js", "node_modules/new/b.js"]);
    assert!(report.diagnostics.is_empty());
}

#[test]
fn a_page_of_several_parts_is_bundled_whole() {
    let project = Project::new()
        .file("package.json", "{}")
        .file(
            "index.html",
            r#"<link rel="stylesheet" href="/style.css"><script src="a.js"></script><script src="b.js"></script>"#,
        )
        .file("style.css", "")
        .file("a.js", "")
        .file("b.js", "");
    let report = bundle(&project, &request(Platform::Web)).unwrap();
    let remarks: Vec<&str> = report.diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(remarks, ["bundle.classic-script"]);
    let jobs = project.jobs.borrow();
    let page = jobs.iter().find(|job| job.path == "virtual:page").unwrap();
    let expected = "require(\"/style.css\");\nrequire(\"/a.js\");\nrequire(\"/b.js\");\n";
    assert_eq!(page.text.as_deref(), Some(expected));
}

#[test]
fn what_packages_become_does_not_depend_on_the_apps_variables() {
    let expo = |env: &str| {
        let project = react_native()
            .file("package.json", r#"{"main":"index.js","dependencies":{"expo":"57","react-native":"0.86"}}"#)
            .file("index.js", "require ./a\nrequire react-native\nrequire ./b")
            .file("a.js", "")
            .file("b.js", "");
        let env = vec![("EXPO_PUBLIC_A".to_owned(), env.to_owned())];
        bundle(&project, &Request { env, ..request(Platform::Ios) }).unwrap();
        let options = project.options.borrow();
        let of = |in_package| {
            let mine = options
                .iter()
                .filter(|(job, _)| job.in_package == in_package && !job.path.starts_with("virtual:"));
            mine.map(|(_, options)| options.env.clone()).collect::<Vec<_>>()
        };
        (of(true), of(false))
    };
    let (first, second) = (expo("1"), expo("2"));
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
}

#[test]
fn a_file_in_other_letters_is_pointed_to() {
    let project = react_native().file("index.js", "require ./ui/Header").file("ui/header.js", "");
    let Failure::MissingDependencies(found) = bundle(&project, &request(Platform::Ios)).unwrap_err() else {
        panic!()
    };
    let hint = found.first().and_then(|found| found.hint.as_deref());
    assert_eq!(hint, Some("there is ui/header.js: upper and lower case are told apart"));
}

#[test]
fn a_module_of_node_that_is_empty_in_a_browser_is_remarked() {
    let project = Project::new()
        .file("package.json", "{}")
        .file("src/index.js", "require fs\nrequire p")
        .file("node_modules/p/index.js", "require path");
    let report = bundle(&project, &request(Platform::Web)).unwrap();
    let remarks: Vec<_> =
        report.diagnostics.iter().map(|found| (found.severity, found.path.as_deref(), found.line)).collect();
    let expected =
        [(Severity::Warning, Some("src/index.js"), 1), (Severity::Note, Some("node_modules/p/index.js"), 1)];
    assert_eq!(remarks, expected);
}

#[test]
fn the_apps_own_files_go_through_its_plugins_in_one_call_and_packages_do_not() {
    let project = react_native()
        .file("babel.config.js", "module.exports = { plugins: ['x'] }")
        .file("node_modules/@babel/core/index.js", "")
        .file("node_modules/babel-plugin-x/index.js", "")
        .file("node_modules/p/index.js", "")
        .file("index.js", "require ./a\n//require('./a')\nrequire p")
        .file("a.js", "require ./b\n//require('./b')")
        .file("b.js", "");
    let report = bundle(&project, &request(Platform::Ios)).unwrap();
    assert!(report.diagnostics.is_empty());
    assert_eq!(*project.rewritten.borrow(), [["a.js", "b.js", "index.js"]]);
}

#[test]
fn what_a_plugin_refuses_fails_the_build_with_its_file() {
    let project = react_native()
        .file("babel.config.js", "module.exports = { plugins: ['x'] }")
        .file("node_modules/@babel/core/index.js", "")
        .file("node_modules/babel-plugin-x/index.js", "")
        .file("index.js", "require ./a")
        .file("a.js", "PLUGIN ERROR");
    let failure = bundle(&project, &request(Platform::Ios)).unwrap_err();
    assert_eq!(codes_of(&failure), [("bundle.plugin-failed", "a.js")]);
}
