//! Expo's two ways to one copy of a package: native modules and React are taken from where the
//! app has them, and what only `expo` or `expo-router` installed is found through them.

use std::rc::Rc;

use serde_json::Value;

use super::redirect::{self, Redirect};
use super::specifier::BareSpecifier;
use super::{Request, Resolver, Target};
use crate::Platform;
use crate::packages::Package;
use crate::paths::{child, is_relative};

/// Packages that always count as linked into the app.
const STICKY: [&str; 16] = [
    "react",
    "react-dom",
    "react-native",
    "react-native-web",
    "react-native-webview",
    "@expo/dom-webview",
    "expo-asset",
    "expo-constants",
    "expo-file-system",
    "expo-font",
    "expo-keep-awake",
    "expo-modules-core",
    "react-native-gesture-handler",
    "react-native-reanimated",
    "@react-navigation/core",
    "@react-navigation/native",
];
/// Packages whose dependencies the app may use.
const ORIGINS: [&str; 2] = ["expo", "expo-router"];
/// Dependencies of theirs that only tools use.
const TOOLS: [&str; 4] = ["@expo/config", "@expo/config-plugins", "schema-utils", "semver"];

impl Resolver<'_> {
    /// The folder of the one copy of the package that `specifier` names, when it is a package
    /// that must not be there twice. The app's manifest has the last word.
    pub(super) fn sticky_folder(&self, specifier: &str) -> Option<Rc<str>> {
        if self.settings.platform == Platform::Web || is_relative(specifier) || specifier.starts_with('/') {
            return None;
        }
        let package = BareSpecifier::parse(specifier).package;
        if let Some(known) = self.sticky.borrow().get(&package) {
            return known.clone();
        }
        let found = if self.autolinking_names("exclude", &package) {
            None
        } else if STICKY.contains(&package.as_str()) || self.autolinking_names("include", &package) {
            self.installed_folder(&package)
        } else {
            self.linked_folder(&package)
        };
        self.sticky.borrow_mut().insert(package, found.clone());
        found
    }

    /// Where the app, or else `expo` or `expo-router`, finds `package`.
    fn installed_folder(&self, package: &str) -> Option<Rc<str>> {
        let lenders = ORIGINS.iter().filter_map(|name| self.packages.above(self.image.app(), name));
        let mut roots = std::iter::once(Rc::from(self.image.app())).chain(lenders);
        roots.find_map(|root| self.packages.above(&root, package))
    }

    /// What could not be found from where it is asked for, as `expo` or `expo-router` find it.
    pub(super) fn expo_fallback(&self, request: Request<'_>) -> Option<Target> {
        let Request { origin, specifier, .. } = request;
        if specifier == "../../App" && format!("/{origin}").ends_with("/node_modules/expo/AppEntry.js") {
            let origin = self.app_origin();
            return self.attempt(Request { origin: &origin, specifier: "./App", ..request });
        }
        if is_relative(specifier) || specifier.starts_with('/') {
            return None;
        }
        let name = BareSpecifier::parse(specifier).package;
        for origin_name in ORIGINS {
            let folder = self.packages.above(self.image.app(), origin_name);
            let Some(package) = folder.and_then(|folder| self.packages.at(&folder)) else { continue };
            if lends(&package, &name) {
                let origin = child(&package.root, "index.js");
                return self.attempt(Request { origin: &origin, ..request });
            }
        }
        self.resolve_own_name(request, &name)
    }

    /// A package that asks for itself and is not in its own ancestors' `node_modules`.
    fn resolve_own_name(&self, request: Request<'_>, name: &str) -> Option<Target> {
        let (package, _) = self.packages.closest(request.origin)?;
        if package.text("name") != Some(name) {
            return None;
        }
        // What the package puts in the place of the name counts here as well.
        let specifier = match redirect::replacement(&package, &[request.specifier], &self.settings) {
            None => request.specifier.to_owned(),
            Some(Redirect::To(other)) if BareSpecifier::parse(&other).package == name => other,
            Some(_) => return None,
        };
        let rest = specifier.strip_prefix(name)?;
        self.attempt(Request { specifier: &format!("/{}{rest}", package.root), ..request })
    }
}

/// Whether `package` depends on `name` in a way that lets the app use it too.
fn lends(package: &Package, name: &str) -> bool {
    let has = |field: &str| package.fields.get(field).is_some_and(|names| names.get(name).is_some());
    let optional = || {
        let meta = package.fields.get("peerDependenciesMeta").and_then(|meta| meta.get(name));
        meta.and_then(|meta| meta.get("optional")).and_then(Value::as_bool) == Some(true)
            || package.fields.get("peerDependenciesMeta").is_none()
    };
    !TOOLS.contains(&name) && (has("dependencies") || (has("peerDependencies") && optional()))
}
