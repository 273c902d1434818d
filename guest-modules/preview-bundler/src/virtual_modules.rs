//! Modules that stand in no file of the image.
//!
//! Their names begin with `virtual:`, which no path of an image does.

/// A module without content.
pub(crate) const EMPTY: &str = "virtual:empty";
/// Expo's table of assets.
pub(crate) const ASSET_REGISTRY: &str = "virtual:polyfill/assets-registry";
/// Expo's way to modules of the surroundings.
pub(crate) const EXTERNAL_REQUIRE: &str = "virtual:polyfill/external-require";
/// The project's public variables, in development.
pub(crate) const ENVIRONMENT: &str = "virtual:polyfill/environment-variables";
/// What `import()` becomes where no Metro is installed.
pub(crate) const ASYNC_REQUIRE: &str = "virtual:async-require";
/// What `import()` becomes where a bundle has several files.
pub(crate) const PARTS_LOADER: &str = "virtual:parts-loader";
/// Which files each `import()` needs.
pub(crate) const PARTS_TABLE: &str = "virtual:parts-table";
/// All that a web page loads, where that is more than one script.
pub(crate) const PAGE: &str = "virtual:page";
/// What stands in the place of a file that only a server runs; its path follows.
pub(crate) const SERVER_ONLY_PREFIX: &str = "virtual:server-only/";
/// The module system of a web app that brings none.
pub(crate) const RUNTIME: &str = "virtual:runtime";

const PREFIX: &str = "virtual:";

/// Our own module system.
const RUNTIME_SOURCE: &str = include_str!("../js/runtime.js");

/// Our own way to load the files of a bundle.
const PARTS_LOADER_SOURCE: &str = include_str!("../js/parts_loader.js");

/// Whether a name is not a path of the image.
pub(crate) fn is_virtual(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The text of a virtual module whose text is fixed.
pub(crate) fn text(name: &str, on_web: bool) -> Option<&'static str> {
    match name {
        EMPTY => Some(""),
        ASSET_REGISTRY => Some(ASSET_REGISTRY_SOURCE),
        EXTERNAL_REQUIRE if on_web => Some(EXTERNAL_REQUIRE_WEB),
        EXTERNAL_REQUIRE => Some(EXTERNAL_REQUIRE_NATIVE),
        ASYNC_REQUIRE => Some(ASYNC_REQUIRE_SOURCE),
        PARTS_LOADER => Some(PARTS_LOADER_SOURCE),
        RUNTIME => Some(RUNTIME_SOURCE),
        _ if name.starts_with(SERVER_ONLY_PREFIX) => Some(""),
        _ => None,
    }
}

/// Numbers start at one, as callers of a registry expect.
const ASSET_REGISTRY_SOURCE: &str = "\
var known = [];
module.exports = {
  registerAsset: function (asset) { return known.push(asset); },
  getAssetByID: function (id) { return known[id - 1]; }
};
";

/// One bundle holds every module, so loading is requiring, a turn later.
const ASYNC_REQUIRE_SOURCE: &str = "\
function load(id) {
  return Promise.resolve().then(function () { return require.importAll(id); });
}
load.prefetch = function () {};
load.unstable_importMaybeSync = function (id) { return require.importAll(id); };
module.exports = load;
";

const EXTERNAL_REQUIRE_WEB: &str = "\
global.$$require_external = typeof require !== 'undefined'
  ? function (name) { return require(name); }
  : function () { return null; };
";

const EXTERNAL_REQUIRE_NATIVE: &str = "\
global.$$require_external = function (name) {
  throw new Error('The Node.js module ' + name + ' does not exist on a device');
};
";

/// The script that keeps the table of files, and where the first of them came from: only while
/// it runs does the page know.
pub(crate) fn parts_table(needs: &serde_json::Value) -> String {
    format!(
        "global.__hivesync_parts = {{ needs: {needs}, base: typeof document !== 'undefined' && \
         document.currentScript ? document.currentScript.src : '' }};"
    )
}

/// The module that loads the parts of a page in their order.
pub(crate) fn page(paths: &[String]) -> String {
    let loads =
        paths.iter().map(|path| format!("require({});\n", serde_json::Value::from(format!("/{path}"))));
    loads.collect()
}

/// The script that gives `process.env` the project's public variables.
pub(crate) fn environment(variables: &[(String, String)]) -> String {
    let mut fields = String::new();
    for (name, value) in variables {
        let name = serde_json::Value::from(name.as_str());
        let value = serde_json::Value::from(value.as_str());
        fields.push_str(&format!("{name}: {{ enumerable: true, value: {value} }},"));
    }
    format!("process.env = Object.defineProperties(process.env, {{{fields}}});")
}
