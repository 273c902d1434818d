use super::*;

const GOOD: &str = r#"
schema = "hivesync-pipeline/1"
name = "post"
purpose = "Writes a post and judges it."
retries = 2

[[steps]]
name = "write"
module = "writer"
asks = 2
params = { kind = "post" }
next = "judge"

[[steps]]
name = "judge"
module = "judge-of-posts"
retries = 1
next = "end"
[[steps.decisions]]
value = "/overall"
below = 80
then = "retry"
reason = "The post is not good enough."
"#;

fn problems(change: impl FnOnce(&str) -> String) -> Vec<String> {
    let text = change(GOOD);
    assert_ne!(text, GOOD);
    Definition::parse(&text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_definition_is_read_as_it_is_written() {
    let definition = Definition::parse(GOOD).unwrap();
    assert_eq!((definition.name.as_str(), definition.retries), ("post", 2));
    let judge = definition.step("judge").unwrap();
    assert_eq!((judge.file().as_str(), judge.policy.as_str()), ("judge_of_posts.wasm", "pipeline-step"));
    assert_eq!(judge.decisions.len(), 1);
    assert_eq!(definition.step("write").unwrap().params, serde_json::json!({ "kind": "post" }));
    assert_eq!(judge.leads_to().count(), 2);
}

#[test]
fn what_is_shipped_is_right_and_called_as_it_says() {
    for (name, text) in SHIPPED {
        let definition = Definition::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert_eq!(definition.name, *name);
    }
}

#[test]
fn each_mistake_is_named_with_its_key() {
    for (from, to, expected) in [
        ("next = \"judge\"", "next = \"judges\"", "steps.write.next: there is no step `judges`"),
        ("next = \"judge\"", "next = \"end\"", "steps.judge: no step leads to it"),
        (
            "next = \"judge\"",
            "next = \"retry\"",
            "steps.write.next: a step that is always tried again never ends",
        ),
        ("name = \"judge\"", "name = \"write\"", "steps.write: two steps have this name"),
        (
            "name = \"write\"",
            "name = \"block\"",
            "steps.block.name: is a word that means something else after `then`",
        ),
        ("asks = 2", "asks = 17", "steps.write.asks: is over 16"),
        ("retries = 1", "retries = 4", "steps.judge.retries: is over 3"),
        ("retries = 1", "", "steps.judge.retries: is 0, and a decision asks for another try"),
        (
            "next = \"end\"",
            "next = \"write\"",
            "steps.write.retries: `judge` leads back here, and no retry is allowed",
        ),
        ("retries = 2", "retries = 11", "retries: is over 10"),
        ("module = \"writer\"", "module = \"../writer\"", "steps.write.module: is not 1 to 64 of a-z 0-9 -"),
        ("pipeline/1", "pipeline/2", "schema: is not hivesync-pipeline/1"),
        (
            "below = 80",
            "below = 80\nequals = 1",
            "steps.judge.decisions.0: has not exactly one of equals, below, at_least",
        ),
        (
            "\"/overall\"",
            "\"overall\"",
            "steps.judge.decisions.0.value: is no JSON pointer: it begins with /",
        ),
        (
            "\"The post is not good enough.\"",
            "\"\"",
            "steps.judge.decisions.0.reason: is empty: say in one sentence why",
        ),
    ] {
        let found = problems(|good| good.replacen(from, to, 1));
        assert!(found.iter().any(|problem| problem == expected), "{expected}: {found:?}");
    }
    let unknown = problems(|good| good.replacen("asks = 2", "ask = 2", 1));
    assert!(unknown.len() == 1 && unknown.first().unwrap().contains("unknown field `ask`"), "{unknown:?}");
}

#[test]
fn a_step_is_tried_again_where_the_run_stays_or_goes_back_and_not_where_it_goes_on() {
    let text = GOOD.replacen("asks = 2", "asks = 2\nretries = 1", 1).replacen("\"end\"", "\"write\"", 1);
    let definition = Definition::parse(&text).unwrap();
    let (write, judge) = (definition.step("write").unwrap(), definition.step("judge").unwrap());
    let again = |step, then| definition.tried_again(step, &then).map(|step| step.name.clone());
    assert_eq!(again(judge, Then::Step("write".to_owned())), Some("write".to_owned()));
    assert_eq!(again(judge, Then::Retry), Some("judge".to_owned()));
    assert_eq!(again(write, Then::Step("judge".to_owned())), None);
    assert_eq!(again(judge, Then::End), None);
}
