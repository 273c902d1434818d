//! Bundles that are cut, and apps that are one of several.

use super::*;

#[test]
fn in_production_a_web_app_is_cut_where_it_imports_later() {
    let project = Project::new()
        .file("package.json", "{}")
        .file("index.js", "lazy ./screen\nrequire ./a\nrequire metro-runtime/src/modules/asyncRequire")
        .file("a.js", "")
        .file("screen.js", "require ./a\nrequire ./own")
        .file("own.js", "");
    let report = bundle(&project, &request(Platform::Web)).unwrap();
    let paths_of = |modules: &[crate::api::ModuleReport]| -> Vec<String> {
        modules.iter().map(|module| module.path.clone()).collect()
    };
    let all = ["index.js", "screen.js", "a.js", "own.js", "virtual:parts-loader"];
    assert_eq!(paths_of(&report.modules), all);
    let names: Vec<String> = project.written.borrow().keys().cloned().collect();
    let [part, part_map, main, main_map] = names.as_slice() else { panic!("{names:?}") };
    assert!(part.starts_with("assets/chunks/screen-") && part_map == &format!("{part}.map"), "{names:?}");
    assert_eq!((main.as_str(), main_map.as_str()), ("main.jsbundle", "main.jsbundle.map"));
    let last = project.all_linked.borrow().last().cloned().unwrap();
    assert_eq!(
        (paths(&last.modules), last.elsewhere, last.run),
        (vec!["screen.js", "own.js"], vec![2], vec![])
    );
    let table = project.jobs.borrow().iter().find(|job| job.path == "virtual:parts-table").cloned().unwrap();
    assert!(table.text.unwrap().contains(&format!("{{\"1\":[\"{part}\"]}}")));

    let project = Project::new().file("package.json", "{}").file("index.js", "lazy ./a").file("a.js", "");
    bundle(&project, &Request { dev: true, ..request(Platform::Web) }).unwrap();
    assert_eq!(project.written.borrow().len(), 2, "in development there is one file");
}

#[test]
fn an_app_of_a_workspace_begins_in_its_own_folder() {
    let files = [
        ("apps/mobile/package.json", r#"{"dependencies":{"react-native":"0.87.0"},"main":"start"}"#),
        ("apps/mobile/start.js", "import ui"),
        ("packages/ui/index.js", "require react-native\nrequire ./a.png"),
        ("packages/ui/a.png", ""),
    ];
    let project = files.iter().fold(react_native(), |project, (path, text)| project.file(path, text));
    let project = project.link("node_modules/ui", "packages/ui");
    let report = bundle(&project, &Request { app: "apps/mobile".into(), ..request(Platform::Ios) }).unwrap();
    assert_eq!(report.entry, "apps/mobile/start.js");
    let found: Vec<&str> = report.modules.iter().map(|module| module.path.as_str()).collect();
    let expected = [
        "apps/mobile/start.js",
        "packages/ui/index.js",
        "node_modules/react-native/index.js",
        "node_modules/react-native/setup-env.js",
        "packages/ui/a.png",
    ];
    assert_eq!(found, expected);
    assert!(project.written.borrow().contains_key("assets/packages/ui/a.png"));
    let nowhere = bundle(&project, &Request { app: "apps/none".into(), ..request(Platform::Ios) });
    assert_eq!(codes_of(&nowhere.unwrap_err()), [("bundle.no-package-json", "")]);
}
