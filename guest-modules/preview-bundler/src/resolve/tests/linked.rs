//! Native packages that are installed more than once.

use super::*;

const EXPO_ANDROID: Case = Case { platform: Platform::Android, ..EXPO };

/// An app with `maps` at its top and another copy of it inside of `lib`.
fn twice() -> Project {
    Project::new()
        .file("package.json", r#"{"dependencies":{"lib":"1","maps":"2"}}"#)
        .file("node_modules/maps/package.json", r#"{"name":"maps"}"#)
        .file("node_modules/maps/index.js", "")
        .file("node_modules/maps/lib/x.js", "")
        .file("node_modules/lib/package.json", r#"{"dependencies":{"maps":"1"}}"#)
        .file("node_modules/lib/node_modules/maps/package.json", r#"{"name":"maps"}"#)
        .file("node_modules/lib/node_modules/maps/index.js", "")
}

const OWN: &str = "node_modules/lib/node_modules/maps/index.js";
const LINKED: &str = "node_modules/maps/index.js";

fn seen_from_lib(case: &Case, project: &Project) -> String {
    case.path(project, "node_modules/lib/index.js", "maps")
}

#[test]
fn a_native_package_is_the_copy_the_app_is_linked_with() {
    let project = twice().file("node_modules/maps/Maps.podspec", "");
    assert_eq!(seen_from_lib(&EXPO, &project), LINKED);
    assert_eq!(EXPO.path(&project, "node_modules/lib/index.js", "maps/lib/x"), "node_modules/maps/lib/x.js");
}

#[test]
fn a_package_without_a_native_part_stays_where_it_was_installed() {
    assert_eq!(seen_from_lib(&EXPO, &twice()), OWN);
    let below = twice().file("node_modules/maps/example/ios/Maps.podspec", "");
    assert_eq!(seen_from_lib(&EXPO, &below), OWN);
}

#[test]
fn each_platform_has_its_own_mark_of_a_native_part() {
    let ios = twice().file("node_modules/maps/Maps.podspec", "");
    assert_eq!(seen_from_lib(&EXPO_ANDROID, &ios), OWN);
    for file in ["build.gradle", "build.gradle.kts", "src/main/AndroidManifest.xml"] {
        let android = twice().file(&format!("node_modules/maps/android/{file}"), "");
        assert_eq!(seen_from_lib(&EXPO_ANDROID, &android), LINKED, "{file}");
        assert_eq!(seen_from_lib(&EXPO, &android), OWN, "{file}");
    }
}

#[test]
fn an_expo_module_names_its_platforms() {
    let module = |platforms: &str| {
        twice().file("node_modules/maps/expo-module.config.json", &format!(r#"{{"platforms":{platforms}}}"#))
    };
    assert_eq!(seen_from_lib(&EXPO, &module(r#"["apple"]"#)), LINKED);
    assert_eq!(seen_from_lib(&EXPO, &module(r#"["ios"]"#)), LINKED);
    assert_eq!(seen_from_lib(&EXPO, &module(r#"["android","web"]"#)), OWN);
    assert_eq!(seen_from_lib(&EXPO_ANDROID, &module(r#"["android"]"#)), LINKED);
    let broken = twice().file("node_modules/maps/expo-module.config.json", "{");
    assert_eq!(seen_from_lib(&EXPO, &broken), OWN);
}

#[test]
fn only_expo_on_devices_moves_imports() {
    let project =
        twice().file("node_modules/maps/Maps.podspec", "").file("node_modules/maps/android/build.gradle", "");
    for case in [&IOS, &ANDROID, &EXPO_WEB, &WEB] {
        assert_eq!(seen_from_lib(case, &project), OWN);
    }
}

#[test]
fn the_apps_manifest_has_the_last_word() {
    let with = |options: &str| {
        let manifest =
            format!(r#"{{"dependencies":{{"lib":"1","maps":"2"}},"expo":{{"autolinking":{options}}}}}"#);
        twice().file("package.json", &manifest)
    };
    let native = |project: Project| project.file("node_modules/maps/Maps.podspec", "");
    assert_eq!(seen_from_lib(&EXPO, &native(with(r#"{"exclude":["maps"]}"#))), OWN);
    assert_eq!(seen_from_lib(&EXPO, &native(with(r#"{"ios":{"exclude":["maps"]}}"#))), OWN);
    assert_eq!(seen_from_lib(&EXPO, &native(with(r#"{"android":{"exclude":["maps"]}}"#))), LINKED);
    assert_eq!(seen_from_lib(&EXPO, &with(r#"{"include":["maps"]}"#)), LINKED);
}

#[test]
fn what_is_not_to_be_linked_stays_where_it_was_installed() {
    let native = || {
        twice().file("node_modules/maps/Maps.podspec", "").file("node_modules/maps/android/build.gradle", "")
    };
    let off = "module.exports = { dependencies: { maps: { platforms: { ios: null } } } };";
    let by_app = native().file("react-native.config.js", off);
    assert_eq!(seen_from_lib(&EXPO, &by_app), OWN);
    assert_eq!(seen_from_lib(&EXPO_ANDROID, &by_app), LINKED);
    let own = "module.exports = { dependency: { platforms: { android: null } } };";
    let by_itself = native().file("node_modules/maps/react-native.config.js", own);
    assert_eq!(seen_from_lib(&EXPO, &by_itself), LINKED);
    assert_eq!(seen_from_lib(&EXPO_ANDROID, &by_itself), OWN);
    let on = "export default { dependencies: { maps: { platforms: { android: {} } } } };";
    assert_eq!(seen_from_lib(&EXPO_ANDROID, &by_itself.file("react-native.config.ts", on)), LINKED);
    let platform = native()
        .file("node_modules/maps/react-native.config.js", "module.exports = { platforms: { tv: {} } };");
    assert_eq!(seen_from_lib(&EXPO, &platform), OWN);
    let module = by_app.file("node_modules/maps/expo-module.config.json", r#"{"platforms":["ios"]}"#);
    assert_eq!(seen_from_lib(&EXPO, &module), LINKED, "only Expo's own list leaves its modules out");
}

#[test]
fn of_copies_that_only_dependencies_have_the_nearest_is_linked() {
    let project = Project::new()
        .file("package.json", r#"{"dependencies":{"a":"1","b":"1"}}"#)
        .file("node_modules/a/package.json", r#"{"dependencies":{"deep":"1"}}"#)
        .file("node_modules/a/node_modules/deep/package.json", r#"{"dependencies":{"maps":"1"}}"#)
        .file("node_modules/a/node_modules/deep/node_modules/maps/package.json", "{}")
        .file("node_modules/a/node_modules/deep/node_modules/maps/index.js", "")
        .file("node_modules/b/package.json", r#"{"peerDependencies":{"maps":"1"}}"#)
        .file("node_modules/b/node_modules/maps/package.json", "{}")
        .file("node_modules/b/node_modules/maps/Maps.podspec", "")
        .file("node_modules/b/node_modules/maps/index.js", "");
    let near = "node_modules/b/node_modules/maps/index.js";
    assert_eq!(EXPO.path(&project, "node_modules/a/node_modules/deep/x.js", "maps"), near);
    assert_eq!(EXPO.path(&project, "App.js", "maps"), near);
}

#[test]
fn what_only_tools_or_optional_peers_need_is_not_linked() {
    let project = |manifest: &str| {
        Project::new()
            .file("package.json", r#"{"dependencies":{"a":"1","b":"1"}}"#)
            .file("node_modules/a/package.json", manifest)
            .file("node_modules/a/node_modules/maps/package.json", "{}")
            .file("node_modules/a/node_modules/maps/index.js", "")
            .file("node_modules/a/node_modules/maps/Maps.podspec", "")
            .file("node_modules/b/node_modules/maps/package.json", "{}")
            .file("node_modules/b/node_modules/maps/index.js", "")
    };
    let own = "node_modules/b/node_modules/maps/index.js";
    let linked = "node_modules/a/node_modules/maps/index.js";
    let seen = |manifest: &str| EXPO.path(&project(manifest), "node_modules/b/x.js", "maps");
    assert_eq!(seen(r#"{"dependencies":{"maps":"1"}}"#), linked);
    assert_eq!(seen(r#"{"devDependencies":{"maps":"1"}}"#), own);
    let optional = r#"{"peerDependencies":{"maps":"1"},"peerDependenciesMeta":{"maps":{"optional":true}}}"#;
    assert_eq!(seen(optional), own);
    let required = r#"{"peerDependencies":{"maps":"1"},"peerDependenciesMeta":{"maps":{"optional":false}}}"#;
    assert_eq!(seen(required), linked);
}
