//! Runs of a server, made again from their records by a program that can ask nobody.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::ai_docs::{self, SOURCE, SUMMARY};
use super::client::Ask;
use super::posts::{self, GOOD, STORY};
use super::server::{Server, text};
use super::service::post;
use super::spaces::Spaces;
use crate::cli::models::Models;
use crate::cli::project::{copy_warm_data, hivesync, home as installed};
use crate::cli::spaces::{FINDS_NOTHING, SOUND, home, picture};

/// A folder for a run, with the modules compiled.
struct Desk(tempfile::TempDir);

impl Desk {
    fn with(record: &[u8]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        copy_warm_data(&desk.0.path().join("data"));
        desk.put("run.json", record);
        desk
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes the run again; the exit code and what is said.
    fn replay(&self, more: &[&str]) -> (Option<i32>, Value) {
        let mut command = Command::new(hivesync());
        command
            .args(["pipeline", "run", "--replay", "run.json", "--json"])
            .args(more)
            .current_dir(self.path());
        command.env("HIVESYNC_HOME", installed()).env("DATA_DIR", self.path().join("data"));
        for name in ["OPENAI_API_KEY", "AI_MODEL", "LOCAL_AI_ENABLED", "AI_FALLBACK_BASE_URL"] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        let said = serde_json::from_slice(&output.stdout);
        let said = said.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), said)
    }

    /// The code of a refusal.
    fn refused(&self, more: &[&str]) -> String {
        let (status, said) = self.replay(more);
        assert_eq!(status, Some(1), "{said:#}");
        text(&said["error"]["code"])
    }
}

fn fetch(server: &Server, url: &Value) -> Vec<u8> {
    let target = text(url).split_once(&server.address).unwrap().1.to_owned();
    Ask::new(&server.address, "GET", &target).send().body
}

/// Everything that was asked was answered by the record.
fn assert_from_record(said: &Value, record: &Value) {
    assert_eq!(said["result"]["run"], record["run"], "it is the same run");
    let steps = said["result"]["steps"].as_array().unwrap().iter();
    let asks: Vec<&Value> = steps.flat_map(|step| step["asks"].as_array().unwrap()).collect();
    assert!(!asks.is_empty() && asks.iter().all(|ask| ask["by"] == "record"), "{said:#}");
}

#[test]
fn a_post_is_made_again_from_its_record_and_of_a_bent_record_nothing_is_made() {
    let models = Models::saying(&[STORY, GOOD]);
    let server = posts::writing(&models.environment());
    let asked = post(&server, "/api/content/generate", &posts::ask("async", 1)).expect(202);
    let shown = posts::ended(&server, &text(&asked["job_id"]));
    let bytes = fetch(&server, &shown["result"]["record_url"]);
    let record: Value = serde_json::from_slice(&bytes).unwrap();
    models.heard();

    let desk = Desk::with(&bytes);
    let (status, said) = desk.replay(&["--out", "made"]);
    assert_eq!(status, Some(0), "{said:#}");
    assert_from_record(&said, &record);
    for part in ["suggested_title", "branch", "verdict", "content_score"] {
        assert_eq!(said["result"]["result"][part], shown["result"][part], "{part}");
    }
    for (name, url) in [("post.md", "post_url"), ("post.patch", "patch_url")] {
        let made = std::fs::read(desk.path().join("made").join(name)).unwrap();
        assert_eq!(made, fetch(&server, &shown["result"][url]), "{name}");
    }

    let bent = |change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        change(&mut record);
        desk.put("run.json", record.to_string().as_bytes());
        desk.refused(&[])
    };
    assert_eq!(bent(&|record| record["input"]["content_type"] = json!("other")), "REQUEST_INVALID");
    assert_eq!(bent(&|record| record["schema"] = json!("hivesync-run/2")), "REQUEST_INVALID");
    assert_eq!(bent(&|record| record["answers"]["answers"] = json!([])), "ANSWER_NOT_RECORDED");
    assert_eq!(bent(&|record| record["run"] = record["input_digest"].clone()), "ANSWER_NOT_RECORDED");
}

#[test]
fn documentation_is_made_again_with_the_file_which_the_record_does_not_hold() {
    let models = Models::saying(&[SUMMARY]);
    let server = ai_docs::documenting("", &models.environment());
    let ada = server.login("ada");
    let asked = server.post("/api/v1/ai/file-summary", &ada.token, &ai_docs::summary()).send().expect(202);
    let shown = ai_docs::ended(&server, &ada, &asked);
    let bytes = fetch(&server, &shown["record_url"]);
    models.heard();
    let record: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(!record.to_string().contains("addUnmistakably"), "{record:#}");

    let desk = Desk::with(&bytes);
    assert_eq!(desk.refused(&[]), "REQUEST_INVALID");
    let file = |text: &str| json!({ "path": "add.js", "text": text, "kind": "summary" }).to_string();
    desk.put("input.json", file("another file").as_bytes());
    assert_eq!(desk.refused(&["--input", "input.json"]), "REQUEST_INVALID");
    desk.put("input.json", file(SOURCE).as_bytes());
    let (status, said) = desk.replay(&["--input", "input.json"]);
    assert_eq!((status, &said["result"]["result"]), (Some(0), &shown["result"]), "{said:#}");
    assert_from_record(&said, &record);
}

#[test]
fn a_step_of_a_run_of_spaces_is_made_again_with_its_previews() {
    let good = home(["a", "b", "c"]).to_string();
    let models = Models::saying(&[&good, FINDS_NOTHING, SOUND]);
    let spaces = Spaces::with(&models.environment());
    let upload = spaces.upload(&picture());
    spaces.start(0, &[&upload]).expect(202);
    assert_eq!(spaces.over(), ["completed"; 4]);
    models.heard();
    let artifacts = spaces.get("/artifacts");
    let of = |is_it: &dyn Fn(&Value) -> bool| {
        let found = artifacts.as_array().unwrap().iter().find(|artifact| is_it(artifact)).unwrap();
        fetch(&spaces.bench.server, &found["url"])
    };
    let bytes = of(&|artifact| artifact["metadata"]["record_of"].is_string());
    let record: Value = serde_json::from_slice(&bytes).unwrap();

    let desk = Desk::with(&bytes);
    assert_eq!(desk.refused(&[]), "REQUEST_INVALID");
    let preview = of(&|artifact| artifact["kind"] == "preview");
    desk.put("picture-1.jpg", &[&preview[..], b"!"].concat());
    assert_eq!(desk.refused(&["--attach", "picture-1.jpg"]), "REQUEST_INVALID");
    desk.put("picture-1.jpg", &preview);
    let (status, said) = desk.replay(&["--attach", "picture-1.jpg"]);
    assert_eq!((status, &said["result"]["result"]["decision"]), (Some(0), &json!("proceed")), "{said:#}");
    assert_from_record(&said, &record);
}
