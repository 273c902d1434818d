//! `build --base`: changes alone, against an image that was built here.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::project::{Ended, Project, unzip};

/// The changed files, in a folder of their own.
struct Changes<'a> {
    project: &'a Project,
    dir: PathBuf,
}

impl<'a> Changes<'a> {
    fn of(project: &'a Project, files: &[(&str, &str)]) -> Self {
        let dir = project.dir().parent().unwrap().join("changes");
        fs::create_dir_all(&dir).unwrap();
        for (path, text) in files {
            fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
            fs::write(dir.join(path), text).unwrap();
        }
        Self { project, dir }
    }

    fn build(&self, base: &str, more: &[&str]) -> Ended {
        let out = self.project.out();
        let arguments = ["build", "--platform", "web", "--json", "--base", base, "--out"];
        let mut command = self.project.command(&arguments);
        command.arg(out).args(more).arg(&self.dir).env("SOURCE_DATE_EPOCH", "1700000000");
        Ended::of(command.output().unwrap())
    }
}

fn whole(project: &Project) -> Value {
    let mut command = project.build_command(&[]);
    Ended::of(command.env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap()).done()
}

fn base_of(result: &Value) -> String {
    result["metadata"]["input_digest"].as_str().unwrap().to_owned()
}

#[test]
fn changes_alone_give_the_bundle_of_the_changed_project_byte_for_byte() {
    let project = Project::small(&[
        (".env", "EXPO_PUBLIC_NAME=kept\n"),
        ("node_modules/p/package.json", r#"{"name":"p"}"#),
        ("node_modules/p/index.js", "module.exports = process.env.EXPO_PUBLIC_NAME;\n"),
        ("index.js", "import p from 'p';\nimport { greet } from './greet';\ndocument.title = greet(p);\n"),
    ]);
    let base = base_of(&whole(&project));
    let greet = "import { word } from './words/other';\nexport const greet = (name) => word + name;\n";
    let files = [("words/other.ts", "export const word: string = 'Bye';\n"), ("hello.js", greet)];
    // `greet` moves into another file: one is removed, one is changed, two are new.
    let index = "import p from 'p';\nimport { greet } from './hello';\ndocument.title = greet(p);\n";
    let changes = Changes::of(&project, &[&files[..], &[("index.js", index)]].concat());
    let result = changes.build(&base, &["--removed", "greet.js"]).done();
    let changed = fs::read(project.out()).unwrap();
    assert!(unzip(&project.out(), "main.jsbundle").contains("Bye"));

    fs::remove_file(project.dir().join("greet.js")).unwrap();
    [&files[..], &[("index.js", index)]].concat().iter().for_each(|(path, text)| project.write(path, text));
    let again = whole(&project);
    assert_eq!(base_of(&result), base_of(&again));
    assert!(fs::read(project.out()).unwrap() == changed, "the bundles differ");

    // What came of changes is a base as well.
    let more = Changes::of(&project, &[("hello.js", "export const greet = (name) => 'Again' + name;\n")]);
    more.build(&base_of(&result), &[]).done();
    assert!(unzip(&project.out(), "main.jsbundle").contains("Again"));
}

#[test]
fn an_image_that_is_not_kept_and_changes_that_cannot_be_made_have_their_codes() {
    let project = Project::small(&[]);
    let changes = Changes::of(&project, &[("greet.js", "export const greet = () => 'x';\n")]);
    let unknown = format!("sha256:{}", "5a".repeat(32));
    let ended = changes.build(&unknown, &[]);
    assert_eq!(ended.json()["error"]["code"], "BASE_UNKNOWN");
    assert_eq!(ended.code, Some(1));
    let base = base_of(&whole(&project));
    let before = fs::read(project.out()).unwrap();
    let ended = changes.build(&base, &["--removed", "../elsewhere.js"]);
    assert_eq!(ended.json()["error"]["code"], "DELTA_INVALID");
    assert_eq!(ended.code, Some(1));
    assert!(fs::read(project.out()).unwrap() == before, "the bundle that was there is another");
    assert_eq!(changes.build("sha256:12", &[]).code, Some(2));
    project.run(&["cache", "clear", "--json"]).done();
    assert_eq!(changes.build(&base, &[]).json()["error"]["code"], "BASE_UNKNOWN");
}
