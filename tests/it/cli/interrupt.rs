//! Ctrl-C half way: every process ends, nothing is left, an existing output stays.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process, test_kill_process_group};

use super::project::{Project, assert_no_litter};
use crate::patience::until;

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

/// Waits for the end of the command and of everything in its process group.
fn ended(mut child: Child) -> Option<i32> {
    let group = pid(&child);
    let status = child.wait().unwrap();
    until("the group has no processes", || test_kill_process_group(group).is_err());
    status.code()
}

#[test]
fn while_packages_are_restored() {
    let manifest = r#"{"name":"small","main":"index.js","dependencies":{"a":"1"}}"#;
    let project = Project::small(&[("package.json", manifest)]);
    fs::write(project.out(), "earlier").unwrap();
    let tools = project.dir().parent().unwrap().join("tools");
    fs::create_dir(&tools).unwrap();
    let begun = tools.join("begun");
    rustix::fs::mknodat(rustix::fs::CWD, &begun, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let npm = tools.join("npm");
    fs::write(&npm, format!("#!/bin/sh\necho begun > {}\nsleep 1000\n", begun.display())).unwrap();
    fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = project.build_command(&[]);
    command.env("PATH", format!("{}:/usr/bin:/bin", tools.display())).process_group(0).stdout(Stdio::null());
    let child = command.spawn().unwrap();
    // Opening the pipe waits until the other side is there: npm runs.
    assert_eq!(fs::read_to_string(&begun).unwrap(), "begun\n");
    kill_process(pid(&child), Signal::INT).unwrap();
    assert_eq!(ended(child), Some(130));
    assert_eq!(fs::read(project.out()).unwrap(), b"earlier");
    assert_no_litter(&project.data());
}

#[test]
fn while_modules_are_bundled() {
    // Enough modules that the step takes longer than a signal.
    let project = Project::small(&[]);
    let count = 3000;
    let imports: String = (0..count).map(|module| format!("import './many/m{module}';\n")).collect();
    project.write("index.js", &imports);
    for module in 0..count {
        let body: String =
            (0..20).map(|i| format!("class C{i} {{ #x = [1, 2].map((y) => ({{ y, z: `${{y}}` }})); get() {{ return this.#x; }} }}\n")).collect();
        project.write(&format!("many/m{module}.js"), &format!("// {module}\n{body}export {{ C0 }};\n"));
    }
    fs::write(project.out(), "earlier").unwrap();
    let out = project.out();
    let mut command = project.command(&["build", "--platform", "web", "--out", out.to_str().unwrap()]);
    command.arg(project.dir()).process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut lines = stderr.lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "bundling"));
    kill_process(pid(&child), Signal::INT).unwrap();
    let rest: Vec<_> = lines.collect();
    assert_eq!(ended(child), Some(130), "{rest:?}");
    assert_eq!(fs::read(project.out()).unwrap(), b"earlier");
    assert_eq!(fs::read_dir(project.out().parent().unwrap()).unwrap().count(), 1);
    assert_no_litter(&project.data());
}
