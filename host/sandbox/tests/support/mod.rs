//! A sandbox in a temporary folder, and projects for it.

#![allow(dead_code, reason = "each program that shares this file uses a part of it")]

pub(crate) mod guests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, UNIX_EPOCH};

use ed25519_dalek::SigningKey;
use hivesync_policy::{Policy, World};
use hivesync_protocol::wit::bundler::Request;
use hivesync_protocol::wit::types::Platform;
use hivesync_sandbox::{BundleRun, Image, MacKey, Module, Registration, Sandbox, SandboxConfig};
use hivesync_types::Digest;

/// The day on which all tests happen.
pub(crate) const TODAY_SECONDS: u64 = 1_790_000_000;

/// A sandbox with folders of its own, which are removed with it.
pub(crate) struct House {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) sandbox: Sandbox,
}

/// The executables, as `cargo xtask build` leaves them.
pub(crate) fn executables() -> PathBuf {
    let home = std::env::var_os("HIVESYNC_HOME").map(PathBuf::from);
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hivesync");
    let folder = home.unwrap_or_else(built).join("libexec");
    for name in ["hivesync-runner", "hivesync-compiler"] {
        let hint = "build it with `cargo xtask build`, or name the folder above `libexec` in HIVESYNC_HOME";
        assert!(folder.join(name).is_file(), "{name} is not in {}: {hint}", folder.display());
    }
    folder
}

pub(crate) fn audit_key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

pub(crate) fn config(dir: &Path) -> SandboxConfig {
    let clock = Arc::new(|| UNIX_EPOCH + Duration::from_secs(TODAY_SECONDS));
    let key = MacKey::from_bytes([5; 32]);
    SandboxConfig::new(executables(), dir.join("cache"), dir.join("data"), key, audit_key(), clock)
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path());
        change(&mut config);
        let sandbox = Sandbox::start(config).await.unwrap();
        Self { dir, sandbox }
    }

    pub(crate) async fn register(&self, bytes: &[u8], world: World) -> Module {
        register(&self.sandbox, bytes, world).await
    }

    pub(crate) async fn run_of(&self, what: guests::Coordinator, image: &Image) -> BundleRun {
        BundleRun {
            plugins: None,
            module: self.register(&guests::coordinator(what), World::PreviewBundler).await,
            transform: self.register(&guests::transform(), World::Transform).await,
            image: image.clone(),
            request: request(),
            limits: None,
            who: "a test".to_owned(),
        }
    }
}

pub(crate) async fn register(sandbox: &Sandbox, bytes: &[u8], world: World) -> Module {
    let policy = policy(world);
    let built_here = [Digest::of(bytes)];
    let wanted = Registration { bytes, world, policy: &policy, signatures: &[], built_here: &built_here };
    sandbox.register(wanted).await.unwrap()
}

/// The policies that ship with this host.
pub(crate) fn policy(world: World) -> Policy {
    let text = match world {
        World::Transform => include_str!("../../../../sandbox-policies/transform.toml"),
        World::PipelineStep => include_str!("../../../../sandbox-policies/pipeline-step.toml"),
        _ => include_str!("../../../../sandbox-policies/preview-bundler.toml"),
    };
    Policy::parse(text).unwrap()
}

pub(crate) fn request() -> Request {
    Request {
        platform: Platform::Ios,
        dev: false,
        minify: false,
        app: String::new(),
        entry: None,
        env: Vec::new(),
    }
}

/// An image of these files.
pub(crate) fn image(files: &[(String, Vec<u8>)]) -> Image {
    let root = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let packed = hivesync_image::pack::pack(hivesync_image::pack::PackOptions {
        root: root.path(),
        app: "",
        restored: None,
        cache: cache.path(),
        threads: 1,
        now: UNIX_EPOCH + Duration::from_secs(TODAY_SECONDS),
        canceled: &AtomicBool::new(false),
        allows: hivesync_image::pack::Allows::EVERYTHING,
    });
    Image::from_layers(packed.unwrap().layers.into_iter().map(|layer| layer.file).collect()).unwrap()
}

/// Files for [`guests::Coordinator::Map`].
pub(crate) fn sources(count: usize, bytes: usize) -> Vec<(String, Vec<u8>)> {
    (0..count)
        .map(|number| {
            let mut source = format!("// {number:04}\n").into_bytes();
            source.resize(bytes.max(source.len()), b' ');
            (format!("f{number:04}.js"), source)
        })
        .collect()
}
