//! Paths that lead out, each with a path that does not.

use crate::broker::{LIMITS, run};

/// An attempt, the kind of its failure, and the lawful twin.
type Pair = (&'static str, &'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const PAIRS: &[Pair] = &[
    (
        "a path that climbs out",
        "failed",
        &["read /project/../outside/canary.txt"],
        "the app",
        &["read /project/src/app.js"],
    ),
    (
        "a path that climbs out after it was made plain",
        "failed",
        &["read /project/src/./../../outside/canary.txt"],
        "the package",
        &["read /project/src/../package.json"],
    ),
    ("an absolute path", "failed", &["read /etc/passwd"], "the package", &["read /project/package.json"]),
    (
        "a link to the parent",
        "failed",
        &["read /project/up/outside/canary.txt"],
        "the app",
        &["read /project/inside"],
    ),
    ("an absolute link", "failed", &["read /project/absolute"], "the app", &["read /project/inside"]),
    ("a link to a file outside", "failed", &["read /project/canary"], "the app", &["read /project/inside"]),
    (
        "a neighbour with the same beginning",
        "failed",
        &["read /project-evil/secret"],
        "the package",
        &["read /project/package.json"],
    ),
    (
        "the process itself",
        "failed",
        &["read /proc/self/environ"],
        "the package",
        &["read /project/package.json"],
    ),
    ("a list of the parent", "failed", &["list /project/.."], "app.js", &["list /project/src"]),
    ("a list through a link", "failed", &["list /project/up"], "app.js", &["list /project/src"]),
    (
        "writing through a link",
        "failed",
        &["write /project/up/outside/canary.txt"],
        "",
        &["write /out/canary.txt"],
    ),
    ("writing to a link's target", "failed", &["write /project/canary"], "", &["write /out/canary"]),
    ("climbing out of the output", "failed", &["write /out/../stolen"], "", &["write /out/stolen"]),
    ("changing a source", "failed", &["write /project/package.json"], "", &["write /out/package.json"]),
    (
        "lengthening a source",
        "failed",
        &["append /project/package.json"],
        "",
        &["write /out/a", "append /out/a"],
    ),
    (
        "removing a source",
        "failed",
        &["remove /project/package.json"],
        "",
        &["write /out/a", "remove /out/a"],
    ),
    ("making a directory among the sources", "failed", &["mkdir /project/new"], "", &["mkdir /out/new"]),
    (
        "moving a source",
        "failed",
        &["rename /project/package.json /out/a"],
        "",
        &["write /out/a", "rename /out/a /out/b"],
    ),
    (
        "moving an output over a source",
        "failed",
        &["write /out/a", "rename /out/a /project/package.json"],
        "",
        &["write /out/a", "rename /out/a /out/c"],
    ),
    (
        "moving an output outside",
        "failed",
        &["write /out/a", "rename /out/a /out/../a"],
        "",
        &["mkdir /out/d", "write /out/a", "rename /out/a /out/d/a"],
    ),
    (
        "a hard link to a source",
        "failed",
        &["link /project/package.json /out/a"],
        "the package",
        &["read /project/package.json"],
    ),
];

#[test]
fn every_way_out_is_closed_and_the_way_beside_it_is_open() {
    for (name, kind, attempt, expected, twin) in PAIRS {
        let answers = run(&attempt.join("\n"), LIMITS).answers();
        let last = answers.last().unwrap();
        assert!(last.starts_with(kind), "{name}: {answers:?}");
        let lawful = run(&twin.join("\n"), LIMITS).answers();
        assert_eq!(lawful.last().unwrap(), format!("ok {expected}").trim_end(), "twin of {name}: {lawful:?}");
    }
}

#[test]
fn what_is_left_in_out_comes_back_in_order_and_nothing_else_does() {
    let ran = run("mkdir /out/d\nwrite /out/d/b\nwrite /out/a\nwrite /out/c\nremove /out/c", LIMITS);
    let written = b"written".to_vec();
    assert_eq!(ran.files, [("a".to_owned(), written.clone()), ("d/b".to_owned(), written)]);
    assert_eq!(ran.status(), 0);
}

#[test]
fn every_wall_stands() {
    let ran = run("", LIMITS);
    for name in ["user", "net", "mount", "ipc", "uts", "pid"] {
        assert!(ran.layer2.namespaces.iter().any(|namespace| namespace == name), "{name}: {:?}", ran.layer2);
    }
    let layer2 = ran.layer2;
    assert!(
        layer2.landlock_abi.is_some() && layer2.seccomp.is_some() && layer2.rlimits && layer2.no_new_privs
    );
}
