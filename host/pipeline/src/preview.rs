//! Building previews, one after the other, with everything kept warm between them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hivesync_image::pack::PackedImage;
use hivesync_policy::{Policy, World};
use hivesync_protocol::wit::bundler::{Report, Request};
use hivesync_protocol::wit::progress::Stage as StepStage;
use hivesync_sandbox::{
    BundleRun, Clock, Image, InstalledModule, LateModule, Module, Outcome, Sandbox, SandboxConfig,
};
use hivesync_types::{Code, Digest, Limits, Platform};

use crate::archive::{self, Contents, Deflater, Writing, own_file};
use crate::blocking::blocking;
use crate::checkout::Checkout;
use crate::error::BuildError;
use crate::event::{Event, Observer, Stage};
use crate::identity::{Moment, project_id};
use crate::known::About;
use crate::metadata::{BUNDLE_NAME, LOGS_NAME, Metadata};
use crate::packing::{LastPacked, Packages, Tree, image_report};
use crate::page::{PAGE_NAME, page};
use crate::project::Project;
use crate::report::{BuildReport, ImageReport, Timings, flavour_name, guest_platform, log_text};
use crate::request::BuildRequest;
use crate::restore::restore;
use crate::signing::Keys;
use crate::workspace::Workspace;

/// Where the parts are, and what is the same for every preview.
#[derive(Clone)]
pub struct PreviewOptions {
    /// The folder with `hivesync-runner` and `hivesync-compiler`.
    pub libexec: PathBuf,
    /// The folder with `preview_bundler.wasm` and `transform.wasm`. It is as trusted as
    /// the executables: what stands in it counts as built here.
    pub guests: PathBuf,
    /// The folder with `preview-bundler.toml` and `transform.toml`.
    pub policies: PathBuf,
    /// Layers, restored packages, machine code and kept transforms. Losing it costs time only.
    pub cache: PathBuf,
    /// The audit record.
    pub data: PathBuf,
    /// The secrets of this machine.
    pub keys: Keys,
    /// Tells the time of day.
    pub clock: Clock,
    /// Cores to use.
    pub threads: usize,
    /// Keep the sources of what is built, so that changes alone can be sent. Not for a host
    /// that builds for several people: whoever knows an image's digest could build from it.
    pub keeps_images: bool,
}

/// Builds previews. Keeps runners, machine code and transforms warm between builds.
pub struct Preview {
    pub(crate) options: PreviewOptions,
    pub(crate) sandbox: Sandbox,
    module: Module,
    transform: Module,
    deflater: Arc<Deflater>,
    plugins: LateModule,
    packed: LastPacked,
}

impl Preview {
    /// Starts the sandbox and loads the two modules.
    pub async fn start(options: PreviewOptions) -> Result<Self, BuildError> {
        let sandbox = sandbox(&options)?;
        let (module, transform, ()) = tokio::try_join!(
            register(&sandbox, &options, World::PreviewBundler, "preview_bundler.wasm"),
            register(&sandbox, &options, World::Transform, "transform.wasm"),
            async { Ok(sandbox.ready().await?) },
        )?;
        let (path, policy) = installed_module(&options, World::PluginHost, "plugin_host.wasm")?;
        let installed = InstalledModule { path: &path, world: World::PluginHost, policy: &policy };
        let plugins = sandbox.register_late(installed)?;
        Ok(Self {
            options,
            sandbox,
            module,
            transform,
            plugins,
            deflater: Arc::default(),
            packed: LastPacked::default(),
        })
    }

    /// Builds one preview. Dropping the future cancels it.
    pub async fn build(
        &self,
        request: &BuildRequest,
        observer: &Observer,
    ) -> Result<BuildReport, BuildError> {
        self.build_with(request, observer, Packages::Listed).await
    }

    /// As [`Preview::build`], for whoever knows that no package changed since this preview
    /// was last built from the same folder: none is looked at.
    pub async fn rebuild(
        &self,
        request: &BuildRequest,
        observer: &Observer,
    ) -> Result<BuildReport, BuildError> {
        self.build_with(request, observer, Packages::AsBefore).await
    }

    async fn build_with(
        &self,
        request: &BuildRequest,
        observer: &Observer,
        packages: Packages,
    ) -> Result<BuildReport, BuildError> {
        let begun = Instant::now();
        let mut timings = Timings::default();
        observer(Event::Stage(Stage::Checkout));
        let mut checkout = Checkout::of(&request.project, &self.options.cache).await?;
        let project = Project::open(&checkout.folder)?;
        let workspace = Workspace::of(&checkout.folder)?;
        let env = project.public_env(request.dev)?;
        let kept = checkout.packages(&project, &workspace)?;
        timings.checkout = begun.elapsed();

        observer(Event::Stage(Stage::Dependencies));
        let begun_restore = Instant::now();
        let (restored, is_restored, packages) = match kept {
            Some((layers, is_restored)) => (None, is_restored, Packages::Kept(layers)),
            None => {
                let restored = self.restore(request, &project, &workspace, observer).await?;
                let is_restored = restored.is_some();
                (restored, is_restored, packages)
            }
        };
        timings.restore = begun_restore.elapsed();
        let begun_pack = Instant::now();
        // Whoever watches a folder sends no changes.
        let is_kept = self.options.keeps_images && !matches!(packages, Packages::AsBefore);
        let about = if is_kept { About::of(&project, &workspace, is_restored) } else { None };
        let tree = Tree { workspace: workspace.clone(), restored, about };
        let packed = self.packed.pack((&self.options, &self.module), tree, packages).await?;
        let image = image_report(&packed, is_restored);
        timings.pack = begun_pack.elapsed();

        observer(Event::Stage(Stage::Bundling));
        let begun_step = Instant::now();
        let outcome = self.step(request, &workspace, env, packed, observer).await?;
        timings.bundling = begun_step.elapsed();

        observer(Event::Stage(Stage::Packaging));
        let begun_packaging = Instant::now();
        let mut report = self.package(request, &project, image, outcome).await?;
        timings.packaging = begun_packaging.elapsed();
        timings.total = begun.elapsed();
        report.timings = timings;
        observer(Event::Stage(Stage::Ready));
        Ok(report)
    }

    /// Waits for what is still to be kept, and ends every process.
    pub async fn shutdown(self) {
        self.sandbox.shutdown().await;
    }

    /// Packages that are missing, of the app or of its whole workspace.
    async fn restore(
        &self,
        request: &BuildRequest,
        project: &Project,
        workspace: &Workspace,
        observer: &Observer,
    ) -> Result<Option<PathBuf>, BuildError> {
        let whole = workspace.installing(project)?;
        if workspace.is_member() && whole.is_none() {
            return Ok(None);
        }
        restore(whole.as_ref().unwrap_or(project), &self.options.cache, &request.restore, observer).await
    }

    /// The one sandboxed step.
    async fn step(
        &self,
        request: &BuildRequest,
        workspace: &Workspace,
        env: Vec<(String, String)>,
        packed: PackedImage,
        observer: &Observer,
    ) -> Result<Outcome, BuildError> {
        let image = Image::from_layers(packed.layers.into_iter().map(|layer| layer.file).collect())?;
        let run = BundleRun {
            module: self.module.clone(),
            transform: self.transform.clone(),
            plugins: Some(self.plugins.clone()),
            image,
            request: Request {
                platform: guest_platform(request.platform),
                dev: request.dev,
                minify: request.minify,
                app: workspace.app.clone(),
                entry: request.entry.clone(),
                env,
            },
            limits: request.step_deadline.map(|deadline| lowered(&self.module, deadline)),
            who: "hivesync build".to_owned(),
        };
        let observer = Arc::clone(observer);
        let told = Arc::clone(&observer);
        let was_ready = self.plugins.is_ready();
        let mut outcome = self.sandbox.bundle(run.clone(), move |event| hear(&told, event)).await?;
        let is_late = outcome.result.as_ref().is_err_and(|error| error.code() == Code::LimitWall);
        if is_late && !was_ready && self.plugins.is_asked_for() {
            // Its time went by while the module that runs the project's plugins was compiled,
            // once on this machine. That goes on, and the run begins again with it.
            self.plugins.ready().await?;
            outcome = self.sandbox.bundle(run, move |event| hear(&observer, event)).await?;
        }
        match outcome.result {
            Ok(_) => Ok(outcome),
            Err(error) => Err(error.into()),
        }
    }

    async fn package(
        &self,
        request: &BuildRequest,
        project: &Project,
        image: ImageReport,
        outcome: Outcome,
    ) -> Result<BuildReport, BuildError> {
        let Outcome { result, artifacts, log, record, entry } = outcome;
        let report = result?;
        if !artifacts.iter().any(|artifact| artifact.name == BUNDLE_NAME) {
            return Err(BuildError::NoBundle);
        }
        let mut own = vec![own_file(LOGS_NAME, log_text(&log, &report))];
        if request.platform == Platform::Web && !artifacts.iter().any(|artifact| artifact.name == PAGE_NAME) {
            own.push(own_file(PAGE_NAME, page(project.name(), project.own_page()?.as_deref())));
        }
        let moment = Moment::of(request.identity.seconds());
        let mut metadata = metadata(request, project, &report, &record);
        let (target, key) = (request.out.clone(), self.options.keys.bundle.clone());
        let (deflater, threads) = (Arc::clone(&self.deflater), self.options.threads);
        let outputs = record.outputs.clone();
        let (zip_bytes, metadata) = blocking(move |canceled| {
            let contents = Contents::new(artifacts, own)?;
            let known = outputs.iter().map(|output| (output.name.as_str(), output.digest)).collect();
            metadata.files = contents.records(&known);
            metadata.bytes = metadata.files.iter().map(|file| file.bytes).sum();
            metadata.key_id = key.id().to_string();
            let writing = Writing { deflater: &deflater, threads, canceled };
            let zip_bytes = archive::write(&target, &contents, metadata.clone(), &key, moment, &writing)?;
            Ok((zip_bytes, metadata))
        })
        .await?;
        Ok(BuildReport {
            out: request.out.clone(),
            zip_bytes,
            metadata,
            modules: report.modules,
            diagnostics: report.diagnostics,
            log,
            record,
            audit_entry: entry,
            image,
            timings: Timings::default(),
        })
    }
}

/// The limits of a module with a deadline that may be earlier than its policy's.
pub(crate) fn lowered(module: &Module, deadline: Duration) -> Limits {
    let limits = module.policy().limits;
    let wall_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX).min(limits.wall_ms);
    Limits { wall_ms, ..limits }
}

/// The sandbox of an installation; nothing waits for it yet.
pub(crate) fn sandbox(options: &PreviewOptions) -> Result<Sandbox, BuildError> {
    let config = SandboxConfig {
        parallel: options.threads,
        // The coordinator, a child a core, and one that is on its way.
        pool: options.threads + 2,
        ..SandboxConfig::new(
            options.libexec.clone(),
            options.cache.clone(),
            options.data.clone(),
            options.keys.cache.clone(),
            options.keys.audit.clone(),
            Arc::clone(&options.clock),
        )
    };
    Ok(Sandbox::open(config)?)
}

/// Loads one module of the installation.
pub(crate) async fn register(
    sandbox: &Sandbox,
    options: &PreviewOptions,
    world: World,
    file: &str,
) -> Result<Module, BuildError> {
    let (path, policy) = installed_module(options, world, file)?;
    Ok(sandbox.register_installed(InstalledModule { path: &path, world, policy: &policy }).await?)
}

/// Where a module of the installation is, and the policy of its world's name.
fn installed_module(
    options: &PreviewOptions,
    world: World,
    file: &str,
) -> Result<(PathBuf, Policy), BuildError> {
    let policy_file = options.policies.join(format!("{world}.toml"));
    let text = String::from_utf8_lossy(&installed(&policy_file)?).into_owned();
    let policy = Policy::parse(&text).map_err(|invalid| BuildError::Policy {
        code: invalid.code(),
        message: format!("{}: {invalid}", policy_file.display()),
    })?;
    let path = options.guests.join(file);
    if !path.is_file() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(BuildError::Installation { path: path.display().to_string(), source });
    }
    Ok((path, policy))
}

/// A file of the installation.
fn installed(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| BuildError::Installation { path: path.display().to_string(), source })
}

fn hear(observer: &Observer, event: hivesync_sandbox::Event<'_>) {
    match event {
        hivesync_sandbox::Event::Log(line) => observer(Event::Log(line.clone())),
        hivesync_sandbox::Event::Progress { stage: StepStage::Bundling, done, total } => {
            observer(Event::Modules { done, total });
        }
        // The step's own packaging is a part of the host's bundling.
        hivesync_sandbox::Event::Progress { stage: StepStage::Packaging, .. } => {}
    }
}

fn metadata(
    request: &BuildRequest,
    project: &Project,
    report: &Report,
    record: &hivesync_sandbox::audit::RunRecord,
) -> Metadata {
    let project_id = request.project_id.clone().unwrap_or_else(|| project_id(project.name()));
    let inputs = Digest::of_fields(&[
        b"hivesync-job/1",
        record.run.as_bytes(),
        project_id.as_bytes(),
        request.device_id.as_bytes(),
        request.platform.as_str().as_bytes(),
    ]);
    Metadata {
        format: Metadata::format(),
        job_id: request.identity.job_id(&inputs),
        project_id,
        platform: request.platform,
        device_id: request.device_id.clone(),
        built_at: Moment::of(request.identity.seconds()).to_rfc3339(),
        token_version: request.token_version,
        dev: request.dev,
        minify: request.minify,
        entry: report.entry.clone(),
        flavour: flavour_name(report.flavour).to_owned(),
        module_digest: record.input.module.digest,
        transform_digest: record.input.transform.digest,
        policy_digest: record.input.policy,
        input_digest: record.input.image,
        run_id: record.run,
        fuel_used: record.clocks.fuel.used,
        fuel_schedule: record.input.fuel_schedule.to_string(),
        timeout: false,
        modules: u64::try_from(report.modules.len()).unwrap_or(u64::MAX),
        bytes: 0,
        files: Vec::new(),
        key_id: String::new(),
        signature: None,
    }
}

/// The time of this machine, as a [`Clock`].
pub fn system_clock() -> Clock {
    Arc::new(SystemTime::now)
}
