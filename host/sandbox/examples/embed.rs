//! How a backend runs a guest: the whole of it, on one page.
//!
//! ```text
//! cargo run -p hivesync-sandbox --example embed -- EXECUTABLES BUNDLER.wasm TRANSFORM.wasm PROJECT [PLATFORM]
//! ```
//!
//! `EXECUTABLES` holds `hivesync-runner` and `hivesync-compiler`. Without more
//! arguments than that, guests of a few lines stand in for the two modules, and
//! three files for the project.

#[path = "../tests/support/guests.rs"]
mod guests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use anyhow::Context as _;
use ed25519_dalek::SigningKey;
use hivesync_image::pack::{Allows, PackOptions, pack};
use hivesync_policy::{Policy, World};
use hivesync_protocol::wit::bundler::Request;
use hivesync_protocol::wit::types::Platform;
use hivesync_sandbox::{BundleRun, Event, Image, MacKey, Registration, Sandbox, SandboxConfig};
use hivesync_types::Digest;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let executables = arguments.first().context("usage: embed EXECUTABLES [BUNDLER TRANSFORM PROJECT]")?;
    let work = tempfile::tempdir()?;
    let (bundler, transform, project) = match arguments.get(1..4) {
        Some([bundler, transform, project]) => {
            (std::fs::read(bundler)?, std::fs::read(transform)?, project.clone())
        }
        _ => (guests::coordinator(guests::Coordinator::Map(3)), guests::transform(), sample(work.path())?),
    };

    // One sandbox a backend. The keys belong into a file that only the backend reads;
    // a new cache key only means that everything is compiled again.
    let config = SandboxConfig::new(
        executables.clone(),
        work.path().join("cache"),
        work.path().join("data"),
        MacKey::from_bytes([1; 32]),
        SigningKey::from_bytes(&[2; 32]),
        Arc::new(SystemTime::now),
    );
    let sandbox = Sandbox::start(config).await?;

    // A module is registered once: admitted, checked, compiled. The digests say which
    // modules this host built itself; the policies accept those.
    let built_here = [Digest::of(&bundler), Digest::of(&transform)];
    let register = |bytes, world, policy| Registration {
        bytes,
        world,
        policy,
        signatures: &[],
        built_here: &built_here,
    };
    let bundler_policy = Policy::parse(include_str!("../../../sandbox-policies/preview-bundler.toml"))?;
    let transform_policy = Policy::parse(include_str!("../../../sandbox-policies/transform.toml"))?;
    let module = sandbox.register(register(&bundler, World::PreviewBundler, &bundler_policy)).await?;
    let transform = sandbox.register(register(&transform, World::Transform, &transform_policy)).await?;

    // The project as it is now. Nothing of it is opened by path after this.
    let options = PackOptions {
        root: &project,
        app: "",
        restored: None,
        cache: work.path(),
        threads: 2,
        now: SystemTime::now(),
        canceled: &AtomicBool::new(false),
        // What the policy keeps from the guest is never in the image.
        allows: Allows(&|path| module.policy().allows_project_path(path)),
    };
    let image = Image::from_layers(pack(options)?.layers.into_iter().map(|layer| layer.file).collect())?;

    let request = Request {
        platform: Platform::Ios,
        dev: false,
        minify: false,
        app: String::new(),
        entry: None,
        env: vec![],
    };
    let run = BundleRun {
        module,
        transform,
        plugins: None,
        image,
        request,
        limits: None,
        who: "example".to_owned(),
    };
    let outcome = sandbox
        .bundle(run, |event| match event {
            Event::Log(line) => println!("log      {:?} {}", line.level, line.message),
            Event::Progress { stage, done, total } => println!("progress {stage:?} {done}/{total}"),
        })
        .await?;

    match &outcome.result {
        Ok(report) => println!("done     {} modules", report.modules.len()),
        Err(error) => {
            println!("failed   {}: {error} {}", error.code(), error.evidence());
            for diagnostic in error.diagnostics() {
                println!("         {} {}", diagnostic.code, diagnostic.message);
            }
        }
    }
    for artifact in &outcome.artifacts {
        println!("artifact {} {} bytes {}", artifact.name, artifact.bytes(), artifact.digest());
    }
    println!("record   {}", serde_json::to_string(&outcome.record)?);
    // What was transformed is written to the cache behind the answer's back: wait for it.
    sandbox.shutdown().await;
    Ok(())
}

/// Three files for the guests of a few lines.
fn sample(work: &Path) -> anyhow::Result<PathBuf> {
    let project = work.join("project");
    std::fs::create_dir(&project)?;
    for number in 0..3 {
        std::fs::write(project.join(format!("f{number:04}.js")), format!("file({number});\n"))?;
    }
    Ok(project)
}
