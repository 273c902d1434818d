//! What a step of a pipeline may try, which has no import at all: to ask more, or more often, than
//! it may, to leave itself more than it may, and never to end.

#[path = "../it/cli/models.rs"]
#[expect(dead_code, reason = "commands are told of it by their environment, and there is none here")]
mod models;

use std::collections::BTreeMap;
use std::time::Duration;

use hivesync_models::{Endpoint, Models, Place, Provider};
use hivesync_policy::{Policy, World};
use hivesync_protocol::wit::steps::Input;
use hivesync_sandbox::{Error, Module, Registration, StepRequest, StepRun};
use hivesync_steps::{Answers, Definition, Engine, Kept, RunInput};
use hivesync_types::{Digest, bounds};
use libtest_mimic::Trial;

use crate::frame::encode_for;
use crate::host::{Ended, Host};

/// What a guest of this suite does.
#[derive(Debug, Clone, Copy)]
struct Tried {
    /// Bytes of the one message, of the state, and messages.
    text: usize,
    state: usize,
    messages: usize,
    /// It does not return.
    spins: bool,
    /// With an answer it asks again.
    asks_for_ever: bool,
}

const LAWFUL: Tried = Tried { text: 4, state: 4, messages: 1, spins: false, asks_for_ever: false };

/// One trial a rule.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, attack: Tried, twin: Tried, code: &'static str| {
        Trial::test(format!("Step: {name}"), move || {
            run(async |host| try_pair(&host, attack, twin, code).await);
            Ok(())
        })
    };
    let most = LAWFUL;
    vec![
        trial(
            "a question that says too much",
            Tried { text: bounds::ASK_TEXT_BYTES_MAX + 1, ..most },
            Tried { text: bounds::ASK_TEXT_BYTES_MAX, ..most },
            "limit.ask",
        ),
        trial(
            "a question of too many messages",
            Tried { messages: bounds::ASK_MESSAGES_MAX + 1, ..most },
            Tried { messages: bounds::ASK_MESSAGES_MAX, ..most },
            "limit.ask",
        ),
        trial(
            "a state that is too large",
            Tried { state: bounds::STEP_STATE_BYTES_MAX + 1, ..most },
            Tried { state: bounds::STEP_STATE_BYTES_MAX, ..most },
            "limit.ask",
        ),
        trial("a step that never ends", Tried { spins: true, ..most }, most, "limit.fuel"),
        Trial::test("Step: asking more often than the definition says", || {
            run(async |host| ask_too_often(&host).await);
            Ok(())
        }),
        Trial::test("Step: a step that wants a way out is not registered", || {
            run(async |host| want_a_way_out(&host).await);
            Ok(())
        }),
    ]
}

fn run(rule: impl AsyncFnOnce(Host)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { rule(Host::start().await).await });
}

/// The attempt ends with its code, leaves nothing behind, and its twin asks.
async fn try_pair(host: &Host, attack: Tried, twin: Tried, code: &str) {
    let ended = begin(host, attack).await;
    assert_eq!(ended.result.as_ref().err().map(String::as_str), Some(code), "{ended:?}");
    host.assert_unharmed(&ended).await;
    let ended = begin(host, twin).await;
    assert_eq!(ended.result.as_deref(), Ok("asked"), "{ended:?}");
}

async fn begin(host: &Host, tried: Tried) -> Ended {
    let module = register(host, &guest(tried)).await.unwrap();
    let request = StepRequest::Begin(Input { params: "x".to_owned(), attachments: Vec::new() });
    let run = StepRun { module, request, limits: None, who: "the abuse suite".to_owned() };
    match host.sandbox.step(run).await.unwrap().result {
        Ok(outcome) => Ended {
            result: outcome.map(|_| "asked".to_owned()).map_err(|_| "an error".to_owned()),
            evidence: String::new(),
        },
        Err(error) => Ended { result: Err(error.code().to_string()), evidence: error.evidence() },
    }
}

/// The definition has the last word, whatever the step wants: nobody is asked once more.
async fn ask_too_often(host: &Host) {
    for (asks_for_ever, expected) in [(true, Some("limit.asks")), (false, None)] {
        let module = register(host, &guest(Tried { asks_for_ever, ..LAWFUL })).await.unwrap();
        let heard = models::Models::saying(&["[1]"]);
        let provider = Provider {
            place: Place::Local,
            endpoint: Endpoint::new(&heard.url).unwrap(),
            model: "scripted".to_owned(),
            key: None,
            patience: Duration::from_secs(60),
            idempotent: false,
        };
        let definition = Definition::parse(
            "schema = \"hivesync-pipeline/1\"\nname = \"tried\"\npurpose = \"Is tried.\"\n[[steps]]\nname = \"a\"\n\
             module = \"tried\"\nasks = 1\nnext = \"end\"\n",
        )
        .unwrap();
        let key = ("tried".to_owned(), "pipeline-step".to_owned());
        let engine = Engine::new(host.sandbox.clone(), BTreeMap::from([(key, module)]));
        let input = RunInput {
            input: serde_json::Value::Null,
            attachments: Vec::new(),
            tokens_max: 100,
            who: "the abuse suite".to_owned(),
            name: String::new(),
        };
        let (models, ledger) = (Models::new(vec![provider]), Kept::new());
        let report = engine.run(&definition, input, &Answers { models: &models, ledger: &ledger }).await;
        assert_eq!(report.problem().map(|(code, _)| code.as_str()), expected, "{:?}", report.end);
        assert_eq!(heard.heard().len(), 1);
    }
    host.assert_canary();
    host.assert_lawful_run().await;
}

/// Not even a log: what a step reads could leave by it.
async fn want_a_way_out(host: &Host) {
    let bytes =
        wat::parse_str(r#"(component (import "hivesync:build/log@0.1.0" (instance (export "log" (func)))))"#)
            .unwrap();
    let error = register(host, &bytes).await.unwrap_err();
    assert_eq!(error.code().as_str(), "wit.import-not-granted", "{}", error.evidence());
    register(host, &guest(LAWFUL)).await.unwrap();
}

async fn register(host: &Host, bytes: &[u8]) -> Result<Module, Error> {
    let text = format!(
        "schema = \"hivesync-policy/1\"\nname = \"pipeline-step\"\npurpose = \"Tried.\"\n[module]\naccept = \"named\"\n\
         worlds = [\"pipeline-step\"]\ndigests = [\"{}\"]\n[limits]\nfuel = 200_000_000\ntransfer-bytes = 64_000_000\n",
        Digest::of(bytes)
    );
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error:?} in\n{text}"));
    let registration =
        Registration { bytes, world: World::PipelineStep, policy: &policy, signatures: &[], built_here: &[] };
    host.sandbox.register(registration).await
}

/// What is large is a megabyte above the rest, and is nothing but zeros.
fn guest(tried: Tried) -> Vec<u8> {
    let Tried { text, state, messages, .. } = tried;
    let loops = if tried.spins { "(loop $l (br $l))" } else { "" };
    let ask = format!(
        "(local.set $n (i32.const 0))
         (loop $each
           (local.set $at (i32.add (i32.const 2048) (i32.mul (local.get $n) (i32.const 20))))
           (i32.store8 (local.get $at) (i32.const 1))
           (i32.store offset=4 (local.get $at) (i32.const 1048576))
           (i32.store offset=8 (local.get $at) (select (i32.const {text}) (i32.const 1) (i32.eqz (local.get $n))))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $each (i32.lt_u (local.get $n) (i32.const {messages}))))
         (i32.store8 (i32.const 1028) (i32.const 1))
         (i32.store (i32.const 1032) (i32.const 512))
         (i32.store (i32.const 1036) (i32.const 4))
         (i32.store (i32.const 1040) (i32.const 2048))
         (i32.store (i32.const 1044) (i32.const {messages}))
         (i32.store (i32.const 1060) (i32.const 10))
         (i32.store (i32.const 1064) (i32.const 1048576))
         (i32.store (i32.const 1068) (i32.const {state}))
         (i32.const 1024)"
    );
    let again = if tried.asks_for_ever { ask.as_str() } else { "(i32.const 1024)" };
    let text = format!(
        r#"(module
        (memory (export "memory") 128)
        (data (i32.const 512) "test")
        (global $next (mut i32) (i32.const 65536))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
          (global.set $next (i32.add (local.get $at) (local.get 3)))
          (local.get $at))
        (func (export "hivesync:build/steps@0.1.0#begin") (param i32 i32 i32 i32) (result i32)
          (local $n i32) (local $at i32)
          {loops} {ask})
        (func (export "hivesync:build/steps@0.1.0#resume")
          (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
          (local $n i32) (local $at i32)
          (i32.store (i32.const 1032) (local.get 7))
          (i32.store (i32.const 1036) (local.get 8))
          {again}))"#
    );
    encode_for("pipeline-step", &wat::parse_str(text).unwrap())
}
