//! What is tried against the sandbox, each attempt with the twin that must pass.
//!
//! For every entry of `cases.toml`: the attempt ends with its exact code, an audit entry
//! says so, a canary outside the run is untouched, the host is healthy afterwards, and
//! the twin succeeds.

// Everything in here is a test, although no attribute says so: the harness is our own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bombs;
mod bytes;
mod cases;
mod frame;
mod host;
mod process;
mod steps;
mod walls;
mod wasi;

use cases::{Case, Kind};
use frame::{Guest, quoted};
use host::{Ended, Host};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let mut arguments = Arguments::from_args();
    // A case looks at the children and the descriptors of its own process. Nextest gives
    // every case a process; without it they take turns.
    arguments.test_threads = Some(1);
    let mut trials: Vec<Trial> = cases::all()
        .into_iter()
        .map(|case| {
            Trial::test(format!("{:?}: {}", case.kind, case.name), move || {
                try_case(&case);
                Ok(())
            })
        })
        .collect();
    trials.extend(wasi::trials());
    trials.extend(steps::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

fn try_case(case: &Case) {
    match case.kind {
        Kind::Layer2 => return walls::try_case(case),
        Kind::Process => return process::try_case(case),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let host = Host::start().await;
        let attack = host.run(&wanted(case, &case.attack)).await;
        assert_eq!(attack.code(), case.code, "the attempt ended otherwise: {attack:?}");
        host.assert_unharmed(&attack).await;
        let twin = host.run(&wanted(case, &case.twin)).await;
        assert_eq!(twin.code(), "ok", "the twin did not pass: {twin:?}");
        host.stop().await;
    });
}

/// What to hand to the host for this argument.
pub(crate) struct Wanted {
    pub(crate) bytes: Vec<u8>,
    pub(crate) policy: host::PolicyText,
}

fn wanted(case: &Case, argument: &str) -> Wanted {
    let policy = host::PolicyText {
        grants: case.grants.as_ref().map(|grants| grants.replace("@@", argument)),
        limits: case.limits.clone(),
        digest: None,
    };
    match case.kind {
        Kind::Run => {
            let (fields, body) = (case.fields.replace("@@", argument), case.body.replace("@@", argument));
            let guest = Guest { imports: &case.imports, fields: &fields, body: &body, pages: case.pages };
            Wanted { bytes: guest.component(), policy }
        }
        Kind::Artifact => Wanted { bytes: writer(&Case::text(argument)), policy },
        Kind::Read => Wanted { bytes: reader(argument), policy },
        Kind::Import => Wanted { bytes: frame::with_component_field(argument), policy },
        Kind::Export if argument == "lawful" => Wanted { bytes: Guest::default().component(), policy },
        Kind::Export => Wanted { bytes: wat::parse_str(argument).unwrap(), policy },
        Kind::Core => {
            let guest = Guest { fields: argument, ..Guest::default() };
            Wanted { bytes: guest.component(), policy }
        }
        Kind::Bytes => {
            let (bytes, digest) = bytes::named(argument);
            Wanted { bytes, policy: host::PolicyText { digest, ..policy } }
        }
        Kind::Bomb => Wanted { bytes: bombs::component(argument), policy },
        Kind::Layer2 | Kind::Process => unreachable!("these bring their own process"),
    }
}

/// A guest that writes one empty artifact and reports what it was told.
fn writer(name: &str) -> Vec<u8> {
    let fields = format!("(data (i32.const 65536) \"{}\")", quoted(name.as_bytes()));
    let body = format!(
        "(call $artifacts (i32.const 65536) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 3100)) (call $answer-artifact)",
        name.len()
    );
    Guest { imports: &["artifacts".to_owned()], fields: &fields, body: &body, pages: 4 }.component()
}

/// A guest that reads one file and reports what it was told.
fn reader(path: &str) -> Vec<u8> {
    let fields = format!("(data (i32.const 3000) \"{}\")", quoted(path.as_bytes()));
    let body = format!(
        "(call $read (i32.const 3000) (i32.const {}) (i32.const 3100)) (call $answer-read)",
        path.len()
    );
    Guest { imports: &["project".to_owned()], fields: &fields, body: &body, pages: 2 }.component()
}

impl Ended {
    /// The code of `cases.toml`: the host's own, what the guest was told, or `ok`.
    fn code(&self) -> String {
        match &self.result {
            Err(code) => code.clone(),
            Ok(answer) => match answer.as_str() {
                "" => "ok".to_owned(),
                "not-found" | "too-large" => format!("project.{answer}"),
                _ => format!("artifacts.{answer}"),
            },
        }
    }
}
