//! Packages and files of packages that the bundler itself needs, wherever they are installed.

use std::rc::Rc;

use super::Resolver;
use crate::paths::child;
use crate::virtual_modules;
use crate::wire::Flavour;

/// The ways from an Expo app to the package `metro-runtime`; a package manager may nest it.
const WAYS_OF_EXPO: [&[&str]; 3] = [
    &["expo", "@expo/metro-config", "@expo/metro", "metro-runtime"],
    &["expo", "@expo/cli", "@expo/metro", "metro-runtime"],
    &["expo", "@expo/metro", "metro-runtime"],
];
/// The ways from any other app to it.
const WAYS: [&[&str]; 4] = [
    &["@react-native/metro-config", "metro-config", "metro-runtime"],
    &["@react-native/metro-config", "metro-runtime"],
    &["react-native", "@react-native/community-cli-plugin", "metro-config", "metro-runtime"],
    &["metro-runtime"],
];

impl Resolver<'_> {
    /// The folder of the last of `packages`: the first as the app finds it, each other from
    /// inside the one before.
    pub(crate) fn package_through(&self, packages: &[&str]) -> Option<Rc<str>> {
        let mut folder: Rc<str> = Rc::from(self.image.app());
        for package in packages {
            folder = self.packages.above(&folder, package)?;
        }
        Some(folder)
    }

    /// A file of `metro-runtime`, if that is installed.
    pub(crate) fn metro_runtime_file(&self, file: &str) -> Option<String> {
        let expo = if self.settings.flavour == Flavour::Expo { &WAYS_OF_EXPO[..] } else { &[] };
        let folder = expo.iter().chain(&WAYS).find_map(|way| self.package_through(way))?;
        self.image.file(&child(&folder, file)).map(|path| path.to_string())
    }

    /// The module that stands for nothing.
    pub(crate) fn empty_module(&self) -> String {
        let installed = self.metro_runtime_file("src/modules/empty-module.js");
        installed.unwrap_or_else(|| virtual_modules::EMPTY.to_owned())
    }
}
