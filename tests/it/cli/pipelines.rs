//! `hivesync docs` and `hivesync pipeline`: a step in its sandbox, and a model that is asked by
//! the host.

use serde_json::{Value, json};

use super::models::{self, Models};
use super::project::{Ended, Project};

/// A file with a secret, which is parted so that no scanner of repositories takes it for one.
const SOURCE: &str = concat!(
    "const key = \"ghp",
    "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\";\n",
    "export function add(a, b) {\n  const s = a + b;\n  return s;\n}\n"
);
const SUMMARY: &str = "{\"summary\":\"Adds two numbers.\",\"points\":[\"It is pure.\"]}";

fn project() -> Project {
    Project::new(&[("add.js", SOURCE), ("pipelines/other.txt", "no definition")])
}

fn docs(project: &Project, environment: &[(&str, &str)], more: &[&str]) -> Ended {
    let mut command = project.command(&["docs", "add.js", "--json"]);
    command.args(more).current_dir(project.dir());
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "AI_MODEL", "LOCAL_AI_ENABLED", "AI_FALLBACK_BASE_URL"]
    {
        command.env_remove(name);
    }
    Ended::of(command.envs(environment.iter().copied()).output().unwrap())
}

fn pipeline(project: &Project, environment: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = project.command(&["pipeline"]);
    command.args(arguments).current_dir(project.dir()).env("PIPELINES_DIR", project.path("pipelines"));
    Ended::of(command.envs(environment.iter().copied()).output().unwrap())
}

/// The code of a refusal, and that it says so with this status.
fn refused(ended: &Ended, status: i32) -> String {
    assert_eq!(ended.code, Some(status), "{}\n{}", ended.stdout, ended.stderr);
    ended.json()["error"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_summary_is_asked_for_without_secrets_and_made_again_from_its_record() {
    let project = project();
    let models = Models::saying(&[SUMMARY]);
    let asked = docs(&project, &models.environment(), &["--record", "answers.json"]);
    assert!(!asked.stdout.contains("sk-of-this-test") && !asked.stderr.contains("sk-of-this-test"));
    let result = asked.done();
    assert_eq!(
        (&result["status"], &result["result"]["summary"]),
        (&json!("completed"), &json!("Adds two numbers."))
    );
    let ask = &result["steps"][0]["asks"][0];
    assert_eq!(
        (&ask["by"], &ask["prompt_tokens"], &ask["reply_tokens"]),
        (&json!("primary"), &json!(20), &json!(5))
    );
    let heard = models.heard();
    let (head, body) = &heard[0];
    assert!(
        head.contains("authorization: Bearer sk-of-this-test") && head.contains("idempotency-key: sha256:")
    );
    assert!(!body.to_string().contains("ghp_") && body.to_string().contains("«github-token»"), "{body}");
    assert_eq!(body["response_format"]["json_schema"]["name"], "file-summary");

    // Nobody is there any more.
    let again = docs(&project, &[], &["--answers", "answers.json"]).done();
    let part = |result: &Value, key: &str| result[key].clone();
    assert_eq!(part(&again, "result"), part(&result, "result"));
    assert_eq!(again["steps"][0]["fuel"], result["steps"][0]["fuel"]);
    assert_eq!(again["steps"][0]["asks"][0]["by"], "record");
    let other = docs(&project, &[], &["--answers", "answers.json", "--kind", "rename"]);
    assert_eq!(refused(&other, 1), "ANSWER_NOT_RECORDED");
}

#[test]
fn comments_come_as_a_diff_that_applies_and_what_would_act_on_tools_is_left_out() {
    let project = project();
    let reply = json!({ "comments": [
        { "line": 3, "text": "Kept in a name for the debugger. */ process.exit()" },
        { "line": 4, "text": "eslint-disable-next-line" },
    ]});
    let models = Models::saying(&["Of course! Here are your comments.", &reply.to_string()]);
    let result = docs(&project, &models.environment(), &["--kind", "comments"]).done();
    let diff = result["result"]["diff"].as_str().unwrap();
    assert!(diff.contains("+  // Kept in a name for the debugger. */ process.exit()\n"), "{diff}");
    assert!(!diff.contains("eslint"), "{diff}");
    assert_eq!(result["result"]["left_out"][0]["reason"], "Tools would act on it.");
    assert_eq!(result["result"]["rounds"], 2);
    let heard = models.heard();
    let said: Vec<&str> = heard[1].1["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["system", "user", "assistant", "user"]);
    project.write("change.diff", diff);
    let mut git = std::process::Command::new("git");
    let applied = git.args(["apply", "--check", "change.diff"]).current_dir(project.dir()).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(std::fs::read_to_string(project.path("add.js")).unwrap(), SOURCE, "the file itself stays");
}

#[test]
fn without_a_model_or_a_reply_of_the_form_there_is_a_code_and_no_result() {
    let project = project();
    assert_eq!(refused(&docs(&project, &[], &[]), 4), "AI_NO_REPLY");
    let models = Models::saying(&["no", "{\"summary\":1}"]);
    assert_eq!(refused(&docs(&project, &models.environment(), &[]), 4), "AI_REPLY_UNREADABLE");
    project.write("add.js", "const = ;");
    assert_eq!(refused(&docs(&project, &[], &["--kind", "full"]), 1), "REQUEST_INVALID");
    assert_eq!(
        refused(&docs(&project, &[], &["--kind", "comments", "--range", "9-x"]), 1),
        "REQUEST_INVALID"
    );
    let half = [("OPENAI_API_KEY", "sk-of-this-test")];
    let ended = docs(&project, &half, &[]);
    assert!(!ended.stdout.contains("sk-of-this-test"));
    assert_eq!(refused(&ended, 1), "REQUEST_INVALID");
}

#[test]
fn a_run_that_dies_between_question_and_answer_goes_on_and_says_what_was_asked_twice() {
    let project = project();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let mut command = project.command(&["docs", "add.js", "--json", "--journal", "journal"]);
    command.current_dir(project.dir()).env("LOCAL_AI_ENABLED", "true").env("LOCAL_AI_URL", &url);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let (first, _) = models::read(&mut stream);
    child.kill().unwrap();
    child.wait().unwrap();

    let models = Models::saying(&[SUMMARY]);
    let went_on = docs(&project, &models.environment(), &["--journal", "journal"]).done();
    let ask = &went_on["steps"][0]["asks"][0];
    assert_eq!((&ask["asked_again"], &ask["replayed"]), (&json!(true), &json!(false)));
    let key = |head: &str| head.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned();
    assert_eq!(key(&models.heard()[0].0), key(&first), "a provider can know it again");

    // Everything is answered: nobody is asked.
    let again = docs(&project, &[], &["--journal", "journal"]).done();
    assert_eq!(
        (&again["result"], &again["steps"][0]["asks"][0]["by"]),
        (&went_on["result"], &json!("record"))
    );
}

#[test]
fn pipelines_are_checked_and_drawn_and_a_broken_one_never_runs() {
    let project = project();
    let checked = pipeline(&project, &[], &["check", "--json"]);
    let pipelines = checked.json()["pipelines"].clone();
    assert_eq!(
        (checked.code, &pipelines[0]),
        (Some(0), &json!({ "name": "ai-docs", "ok": true, "problems": [] }))
    );
    let drawn = pipeline(&project, &[], &["graph", "ai-docs", "--format", "mermaid"]);
    assert!(
        drawn.stdout.starts_with("flowchart LR\n  s_document[\"document<br/>ai_docs.wasm\"]\n"),
        "{}",
        drawn.stdout
    );

    let broken = "schema = \"hivesync-pipeline/1\"\nname = \"broken\"\npurpose = \"Is.\"\n[[steps]]\nname = \"a\"\n\
        module = \"nobody\"\npolicy = \"transform\"\nnext = \"end\"\n";
    project.write("pipelines/broken.toml", broken);
    let checked = pipeline(&project, &[], &["check", "--json"]);
    let problems: Vec<String> = checked.json()["pipelines"][1]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (checked.code, problems),
        (Some(1), vec!["steps.a.module".to_owned(), "steps.a.policy".to_owned()])
    );
    project.write("input.json", "{}");
    for name in ["broken", "absent"] {
        let run = pipeline(&project, &[], &["run", name, "--input", "input.json", "--json"]);
        assert_eq!(refused(&run, 1), "PIPELINE_INVALID");
    }
}

#[test]
fn a_decision_is_taken_tried_again_and_blocked_as_the_definition_says() {
    let project = project();
    let definition = "schema = \"hivesync-pipeline/1\"\nname = \"strict\"\npurpose = \"Wants a good summary.\"\nretries = 5\n\
        [[steps]]\nname = \"write\"\nmodule = \"ai-docs\"\nasks = 2\nretries = 1\nnext = \"end\"\n\
        [[steps.decisions]]\nvalue = \"/summary\"\nequals = \"Bad.\"\nthen = \"retry\"\nreason = \"The summary is bad.\"\n";
    project.write("pipelines/strict.toml", definition);
    project.write("input.json", &json!({ "path": "add.js", "text": SOURCE, "kind": "summary" }).to_string());
    let run = ["run", "strict", "--input", "input.json", "--json"];
    let bad = "{\"summary\":\"Bad.\",\"points\":[]}";

    let models = Models::saying(&[bad, SUMMARY]);
    let result = pipeline(&project, &models.environment(), &run).done();
    assert_eq!(result["result"]["summary"], "Adds two numbers.");
    let then: Vec<&str> = result["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["decision"]["then"].as_str().unwrap())
        .collect();
    assert_eq!(then, ["retry", "end"]);
    let keys: Vec<String> = models
        .heard()
        .iter()
        .map(|(head, _)| head.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned())
        .collect();
    assert_ne!(keys[0], keys[1], "another try is another question");

    let models = Models::saying(&[bad, bad]);
    let blocked = pipeline(&project, &models.environment(), &run);
    assert_eq!(refused(&blocked, 1), "PIPELINE_BLOCKED");
    assert_eq!(blocked.json()["error"]["message"], "The summary is bad. No try of write is left.");
    assert_eq!(blocked.json()["run"]["status"], "blocked");

    let stingy = definition.replace("asks = 2", "asks = 1");
    project.write("pipelines/strict.toml", &stingy);
    let models = Models::saying(&["no JSON"]);
    assert_eq!(refused(&pipeline(&project, &models.environment(), &run), 3), "limit.asks");
}
