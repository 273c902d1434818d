//! `--map`, `--explain`, `--report`, and outputs that are no files.

use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};

use serde_json::Value;

use super::project::Project;

/// An app with a package that is there twice.
fn with_duplicates() -> Project {
    let package = "{\"main\":\"index.js\"}";
    Project::small(&[
        (
            "greet.js",
            "import { one } from 'one';\nimport { two } from 'two';\nexport const greet = () => one + two;\n",
        ),
        ("node_modules/one/package.json", package),
        ("node_modules/one/index.js", "export { one } from 'shared';\n"),
        ("node_modules/two/package.json", package),
        ("node_modules/two/index.js", "import { one } from 'shared';\nexport const two = one + 1;\n"),
        ("node_modules/shared/package.json", package),
        ("node_modules/shared/index.js", "export const one = Math.random();\n"),
        ("node_modules/two/node_modules/shared/package.json", package),
        ("node_modules/two/node_modules/shared/index.js", "export const one = Math.random();\n"),
    ])
}

#[test]
fn a_report_names_packages_that_are_there_twice_and_the_page_draws_them() {
    let project = with_duplicates();
    let (report, page) = (project.path("report.json"), project.path("page.html"));
    project.build(&["--report", report.to_str().unwrap(), "--map", page.to_str().unwrap()]).done();
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let duplicates = report["duplicates"].as_array().unwrap();
    assert_eq!(duplicates.len(), 1, "{duplicates:#?}");
    assert_eq!(duplicates[0]["name"], "shared");
    let folders = ["node_modules/shared", "node_modules/two/node_modules/shared"];
    assert_eq!(duplicates[0]["folders"], serde_json::json!(folders));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{page:.80}");
    assert!(page.contains("shared") && page.contains("greet.js"));
}

#[test]
fn explain_says_the_way_to_a_module_or_names_what_is_near() {
    let project = with_duplicates();
    let result = project.build(&["--explain", "node_modules/two/node_modules/shared/index.js"]).done();
    let why = result["why"].to_string();
    for path in ["index.js", "greet.js", "node_modules/two/index.js"] {
        assert!(why.contains(path), "{why}");
    }
    let absent = project.build(&["--explain", "absent-package"]);
    assert_eq!(absent.json()["error"]["code"], "MODULE_NOT_IN_BUNDLE");
    assert_eq!(absent.code, Some(1));
}

#[test]
fn an_output_that_is_a_pipe_is_written_into_and_one_that_nobody_reads_is_refused() {
    let project = Project::small(&[]);
    let pipe = project.data().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let path = pipe.to_str().unwrap();
    for option in ["--report", "--map"] {
        let alone = project.build(&[option, path]);
        assert_eq!(alone.json()["error"]["code"], "host.storage", "{option}");
        assert_eq!(alone.code, Some(4));
    }
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap();
    let mut end = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(&pipe).unwrap();
    // Small enough for the pipe to hold.
    project.build(&["--report", path]).done();
    let mut text = String::new();
    end.read_to_string(&mut text).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert!(report["modules"].is_array());
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    let mut bundle = project.command(&["build", "--platform", "web", "--json", "--out", path]);
    let ended = super::project::Ended::of(bundle.arg(project.dir()).output().unwrap());
    ended.done();
    let mut zip = Vec::new();
    end.read_to_end(&mut zip).unwrap();
    assert!(zip.starts_with(b"PK"));
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
}
