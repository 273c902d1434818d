//! Commands of a stock toolchain, through the whole house: registered, compiled, run
//! over an image, and written down. What a command can reach is tested beside its
//! runner, in `host/runner-wasi/tests`.

use std::fs;
use std::path::{Path, PathBuf};

use hivesync_policy::{Policy, World};
use hivesync_sandbox::{CommandOutcome, CommandRun, Module, Registration};
use hivesync_types::Digest;
use libtest_mimic::Trial;

use crate::host::Host;

/// One trial a rule.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("Wasi: a stock module reads the project and leaves its report", || {
            run(sample);
            Ok(())
        }),
        Trial::test("Wasi: a stock module gets no directory that is not granted", || {
            run(ungranted);
            Ok(())
        }),
        Trial::test("Wasi: a module that asks for sockets is not registered", || {
            run(sockets);
            Ok(())
        }),
    ]
}

fn run<F: Future<Output = ()>>(rule: impl FnOnce(Host) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { rule(Host::start().await).await });
}

async fn sample(host: Host) {
    let module = register(&host, &guest("wasi-sample"), "project artifacts log").await.unwrap();
    let outcome = command(&host, module).await;
    assert_eq!(outcome.result.as_ref().unwrap(), &0, "{outcome:?}");
    assert_eq!(outcome.log[0].message, "3 files");
    let report = &outcome.artifacts[0];
    assert_eq!((outcome.artifacts.len(), report.name.as_str()), (1, "lines.txt"));
    let text = String::from_utf8(report.to_vec()).unwrap();
    assert!(text.contains("     1 /project/src/app.js\n"), "{text}");
    assert_eq!(outcome.record.outputs.len(), 1);
    assert_eq!(outcome.record.status, Some(0));
    host.stop().await;
}

async fn ungranted(host: Host) {
    let module = register(&host, &guest("wasi-sample"), "log").await.unwrap();
    let outcome = command(&host, module).await;
    assert_eq!(outcome.result.as_ref().unwrap(), &1, "{outcome:?}");
    assert!(outcome.artifacts.is_empty());
    host.stop().await;
}

async fn sockets(host: Host) {
    let bytes = wat::parse_str(
        r#"(component (import "wasi:sockets/tcp-create-socket@0.2.0" (instance (export "create-tcp-socket" (func)))))"#,
    )
    .unwrap();
    let error = register(&host, &bytes, "project artifacts log").await.unwrap_err();
    assert_eq!(error.code().as_str(), "wit.import-not-granted", "{}", error.evidence());
    assert!(error.evidence().contains("wasi:sockets/tcp-create-socket"), "{}", error.evidence());
    host.stop().await;
}

async fn register(host: &Host, bytes: &[u8], grants: &str) -> Result<Module, hivesync_sandbox::Error> {
    let mut text = format!(
        "schema = \"hivesync-policy/1\"\nname = \"command\"\npurpose = \"Tried.\"\nprofile = \"wasi\"\n[module]\naccept = \"named\"\nworlds = [\"wasi:cli/command\"]\ndigests = [\"{}\"]\n",
        Digest::of(bytes)
    );
    for grant in grants.split_whitespace() {
        text += &format!("[grants.{grant}]\nreason = \"The suite tries it.\"\n");
        match grant {
            "project" => text += "include = [\"**\"]\n",
            "artifacts" => text += "names = [\"**\"]\n",
            _ => {}
        }
    }
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error:?} in\n{text}"));
    let registration =
        Registration { bytes, world: World::WasiCommand, policy: &policy, signatures: &[], built_here: &[] };
    host.sandbox.register(registration).await
}

async fn command(host: &Host, module: Module) -> CommandOutcome {
    let wanted = CommandRun { module, image: host.image(), limits: None, who: "the abuse suite".to_owned() };
    host.sandbox.command(wanted).await.unwrap()
}

fn guest(name: &str) -> Vec<u8> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-guests");
    let folder = std::env::var_os("HIVESYNC_TEST_GUESTS").map_or(built, PathBuf::from);
    let path = folder.join(name).with_extension("wasm");
    fs::read(&path).unwrap_or_else(|error| panic!("`cargo xtask test` builds {}: {error}", path.display()))
}
