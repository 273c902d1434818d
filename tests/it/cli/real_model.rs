//! `hivesync docs` with a real model, if a small one. What it says is of no use here: how it is
//! asked and what is made of any reply is what counts.

use std::path::{Path, PathBuf};

use hivesync_testkit::Model;
use serde_json::{Value, json};

use super::project::{Ended, Project};

const SOURCE: &str = "export function add(a, b) {\n  return a + b;\n}\n";

/// What `cargo xtask setup` brought; none where it could not.
pub(crate) fn packages() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/models");
    let folder = std::env::var_os("HIVESYNC_MODELS").map_or(built, PathBuf::from);
    folder.join("xllamacpp").is_dir().then_some(folder)
}

#[test]
fn a_real_model_is_asked_and_its_reply_is_taken_or_refused_with_its_code() {
    let Some(packages) = packages() else {
        eprintln!("there is no model here; run `cargo xtask setup`");
        return;
    };
    let model = Model::start(&packages).unwrap();
    let project = Project::new(&[("add.js", SOURCE)]);
    let mut command = project.command(&["docs", "add.js", "--json", "--tokens", "200"]);
    command.args(["--record", "answers.json"]).current_dir(project.dir());
    for name in ["OPENAI_API_KEY", "AI_MODEL", "AI_FALLBACK_BASE_URL"] {
        command.env_remove(name);
    }
    command.env("LOCAL_AI_ENABLED", "true").env("LOCAL_AI_URL", model.url()).env("AI_TIMEOUT_MS", "300000");
    let ended = Ended::of(command.output().unwrap());
    let answers = std::fs::read_to_string(project.path("answers.json")).unwrap();
    let answers: Value = serde_json::from_str(&answers).unwrap();
    for answer in answers["answers"].as_array().unwrap() {
        let reply = &answer["answer"]["reply"];
        assert!(reply["prompt_tokens"].as_u64() > Some(100), "it counted what it was asked: {answer}");
        assert!((1..=200).contains(&reply["reply_tokens"].as_u64().unwrap()), "{answer}");
    }
    let json = ended.json();
    if json["ok"] == json!(true) {
        let result = &json["result"];
        assert_eq!(result["steps"][0]["asks"][0]["by"], "local");
        assert!(!result["result"]["summary"].as_str().unwrap().is_empty());
    } else {
        assert_eq!((&json["error"]["code"], ended.code), (&json!("AI_REPLY_UNREADABLE"), Some(4)), "{json}");
        assert_eq!(answers["answers"].as_array().unwrap().len(), 2, "it was asked once more");
    }
}
