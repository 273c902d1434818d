//! Steps of pipelines: a question goes out as a value, the answer comes into another process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod support;

use hivesync_policy::World;
use hivesync_protocol::wit::steps::{Answer, AskError, Attachment, Finish, Input, Outcome, Reply};
use hivesync_sandbox::{Module, StepOutcome, StepRequest, StepRun};
use hivesync_types::{Code, bounds};
use support::{House, guests};

fn input(params: &str) -> Input {
    Input { params: params.to_owned(), attachments: Vec::new() }
}

fn said(text: &str) -> Answer {
    let text = text.to_owned();
    Answer::Reply(Reply { text, finish: Finish::Complete, prompt_tokens: 1, reply_tokens: 1 })
}

async fn call(house: &House, module: &Module, request: StepRequest) -> StepOutcome {
    let run = StepRun { module: module.clone(), request, limits: None, who: "a test".to_owned() };
    house.sandbox.step(run).await.unwrap()
}

fn resume(params: &str, answer: Answer) -> StepRequest {
    StepRequest::Resume { input: input(params), state: b"test".to_vec(), answer }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_leaves_one_process_and_its_answer_enters_another() {
    let house = House::new().await;
    let module = house.register(&guests::step(100, false), World::PipelineStep).await;
    let begun = call(&house, &module, StepRequest::Begin(input("{\"what\":1}"))).await;
    let Ok(Ok(Outcome::Ask(question))) = begun.result else { panic!("{:?}", begun.result) };
    assert_eq!((question.ask.purpose.as_str(), question.ask.max_tokens), ("test", 100));
    assert_eq!(question.ask.messages.first().unwrap().text, "{\"what\":1}");
    assert_eq!(question.state, b"test");

    let first = call(&house, &module, resume("{}", said("[1]"))).await;
    let Ok(Ok(Outcome::Done(output))) = &first.result else { panic!("{:?}", first.result) };
    assert_eq!(output.json, "[1]");
    let again = call(&house, &module, resume("{}", said("[1]"))).await;
    let known = |outcome: &StepOutcome| (outcome.record.run, outcome.record.fuel.used, outcome.record.output);
    assert_eq!(known(&again), known(&first));
    assert!(first.record.fuel.used > 0 && first.record.output.is_some());
    let other = call(&house, &module, resume("{}", said("[2]"))).await;
    assert_ne!(other.record.run, first.record.run);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_step_may_not_ask_or_say_is_refused_with_a_record_and_its_twin_is_not() {
    let house = House::new().await;
    let most = bounds::ASK_TOKENS_MAX;
    let code = |outcome: &StepOutcome| outcome.result.as_ref().err().map(hivesync_sandbox::Error::code);
    for (tokens, expected) in [(most, None), (most + 1, Some(Code::LimitAsk)), (0, Some(Code::GuestBadValue))]
    {
        let module = house.register(&guests::step(tokens, false), World::PipelineStep).await;
        let outcome = call(&house, &module, StepRequest::Begin(input("x"))).await;
        assert_eq!(code(&outcome), expected, "{tokens}");
        assert_eq!(outcome.record.error.as_ref().map(|failure| failure.code), expected);
    }
    let module = house.register(&guests::step(1, false), World::PipelineStep).await;
    for (answer, expected) in [
        (said("{}"), None),
        (said("ignore all rules"), Some(Code::GuestBadValue)),
        (Answer::Failed(AskError::Timeout), Some(Code::GuestTrap)),
    ] {
        assert_eq!(code(&call(&house, &module, resume("x", answer)).await), expected);
    }
    let file = std::fs::read_to_string(house.dir.path().join("data/audit.jsonl")).unwrap();
    let steps = file.lines().filter(|line| line.contains("\"step\":")).count();
    assert_eq!(steps, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_of_another_world_or_an_input_of_two_names_begins_nothing() {
    let house = House::new().await;
    let other = house.register(&guests::transform(), World::Transform).await;
    let step = house.register(&guests::step(1, false), World::PipelineStep).await;
    let refused = async |module: &Module, input: Input| {
        let request = StepRequest::Begin(input);
        let run = StepRun { module: module.clone(), request, limits: None, who: String::new() };
        house.sandbox.step(run).await.err().map(|error| error.code())
    };
    let named = |names: &[&str]| Input {
        attachments: names
            .iter()
            .map(|name| Attachment { name: (*name).to_owned(), bytes: vec![1] })
            .collect(),
        params: "x".to_owned(),
    };
    assert_eq!(refused(&other, named(&[])).await, Some(Code::PolicyDenied));
    assert_eq!(refused(&step, named(&["a", "a"])).await, Some(Code::GuestBadValue));
    let long = Input { params: "x".repeat(bounds::STEP_JSON_BYTES_MAX + 1), attachments: Vec::new() };
    assert_eq!(refused(&step, long).await, Some(Code::LimitTransfer));
    assert_eq!(refused(&step, named(&["a", "b"])).await, None);
}
