//! Resolution, one rule a test, over projects of a few files.

mod linked;
mod random;
mod workspace;

use super::{Edge, PathAliases, Request, Resolver, Settings, Target, Unresolved};
use crate::Platform;
use crate::image::Image;
use crate::packages::Packages;
use crate::testing::Project;
use crate::virtual_modules::ASSET_REGISTRY;
use crate::wire::Flavour;

struct Case {
    flavour: Flavour,
    platform: Platform,
    dev: bool,
    edge: Edge,
}

const IOS: Case =
    Case { flavour: Flavour::ReactNative, platform: Platform::Ios, dev: false, edge: Edge::Require };
const ANDROID: Case = Case { platform: Platform::Android, ..IOS };
const IMPORT: Case = Case { edge: Edge::Import, ..IOS };
const EXPO: Case = Case { flavour: Flavour::Expo, ..IOS };
const EXPO_DEV: Case = Case { dev: true, ..EXPO };
const EXPO_WEB: Case = Case { platform: Platform::Web, ..EXPO };
const WEB: Case = Case { flavour: Flavour::Web, platform: Platform::Web, ..IOS };

impl Case {
    fn resolve(&self, project: &Project, origin: &str, specifier: &str) -> Result<Target, Unresolved> {
        self.resolve_in(project, "", origin, specifier)
    }

    /// The same in a workspace, for the app in the folder `app`.
    fn resolve_in(
        &self,
        project: &Project,
        app: &str,
        origin: &str,
        specifier: &str,
    ) -> Result<Target, Unresolved> {
        let image = Image::read(project).with_app(app);
        let packages = Packages::new(project, &image);
        let aliases = PathAliases::read(project, &image, &mut Vec::new());
        let settings = Settings::new(self.flavour, self.platform, self.dev).in_workspace(app);
        let resolver = Resolver::new(&image, &packages, settings, aliases);
        resolver.resolve(Request { origin, specifier, edge: self.edge })
    }

    /// The path that `specifier` leads to, or a word for what else it is.
    fn path(&self, project: &Project, origin: &str, specifier: &str) -> String {
        match self.resolve(project, origin, specifier) {
            Ok(Target::File(path)) => path.to_string(),
            Ok(Target::Empty) => "(empty)".to_owned(),
            Ok(Target::Virtual(name)) => name.to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }
}

#[test]
fn the_exact_path_wins_over_every_extension() {
    let project = Project::new().file("a", "").file("a.ios.js", "").file("a.js", "");
    assert_eq!(IOS.path(&project, "index.js", "./a"), "a");
}

#[test]
fn platform_then_native_then_plain_for_each_extension_in_turn() {
    let project = Project::new()
        .file("a.native.js", "")
        .file("a.js", "")
        .file("a.ios.tsx", "")
        .file("b.android.js", "")
        .file("b.ios.js", "")
        .file("b.native.js", "")
        .file("c.native.js", "")
        .file("c.js", "");
    assert_eq!(IOS.path(&project, "index.js", "./a"), "a.native.js");
    assert_eq!(IOS.path(&project, "index.js", "./b"), "b.ios.js");
    assert_eq!(ANDROID.path(&project, "index.js", "./b"), "b.android.js");
    assert_eq!(WEB.path(&project, "index.js", "./c"), "c.js");
}

#[test]
fn expo_looks_for_typescript_first_and_plain_react_native_for_javascript() {
    let project = Project::new().file("a.ts", "").file("a.js", "").file("b.mjs", "");
    assert_eq!(IOS.path(&project, "index.js", "./a"), "a.js");
    assert_eq!(EXPO.path(&project, "index.js", "./a"), "a.ts");
    assert_eq!(EXPO.path(&project, "index.js", "./b"), "b.mjs");
    assert!(matches!(IOS.resolve(&project, "index.js", "./b"), Err(Unresolved::NoFile(_))));
}

#[test]
fn a_folder_is_its_main_file_or_its_index() {
    let project = Project::new()
        .file("lib/package.json", r#"{"main":"./src/x"}"#)
        .file("lib/src/x.js", "")
        .file("lib/index.js", "")
        .file("ui/index.ios.js", "");
    assert_eq!(IOS.path(&project, "index.js", "./lib"), "lib/src/x.js");
    assert_eq!(IOS.path(&project, "lib/src/y.js", ".."), "lib/src/x.js");
    assert_eq!(IOS.path(&project, "index.js", "./ui/"), "ui/index.ios.js");
}

#[test]
fn a_slash_at_the_end_means_the_folder() {
    let project = Project::new().file("a.js", "").file("a/index.js", "");
    assert_eq!(IOS.path(&project, "index.js", "./a"), "a.js");
    assert_eq!(IOS.path(&project, "index.js", "./a/"), "a/index.js");
}

#[test]
fn a_missing_main_file_is_the_packages_fault() {
    let project = Project::new().file("node_modules/p/package.json", r#"{"main":"gone.js"}"#);
    let expected = Unresolved::InvalidPackage {
        manifest: "node_modules/p/package.json".to_owned(),
        main: "gone.js".to_owned(),
    };
    assert_eq!(IOS.resolve(&project, "index.js", "p"), Err(expected));
}

#[test]
fn what_was_tried_is_listed_in_order() {
    let Err(Unresolved::NoFile(tried)) = IOS.resolve(&Project::new(), "src/index.js", "./a") else {
        panic!()
    };
    let first: Vec<&str> = tried.iter().take(4).map(String::as_str).collect();
    assert_eq!(first, ["src/a", "src/a.ios.js", "src/a.native.js", "src/a.js"]);
    assert_eq!(tried.len(), 16);
}

#[test]
fn packages_are_looked_for_in_every_folder_above() {
    let project = Project::new()
        .file("node_modules/a/index.js", "")
        .file("node_modules/b/index.js", "")
        .file("node_modules/b/node_modules/a/index.js", "")
        .file("node_modules/single.js", "");
    assert_eq!(IOS.path(&project, "src/deep/x.js", "a"), "node_modules/a/index.js");
    assert_eq!(IOS.path(&project, "node_modules/b/index.js", "a"), "node_modules/b/node_modules/a/index.js");
    assert_eq!(IOS.path(&project, "x.js", "single"), "node_modules/single.js");
    let missing = IOS.resolve(&project, "node_modules/b/index.js", "c");
    let folders = ["node_modules/b/node_modules", "node_modules"].map(str::to_owned).to_vec();
    assert_eq!(missing, Err(Unresolved::NoPackage(folders)));
}

#[test]
fn main_fields_are_read_in_the_platforms_order() {
    let manifest = r#"{"main":"m.js","module":"e.js","browser":"b.js","react-native":"r.js"}"#;
    let project = ["m", "e", "b", "r"]
        .iter()
        .fold(Project::new().file("node_modules/p/package.json", manifest), |project, name| {
            project.file(&format!("node_modules/p/{name}.js"), "")
        });
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/r.js");
    assert_eq!(WEB.path(&project, "i.js", "p"), "node_modules/p/b.js");
}

#[test]
fn redirects_replace_files_and_bare_names_and_false_is_empty() {
    let manifest = r#"{
        "main": "./lib/main",
        "browser": { "./lib/main.js": "./lib/main-b.js", "fs": false, "net": "./net.js", "./x": "other" },
        "react-native": { "./lib/main.js": "./lib/main-r.js" }
    }"#;
    let project = Project::new()
        .file("node_modules/p/package.json", manifest)
        .file("node_modules/p/lib/main.js", "")
        .file("node_modules/p/lib/main-b.js", "")
        .file("node_modules/p/lib/main-r.js", "")
        .file("node_modules/p/net.js", "");
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/lib/main-r.js");
    assert_eq!(WEB.path(&project, "i.js", "p"), "node_modules/p/lib/main-b.js");
    assert_eq!(IOS.path(&project, "node_modules/p/lib/a.js", "./main"), "node_modules/p/lib/main-r.js");
    assert_eq!(IOS.path(&project, "node_modules/p/lib/a.js", "fs"), "(empty)");
    assert_eq!(IOS.path(&project, "node_modules/p/lib/a.js", "net"), "node_modules/p/net.js");
}

#[test]
fn a_candidate_with_extension_is_redirected_too() {
    let project = Project::new()
        .file("node_modules/p/package.json", r#"{"browser":{"./a.native.js":"./z.js"}}"#)
        .file("node_modules/p/a.js", "")
        .file("node_modules/p/z.js", "");
    assert_eq!(IOS.path(&project, "node_modules/p/i.js", "./a"), "node_modules/p/z.js");
}

fn exporting(exports: &str) -> Project {
    ["index", "require", "import", "native", "browser", "deep/a", "other"].iter().fold(
        Project::new().file(
            "node_modules/p/package.json",
            &format!(r#"{{"name":"p","main":"./index.js","exports":{exports}}}"#),
        ),
        |project, name| project.file(&format!("node_modules/p/{name}.js"), ""),
    )
}

#[test]
fn the_edge_decides_between_require_and_import() {
    let project = exporting(r#"{ ".": { "import": "./import.js", "require": "./require.js" } }"#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/require.js");
    assert_eq!(IMPORT.path(&project, "i.js", "p"), "node_modules/p/import.js");
}

#[test]
fn conditions_are_matched_in_the_order_of_the_manifest() {
    let project =
        exporting(r#"{ "react-native": "./native.js", "browser": "./browser.js", "default": "./other.js" }"#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/native.js");
    assert_eq!(WEB.path(&project, "i.js", "p"), "node_modules/p/browser.js");
    let project = exporting(r#"{ "default": "./other.js", "react-native": "./native.js" }"#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/other.js");
}

#[test]
fn patterns_take_the_longest_beginning_and_null_hides() {
    let project = exporting(r#"{ "./*": "./other.js", "./deep/*": "./deep/*.js", "./deep/b": null }"#);
    assert_eq!(IOS.path(&project, "i.js", "p/deep/a"), "node_modules/p/deep/a.js");
    assert_eq!(IOS.path(&project, "i.js", "p/any"), "node_modules/p/other.js");
}

#[test]
fn lists_mean_their_first_item_and_strings_the_root() {
    let project = exporting(r#"{ ".": ["./other.js", "./index.js"] }"#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/other.js");
    let project = exporting(r#"["other", "./other.js"]"#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/other.js");
    let project = exporting(r#""./other.js""#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/other.js");
    let project = exporting(r#"{ "react-native": ["./other.js"] }"#);
    assert_eq!(IOS.path(&project, "i.js", "p"), "node_modules/p/other.js");
}

#[test]
fn what_exports_do_not_list_is_found_by_file_and_remembered() {
    let project = exporting(r#"{ ".": "./index.js" }"#);
    let image = Image::read(&project);
    let packages = Packages::new(&project, &image);
    let settings = Settings::new(Flavour::ReactNative, Platform::Ios, false);
    let resolver = Resolver::new(&image, &packages, settings, None);
    let request = Request { origin: "i.js", specifier: "p/deep/a", edge: Edge::Require };
    assert_eq!(resolver.resolve(request), Ok(Target::File("node_modules/p/deep/a.js".into())));
    let fallbacks: Vec<_> = resolver.take_fallbacks().into_iter().collect();
    let expected =
        ("node_modules/p/package.json".to_owned(), "\"./deep/a\" is not listed in its exports".to_owned());
    assert_eq!(fallbacks, [expected]);
}

#[test]
fn a_package_reaches_itself_through_its_exports() {
    let project = exporting(r#"{ "./own": "./other.js" }"#);
    assert_eq!(IOS.path(&project, "node_modules/p/deep/a.js", "p/own"), "node_modules/p/other.js");
}

#[test]
fn expo_lets_a_package_ask_for_itself_as_it_replaces_its_own_files() {
    let replacing = |to: &str| {
        let manifest = format!(r#"{{"name":"p","browser":{{"p/one":"{to}"}}}}"#);
        let folder = "libs/p";
        Project::new()
            .file(&format!("{folder}/package.json"), &manifest)
            .file(&format!("{folder}/one.js"), "")
            .file(&format!("{folder}/two.js"), "")
    };
    assert_eq!(EXPO.path(&replacing("p/two"), "libs/p/i.js", "p/one"), "libs/p/two.js");
    assert_eq!(EXPO.path(&replacing("./two"), "libs/p/i.js", "p/two"), "libs/p/two.js");
    assert!(EXPO.resolve(&replacing("./gone.js"), "libs/p/i.js", "p/one").is_err());
    assert!(EXPO.resolve(&replacing("q"), "libs/p/i.js", "p/one").is_err());
}

#[test]
fn imports_are_the_packages_own() {
    let manifest = r##"{"imports":{"#dep":{"react-native":"./n.js","default":"./d.js"},"#x/*":"./x/*.js"}}"##;
    let project = Project::new()
        .file("package.json", manifest)
        .file("n.js", "")
        .file("x/y.js", "")
        .file("node_modules/q/package.json", "{}");
    assert_eq!(IOS.path(&project, "src/i.js", "#dep"), "n.js");
    assert_eq!(IOS.path(&project, "src/i.js", "#x/y"), "x/y.js");
    assert!(matches!(IOS.resolve(&project, "node_modules/q/i.js", "#dep"), Err(Unresolved::NoPackage(_))));
}

#[test]
fn assets_are_found_by_any_scale_and_stand_for_them_all() {
    let project = Project::new().file("img/a@2x.png", "").file("img/b.png", "").file("img/b@3x.png", "");
    assert_eq!(IOS.path(&project, "i.js", "./img/a.png"), "img/a@2x.png");
    assert_eq!(IOS.path(&project, "i.js", "./img/b.png"), "img/b.png");
    assert!(IOS.resolve(&project, "i.js", "./img/a@2x.png").is_err());
}

#[test]
fn links_lead_to_real_paths_and_their_own_neighbours() {
    let project = Project::new()
        .link("node_modules/a", "node_modules/.pnpm/a@1/node_modules/a")
        .file("node_modules/.pnpm/a@1/node_modules/a/index.js", "")
        .file("node_modules/.pnpm/a@1/node_modules/b/index.js", "");
    let real = IOS.path(&project, "i.js", "a");
    assert_eq!(real, "node_modules/.pnpm/a@1/node_modules/a/index.js");
    assert_eq!(IOS.path(&project, &real, "b"), "node_modules/.pnpm/a@1/node_modules/b/index.js");
}

#[test]
fn leaving_the_project_and_urls_and_builtins_are_told_apart() {
    let project = Project::new().file("node_modules/events/index.js", "");
    assert_eq!(IOS.resolve(&project, "src/i.js", "../../x"), Err(Unresolved::Escapes));
    assert_eq!(IOS.resolve(&project, "i.js", "https://x/y"), Err(Unresolved::Scheme("https".to_owned())));
    assert_eq!(IOS.resolve(&project, "i.js", "node:fs"), Err(Unresolved::Builtin("fs".to_owned())));
    assert_eq!(
        IOS.resolve(&project, "i.js", "fs/promises"),
        Err(Unresolved::Builtin("fs/promises".to_owned()))
    );
    assert_eq!(IOS.path(&project, "i.js", "events"), "node_modules/events/index.js");
    assert_eq!(EXPO_WEB.path(&project, "i.js", "fs"), "(empty)");
    assert_eq!(WEB.path(&project, "i.js", "crypto"), "(empty)");
    assert!(matches!(EXPO.resolve(&project, "i.js", "fs"), Err(Unresolved::Builtin(_))));
}

fn with_aliases() -> Project {
    Project::new()
        .file(
            "tsconfig.json",
            "{ // ours\n \"extends\": \"./base\", \"compilerOptions\": { \"paths\": { \"@/*\": [\"./gone/*\", \"./src/*\"], \"exact\": [\"src/e\"] } } }",
        )
        .file("base.json", r#"{"compilerOptions":{"jsxImportSource":"preact"}}"#)
        .file("src/a.ts", "")
        .file("src/e.ts", "")
        .file("node_modules/p/i.js", "")
}

#[test]
fn tsconfig_paths_serve_the_app_and_no_package() {
    let project = with_aliases();
    assert_eq!(EXPO.path(&project, "app/i.ts", "@/a"), "src/a.ts");
    assert_eq!(EXPO.path(&project, "app/i.ts", "exact"), "src/e.ts");
    assert_eq!(WEB.path(&project, "app/i.ts", "@/a"), "src/a.ts");
    assert_eq!(IOS.path(&project, "app/i.ts", "@/a"), "src/a.ts");
    assert!(EXPO.resolve(&project, "node_modules/p/i.js", "@/a").is_err());
    let image = Image::read(&project);
    let aliases = PathAliases::read(&project, &image, &mut Vec::new()).unwrap();
    assert_eq!(aliases.jsx_import_source.as_deref(), Some("preact"));
}

#[test]
fn a_base_url_makes_folders_of_the_app_importable() {
    let project = Project::new()
        .file("jsconfig.json", r#"{"compilerOptions":{"baseUrl":"src"}}"#)
        .file("src/ui/a.js", "");
    assert_eq!(WEB.path(&project, "src/i.js", "ui/a"), "src/ui/a.js");
}

#[test]
fn react_native_is_its_web_twin_in_a_browser() {
    let project = Project::new()
        .file("node_modules/react-native-web/package.json", "{}")
        .file("node_modules/react-native-web/index.js", "")
        .file("node_modules/react-native/index.js", "");
    assert_eq!(EXPO_WEB.path(&project, "i.js", "react-native"), "node_modules/react-native-web/index.js");
    assert_eq!(WEB.path(&project, "i.js", "react-native"), "node_modules/react-native-web/index.js");
    assert_eq!(EXPO.path(&project, "i.js", "react-native"), "node_modules/react-native/index.js");
}

#[test]
fn expo_puts_its_own_modules_in_the_place_of_others() {
    let project = Project::new()
        .file("node_modules/react-native/Libraries/Utilities/HMRClient.js", "")
        .file("node_modules/expo/src/async-require/hmr.ts", "")
        .file("node_modules/@react-native/assets-registry/registry.js", "");
    let origin = "node_modules/react-native/Libraries/Utilities/x.js";
    assert_eq!(EXPO.path(&project, origin, "./HMRClient"), "node_modules/expo/src/async-require/hmr.ts");
    let by_name = "react-native/Libraries/Utilities/HMRClient";
    assert_eq!(EXPO.path(&project, "index.js", by_name), "node_modules/expo/src/async-require/hmr.ts");
    assert_eq!(EXPO.path(&project, "i.js", "@react-native/assets-registry/registry"), ASSET_REGISTRY);
    assert_eq!(
        IOS.path(&project, "i.js", "@react-native/assets-registry/registry"),
        "node_modules/@react-native/assets-registry/registry.js"
    );
}

#[test]
fn reacts_production_twin_is_left_out_in_development() {
    let project = Project::new().file("node_modules/react/cjs/react.production.js", "");
    let specifier = "./cjs/react.production.js";
    assert_eq!(EXPO_DEV.path(&project, "node_modules/react/index.js", specifier), "(empty)");
    assert_eq!(
        EXPO.path(&project, "node_modules/react/index.js", specifier),
        "node_modules/react/cjs/react.production.js"
    );
}

#[test]
fn expo_lends_its_dependencies_and_keeps_one_copy_of_native_modules() {
    let project = Project::new()
        .file("node_modules/expo/package.json", r#"{"dependencies":{"expo-asset":"1","lent":"1"}}"#)
        .file("node_modules/expo/node_modules/lent/index.js", "")
        .file("node_modules/expo/node_modules/expo-asset/package.json", "{}")
        .file("node_modules/expo/node_modules/expo-asset/index.js", "")
        .file("node_modules/react/package.json", "{}")
        .file("node_modules/react/index.js", "")
        .file("node_modules/p/node_modules/react/package.json", "{}")
        .file("node_modules/p/node_modules/react/index.js", "");
    assert_eq!(EXPO.path(&project, "i.js", "lent"), "node_modules/expo/node_modules/lent/index.js");
    assert_eq!(
        EXPO.path(&project, "i.js", "expo-asset"),
        "node_modules/expo/node_modules/expo-asset/index.js"
    );
    assert_eq!(EXPO.path(&project, "node_modules/p/i.js", "react"), "node_modules/react/index.js");
    assert_eq!(
        IOS.path(&project, "node_modules/p/i.js", "react"),
        "node_modules/p/node_modules/react/index.js"
    );
}

#[test]
fn a_tsconfig_that_extends_itself_or_is_broken_ends() {
    let project = Project::new().file("tsconfig.json", r#"{"extends":"./tsconfig.json"}"#);
    let image = Image::read(&project);
    let mut faults = Vec::new();
    assert!(PathAliases::read(&project, &image, &mut faults).is_some());
    assert!(faults.is_empty());
    let project = Project::new().file("tsconfig.json", "{ nope }");
    let image = Image::read(&project);
    assert!(PathAliases::read(&project, &image, &mut faults).is_none());
    let found: Vec<_> = faults.iter().map(|fault| (fault.code.as_str(), fault.line)).collect();
    assert_eq!(found, [("bundle.invalid-tsconfig", 1)]);
}
