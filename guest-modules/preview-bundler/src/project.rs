//! What kind of project this is, and where it begins.

use crate::app_config::AppConfig;
use crate::image::Image;
use crate::packages::{Package, Packages};
use crate::page::{self, PagePart};
use crate::resolve::{Edge, PathAliases, Request, Resolver, Target};
use crate::wire::{Engine, Flavour};
use crate::{Diagnostic, Host, Platform, assets, codes, diagnose, virtual_modules};

/// Entries of web apps, in the order they are looked for.
const WEB_ENTRIES: [&str; 4] = ["./src/main", "./src/index", "./index", "./main"];

/// Decides the flavour, or says why there is no project.
pub(crate) fn flavour(
    image: &Image,
    packages: &Packages<'_>,
    app: &AppConfig,
    platform: Platform,
) -> Result<Flavour, Box<Diagnostic>> {
    let Some(package) = packages.at(image.app()) else {
        let error = diagnose::error(codes::NO_PACKAGE_JSON, "the project has no package.json in its folder");
        return Err(Box::new(diagnose::hint(error, "build the folder that holds package.json")));
    };
    if is_expo(image, packages, &package, app) {
        return Ok(Flavour::Expo);
    }
    match (package.depends_on("react-native"), platform) {
        (_, Platform::Web) => Ok(Flavour::Web),
        (true, _) => Ok(Flavour::ReactNative),
        (false, Platform::Ios | Platform::Android) => {
            let message = "the project uses neither expo nor react-native, so it only runs on the web";
            let error = diagnose::about(codes::WRONG_PLATFORM, message, &image.in_app("package.json"));
            Err(Box::new(diagnose::hint(
                error,
                "build it for the platform web, or add react-native to its dependencies",
            )))
        }
    }
}

fn is_expo(image: &Image, packages: &Packages<'_>, package: &Package, app: &AppConfig) -> bool {
    package.depends_on("expo") || (app.names_expo && packages.above(image.app(), "expo").is_some())
}

/// Where a bundle begins.
#[derive(Debug)]
pub(crate) struct EntryModule {
    /// A path of the image, or the name of a virtual module.
    pub(crate) path: String,
    /// The text of a virtual module.
    pub(crate) text: Option<String>,
}

/// Finds the entry: the one that was asked for, or the one of the framework's rules.
pub(crate) fn entry(
    host: &dyn Host,
    image: &Image,
    packages: &Packages<'_>,
    resolver: &Resolver<'_>,
    requested: Option<&str>,
    remarks: &mut Vec<Diagnostic>,
) -> Result<EntryModule, Box<Diagnostic>> {
    let manifest = image.in_app("package.json");
    let find = |specifier: &str| {
        let request = Request { origin: &manifest, specifier, edge: Edge::Require };
        match resolver.resolve(request) {
            Ok(Target::File(path)) => Some(path.to_string()),
            _ => None,
        }
    };
    let candidates = match requested {
        Some(requested) => vec![format!("./{}", requested.trim_start_matches("./"))],
        None => {
            if resolver.settings().flavour == Flavour::Web
                && let Some(entry) = page_entry(host, image, find, remarks)
            {
                return Ok(entry);
            }
            candidates(image, packages, resolver)
        }
    };
    let found = candidates.iter().find_map(|specifier| find(specifier));
    found.map(|path| EntryModule { path, text: None }).ok_or_else(|| {
        let message = format!("no entry file was found; looked for {}", candidates.join(", "));
        let error = diagnose::error(codes::NO_ENTRY, message);
        Box::new(diagnose::hint(error, "name the entry in the field main of package.json"))
    })
}

/// What the app's page loads: its one script, or a module that loads all its parts.
fn page_entry(
    host: &dyn Host,
    image: &Image,
    find: impl Fn(&str) -> Option<String>,
    remarks: &mut Vec<Diagnostic>,
) -> Option<EntryModule> {
    let pages = ["index.html", "public/index.html"].map(|page| image.in_app(page));
    let file = pages.iter().find_map(|page| image.file(page))?;
    let html = host.read(&file).ok()?;
    let parts = page::parts(&String::from_utf8_lossy(&html));
    let found: Vec<(PagePart, String)> = parts
        .into_iter()
        .filter_map(|part| {
            let path =
                find(&format!("./{}", part.path)).or_else(|| find(&format!("./public/{}", part.path)))?;
            Some((part, path))
        })
        .collect();
    let is_script = |path: &str| !path.ends_with(".css");
    if !found.iter().any(|(_, path)| is_script(path)) {
        return None;
    }
    if found.iter().filter(|(part, _)| part.is_classic_script).count() > 1 {
        let message =
            "the page loads several scripts that are no modules; each runs for itself in the bundle";
        let remark = diagnose::warning(diagnose::about(codes::CLASSIC_SCRIPT, message, &file));
        remarks.push(diagnose::hint(remark, "let them import one another and load one of them as a module"));
    }
    let paths: Vec<String> = found.into_iter().map(|(_, path)| path).collect();
    match paths.as_slice() {
        [only] => Some(EntryModule { path: only.clone(), text: None }),
        several => Some(EntryModule {
            path: virtual_modules::PAGE.to_owned(),
            text: Some(virtual_modules::page(several)),
        }),
    }
}

fn candidates(image: &Image, packages: &Packages<'_>, resolver: &Resolver<'_>) -> Vec<String> {
    let settings = resolver.settings();
    let platform = assets::platform_name(settings.platform);
    let package = packages.at(image.app());
    let main = package.as_ref().and_then(|package| package.text("main"));
    let mains = main.into_iter().flat_map(|main| {
        let file = format!("./{}", main.trim_start_matches("./"));
        if main.starts_with('.') { vec![file] } else { vec![file, main.to_owned()] }
    });
    let own = [format!("./index.{platform}"), "./index".to_owned()];
    match settings.flavour {
        Flavour::Expo => mains.chain(own).chain(["expo/AppEntry".to_owned()]).collect(),
        Flavour::ReactNative => own.into_iter().chain(mains).collect(),
        Flavour::Web => WEB_ENTRIES.iter().map(|entry| (*entry).to_owned()).chain(mains).collect(),
    }
}

/// How the transform's code asks for the module that registers assets.
pub(crate) fn asset_registry(flavour: Flavour, packages: &Packages<'_>) -> &'static str {
    let first_with_own = (0, 87);
    let react_native = packages.of_app("react-native");
    let own = react_native.is_some_and(|package| {
        let exported = package.fields.get("exports").is_some_and(|map| map.get("./asset-registry").is_some());
        exported || package.version().is_some_and(|version| version >= first_with_own)
    });
    if own && flavour == Flavour::ReactNative {
        "react-native/asset-registry"
    } else {
        "@react-native/assets-registry/registry"
    }
}

/// What the installed React Native runs its bundles with.
pub(crate) fn engine(packages: &Packages<'_>) -> Engine {
    let first_with_v1 = (0, 84);
    let version = packages.of_app("react-native").and_then(|package| package.version());
    if version.is_some_and(|version| version < first_with_v1) { Engine::HermesV0 } else { Engine::HermesV1 }
}

/// The version of the plugin that prepares worklets. Expo's preset takes it as soon as the package
/// is installed; elsewhere the project's Babel configuration names it.
pub(crate) fn worklets(
    host: &dyn Host,
    image: &Image,
    flavour: Flavour,
    packages: &Packages<'_>,
) -> Option<String> {
    let named = || crate::config::names_worklets(host, image);
    if flavour != Flavour::Expo && !named() {
        return None;
    }
    ["react-native-worklets", "react-native-reanimated"].into_iter().find_map(|name| {
        let package = packages.of_app(name)?;
        package.text("version").map(str::to_owned)
    })
}

/// The package whose `jsx-runtime` JSX is compiled for.
pub(crate) fn jsx_import_source(
    host: &dyn Host,
    image: &Image,
    flavour: Flavour,
    aliases: Option<&PathAliases>,
) -> String {
    let of_babel = crate::config::jsx_import_source(host, image);
    let of_typescript = || match flavour {
        // Only the bundlers of the web ask TypeScript's configuration.
        Flavour::Web => aliases.and_then(|aliases| aliases.jsx_import_source.clone()),
        Flavour::Expo | Flavour::ReactNative => None,
    };
    of_babel.or_else(of_typescript).unwrap_or_else(|| "react".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn with_packages(packages: &[(&str, &str)], babel: &str) -> Project {
        let app = Project::new().file("package.json", "{}").file("babel.config.js", babel);
        packages.iter().fold(app, |app, (name, version)| {
            let manifest = format!(r#"{{"name":"{name}","version":"{version}"}}"#);
            app.file(&format!("node_modules/{name}/package.json"), &manifest)
        })
    }

    #[test]
    fn the_engine_follows_from_the_installed_react_native() {
        for (version, expected) in [("0.83.9", Engine::HermesV0), ("0.84.0", Engine::HermesV1)] {
            let project = with_packages(&[("react-native", version)], "");
            let image = Image::read(&project);
            assert_eq!(engine(&Packages::new(&project, &image)), expected, "{version}");
        }
    }

    #[test]
    fn worklets_are_prepared_where_expo_or_the_babel_configuration_asks_for_it() {
        let asked = |packages: &[(&str, &str)], babel: &str, flavour: Flavour| {
            let project = with_packages(packages, babel);
            let image = Image::read(&project);
            worklets(&project, &image, flavour, &Packages::new(&project, &image))
        };
        let both = [("react-native-reanimated", "4.5.1"), ("react-native-worklets", "0.10.1")];
        let plugin = "module.exports = { plugins: ['react-native-worklets/plugin'] };";
        assert_eq!(asked(&both, "", Flavour::Expo).as_deref(), Some("0.10.1"));
        assert_eq!(asked(&both[..1], "", Flavour::Expo).as_deref(), Some("4.5.1"));
        assert_eq!(asked(&both, "", Flavour::ReactNative), None);
        assert_eq!(asked(&both, plugin, Flavour::ReactNative).as_deref(), Some("0.10.1"));
        assert_eq!(asked(&[], plugin, Flavour::Expo), None);
    }
}
