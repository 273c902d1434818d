//! A sandbox of its own for one case, and what must hold after an attempt.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ed25519_dalek::SigningKey;
use hivesync_image::pack::{Allows, PackOptions, pack};
use hivesync_policy::{Policy, World};
use hivesync_protocol::wit::bundler::Request;
use hivesync_protocol::wit::types::Platform;
use hivesync_sandbox::audit::{Entry, Event, verify_chain};
use hivesync_sandbox::{BundleRun, Image, MacKey, Module, Registration, Sandbox, SandboxConfig};
use hivesync_types::Digest;

use crate::Wanted;
use crate::frame::{self, Guest};

/// What a case changes in the policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyText {
    /// The interfaces that are granted, parted by spaces; none grants all.
    pub(crate) grants: Option<String>,
    pub(crate) limits: toml::Table,
    pub(crate) digest: Option<Digest>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The report's entry, in which guests of this suite say what they were told, or the code.
    pub(crate) result: Result<String, String>,
    pub(crate) evidence: String,
}

/// A sandbox with its folders, a project and a canary.
pub(crate) struct Host {
    pub(crate) sandbox: Sandbox,
    folder: tempfile::TempDir,
    key: SigningKey,
    image: Image,
    descriptors: usize,
}

const CANARY: &str = "nobody was here";

impl Host {
    /// A host whose processes are the shipped ones, after its first run.
    pub(crate) async fn start() -> Self {
        let mut host = Self::start_with(&executables()).await;
        // The first run opens what stays open; everything after it must not.
        host.assert_lawful_run().await;
        host.pool_is_whole().await;
        host.descriptors = settled_descriptors().await;
        host
    }

    /// A host whose processes come from this folder.
    pub(crate) async fn start_with(executables: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (path, text) in [
            ("project/package.json", "{\"name\":\"prey\"}"),
            ("project/src/app.js", "export default 1;\n"),
            ("outside/canary.txt", CANARY),
        ] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), text).unwrap();
        }
        std::os::unix::fs::symlink("src/app.js", at("project/link.js")).unwrap();
        let image = pack_image(&at("project"), &at("layers"));
        let key = SigningKey::from_bytes(&[7; 32]);
        let config = SandboxConfig::new(
            executables.canonicalize().unwrap(),
            at("cache"),
            at("data"),
            MacKey::from_bytes([9; 32]),
            key.clone(),
            Arc::new(SystemTime::now),
        );
        let sandbox = Sandbox::start(config).await.unwrap();
        Self { sandbox, folder, key, image, descriptors: 0 }
    }

    /// Registers and runs a module; the code of whichever refused it.
    pub(crate) async fn run(&self, wanted: &Wanted) -> Ended {
        let policy = policy(&wanted.bytes, &wanted.policy);
        let registration = Registration {
            bytes: &wanted.bytes,
            world: World::PreviewBundler,
            policy: &policy,
            signatures: &[],
            built_here: &[],
        };
        match self.sandbox.register(registration).await {
            Ok(module) => self.bundle(module).await,
            Err(error) => Ended { result: Err(error.code().to_string()), evidence: error.evidence() },
        }
    }

    pub(crate) async fn bundle(&self, module: Module) -> Ended {
        let transform = self.pure_module().await;
        let request = Request {
            platform: Platform::Ios,
            dev: false,
            minify: false,
            app: String::new(),
            entry: None,
            env: Vec::new(),
        };
        let wanted = BundleRun {
            plugins: None,
            module,
            transform,
            image: self.image.clone(),
            request,
            limits: None,
            who: "the abuse suite".to_owned(),
        };
        let outcome = self.sandbox.bundle(wanted, |_| {}).await.unwrap();
        match outcome.result {
            Ok(report) => Ended { result: Ok(report.entry), evidence: String::new() },
            Err(error) => {
                assert!(outcome.artifacts.is_empty(), "a failed run left artifacts");
                Ended { result: Err(error.code().to_string()), evidence: error.evidence() }
            }
        }
    }

    /// The project that every run of this host sees.
    pub(crate) fn image(&self) -> Image {
        self.image.clone()
    }

    async fn pure_module(&self) -> Module {
        let bytes = frame::pure_component();
        let text = format!(
            "schema = \"hivesync-policy/1\"\nname = \"pure\"\npurpose = \"Nothing.\"\n[module]\naccept = \"named\"\nworlds = [\"transform\"]\ndigests = [\"{}\"]\n",
            Digest::of(&bytes)
        );
        let policy = Policy::parse(&text).unwrap();
        let registration = Registration {
            bytes: &bytes,
            world: World::Transform,
            policy: &policy,
            signatures: &[],
            built_here: &[],
        };
        self.sandbox.register(registration).await.unwrap()
    }

    /// A module that does nothing still runs.
    pub(crate) async fn assert_lawful_run(&self) {
        let lawful = Wanted { bytes: Guest::default().component(), policy: PolicyText::default() };
        let ended = self.run(&lawful).await;
        assert_eq!(ended.result.as_deref(), Ok(""), "a lawful run fails: {ended:?}");
    }

    /// After an attempt: an audit entry with its code under a whole chain, an untouched
    /// canary, a whole pool, no descriptor more, and a lawful run that succeeds.
    pub(crate) async fn assert_unharmed(&self, attempt: &Ended) {
        self.assert_audited(attempt);
        self.assert_canary();
        self.assert_lawful_run().await;
        self.pool_is_whole().await;
        let deadline = Instant::now() + Duration::from_secs(5);
        while open_descriptors() > self.descriptors {
            assert!(Instant::now() < deadline, "descriptors were left open");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn assert_canary(&self) {
        assert_eq!(fs::read_to_string(self.folder.path().join("outside/canary.txt")).unwrap(), CANARY);
    }

    /// The chain of records is whole, and one of them says how the attempt ended.
    pub(crate) fn assert_audited(&self, attempt: &Ended) {
        let path = find_audit(&self.folder.path().join("data"));
        let text = fs::read(path).unwrap();
        verify_chain(text.as_slice(), &self.key.verifying_key()).unwrap();
        let Err(code) = &attempt.result else { return };
        let entries = String::from_utf8(text).unwrap();
        let said = entries.lines().filter_map(entry).any(|entry| match entry.event {
            Event::Run(record) => record.error.is_some_and(|failure| failure.code.as_str() == code),
            Event::Command(record) => record.error.is_some_and(|failure| failure.code.as_str() == code),
            Event::Influence(record) | Event::Step(record) => {
                record.error.is_some_and(|failure| failure.code.as_str() == code)
            }
            Event::Refused(refused) => refused.error.code.as_str() == code,
        });
        assert!(said, "no audit entry says {code}");
    }

    pub(crate) async fn pool_is_whole(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.sandbox.waiting_runners() < 4 {
            assert!(Instant::now() < deadline, "the pool did not heal");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn stop(self) {
        self.sandbox.shutdown().await;
    }
}

fn entry(line: &str) -> Option<Entry> {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    serde_json::from_value(value.get("entry")?.clone()).ok()
}

fn find_audit(data: &Path) -> PathBuf {
    let mut found = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.is_file()).expect("there is no audit record")
}

fn pack_image(root: &Path, cache: &Path) -> Image {
    fs::create_dir_all(cache).unwrap();
    let packed = pack(PackOptions {
        root,
        app: "",
        restored: None,
        cache,
        threads: 1,
        now: SystemTime::now(),
        canceled: &false.into(),
        allows: Allows::EVERYTHING,
    })
    .unwrap();
    Image::from_layers(packed.layers.into_iter().map(|layer| layer.file).collect()).unwrap()
}

fn policy(bytes: &[u8], wanted: &PolicyText) -> Policy {
    let digest = wanted.digest.unwrap_or_else(|| Digest::of(bytes));
    let mut text = format!(
        "schema = \"hivesync-policy/1\"\nname = \"abuse\"\npurpose = \"Tried.\"\n[module]\naccept = \"named\"\nworlds = [\"preview-bundler\"]\ndigests = [\"{digest}\"]\n"
    );
    let all = "project artifacts log progress mapper";
    for grant in wanted.grants.as_deref().unwrap_or(all).split_whitespace() {
        text += &format!("[grants.{grant}]\nreason = \"The suite tries it.\"\n");
        match grant {
            "project" => text += "include = [\"**\"]\n",
            "artifacts" => text += "names = [\"**\"]\n",
            _ => {}
        }
    }
    text += "[limits]\n";
    for (key, value) in &wanted.limits {
        text += &format!("{key} = {}\n", value.as_integer().unwrap());
    }
    Policy::parse(&text).unwrap_or_else(|error| panic!("{error:?} in\n{text}"))
}

/// Where `cargo xtask build` puts the processes.
pub(crate) fn executables() -> PathBuf {
    let home = std::env::var_os("HIVESYNC_HOME").map(PathBuf::from);
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/hivesync");
    home.unwrap_or(built).join("libexec")
}

/// The number once it has stood still: a process that is being reaped still counts.
async fn settled_descriptors() -> usize {
    let (mut count, mut since) = (open_descriptors(), Instant::now());
    while since.elapsed() < Duration::from_millis(50) {
        tokio::task::yield_now().await;
        let now = open_descriptors();
        if now != count {
            (count, since) = (now, Instant::now());
        }
    }
    count
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}
