//! Apps below the root of a workspace.

use super::*;

const APP: &str = "apps/mobile";

fn path(case: &Case, project: &Project, origin: &str, specifier: &str) -> String {
    match case.resolve_in(project, APP, origin, specifier) {
        Ok(Target::File(path)) => path.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn hoisted_packages_and_members_are_found_and_the_nearest_version_wins() {
    let project = Project::new()
        .file("apps/mobile/index.js", "")
        .file("apps/mobile/node_modules/ms/index.js", "")
        .file("node_modules/ms/index.js", "")
        .link("node_modules/@hive/ui", "packages/ui")
        .file("packages/ui/package.json", r#"{"main":"src/index.ts"}"#)
        .file("packages/ui/src/index.ts", "");
    let from_app = |specifier| path(&IOS, &project, "apps/mobile/index.js", specifier);
    assert_eq!(from_app("ms"), "apps/mobile/node_modules/ms/index.js");
    assert_eq!(from_app("@hive/ui"), "packages/ui/src/index.ts");
    assert_eq!(path(&IOS, &project, "packages/ui/src/index.ts", "ms"), "node_modules/ms/index.js");
}

#[test]
fn a_store_behind_links_keeps_each_package_to_its_own_neighbours() {
    let store = "node_modules/.pnpm/a@1.0.0/node_modules";
    let project = Project::new()
        .link("apps/mobile/node_modules/a", &format!("{store}/a"))
        .file(&format!("{store}/a/index.js"), "")
        .link(&format!("{store}/b"), "node_modules/.pnpm/b@2.0.0/node_modules/b")
        .file("node_modules/.pnpm/b@2.0.0/node_modules/b/index.js", "");
    let a = path(&IOS, &project, "apps/mobile/index.js", "a");
    assert_eq!(a, format!("{store}/a/index.js"));
    assert_eq!(path(&IOS, &project, &a, "b"), "node_modules/.pnpm/b@2.0.0/node_modules/b/index.js");
    let hidden = IOS.resolve_in(&project, APP, "apps/mobile/index.js", "b");
    assert_eq!(
        hidden,
        Err(Unresolved::NoPackage(vec!["apps/mobile/node_modules".to_owned(), "node_modules".to_owned(),]))
    );
}

#[test]
fn in_expo_a_member_may_use_what_the_app_alone_has_and_in_plain_metro_not() {
    let project =
        Project::new().file("apps/mobile/node_modules/only/index.js", "").file("packages/ui/index.js", "");
    let found = path(&EXPO, &project, "packages/ui/index.js", "only");
    assert_eq!(found, "apps/mobile/node_modules/only/index.js");
    assert!(path(&IOS, &project, "packages/ui/index.js", "only").contains("NoPackage([])"));
}

#[test]
fn a_rooted_import_of_a_web_app_counts_from_its_own_folder() {
    let project = Project::new().file("apps/mobile/src/a.js", "").file("src/a.js", "").file("b.js", "");
    assert_eq!(path(&WEB, &project, "apps/mobile/index.js", "/src/a"), "apps/mobile/src/a.js");
    assert_eq!(path(&WEB, &project, "virtual:page", "/src/a.js"), "src/a.js");
    assert_eq!(path(&WEB, &project, "apps/mobile/index.js", "/b"), "b.js");
}

#[test]
fn aliases_come_from_the_apps_own_tsconfig() {
    let project = Project::new()
        .file("tsconfig.base.json", r##"{"compilerOptions":{"paths":{"#base/*":["./shared/*"]}}}"##)
        .file(
            "apps/mobile/tsconfig.json",
            r##"{"extends":"../../tsconfig.base","compilerOptions":{"paths":{"@/*":["./src/*"]}}}"##,
        )
        .file("tsconfig.json", r#"{"compilerOptions":{"paths":{"@/*":["./wrong/*"]}}}"#)
        .file("apps/mobile/src/a.ts", "")
        .file("wrong/a.ts", "");
    assert_eq!(path(&EXPO, &project, "apps/mobile/index.js", "@/a"), "apps/mobile/src/a.ts");
}
