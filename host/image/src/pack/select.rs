//! Which names of a tree a bundler can need. Everything else stays outside the
//! image: it could not be imported, and what a guest does not have it cannot leak.
//!
//! | kept | left out |
//! |---|---|
//! | scripts, styles, JSON, pages (`SOURCE_EXTENSIONS`) | type declarations (`.d.ts`), source maps, documents, native code, `.flow` |
//! | images, fonts, sound, video, data (`ASSET_EXTENSIONS`) | archives (a finished `bundle.zip` too), executables, compiled add-ons |
//! | what tells that a package has a native part (`NATIVE_MARKS`, `.podspec`) | |
//! | the configuration files of `NAMED_FILES` | every other hidden file: `.env*` and `.npmrc` hold secrets |
//! | `node_modules` with its stores `.pnpm`, `.store`, `.bun` | every other hidden folder: `.git`, `.expo`, `.bin`, `.cache` |
//! | | lock files, and at the app's top `ios`, `android`, `dist`, `web-build`, `coverage` |

/// Extensions of what is parsed. `.json` carries `package.json`, `tsconfig.json` and `app.json`.
const SOURCE_EXTENSIONS: &[&str] =
    &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "json", "css", "scss", "sass", "html"];

/// Extensions of what is shipped as it is.
const ASSET_EXTENSIONS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "webp", "bmp", "psd", "svg", "ico", "avif", "heic", "tiff", "ttf", "otf",
    "woff", "woff2", "eot", "mp3", "wav", "aac", "aiff", "caf", "m4a", "ogg", "mp4", "m4v", "mov", "mpeg",
    "mpg", "webm", "pdf", "db", "glb", "gltf", "lottie", "riv", "wasm", "xml",
];

/// Extensions that are assets of an app, and in packages only the litter of native projects.
const APP_ASSET_EXTENSIONS: &[&str] = &["yaml", "yml", "txt", "csv"];

/// Files of a package that say it is linked natively, of which Expo allows one copy.
const NATIVE_MARKS: &[&str] = &["build.gradle", "build.gradle.kts"];

/// Hidden configuration a bundler reads.
const NAMED_FILES: &[&str] = &[".babelrc", ".browserslistrc", ".postcssrc", ".swcrc"];

/// Large JSON that describes an installation and not the program.
const LEFT_OUT_FILES: &[&str] = &["package-lock.json", "npm-shrinkwrap.json"];

/// Where package managers keep the real packages behind links.
const STORES: &[&str] = &[".pnpm", ".store", ".bun"];

/// Native projects and outputs at the app's top.
const LEFT_OUT_AT_TOP: &[&str] = &["ios", "android", "dist", "web-build", "coverage"];

/// Where a folder stands, as far as the rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The top of the app itself.
    AppTop,
    /// The app's own sources.
    Sources,
    /// A folder called `node_modules` itself.
    PackageFolder,
    /// Inside a package.
    Package,
}

impl Place {
    /// Belongs to the layer of packages.
    pub(crate) fn is_package(self) -> bool {
        matches!(self, Self::PackageFolder | Self::Package)
    }

    /// The place of the folder `name` in a folder of this place, or none when the
    /// folder is left out.
    pub(crate) fn enter(self, name: &str) -> Option<Self> {
        match name {
            "node_modules" => Some(Self::PackageFolder),
            _ if name.starts_with('.') => {
                (self == Self::PackageFolder && STORES.contains(&name)).then_some(Self::Package)
            }
            _ if self == Self::AppTop && LEFT_OUT_AT_TOP.contains(&name) => None,
            _ => Some(if self.is_package() { Self::Package } else { Self::Sources }),
        }
    }

    /// The file `name` in a folder of this place is kept.
    pub(crate) fn keeps_file(self, name: &[u8]) -> bool {
        if name.first() == Some(&b'.') {
            return NAMED_FILES.iter().any(|kept| kept.as_bytes() == name);
        }
        let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
        let (stem, extension) =
            (name.get(..dot).unwrap_or_default(), name.get(dot + 1..).unwrap_or_default());
        let is_one_of =
            |list: &[&str]| list.iter().any(|kept| kept.as_bytes().eq_ignore_ascii_case(extension));
        let is_named = |list: &[&str]| list.iter().any(|listed| listed.as_bytes() == name);
        if stem.ends_with(b".d") && is_one_of(&["ts", "mts", "cts"]) {
            return false;
        }
        is_one_of(SOURCE_EXTENSIONS) && !is_named(LEFT_OUT_FILES)
            || is_one_of(ASSET_EXTENSIONS)
            || !self.is_package() && is_one_of(APP_ASSET_EXTENSIONS)
            || self.is_package() && (is_one_of(&["podspec"]) || is_named(NATIVE_MARKS))
    }

    /// The link `name` is kept. A link says nothing of what it leads to, so all are,
    /// but hidden ones.
    pub(crate) fn keeps_link(self, name: &[u8]) -> bool {
        name.first() != Some(&b'.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundler_gets_sources_assets_and_manifests() {
        for name in [
            "App.tsx",
            "index.JS",
            "package.json",
            "logo@2x.png",
            "Inter.ttf",
            // A drawable of Android, which packages ask for like any other picture.
            "arrow_right.xml",
            "page.html",
            ".babelrc",
            "a.d.js",
        ] {
            assert!(Place::Sources.keeps_file(name.as_bytes()), "{name}");
            assert!(Place::Package.keeps_file(name.as_bytes()), "{name}");
        }
        assert!(Place::Sources.keeps_file(b"words.csv"));
        assert!(!Place::Package.keeps_file(b"words.csv"));
    }

    #[test]
    fn of_a_packages_native_project_only_the_mark_is_kept() {
        for name in ["Maps.podspec", "build.gradle", "build.gradle.kts"] {
            assert!(Place::Package.keeps_file(name.as_bytes()), "{name}");
            assert!(!Place::Sources.keeps_file(name.as_bytes()), "{name}");
        }
        assert!(!Place::Package.keeps_file(b"settings.gradle"));
        assert!(!Place::Package.keeps_file(b"Podfile"));
    }

    #[test]
    fn secrets_declarations_maps_and_native_code_stay_outside() {
        for name in [
            ".env",
            ".env.local",
            ".npmrc",
            "index.d.ts",
            "index.d.mts",
            "index.js.map",
            "README.md",
            "Foo.java",
            "Foo.mm",
            "index.js.flow",
            "LICENSE",
            "addon.node",
            "package-lock.json",
            "yarn.lock",
            "",
        ] {
            assert!(!Place::Sources.keeps_file(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn folders_are_entered_by_where_they_stand() {
        assert_eq!(Place::AppTop.enter("ios"), None);
        assert_eq!(Place::Sources.enter("ios"), Some(Place::Sources));
        assert_eq!(Place::Package.enter("android"), Some(Place::Package));
        assert_eq!(Place::AppTop.enter(".git"), None);
        assert_eq!(Place::AppTop.enter("node_modules"), Some(Place::PackageFolder));
        assert_eq!(Place::PackageFolder.enter(".bin"), None);
        assert_eq!(Place::PackageFolder.enter(".pnpm"), Some(Place::Package));
        assert_eq!(Place::Package.enter("node_modules"), Some(Place::PackageFolder));
    }
}
