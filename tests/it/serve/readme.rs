//! What the README shows is what happens.

use std::process::Command;

use super::server::Server;
use crate::cli::project::{SMALL, hivesync};
use crate::golden::repository;

#[test]
fn the_main_job_over_http_works_as_the_readme_shows_it() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    let mut blocks = readme.split("```\n").filter(|block| block.starts_with("api="));
    let (script, None) = (blocks.next().unwrap(), blocks.next()) else { panic!("one block is expected") };
    let server = Server::building();
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in SMALL {
        let path = folder.path().join("my-app").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let shown = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder.path())
        .env("HIVESYNC_URL", format!("http://{}", server.address))
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
    assert!(shown.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains(r#""state":"success""#), "{stdout}\n{stderr}");
    let verified = Command::new(hivesync())
        .env("DATA_DIR", server.data())
        .args(["verify", "bundle.zip"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
}
