//! What Expo and web bundlers put around Metro's resolution, in their order.

use super::redirect::Redirect;
use super::{Answer, Request, Resolver, Settings, Target, Unresolved, is_builtin};
use crate::Platform;
use crate::paths::is_relative;
use crate::virtual_modules;
use crate::wire::Flavour;

/// Files of React Native that no browser can run, as they are imported from packages.
const NATIVE_ONLY: [&str; 3] = [
    "react-native/Libraries/ReactPrivate/ReactNativePrivateInitializeCore",
    "react-native/Libraries/Utilities/codegenNativeCommands",
    "react-native/Libraries/Utilities/codegenNativeComponent",
];
impl Resolver<'_> {
    pub(super) fn resolve_in_framework(&self, request: Request<'_>) -> Answer {
        match self.settings.flavour {
            Flavour::ReactNative => self.resolve_bare_react_native(request),
            Flavour::Expo => self.resolve_in_expo(request),
            Flavour::Web => self.resolve_on_web(request),
        }
    }

    fn resolve_bare_react_native(&self, request: Request<'_>) -> Answer {
        let first = self.aliases.as_ref().is_some_and(|aliases| aliases.before_packages);
        if first && let Some(target) = self.resolve_alias(request) {
            return Ok(target);
        }
        match self.resolve_strictly(request) {
            Ok(target) => Ok(target),
            // Plain Metro does not read a tsconfig; what it names is still better than nothing.
            Err(error) => self.resolve_alias(request).ok_or_else(|| explain(request, error)),
        }
    }

    fn resolve_in_expo(&self, request: Request<'_>) -> Answer {
        let specifier = request.specifier;
        if self.is_production_twin(request) {
            return Ok(Target::Empty);
        }
        if let Some(target) = self.resolve_alias(request) {
            return Ok(target);
        }
        if is_builtin(specifier).is_some() {
            match self.attempt(request) {
                Some(target) => return Ok(target),
                None if self.is_web() => return Ok(Target::Empty),
                None => return Err(Unresolved::Builtin(specifier.to_owned())),
            }
        }
        if let Some(alias) = self.expo_alias(specifier) {
            return self.resolve_strictly(Request { specifier: &alias, ..request });
        }
        if let Some(target) = self.resolve_expo_fixture(request) {
            return Ok(target);
        }
        if let Some(folder) = self.sticky_folder(specifier)
            && let Some(target) = self.attempt(Request { origin: &folder, ..request })
        {
            return self.after_expo(request, target);
        }
        match self.resolve_strictly(request) {
            Ok(target) => self.after_expo(request, target),
            Err(error) => self.expo_fallback(request).ok_or_else(|| explain(request, error)),
        }
    }

    /// In development React's packages name their production twin too; it is left out.
    fn is_production_twin(&self, request: Request<'_>) -> bool {
        if !self.settings.dev {
            return false;
        }
        let Request { origin, specifier, .. } = request;
        let from = |folder: &str| format!("/{origin}").contains(&format!("/node_modules/{folder}"));
        let renderer = specifier.contains("/ReactFabric-prod")
            || specifier.contains("\\ReactFabric-prod")
            || specifier.contains("ReactNativeRenderer-prod");
        if !self.is_web() && from("react-native/") && renderer {
            return true;
        }
        let production = specifier.ends_with(".production.js") || specifier.ends_with(".production.min.js");
        production && (from("react-") || from("react/") || from("scheduler/"))
    }

    fn expo_alias(&self, specifier: &str) -> Option<String> {
        if self.is_web() {
            match specifier {
                "react-native" | "react-native/index" => return Some("react-native-web".to_owned()),
                "react-native/Libraries/Image/resolveAssetSource" => {
                    return Some("expo-asset/build/resolveAssetSource".to_owned());
                }
                _ => {}
            }
        }
        let rest = specifier.strip_prefix("react-native-vector-icons")?;
        let icons = self.packages.above(self.image.app(), "@expo/vector-icons");
        icons.is_some().then(|| format!("@expo/vector-icons{rest}"))
    }

    /// Modules that Expo's command puts in the place of configured ones.
    fn resolve_expo_fixture(&self, request: Request<'_>) -> Option<Target> {
        let Request { origin, specifier, .. } = request;
        let registry = specifier.strip_suffix(".js").unwrap_or(specifier);
        let is_registry = registry == "@react-native/assets-registry/registry"
            || (self.is_web()
                && origin.contains("node_modules/react-native-web/")
                && specifier.contains("/modules/AssetRegistry"));
        if is_registry {
            return Some(Target::Virtual(virtual_modules::ASSET_REGISTRY));
        }
        if specifier == "expo/internal/async-require-module" {
            if self.settings.splits() {
                return Some(Target::Virtual(virtual_modules::PARTS_LOADER));
            }
            return self.attempt(Request { origin: &self.app_origin(), ..request });
        }
        None
    }

    fn after_expo(&self, request: Request<'_>, target: Target) -> Answer {
        let Target::File(path) = &target else { return Ok(target) };
        if self.is_web() {
            if path.contains("node_modules")
                && NATIVE_ONLY.iter().any(|name| request.specifier.contains(name))
            {
                return Err(Unresolved::NativeOnly);
            }
            return Ok(self.expo_shim(path).unwrap_or(target));
        }
        if path.ends_with("react-native/Libraries/Utilities/HMRClient.js") {
            let origin = self.app_origin();
            let specifier = "expo/src/async-require/hmr.ts";
            return self.resolve_strictly(Request { origin: &origin, specifier, ..request });
        }
        Ok(target)
    }

    /// Expo's command ships small stand-ins for files of react-native-web.
    fn expo_shim(&self, path: &str) -> Option<Target> {
        let (_, inside) = path.rsplit_once("node_modules/")?;
        if !inside.starts_with("react-native-web/") {
            return None;
        }
        let cli = self.package_through(&["expo", "@expo/cli"])?;
        self.image.file(&format!("{cli}/static/shims/{inside}")).map(Target::File)
    }

    fn resolve_on_web(&self, request: Request<'_>) -> Answer {
        if let Some(target) = self.resolve_alias(request) {
            return Ok(target);
        }
        if let Some(target) = self.resolve_from_app(request) {
            return Ok(target);
        }
        let error = match self.resolve_strictly(self.web_alias(request)) {
            Ok(target) => return Ok(target),
            Err(error) => error,
        };
        if is_builtin(request.specifier).is_some() {
            return Ok(Target::Empty);
        }
        self.resolve_public(request).ok_or_else(|| explain(request, error))
    }

    /// react-native is react-native-web in a browser, where that is installed.
    fn web_alias<'r>(&self, request: Request<'r>) -> Request<'r> {
        let named = matches!(request.specifier, "react-native" | "react-native/index");
        if named && self.packages.above(self.image.app(), "react-native-web").is_some() {
            return Request { specifier: "react-native-web", ..request };
        }
        request
    }

    /// In a workspace a rooted specifier of a web app counts from the app's own folder first.
    /// Modules that we write ourselves name paths of the image.
    fn resolve_from_app(&self, request: Request<'_>) -> Option<Target> {
        if self.image.app().is_empty() || virtual_modules::is_virtual(request.origin) {
            return None;
        }
        let specifier = format!("/{}", self.image.in_app(request.specifier.strip_prefix('/')?));
        self.attempt(Request { specifier: &specifier, ..request })
    }

    /// A file that stands for the whole app when it asks for what is missing.
    pub(super) fn app_origin(&self) -> String {
        self.image.in_app("package.json")
    }

    /// A rooted specifier also names files of `public/`, which web servers serve from the root.
    fn resolve_public(&self, request: Request<'_>) -> Option<Target> {
        let rooted = request.specifier.strip_prefix('/')?;
        let path = match self.redirect_path(&self.image.in_app(&format!("public/{rooted}"))) {
            Redirect::Empty => return Some(Target::Empty),
            Redirect::To(path) => path,
        };
        self.image.file(&path).map(Target::File)
    }

    /// The aliases of the app's tsconfig, for the app's own files.
    fn resolve_alias(&self, request: Request<'_>) -> Option<Target> {
        let aliases = self.aliases.as_ref()?;
        let rooted = request.specifier.starts_with('/');
        if rooted || is_relative(request.specifier) || !Settings::is_app_source(request.origin) {
            return None;
        }
        aliases.find(request.specifier, |path| self.attempt(Request { specifier: path, ..request }))
    }

    pub(super) fn is_web(&self) -> bool {
        self.settings.platform == Platform::Web
    }
}

/// A builtin of Node.js that is not installed deserves to be called that.
fn explain(request: Request<'_>, error: Unresolved) -> Unresolved {
    match (is_builtin(request.specifier), error) {
        (Some(name), Unresolved::NoPackage(_) | Unresolved::Scheme(_)) => {
            Unresolved::Builtin(name.to_owned())
        }
        (_, error) => error,
    }
}
