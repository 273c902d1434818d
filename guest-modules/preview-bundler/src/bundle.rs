//! One build from request to artifacts.

use std::collections::BTreeSet;

use hivesync_guest::{info, warn};

use crate::api::{Failure, Report, Request};
use crate::app_config::AppConfig;
use crate::config::PluginsRun;
use crate::env::{self, Environment};
use crate::graph::{Graph, OptionsByPlace, Walk};
use crate::image::Image;
use crate::linking::{BUNDLE, Linking};
use crate::packages::Packages;
use crate::paths::in_package;
use crate::plugins::{Plugins, Styles};
use crate::prelude::Frame;
use crate::project::EntryModule;
use crate::resolve::{PathAliases, Resolver, Settings, native_config};
use crate::wire::{Flavour, TransformOptions};
use crate::{
    Diagnostic, Host, Piece, Platform, Severity, Stage, WriteError, assets, codes, config, diagnose, project,
    virtual_modules,
};

#[cfg(test)]
mod tests;

/// Builds one bundle for one platform.
///
/// # Errors
/// As `bundler.bundle`: nothing that was written counts then.
pub fn bundle(host: &dyn Host, request: &Request) -> Result<Report, Failure> {
    let image = Image::read(host).with_app(&request.app);
    info!(host, "the project has {} files", image.len());
    let packages = Packages::new(host, &image);
    let mut remarks = Vec::new();
    let app = AppConfig::read(host, &image, &mut remarks);
    let flavour = project::flavour(&image, &packages, &app, request.platform);
    // A manifest that cannot be read depends on nothing: that is said, and not what follows from it.
    let faults = packages.take_faults();
    if !faults.is_empty() {
        return Err(Failure::InvalidProject(faults));
    }
    let flavour = flavour.map_err(|fault| Failure::InvalidProject(vec![*fault]))?;
    let mut aliases = PathAliases::read(host, &image, &mut remarks);
    if let Some(babel) = config::babel_aliases(host, &image, &mut remarks) {
        aliases.get_or_insert_default().add_babel(&babel, image.app());
    }
    let variables = Environment::of(&env::Build {
        image: &image,
        app: &app,
        flavour,
        platform: request.platform,
        dev: request.dev,
        declared: &request.env,
    });
    let build = (request.platform, request.dev, variables.of_app.as_slice());
    let options = transform_options(host, &image, &packages, request, flavour, aliases.as_ref());
    let broken = config::syntax(host, &image, &options);
    if !broken.is_empty() {
        return Err(Failure::BuildFailed(broken));
    }
    let missing = config::missing_plugins(host, &image, &packages);
    if !missing.is_empty() {
        return Err(Failure::MissingDependencies(missing));
    }
    let plugins = Plugins::read(host, &image, &packages, build, options.decorators.is_some());
    let styles = Styles::read(host, &image, &packages, build).unwrap_or_else(|warning| {
        remarks.push(*warning);
        None
    });
    let run = if plugins.is_some() { PluginsRun::Yes } else { PluginsRun::No };
    remarks.extend(config::warnings(host, &image, run));
    if flavour == Flavour::Expo && request.platform != Platform::Web {
        remarks.extend(native_config::unread(host, &image));
    }
    let options = OptionsByPlace::new(options, &variables);
    let settings = Settings::new(flavour, request.platform, request.dev).in_workspace(image.app());
    let resolver = Resolver::new(&image, &packages, settings, aliases);
    let asked = request.entry.as_deref();
    let entry = project::entry(host, &image, &packages, &resolver, asked, &mut remarks)
        .map_err(|fault| Failure::InvalidProject(vec![*fault]))?;
    info!(
        host,
        "{} for {}, {}; entry {}",
        flavour_name(flavour),
        assets::platform_name(request.platform),
        if request.dev { "development" } else { "production" },
        entry.path
    );
    let environment = virtual_modules::environment(&variables.at_run_time);
    let walk = Walk {
        host,
        image: &image,
        resolver: &resolver,
        options: &options,
        environment: &environment,
        plugins: plugins.as_ref(),
        styles: styles.as_ref(),
    };
    let build = Build { host, request, flavour, entry, remarks, walk: &walk };
    build.run(&packages)
}

fn flavour_name(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Expo => "Expo app",
        Flavour::ReactNative => "React Native app",
        Flavour::Web => "web app",
    }
}

fn transform_options(
    host: &dyn Host,
    image: &Image,
    packages: &Packages<'_>,
    request: &Request,
    flavour: Flavour,
    aliases: Option<&PathAliases>,
) -> TransformOptions {
    let experimental = aliases.is_some_and(|aliases| aliases.experimental_decorators);
    TransformOptions {
        platform: request.platform,
        dev: request.dev,
        minify: request.minify && request.platform == Platform::Web,
        flavour,
        inline_requires: flavour == Flavour::ReactNative,
        asset_registry: project::asset_registry(flavour, packages).to_owned(),
        env: Vec::new(),
        jsx_import_source: project::jsx_import_source(host, image, flavour, aliases),
        engine: project::engine(packages),
        worklets: project::worklets(host, image, flavour, packages),
        decorators: config::decorators(host, image, flavour, experimental),
    }
}

struct Build<'a> {
    host: &'a dyn Host,
    request: &'a Request,
    flavour: Flavour,
    entry: EntryModule,
    remarks: Vec<Diagnostic>,
    walk: &'a Walk<'a>,
}

impl Build<'_> {
    fn run(mut self, packages: &Packages<'_>) -> Result<Report, Failure> {
        let frame = Frame { image: self.walk.image, resolver: self.walk.resolver };
        let mut faults = Vec::new();
        let names = frame.scripts(&mut faults);
        if !faults.is_empty() {
            return Err(Failure::MissingDependencies(faults));
        }
        let mut scripts = self.walk.scripts(&names);
        let mut graph = self.walk.run(&self.entry);
        let mut missing = std::mem::take(&mut graph.missing);
        let mut broken = std::mem::take(&mut scripts.broken);
        broken.append(&mut graph.broken);
        self.remarks.append(&mut scripts.remarks);
        self.remarks.append(&mut graph.remarks);
        self.remarks.extend(packages.take_faults().into_iter().map(diagnose::warning));
        self.remark_fallbacks();
        keep_first(&mut self.remarks);
        keep_first(&mut broken);
        log_diagnostics(self.host, &self.remarks);
        log_diagnostics(self.host, &missing);
        log_diagnostics(self.host, &broken);
        if !missing.is_empty() {
            if graph.missing_more > 0 {
                let message = format!("{} more imports lead nowhere", graph.missing_more);
                missing.push(diagnose::error(codes::UNRESOLVED, message));
            }
            missing.append(&mut broken);
            return Err(Failure::MissingDependencies(missing));
        }
        if !broken.is_empty() {
            return Err(Failure::BuildFailed(broken));
        }
        let splits = self.walk.resolver.settings().splits();
        let linking = Linking::new(&graph, &frame.run_before_main(), splits);
        let files = self.link(&scripts, &linking)?;
        self.write(files, &graph, &linking)?;
        let modules = linking.report();
        info!(self.host, "wrote {BUNDLE} of {} modules", modules.len());
        Ok(Report { flavour: self.flavour, entry: self.entry.path, modules, diagnostics: self.remarks })
    }

    /// What packages do not list is their authors' business, unless the app itself asks for it.
    fn remark_fallbacks(&mut self) {
        for (manifest, reason) in self.walk.resolver.take_fallbacks() {
            let message = format!("an import was found by its file name, because {reason}");
            let warning = diagnose::warning(diagnose::about(codes::EXPORTS_FALLBACK, message, &manifest));
            let severity = if in_package(&manifest) { Severity::Note } else { Severity::Warning };
            self.remarks.push(Diagnostic { severity, ..warning });
        }
    }

    /// The files of code with their maps, the first one first.
    fn link(&self, scripts: &Graph, linking: &Linking<'_>) -> Result<Vec<(String, Vec<Piece>)>, Failure> {
        let dev = self.request.dev;
        let table = linking.table().map(|text| self.walk.script(virtual_modules::PARTS_TABLE, text));
        if let Some(table) = table.as_ref().filter(|table| !table.broken.is_empty()) {
            return Err(Failure::BuildFailed(table.broken.clone()));
        }
        let scripts: Vec<&Graph> = std::iter::once(scripts).chain(&table).collect();
        let first = linking.first(&scripts, dev);
        let later = linking.later().iter().map(|part| linking.part(part, dev));
        let mut files = Vec::new();
        for graph in std::iter::once(first).chain(later) {
            let linked = self.host.link(&graph).map_err(Failure::BuildFailed)?;
            files.push((graph.name.clone(), linked.bundle));
            files.push((format!("{}.map", graph.name), linked.map));
        }
        Ok(files)
    }

    fn write(
        &self,
        files: Vec<(String, Vec<Piece>)>,
        graph: &Graph,
        linking: &Linking<'_>,
    ) -> Result<(), Failure> {
        let mut outputs = BTreeSet::new();
        let mut faults = Vec::new();
        let modules = linking.order.iter().filter_map(|index| graph.modules.get(*index));
        for asset in modules.filter_map(|module| module.asset.as_ref()) {
            match assets::outputs(asset, self.request.platform) {
                Ok(files) => outputs.extend(files),
                Err(fault) => faults.push(*fault),
            }
        }
        if !faults.is_empty() {
            return Err(Failure::BuildFailed(faults));
        }
        let total = u32::try_from(outputs.len() + files.len()).unwrap_or(u32::MAX);
        let mut artifacts: Vec<_> = files.into_iter().map(|(name, pieces)| (name, pieces, None)).collect();
        for (name, path) in outputs {
            artifacts.push((name, vec![Piece::File(path.clone())], Some(path)));
        }
        for (done, (name, pieces, path)) in (1_u32..).zip(artifacts) {
            if let Err(error) = self.host.write(&name, &pieces) {
                faults.push(refused(&name, path, error));
            }
            self.host.progress(Stage::Packaging, done, total);
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::BuildFailed(faults)) }
    }
}

fn refused(name: &str, path: Option<String>, error: WriteError) -> Diagnostic {
    let reason = match error {
        WriteError::BadName => "its name is not allowed",
        WriteError::Duplicate => "another asset has the same name",
        WriteError::UnknownPiece => "a part of it is not in this run",
    };
    let fault = diagnose::error(codes::ARTIFACT_REFUSED, format!("{name} was refused: {reason}"));
    Diagnostic { path, ..diagnose::hint(fault, "rename the file") }
}

/// Diagnostics of one list. The answer of a run has its limit.
const REPORTED_MAX: usize = 1000;

fn keep_first(diagnostics: &mut Vec<Diagnostic>) {
    let Some(last) = diagnostics.get(REPORTED_MAX) else { return };
    let more = diagnostics.len() - REPORTED_MAX;
    let message = format!("{more} more diagnostics are left out");
    let summary = Diagnostic { severity: last.severity, ..diagnose::error(&last.code, message) };
    diagnostics.truncate(REPORTED_MAX);
    diagnostics.push(summary);
}

/// Lines of one list of diagnostics. A log has its limit, and running over it ends the run.
const LOGGED_MAX: usize = 200;

fn log_diagnostics(host: &dyn Host, diagnostics: &[Diagnostic]) {
    if let Some(more) = diagnostics.len().checked_sub(LOGGED_MAX).filter(|more| *more > 0) {
        info!(host, "{more} more diagnostics are in the report only");
    }
    for found in diagnostics.iter().take(LOGGED_MAX) {
        let place = match (&found.path, found.line) {
            (Some(path), 0) => format!(" ({path})"),
            (Some(path), line) => format!(" ({path}:{line}:{})", found.column),
            (None, _) => String::new(),
        };
        match found.severity {
            Severity::Error => hivesync_guest::error!(host, "{}: {}{place}", found.code, found.message),
            Severity::Warning => warn!(host, "{}: {}{place}", found.code, found.message),
            Severity::Note => hivesync_guest::debug!(host, "{}: {}{place}", found.code, found.message),
        }
    }
}
