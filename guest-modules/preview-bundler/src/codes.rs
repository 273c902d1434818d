//! Every code this module gives a diagnostic. Those of the transform are in its own crate.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal: $sentence:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $code;)+

        /// Code and meaning, in the order of the documentation.
        pub const CODES: &[(&str, &str)] = &[$(($code, $sentence)),+];
    };
}

codes! {
    NO_PACKAGE_JSON = "bundle.no-package-json":
        "The project has no package.json at its root.";
    INVALID_PACKAGE_JSON = "bundle.invalid-package-json":
        "A package.json is not a JSON object.";
    NO_ENTRY = "bundle.no-entry":
        "No entry file was found where the framework's rules look for one.";
    WRONG_PLATFORM = "bundle.wrong-platform":
        "The project is a web app and was asked for a device's bundle.";
    CLASSIC_SCRIPT = "bundle.classic-script":
        "A page loads several scripts that are no modules; in the bundle they no longer share names.";
    UNRESOLVED = "bundle.unresolved":
        "An import leads to no file of the project.";
    NODE_BUILTIN = "bundle.node-builtin":
        "A module of Node.js is imported, which no device and no browser has.";
    ESCAPES_PROJECT = "bundle.escapes-project":
        "A relative import leaves the project root.";
    UNSUPPORTED_SCHEME = "bundle.unsupported-scheme":
        "An import names a URL, which is not fetched.";
    INVALID_PACKAGE = "bundle.invalid-package":
        "A package names a main file that does not exist.";
    EXPORTS_FALLBACK = "bundle.exports-fallback":
        "An import is not listed in the exports or imports of a package and was found by file instead.";
    UNSUPPORTED_CONFIG = "bundle.unsupported-config":
        "A configuration file is code of a shape that is not known; parts of it are ignored.";
    INVALID_TSCONFIG = "bundle.invalid-tsconfig":
        "A tsconfig.json cannot be read; its paths are ignored.";
    INVALID_APP_JSON = "bundle.invalid-app-json":
        "The app.json cannot be read; its settings are ignored.";
    INVALID_CONTEXT = "bundle.invalid-context":
        "The pattern or mode of a require.context cannot be used.";
    MISSING_RUNTIME = "bundle.missing-runtime":
        "A script that the framework puts before every bundle is not installed.";
    ASSET_SCALE = "bundle.asset-scale":
        "An asset has a scale that the platform has no folder for.";
    ARTIFACT_REFUSED = "bundle.artifact-refused":
        "The host refused an output file.";
    TOO_MANY_MODULES = "bundle.too-many-modules":
        "The project has more modules than one bundle may have.";
    MAPPER_BROKE_CONTRACT = "bundle.mapper-broke-contract":
        "The host answered with another number of results than jobs.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_well_formed_and_meanings_are_sentences() {
        let mut seen = std::collections::HashSet::new();
        for (code, sentence) in CODES {
            assert!(seen.insert(code), "{code} twice");
            assert!(code.starts_with("bundle."), "{code}");
            assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '-'), "{code}");
            assert!(sentence.ends_with('.'), "{sentence}");
        }
    }
}
