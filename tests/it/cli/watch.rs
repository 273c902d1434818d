//! `--watch`: a build after every change, until Ctrl-C.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::project::{Project, unzip};

#[test]
fn a_change_is_built_and_only_what_changed_is_transformed() {
    let project = Project::small(&[]);
    let mut command = project.build_command(&["--watch"]);
    let mut child = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let first = next();
    assert_eq!(first["ok"], true);
    assert!(first["result"]["rebuilt"].is_null());
    project.write("greet.js", "export const greet = () => 'changed';\n");
    let second = next();
    assert_eq!(second["ok"], true, "{second:#}");
    assert_eq!(second["result"]["step"]["transforms"]["made"], 1);
    assert_eq!(second["result"]["rebuilt"]["changed"][0], "greet.js");
    assert!(second["result"]["rebuilt"]["ms"].is_u64(), "{second:#}");
    assert!(unzip(&project.out(), "main.jsbundle").contains("changed"));
    project.write("greet.js", "export const greet = ;\n");
    assert_eq!(next()["error"]["code"], "PREVIEW_BUILD_FAILED");
    assert!(unzip(&project.out(), "main.jsbundle").contains("changed"), "a failed build touched the bundle");
    project.write("greet.js", "export const greet = () => 'again';\n");
    assert_eq!(next()["ok"], true);
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_package_that_changes_or_comes_while_watching_is_built() {
    let project = Project::small(&[
        ("greet.js", "export { greet } from 'greeter';\n"),
        ("node_modules/greeter/package.json", "{\"main\":\"lib/index.js\"}"),
        ("node_modules/greeter/lib/index.js", "export const greet = () => 'before';\n"),
    ]);
    let mut command = project.build_command(&["--watch"]);
    let mut child = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // A change may be heard of in several steps, so builds are awaited until one has the text.
    let mut wait_for = |text: &str| {
        for _ in 0..20 {
            let line = lines.next().unwrap().unwrap();
            let built: Value = serde_json::from_str(&line).unwrap();
            if built["ok"] == true && unzip(&project.out(), "main.jsbundle").contains(text) {
                return;
            }
        }
        panic!("{text} did not come");
    };
    wait_for("before");
    project.write("node_modules/greeter/lib/index.js", "export const greet = () => 'inside';\n");
    wait_for("inside");
    project.write("node_modules/later/package.json", "{\"main\":\"index.js\"}");
    project.write("node_modules/later/index.js", "export const greet = () => 'later';\n");
    project.write("greet.js", "export { greet } from 'later';\n");
    wait_for("later");
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
