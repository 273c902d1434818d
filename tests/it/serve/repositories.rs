//! Previews and maps of a ref of a repository that stands under the server's data folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::previews::Bench;
use super::server::{Server, text};
use crate::cli::project::SMALL;

/// Runs git as the repository's owner does.
fn git(folder: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(args).current_dir(folder).env("HOME", folder);
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.com");
    }
    let said = git.output().unwrap();
    assert!(said.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim_end().to_owned()
}

impl Bench {
    /// A repository of the project whose branch `main` has these files.
    fn repository(&self, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.server.data().join("repos").join(&self.project);
        std::fs::create_dir_all(&folder).unwrap();
        for (path, content) in files {
            std::fs::write(folder.join(path), content).unwrap();
        }
        git(&folder, &["init", "--quiet", "--initial-branch=main"]);
        git(&folder, &["add", "--all"]);
        git(&folder, &["commit", "--quiet", "--message=first"]);
        folder
    }

    fn newest(&self) -> Value {
        let path = format!("/api/v1/projects/{}", self.project);
        self.server.get(&path, &self.person.token).send().expect(200)["image"].clone()
    }
}

#[test]
fn a_preview_of_a_ref_is_built_of_the_files_that_it_has_there() {
    let bench = Bench::building(&[("other.js", "1")]);
    let repository = bench.repository(SMALL);
    let head = git(&repository, &["rev-parse", "main"]);
    let job = bench.built(&json!({ "platform": "web", "git_ref": "main" }));
    assert_eq!(job["state"], "success", "{job:#}");
    let newest = bench.newest();
    assert_eq!(newest, bench.upload(SMALL).as_str(), "the files make the image, however they came");
    // A token for a build names one too, and so does a map.
    bench.upload(&[("other.js", "2")]);
    bench.post("previews/token", &json!({ "platform": "web", "ref": head })).expect(201);
    assert_eq!(bench.newest(), newest);
    bench.upload(&[("other.js", "3")]);
    bench.post("maps", &json!({ "git_ref": "refs/heads/main" })).expect(202);
    assert_eq!(bench.newest(), newest);
    assert_eq!(git(&repository, &["status", "--porcelain"]), "");
    assert_eq!(git(&repository, &["rev-parse", "main"]), head);
}

#[test]
fn a_ref_that_is_not_there_or_whose_files_are_refused_queues_nothing() {
    let bench = Bench::on(Server::start(), SMALL);
    let ask = |reference: &str| bench.ask(&json!({ "platform": "web", "git_ref": reference }));
    let before = bench.newest();
    ask("main").refused(422, "GIT_REF_UNKNOWN");
    let repository = bench.repository(SMALL);
    for reference in ["nothing", "main~1", "../../etc", "--help", "main:index.js"] {
        ask(reference).refused(422, "GIT_REF_UNKNOWN");
        let body = json!({ "git_ref": reference });
        bench.post("maps", &body).refused(422, "GIT_REF_UNKNOWN");
    }
    let both = json!({ "platform": "web", "git_ref": "main", "image": before });
    bench.ask(&both).refused(400, "REQUEST_INVALID");
    bench.ask(&json!({ "platform": "web", "git_ref": 1 })).refused(400, "REQUEST_INVALID");

    std::os::unix::fs::symlink("/etc/passwd", repository.join("link")).unwrap();
    git(&repository, &["add", "--all"]);
    git(&repository, &["commit", "--quiet", "--message=link"]);
    let refused = ask("main").refused(422, "UPLOAD_LINK");
    assert_eq!(refused["details"]["path"], "link");
    let body = json!({ "platform": "web", "ref": "main" });
    bench.post("previews/token", &body).refused(422, "UPLOAD_LINK");
    std::fs::write(repository.join(".git/objects/info/alternates"), "/elsewhere\n").unwrap();
    ask("main").refused(422, "REPOSITORY_REFUSED");

    // Who may not ask learns nothing of it.
    let eve = bench.server.login("eve");
    let body = json!({ "platform": "web", "git_ref": "main" });
    bench.server.post(&bench.path("previews/jobs"), &eve.token, &body).send().refused(404, "NOT_FOUND");
    assert_eq!(bench.newest(), before);
    assert_eq!(bench.get("previews/jobs").expect(200)["items"], json!([]));
    // The control: the commit before the link, once the repository is its own again.
    std::fs::remove_file(repository.join(".git/objects/info/alternates")).unwrap();
    let first = git(&repository, &["rev-parse", "main^"]);
    let job = ask(&first).expect(202);
    assert_eq!(text(&job["state"]), "queued");
}
