//! `cache`: how much is kept, away with it, and to another machine.

use serde_json::Value;

use super::project::{Ended, Project};

fn memo_files(project: &Project) -> u64 {
    let status = project.run(&["cache", "status", "--json"]).done();
    let parts = status["parts"].as_array().unwrap();
    parts.iter().find(|part| part["name"] == "memo").unwrap()["files"].as_u64().unwrap()
}

fn made(result: &Value) -> u64 {
    result["step"]["transforms"]["made"].as_u64().unwrap()
}

#[test]
fn what_is_kept_is_told_and_cleared() {
    let project = Project::small(&[]);
    assert_eq!(memo_files(&project), 0);
    project.build(&[]).done();
    assert!(memo_files(&project) >= 2);
    project.run(&["cache", "clear", "--json"]).done();
    assert_eq!(memo_files(&project), 0);
    let status = project.run(&["cache", "status"]);
    assert!(status.stdout.contains("transforms and links"), "{}", status.stdout);
}

#[test]
fn what_was_exported_saves_another_cache_every_transform_and_gives_the_same_bundle() {
    let (from, to) = (Project::small(&[]), Project::small(&[]));
    let build = |project: &Project| {
        let mut command = project.build_command(&[]);
        Ended::of(command.env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap()).done()
    };
    let first = build(&from);
    assert!(made(&first) > 0);
    let file = from.data().join("shipment");
    let exported = from.run(&["cache", "export", file.to_str().unwrap(), "--json"]).done();
    let imported = to.run(&["cache", "import", file.to_str().unwrap(), "--json"]).done();
    assert_eq!(imported["entries"], exported["entries"]);
    let second = build(&to);
    assert_eq!(made(&second), 0, "{second:#}");
    assert_eq!(second["fuel_used"], first["fuel_used"]);
    assert_eq!(std::fs::read(to.out()).unwrap(), std::fs::read(from.out()).unwrap());
}

#[test]
fn a_shipment_of_an_unknown_key_or_with_a_changed_byte_takes_nothing_in() {
    let (from, stranger) = (Project::small(&[]), Project::small(&[]));
    from.build(&[]).done();
    let (good, bad) = (from.data().join("good"), from.data().join("bad"));
    let exported = from.run(&["cache", "export", good.to_str().unwrap(), "--json"]).done();
    let key = exported["key_id"].as_str().unwrap();
    let mut bytes = std::fs::read(&good).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&bad, bytes).unwrap();
    // Another machine has another key.
    std::fs::remove_dir_all(stranger.data().join("keys")).unwrap();
    for arguments in [vec![good.to_str().unwrap()], vec![bad.to_str().unwrap(), "--key", key]] {
        let refused = stranger.run(&[&["cache", "import", "--json"], arguments.as_slice()].concat());
        assert_eq!(refused.json()["error"]["code"], "module.bad-signature", "{arguments:?}");
        assert_eq!(refused.code, Some(1));
        assert_eq!(memo_files(&stranger), 0);
    }
    let taken = stranger.run(&["cache", "import", good.to_str().unwrap(), "--key", key, "--json"]).done();
    assert_eq!(taken["entries"], exported["entries"]);
}
