//! Bundles that were built: their bytes, their record, and what `verify` says.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::project::{Ended, Project, unzip};

fn verify(project: &Project, more: &[&str]) -> Ended {
    let out = project.out();
    project.run(&[&["verify", out.to_str().unwrap(), "--json"], more].concat())
}

#[test]
fn a_bundle_holds_what_was_promised_and_verifies() {
    let project = Project::small(&[]);
    let result = project.build(&[]).done();
    let metadata: Value = serde_json::from_str(&unzip(&project.out(), "metadata.json")).unwrap();
    for key in [
        "job_id",
        "project_id",
        "platform",
        "device_id",
        "built_at",
        "token_version",
        "module_digest",
        "policy_digest",
        "input_digest",
        "fuel_used",
        "timeout",
        "signature",
        "key_id",
    ] {
        assert!(!metadata[key].is_null(), "{key} is missing");
    }
    assert_eq!(metadata["job_id"].as_str().unwrap().len(), 26);
    assert_eq!(metadata["device_id"], "default");
    assert_eq!(metadata["platform"], "web");
    assert_eq!(metadata["fuel_used"], result["fuel_used"]);
    let names: Vec<_> =
        metadata["files"].as_array().unwrap().iter().map(|file| file["name"].clone()).collect();
    for name in ["main.jsbundle", "main.jsbundle.map", "logs.txt", "index.html"] {
        assert!(names.contains(&name.into()), "{name} is missing");
    }
    assert!(unzip(&project.out(), "main.jsbundle").contains("Hello, "));
    let report = verify(&project, &[]).done();
    assert_eq!(report["metadata"]["job_id"], metadata["job_id"]);
    assert_eq!(report["trusted"], true);
}

#[test]
fn a_changed_bundle_and_a_strange_key_are_refused() {
    let project = Project::small(&[]);
    let metadata = project.build(&[]).done()["metadata"].clone();
    let strange = format!("ed25519:{}", "58".repeat(32));
    let ended = verify(&project, &["--key", &strange]);
    assert_eq!(ended.json()["error"]["code"], "module.bad-signature");
    assert_eq!(ended.code, Some(1));
    verify(&project, &["--key", metadata["key_id"].as_str().unwrap()]).done();
    let mut bytes = fs::read(project.out()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(project.out(), bytes).unwrap();
    let ended = verify(&project, &[]);
    assert_eq!(ended.json()["ok"], false);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn with_a_fixed_time_the_whole_zip_is_the_same_bytes_from_cold_and_warm_caches() {
    let project = Project::small(&[]);
    let build = |project: &Project| {
        let ended =
            Ended::of(project.build_command(&[]).env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap());
        (fs::read(project.out()), ended.done()["fuel_used"].clone())
    };
    let (cold, cold_fuel) = build(&project);
    let (warm, warm_fuel) = build(&project);
    for kept in ["memo", "layers"] {
        fs::remove_dir_all(project.data().join("cache").join(kept)).ok();
    }
    let (cold_again, _) = build(&project);
    let cold = cold.unwrap();
    assert!(cold == warm.unwrap() && cold == cold_again.unwrap());
    assert_eq!(cold_fuel, warm_fuel);
    project.write("greet.js", "export const greet = () => 'other';\n");
    assert!(build(&project).0.unwrap() != cold);
}

#[test]
fn only_public_values_of_an_env_file_reach_the_bundle() {
    let project = Project::small(&[
        (".env", "EXPO_PUBLIC_NAME=shown\nSECRET_NAME=hidden-canary\n"),
        ("greet.js", "export const greet = () => [process.env.EXPO_PUBLIC_NAME, process.env.SECRET_NAME];\n"),
    ]);
    project.build(&[]).done();
    let bundle = unzip(&project.out(), "main.jsbundle");
    assert!(bundle.contains("shown"));
    assert!(!fs::read(project.out()).unwrap().windows(13).any(|window| window == b"hidden-canary"));
    assert!(!bundle.contains("hidden-canary"));
}

#[test]
fn the_module_report_names_sizes_and_who_asks() {
    let project = Project::small(&[]);
    let report = project.dir().parent().unwrap().join("modules.json");
    project.build(&["--report", report.to_str().unwrap()]).done();
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let modules = report["modules"].as_array().unwrap();
    let named = |path: &str| modules.iter().find(|module| module["path"] == path).unwrap();
    assert!(named("greet.js")["required_by"].as_array().unwrap().contains(&named("index.js")["id"]));
    assert!(named("greet.js")["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn a_person_gets_a_summary_and_no_colour_without_a_terminal() {
    let project = Project::small(&[]);
    let out = project.out();
    let mut command = project.command(&["build", "--platform", "web", "--out", out.to_str().unwrap()]);
    let ended = Ended::of(command.arg(project.dir()).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for word in ["built", "modules", "fuel", "memory", "cache", "signed"] {
        assert!(ended.stdout.contains(word), "{word} in {}", ended.stdout);
    }
    assert!(ended.stderr.contains("bundling"));
    assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'));
}

#[test]
fn an_ordinary_tool_opens_the_bundle() {
    let project = Project::small(&[]);
    project.build(&[]).done();
    let output =
        Command::new("python3").args(["-m", "zipfile", "--test"]).arg(project.out()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
