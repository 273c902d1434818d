//! `explain`, `version`, `policy`, `audit`, and wrong usage.

use super::project::{Project, home};

#[test]
fn wrong_usage_ends_with_two_and_help_with_none() {
    let project = Project::small(&[]);
    let wrong: [&[&str]; 4] = [&["build"], &["build", ".", "--platform", "amiga"], &["fly"], &["verify"]];
    for arguments in wrong {
        assert_eq!(project.run(arguments).code, Some(2), "{arguments:?}");
    }
    let help = project.run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("Exit codes:"));
}

#[test]
fn explain_knows_every_code_it_lists() {
    let project = Project::small(&[]);
    let list = project.run(&["explain"]);
    let codes: Vec<_> = list.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.contains(&"MISSING_DEPENDENCIES") && codes.contains(&"limit.fuel"));
    let page = project.run(&["explain", "limit.fuel"]);
    assert_eq!(page.code, Some(0));
    assert!(page.stdout.starts_with("# limit.fuel"));
    assert_eq!(project.run(&["explain", "limit.fool"]).code, Some(2));
}

#[test]
fn the_shipped_policies_explain_and_lint_clean_and_a_wider_one_is_noticed() {
    let project = Project::small(&[]);
    let policy = home().join("policies/preview-bundler.toml");
    let path = policy.to_str().unwrap();
    assert_eq!(project.run(&["policy", "explain", path]).code, Some(0));
    assert_eq!(project.run(&["policy", "lint", path]).code, Some(0));
    let wider = project.path("wider.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&wider, text.replace("134_217_728", "134_217_729")).unwrap();
    let diff = project.run(&["policy", "diff", path, wider.to_str().unwrap()]);
    assert_eq!(diff.code, Some(1), "{}", diff.stdout);
    assert_eq!(project.run(&["policy", "lint", project.path("index.js").to_str().unwrap()]).code, Some(2));
    assert_eq!(project.run(&["policy", "lint", "/absent.toml"]).code, Some(2));
}

#[test]
fn the_audit_record_of_a_build_holds_until_it_is_changed() {
    let project = Project::small(&[]);
    project.build(&[]).done();
    project.write("greet.js", "export const greet = ;");
    project.build(&[]);
    let file = project.data().join("audit.jsonl");
    let path = file.to_str().unwrap();
    let verified = project.run(&["audit", "verify", path, "--json"]).done();
    assert_eq!(verified["entries"], 2);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("hivesync build", "somebody else", 1)).unwrap();
    let changed = project.run(&["audit", "verify", path, "--json"]);
    assert_eq!(changed.code, Some(1));
    assert!(changed.json()["error"]["message"].as_str().unwrap().contains("line 1"));
}

#[test]
fn version_names_the_modules_that_are_installed() {
    let project = Project::small(&[]);
    let version = project.run(&["version", "--json"]).done();
    assert!(version["module_digest"].as_str().unwrap().starts_with("sha256:"));
}
