use super::*;
use crate::testing::Project;

fn app() -> Project {
    Project::new()
        .file("package.json", r#"{"main":"index.js"}"#)
        .file("node_modules/@babel/core/package.json", r#"{"main":"lib/index.js"}"#)
        .file("node_modules/@babel/core/lib/index.js", "require('./parse'); require('dep'); require('fs')")
        .file("node_modules/@babel/core/lib/parse.js", "")
        .file(
            "node_modules/dep/package.json",
            r#"{"exports":{".":{"import":"./m.mjs","node":{"require":"./c.js"}}}}"#,
        )
        .file("node_modules/dep/c.js", "")
        .file("node_modules/dep/m.mjs", "")
        .file("node_modules/babel-plugin-x/index.js", "")
}

/// The path of a program, and what it asks for with the place of it.
type Linked = (String, Vec<(String, u32)>);

fn programs(project: &Project) -> Option<Vec<Linked>> {
    let image = Image::read(project);
    let packages = Packages::new(project, &image);
    let plugins = Plugins::read(project, &image, &packages, (Platform::Ios, false, &[]), true)?;
    let list = plugins.options.programs.into_iter();
    Some(list.map(|program| (program.path, program.requires)).collect())
}

#[test]
fn the_programs_are_the_configuration_its_plugins_the_compiler_and_what_they_ask_for() {
    let project =
        app().file("babel.config.js", "module.exports = { plugins: ['x', './own.js'] }").file("own.js", "");
    let edge = |name: &str, place: u32| (name.to_owned(), place);
    let expected = [
        (
            "babel.config.js",
            vec![
                edge("babel-plugin-x", 1),
                edge("plugin:x", 1),
                edge("./own.js", 2),
                edge("plugin:./own.js", 2),
                edge("preset:./own.js", 2),
            ],
        ),
        ("node_modules/babel-plugin-x/index.js", vec![]),
        ("own.js", vec![]),
        ("node_modules/@babel/core/lib/index.js", vec![edge("./parse", 4), edge("dep", 5)]),
        ("node_modules/@babel/core/lib/parse.js", vec![]),
        ("node_modules/dep/c.js", vec![]),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, edges)| (path.to_owned(), edges)).collect();
    assert_eq!(programs(&project), Some(expected));
}

#[test]
fn a_configuration_of_known_names_needs_no_programs() {
    for (name, file) in [
        ("babel-preset-expo", "babel-preset-expo/index.js"),
        ("@react-native/babel-preset", "@react-native/babel-preset/index.js"),
        ("module:@react-native/babel-preset", "@react-native/babel-preset/index.js"),
        ("module:metro-react-native-babel-preset", "metro-react-native-babel-preset/index.js"),
        ("nativewind/babel", "nativewind/babel.js"),
        ("react-native-reanimated/plugin", "react-native-reanimated/plugin/index.js"),
        ("react-native-worklets/plugin", "react-native-worklets/plugin/index.js"),
        ("module:react-native-worklets/plugin", "react-native-worklets/plugin/index.js"),
        ("module-resolver", "babel-plugin-module-resolver/index.js"),
    ] {
        for named in [format!("'{name}'"), format!("require('{name}')")] {
            let config = format!("module.exports = {{ presets: [{named}], plugins: [[{named}, {{}}]] }}");
            let known = app().file(&format!("node_modules/{file}"), "").file("babel.config.js", &config);
            assert_eq!(programs(&known), None, "{named}");
        }
    }
    let absent = app().file("babel.config.js", "module.exports = { plugins: ['not-installed'] }");
    assert_eq!(programs(&absent), None);
    assert_eq!(programs(&app()), None);
}

#[test]
fn a_plugin_that_is_a_value_is_found_by_its_require_and_one_in_place_by_its_visitor() {
    let value = app().file("babel.config.js", "module.exports = { plugins: [require('babel-plugin-x')] }");
    assert!(programs(&value).is_some());
    let inline = app().file("babel.config.js", "module.exports = { plugins: [() => ({ visitor: {} })] }");
    assert!(programs(&inline).is_some());
}

#[test]
fn decorators_alone_are_compiled_here_and_beside_other_plugins_by_babel() {
    let plugin = "['@babel/plugin-proposal-decorators', { legacy: true }]";
    let with = |plugins: &str| {
        app()
            .file("node_modules/@babel/plugin-proposal-decorators/index.js", "")
            .file("babel.config.js", &format!("module.exports = {{ plugins: [{plugins}] }}"))
    };
    assert_eq!(programs(&with(plugin)), None);
    let beside = programs(&with(&format!("{plugin}, 'x'"))).unwrap();
    assert!(beside.iter().any(|(path, _)| path.contains("plugin-proposal-decorators")));
}

#[test]
fn a_plugin_that_is_an_es_module_brings_what_it_imports_and_what_compiles_it() {
    let project = app()
        .file("node_modules/@babel/plugin-transform-modules-commonjs/index.js", "")
        .file("node_modules/babel-plugin-new/package.json", r#"{"type":"module","exports":"./index.js"}"#)
        .file("node_modules/babel-plugin-new/index.js", "import dep from 'dep';\nexport default () => dep;")
        .file("babel.config.js", "module.exports = { plugins: ['new'] }");
    let programs = programs(&project).unwrap();
    let of = |path: &str| programs.iter().find(|(found, _)| found == path).unwrap().1.clone();
    let names: Vec<String> =
        of("node_modules/babel-plugin-new/index.js").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["dep", "@babel/plugin-transform-modules-commonjs"]);
    assert!(programs.iter().any(|(path, _)| path == "node_modules/dep/m.mjs"));
}
