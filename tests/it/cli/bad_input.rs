//! Projects that cannot be built, each with its exact code and nothing left behind.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::project::{Ended, Project, hivesync, home};

fn has(error: &serde_json::Value, text: &str) -> bool {
    error.to_string().contains(text)
}

#[test]
fn a_path_that_is_no_folder_is_refused() {
    let project = Project::small(&[]);
    for path in ["package.json", "absent"] {
        let mut command = project.command(&["build", "--platform", "ios", "--json"]);
        let ended =
            Ended::of(command.arg(project.path(path)).arg("--out").arg(project.out()).output().unwrap());
        assert_eq!(ended.code, Some(1));
        assert_eq!(ended.json()["error"]["code"], "INVALID_PROJECT_STRUCTURE");
        assert!(!project.out().exists());
    }
}

#[test]
fn a_folder_without_a_package_json_is_refused() {
    let project = Project::new(&[("index.js", "1")]);
    let error = project.refused("INVALID_PROJECT_STRUCTURE", 1);
    assert!(has(&error, "package.json"));
    assert!(error["hint"].is_string());
}

#[test]
fn a_project_without_an_entry_is_refused() {
    let project = Project::new(&[("package.json", r#"{"name":"empty"}"#), ("other.js", "1")]);
    project.refused("INVALID_PROJECT_STRUCTURE", 1);
}

#[test]
fn a_missing_import_names_specifier_and_importer() {
    let project =
        Project::small(&[("greet.js", "import left from 'left-pad';\nexport const greet = left;\n")]);
    let error = project.refused("MISSING_DEPENDENCIES", 1);
    let diagnostic = &error["diagnostics"][0];
    assert!(has(diagnostic, "left-pad"), "{error:#}");
    assert_eq!(diagnostic["path"], "greet.js");
    assert_eq!(diagnostic["line"], 1);
}

#[test]
fn every_missing_import_is_named_and_not_only_the_first() {
    let project = Project::small(&[(
        "greet.js",
        "import a from 'absent-a';\nimport b from './absent-b';\nexport const greet = [a, b];\n",
    )]);
    let error = project.refused("MISSING_DEPENDENCIES", 1);
    assert!(has(&error["diagnostics"], "absent-a") && has(&error["diagnostics"], "absent-b"), "{error:#}");
}

#[test]
fn an_import_cycle_works() {
    let project = Project::small(&[
        ("greet.js", "import { name } from './name';\nexport const greet = () => name();\n"),
        ("name.js", "import { greet } from './greet';\nexport const name = () => typeof greet;\n"),
    ]);
    project.build(&[]).done();
}

#[test]
fn a_syntax_error_shows_its_place_with_a_code_frame() {
    let project = Project::small(&[("greet.js", "export const greet = (name) => {\n  return 1 +;\n};\n")]);
    let error = project.refused("PREVIEW_BUILD_FAILED", 1);
    let diagnostic = &error["diagnostics"][0];
    assert_eq!(diagnostic["path"], "greet.js");
    assert_eq!(diagnostic["line"], 2);
    assert!(diagnostic["frame"].as_str().unwrap().contains("return 1 +;"), "{error:#}");
}

#[test]
fn an_import_that_leaves_the_project_is_not_found() {
    for specifier in ["../secret", "../../../../../../etc/hostname.js", "/etc/passwd"] {
        let project = Project::small(&[("greet.js", &format!("export {{ greet }} from {specifier:?};\n"))]);
        fs::write(project.dir().parent().unwrap().join("secret.js"), "export const greet = 'CANARY';")
            .unwrap();
        let error = project.refused("MISSING_DEPENDENCIES", 1);
        assert!(!has(&error, "CANARY"));
    }
}

#[test]
fn a_link_out_of_the_project_is_refused_and_one_inside_is_not() {
    let project = Project::small(&[]);
    symlink("greet.js", project.path("inside.js")).unwrap();
    project.build(&[]).done();
    symlink("/etc", project.path("outside")).unwrap();
    let error = project.refused("INVALID_PROJECT_STRUCTURE", 1);
    assert!(has(&error, "outside"));
}

#[test]
fn a_file_of_two_gigabytes_is_refused_by_its_size() {
    let project = Project::small(&[]);
    File::create(project.path("film.mp4")).unwrap().set_len(2 * 1024 * 1024 * 1024).unwrap();
    let error = project.refused("SANDBOX_LIMIT_EXCEEDED", 3);
    assert!(has(&error, "film.mp4") && has(&error, "2147483648"), "{error:#}");
}

#[test]
fn two_hundred_thousand_files_are_refused() {
    let project = Project::small(&[]);
    for folder in 0..200 {
        let folder = project.path(format!("d{folder}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("0.js"), "").unwrap();
        for file in 1..1000 {
            fs::hard_link(folder.join("0.js"), folder.join(format!("{file}.js"))).unwrap();
        }
    }
    project.refused("SANDBOX_LIMIT_EXCEEDED", 3);
}

#[test]
fn a_name_that_is_not_utf8_is_refused() {
    let project = Project::small(&[]);
    fs::write(project.dir().join(OsStr::from_bytes(b"caf\xe9.js")), "").unwrap();
    let error = project.refused("INVALID_PROJECT_STRUCTURE", 1);
    assert!(has(&error, r"caf\\xe9.js"), "{error}");
}

#[test]
fn a_named_pipe_is_refused_without_waiting_for_it() {
    let project = Project::small(&[]);
    let pipe = project.path("pipe.js");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let error = project.refused("INVALID_PROJECT_STRUCTURE", 1);
    assert!(has(&error, "named pipe"));
}

#[test]
fn a_build_that_runs_out_of_time_says_so() {
    let project = Project::small(&[]);
    let mut command = project.build_command(&[]);
    let ended = Ended::of(command.env("PREVIEW_MAX_TIMEOUT_MS", "1").output().unwrap());
    let json = ended.json();
    assert_eq!(json["error"]["code"], "PREVIEW_TIMEOUT", "{json:#}");
    assert_eq!(json["error"]["cause"], "limit.wall");
    assert_eq!(ended.code, Some(3));
    assert!(!project.out().exists());
}

/// A file system of 64 KiB is mounted over the output's folder in a namespace of its own.
#[test]
fn a_full_disk_is_said_and_the_existing_output_stays() {
    let project = Project::small(&[]);
    // Noise does not shrink: it must be larger than the disk.
    let mut noise = Vec::new();
    let mut state = 1_u64;
    while noise.len() < 300_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.extend((state >> 33).to_le_bytes());
    }
    fs::write(project.path("noise.png"), noise).unwrap();
    project.write("greet.js", "import noise from './noise.png';\nexport const greet = () => noise;\n");
    project.build(&[]).done();
    let script = r#"
        mount -t tmpfs -o size=64k none "$1" && echo earlier > "$1/bundle.zip" || exit 99
        "$2" build --platform web --json --out "$1/bundle.zip" "$3"
        status=$?
        test "$(cat "$1/bundle.zip")" = earlier && test "$(ls -A "$1" | wc -l)" = 1 || exit 98
        exit $status"#;
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(project.out().parent().unwrap())
        .arg(hivesync())
        .arg(project.dir())
        .env("HIVESYNC_HOME", home())
        .env("DATA_DIR", project.data());
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, Some(4), "{}\n{}", ended.stdout, ended.stderr);
    let error = &ended.json()["error"];
    assert_eq!(error["code"], "host.storage");
    assert!(has(error, "bundle.zip"), "{error}");
}

#[test]
fn an_output_folder_that_is_not_there_is_said() {
    let project = Project::small(&[]);
    let mut command =
        project.command(&["build", "--platform", "web", "--json", "--out", "/nowhere/bundle.zip"]);
    let ended = Ended::of(command.arg(project.dir()).output().unwrap());
    assert_eq!(ended.json()["error"]["code"], "host.storage");
    assert_eq!(ended.code, Some(4));
}

#[test]
fn packages_that_cannot_be_restored_are_named_with_what_npm_said() {
    let manifest = r#"{"name":"small","main":"index.js","dependencies":{"absent":"file:./absent"}}"#;
    let project = Project::small(&[("package.json", manifest)]);
    fs::write(project.out(), "earlier").unwrap();
    let ended = project.build(&["--no-restore"]);
    assert_eq!(ended.json()["error"]["code"], "MISSING_DEPENDENCIES");
    assert_eq!(ended.code, Some(1));
    assert!(!project.path("node_modules").exists());
    let tools = project.dir().parent().unwrap().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("npm"), "#!/bin/sh\necho 'E404 absent' >&2\nexit 1\n").unwrap();
    fs::set_permissions(tools.join("npm"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = project.build_command(&[]);
    let ended =
        Ended::of(command.env("PATH", format!("{}:/usr/bin:/bin", tools.display())).output().unwrap());
    let error = &ended.json()["error"];
    assert_eq!(error["code"], "MISSING_DEPENDENCIES");
    assert!(has(error, "E404 absent"), "{error}");
    assert!(!project.path("node_modules").exists());
    super::project::assert_no_litter(&project.data());
}
