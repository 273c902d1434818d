//! A sandbox to be measured.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use ed25519_dalek::SigningKey;
use hivesync_image::pack::{Allows, PackOptions, pack};
use hivesync_policy::{Policy, World};
use hivesync_protocol::wit::bundler::Request;
use hivesync_protocol::wit::types::Platform;
use hivesync_sandbox::{BundleRun, Image, MacKey, Registration, Sandbox, SandboxConfig};
use hivesync_types::Digest;

use crate::guests;

/// Runners that wait.
pub(crate) const POOL: usize = 4;

/// Runs at one time; more than any part of this program starts.
const RUNS_MAX: usize = 64;

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    image: Image,
    _dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let sandbox = Sandbox::start(config(dir.path(), POOL)?).await?;
        Ok(Self { sandbox, image: image(8, 0)?, _dir: dir })
    }

    /// A second sandbox with folders of its own.
    pub(crate) async fn another(&self, pool: usize) -> anyhow::Result<(tempfile::TempDir, Sandbox)> {
        let dir = tempfile::tempdir()?;
        let sandbox = Sandbox::start(config(dir.path(), pool)?).await?;
        Ok((dir, sandbox))
    }

    pub(crate) fn image(&self, files: usize, salt: usize) -> anyhow::Result<Image> {
        image(files, salt)
    }

    pub(crate) async fn run_of(&self, sandbox: &Sandbox, bundler: &[u8]) -> anyhow::Result<BundleRun> {
        let transform = guests::transform();
        let built_here = [Digest::of(bundler), Digest::of(&transform)];
        let first = Policy::parse(include_str!("../../../../sandbox-policies/preview-bundler.toml"))?;
        let second = Policy::parse(include_str!("../../../../sandbox-policies/transform.toml"))?;
        let wanted = |bytes, world, policy| Registration {
            bytes,
            world,
            policy,
            signatures: &[],
            built_here: &built_here,
        };
        Ok(BundleRun {
            plugins: None,
            module: sandbox.register(wanted(bundler, World::PreviewBundler, &first)).await?,
            transform: sandbox.register(wanted(&transform, World::Transform, &second)).await?,
            image: self.image.clone(),
            request: Request {
                platform: Platform::Ios,
                dev: false,
                minify: false,
                app: String::new(),
                entry: None,
                env: vec![],
            },
            limits: None,
            who: "bench".to_owned(),
        })
    }

    /// Waits until the pool is full, and its last runner behind its walls.
    pub(crate) async fn full(&self, sandbox: &Sandbox, size: usize) {
        while sandbox.waiting_runners() < size {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        // Forked is not yet ready.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn image(files: usize, salt: usize) -> anyhow::Result<Image> {
    let dir = tempfile::tempdir()?;
    let project = dir.path().join("project");
    std::fs::create_dir(&project)?;
    for number in 0..files {
        let text = format!("// {number} of {salt}\n").repeat(300);
        std::fs::write(project.join(format!("f{number:04}.js")), text)?;
    }
    let packed = pack(PackOptions {
        root: &project,
        app: "",
        restored: None,
        cache: dir.path(),
        threads: 2,
        now: SystemTime::now(),
        canceled: &AtomicBool::new(false),
        allows: Allows(&|_| true),
    })?;
    Ok(Image::from_layers(packed.layers.into_iter().map(|layer| layer.file).collect())?)
}

fn config(dir: &Path, pool: usize) -> anyhow::Result<SandboxConfig> {
    let home = std::env::var_os("HIVESYNC_HOME").map(PathBuf::from).context("HIVESYNC_HOME is not set")?;
    let mut config = SandboxConfig::new(
        home.join("libexec"),
        dir.join("cache"),
        dir.join("data"),
        MacKey::from_bytes([1; 32]),
        SigningKey::from_bytes(&[2; 32]),
        Arc::new(SystemTime::now),
    );
    config.pool = pool;
    config.runs_max = RUNS_MAX;
    Ok(config)
}
