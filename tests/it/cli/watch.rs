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
    assert_eq!(next()["ok"], true);
    project.write("greet.js", "export const greet = () => 'changed';\n");
    let second = next();
    assert_eq!(second["ok"], true, "{second:#}");
    assert_eq!(second["result"]["step"]["transforms"]["made"], 1);
    assert!(unzip(&project.out(), "main.jsbundle").contains("changed"));
    project.write("greet.js", "export const greet = ;\n");
    assert_eq!(next()["error"]["code"], "PREVIEW_BUILD_FAILED");
    assert!(unzip(&project.out(), "main.jsbundle").contains("changed"), "a failed build touched the bundle");
    project.write("greet.js", "export const greet = () => 'again';\n");
    assert_eq!(next()["ok"], true);
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
