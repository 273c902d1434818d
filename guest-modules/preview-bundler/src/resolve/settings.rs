//! What flavour and platform decide about resolution.

use super::Edge;
use crate::paths::basename;
use crate::wire::Flavour;
use crate::{Platform, paths};

/// File name endings that are assets for every flavour.
const ASSET_EXTENSIONS: [&str; 28] = [
    "bmp", "gif", "jpg", "jpeg", "png", "psd", "svg", "webp", "xml", "m4v", "mov", "mp4", "mpeg", "mpg",
    "webm", "aac", "aiff", "caf", "m4a", "mp3", "wav", "html", "pdf", "yaml", "yml", "otf", "ttf", "zip",
];
/// What Expo adds.
const EXPO_ASSET_EXTENSIONS: [&str; 3] = ["heic", "avif", "db"];
/// What a web bundler adds.
const WEB_ASSET_EXTENSIONS: [&str; 9] =
    ["avif", "ico", "woff", "woff2", "eot", "ogg", "flac", "webmanifest", "wasm"];

const REACT_NATIVE_SOURCES: [&str; 5] = ["js", "jsx", "json", "ts", "tsx"];
const EXPO_SOURCES: [&str; 10] = ["ts", "tsx", "mjs", "js", "jsx", "json", "cjs", "scss", "sass", "css"];
const WEB_SOURCES: [&str; 11] =
    ["tsx", "ts", "jsx", "js", "mjs", "cjs", "json", "css", "scss", "sass", "mts"];

/// How one build resolves.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) flavour: Flavour,
    pub(crate) platform: Platform,
    pub(crate) dev: bool,
    /// Extensions of sources, in the order they are tried.
    pub(crate) source_extensions: &'static [&'static str],
    /// What stands before the extension, in the order it is tried: `.ios`, `.native`, nothing.
    pub(crate) variants: &'static [&'static str],
    pub(crate) main_fields: &'static [&'static str],
    /// Conditions besides `default` and the one of the edge.
    conditions: &'static [&'static str],
    assets: Vec<&'static str>,
    /// Folders of packages that are looked into after those above a module.
    pub(super) shared_modules: Vec<String>,
}

impl Settings {
    pub(crate) fn new(flavour: Flavour, platform: Platform, dev: bool) -> Self {
        let web = platform == Platform::Web;
        let mut assets = ASSET_EXTENSIONS.to_vec();
        match flavour {
            Flavour::ReactNative => {}
            Flavour::Expo => assets.extend(EXPO_ASSET_EXTENSIONS),
            Flavour::Web => assets.extend(WEB_ASSET_EXTENSIONS),
        }
        Self {
            flavour,
            platform,
            dev,
            source_extensions: match flavour {
                Flavour::ReactNative => &REACT_NATIVE_SOURCES,
                Flavour::Expo => &EXPO_SOURCES,
                Flavour::Web => &WEB_SOURCES,
            },
            variants: match platform {
                Platform::Ios => &[".ios", ".native", ""],
                Platform::Android => &[".android", ".native", ""],
                Platform::Web => &[".web", ""],
            },
            main_fields: if web {
                &["browser", "module", "main"]
            } else {
                &["react-native", "browser", "main"]
            },
            conditions: if web { &["browser"] } else { &["react-native"] },
            assets,
            shared_modules: Vec::new(),
        }
    }

    /// The same for an app in the folder `app` of a workspace.
    pub(crate) fn in_workspace(mut self, app: &str) -> Self {
        if self.flavour == Flavour::Expo && !app.is_empty() {
            self.shared_modules.push(paths::child(app, "node_modules"));
            self.shared_modules.push("node_modules".to_owned());
        }
        self
    }

    /// Whether `import()` loads files of their own. Only what a site serves can be loaded
    /// piece by piece, and in development one file is quicker than many.
    pub(crate) fn splits(&self) -> bool {
        self.platform == Platform::Web && !self.dev
    }

    /// Whether a file of this name is shipped as it is. Any ending of the name counts, as in
    /// `a.png` and `a.worklet.zip`.
    pub(crate) fn is_asset(&self, path: &str) -> bool {
        let name = basename(path);
        let endings = name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..));
        endings.into_iter().any(|ending| self.assets.contains(&ending))
    }

    /// Whether `exports` may be followed under the condition `name`.
    pub(super) fn has_condition(&self, name: &str, edge: Edge) -> bool {
        let of_edge = match edge {
            Edge::Require => "require",
            Edge::Import => "import",
        };
        name == "default" || name == of_edge || self.conditions.contains(&name)
    }

    /// Whether the file is not part of an installed package.
    pub(super) fn is_app_source(path: &str) -> bool {
        !paths::in_package(path)
    }
}
