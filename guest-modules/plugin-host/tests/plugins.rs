//! What programs find in the engine, told by plugins that are written for it. The compiler here
//! runs visitors over words; that real ones run is shown where a real one is installed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use plugin_host::api::{PluginOptions, Program, SourceFile};
use plugin_host::{Answer, Diagnostic, Platform, rewrite};

/// A compiler of the shape that is asked for: each plugin has a function `word`.
const COMPILER: &str = r#"
    const called = (item, self) => {
        const [value, options] = item;
        return typeof value === "function" ? value({ types: {} }, options ?? {}, "/") : value;
    };
    exports.version = "7.0.0";
    exports.transformSync = (code, options) => {
        if (code.includes("ignored")) return null;
        if (code.includes("broken")) {
            throw Object.assign(new Error(`${options.filename}: Unexpected word (2:3)\n\n frame`), { loc: { line: 2, column: 3 } });
        }
        const plugins = options.plugins.map(called);
        const words = code.split(" ").map((word) => plugins.reduce((word, plugin) => plugin.word(word, options), word));
        return { code: words.join(" "), map: { version: 3, sources: [options.sourceFileName], mappings: "" } };
    };
"#;

struct Project {
    programs: Vec<(String, String)>,
    requires: Vec<(String, u32)>,
    known: Vec<String>,
}

/// The configuration, and programs by the names it asks for them.
fn project(config: &str, programs: &[(&str, &str)]) -> Project {
    let mut all = vec![("babel.config.js".to_owned(), config.to_owned())];
    all.push(("node_modules/@babel/core/index.js".to_owned(), COMPILER.to_owned()));
    let mut requires = Vec::new();
    for (name, text) in programs {
        requires.push(((*name).to_owned(), u32::try_from(all.len()).unwrap()));
        let file = name.trim_start_matches("plugin:").trim_start_matches("./");
        let ending = if file.ends_with(".json") { "" } else { ".js" };
        all.push((format!("{file}{ending}"), (*text).to_owned()));
    }
    Project { programs: all, requires, known: vec!["known-plugin".to_owned()] }
}

impl Project {
    fn run(&self, sources: &[(&str, &str)]) -> Result<Vec<Answer>, Vec<Diagnostic>> {
        let programs = self.programs.iter().map(|(path, _)| Program {
            path: path.clone(),
            requires: if path.starts_with("node_modules") { vec![] } else { self.requires.clone() },
        });
        let options = PluginOptions {
            programs: programs.collect(),
            compiler: 1,
            platform: Platform::Ios,
            dev: false,
            env: vec![("EXPO_PUBLIC_A".to_owned(), "1".to_owned())],
            known: self.known.clone(),
        };
        let texts = self.programs.iter().map(|(_, text)| text.as_bytes().to_vec()).collect();
        let sources: Vec<_> = sources
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() })
            .collect();
        rewrite(&sources, texts, options)
    }

    /// The code that one source becomes.
    fn code(&self, text: &str) -> String {
        let answers = self.run(&[("src/a.js", text)]).unwrap();
        String::from_utf8(answers[0].as_ref().unwrap().as_ref().unwrap().code.clone()).unwrap()
    }

    /// The one diagnostic of a source that cannot be rewritten.
    fn fault(&self, text: &str) -> Diagnostic {
        let answers = match self.run(&[("src/a.js", text)]) {
            Ok(answers) => answers,
            Err(mut whole) => return whole.remove(0),
        };
        answers[0].as_ref().unwrap_err()[0].clone()
    }
}

/// A plugin whose `word` is the expression.
fn plugin(expression: &str) -> String {
    format!("module.exports = () => ({{ word: (word, options) => {expression} }});")
}

#[test]
fn a_plugin_of_the_configuration_rewrites_a_source_and_its_map_names_the_file() {
    let project =
        project("module.exports = { plugins: ['loud'] };", &[("plugin:loud", &plugin("word.toUpperCase()"))]);
    let answers = project.run(&[("src/a.js", "a b")]).unwrap();
    let rewritten = answers[0].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(rewritten.code, b"A B");
    assert_eq!(rewritten.map, br#"{"version":3,"sources":["src/a.js"],"mappings":""}"#);
}

#[test]
fn a_configuration_may_be_a_function_that_asks_for_mode_and_caller() {
    let config = "module.exports = (api) => {
        api.cache(true);
        const platform = api.caller((caller) => caller.platform);
        return { plugins: [['say', { text: `${api.env()} ${api.env('production')} ${platform} ${process.env.EXPO_PUBLIC_A}` }]] };
    };";
    let say = "module.exports = (babel, options) => ({ word: () => options.text });";
    assert_eq!(project(config, &[("plugin:say", say)]).code("x"), "production true ios 1");
}

#[test]
fn plugins_may_be_values_and_relative_files_and_carry_options() {
    let config = "const { loud } = require('./lib');
        module.exports = { plugins: [[require('./own'), { by: '-' }], loud, () => ({ word: (word) => `<${word}>` })] };";
    let own = "module.exports = (babel, { by }) => ({ word: (word) => by + word });";
    let lib = "exports.loud = () => ({ word: (word) => word.toUpperCase() });";
    assert_eq!(project(config, &[("./own", own), ("./lib", lib)]).code("a"), "<-A>");
}

/// Makes of `export default` what the compiler here can run.
const COMMONJS: (&str, &str) = (
    "@babel/plugin-transform-modules-commonjs",
    "module.exports = () => ({ word: (word) => ({ export: 'module.exports', default: '=' })[word] ?? word });",
);

#[test]
fn a_plugin_that_is_an_es_module_is_compiled_by_the_projects_own_compiler() {
    let config = "module.exports = { plugins: ['modern'] };";
    let modern = "const say = 'loud';\n export default () => ({ word: (word) => word + say.length });";
    assert_eq!(project(config, &[("plugin:modern", modern), COMMONJS]).code("a"), "a4");
    let fault = project(config, &[("plugin:modern", modern)]).fault("a");
    assert_eq!(fault.code, "bundle.plugin-refused");
    assert!(fault.message.contains(COMMONJS.0), "{fault:?}");
    // A text that only looks so is run as it is, and a broken one is said to be broken.
    let quoted = format!("/*\nexport default 1 */ {}", plugin("word.toUpperCase()"));
    assert_eq!(project(config, &[("plugin:modern", &quoted)]).code("a"), "A");
    let broken = project(config, &[("plugin:modern", "module.exports = (;"), COMMONJS]).fault("a");
    assert_eq!(broken.code, "bundle.plugin-failed");
}

#[test]
fn what_the_bundler_does_itself_is_left_out_however_it_is_named() {
    let fail = plugin("{ throw new Error('it ran') }");
    let config = "module.exports = { plugins: ['known-plugin', [require('known-plugin'), {}], 'loud'] };";
    let programs: [(&str, &str); 2] =
        [("known-plugin", &fail), ("plugin:loud", &plugin("word.toUpperCase()"))];
    assert_eq!(project(config, &programs).code("a"), "A");
    let nothing = project("module.exports = { plugins: ['known-plugin'], presets: [] };", &[]);
    assert!(matches!(nothing.run(&[("a.js", "a")]).unwrap().as_slice(), [Ok(None)]));
}

#[test]
fn a_source_that_the_configuration_leaves_out_has_no_answer() {
    let loud = plugin("word.toUpperCase()");
    let project = project("module.exports = { plugins: ['loud'] };", &[("plugin:loud", &loud)]);
    let answers = project.run(&[("a.js", "ignored"), ("b.js", "b")]).unwrap();
    assert!(matches!(answers.as_slice(), [Ok(None), Ok(Some(_))]));
}

#[test]
fn one_broken_source_has_its_place_and_does_not_hide_another() {
    let loud = plugin("word.toUpperCase()");
    let project = project("module.exports = { plugins: ['loud'] };", &[("plugin:loud", &loud)]);
    let answers = project.run(&[("a.js", "x\nabc broken"), ("b.js", "b")]).unwrap();
    let fault = &answers[0].as_ref().unwrap_err()[0];
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("bundle.plugin-failed", "Unexpected word"));
    assert_eq!((fault.path.as_deref(), fault.line, fault.column), (Some("a.js"), 2, 4));
    assert_eq!(fault.frame.as_deref(), Some("  1 | x\n> 2 | abc broken\n    |    ^"));
    assert!(matches!(answers[1], Ok(Some(_))));
}

#[test]
fn what_a_plugin_throws_is_told_with_the_place_in_the_plugin() {
    let config = "module.exports = { plugins: ['bad'] };";
    let bad = "module.exports = () => ({ word() {\n  throw new Error('no such thing');\n} });";
    let fault = project(config, &[("plugin:bad", bad)]).fault("a");
    assert_eq!(fault.message, "no such thing");
    assert!(fault.hint.as_deref().unwrap().contains("bad.js:2"), "{:?}", fault.hint);
}

#[test]
fn things_of_node_that_are_not_there_are_named() {
    for (expression, what) in [
        ("require('fs').readFileSync('/etc/passwd')", ""),
        ("require('fs').writeFileSync('/x', '')", "fs.writeFileSync"),
        ("require('node:child_process').execSync('id')", "child_process.execSync"),
        ("require('net').connect(80)", "net.connect"),
        ("require('os').userInfo()", "os.userInfo"),
        ("require('not-handed-over')", "require(\"not-handed-over\")"),
    ] {
        let fault =
            project("module.exports = { plugins: ['p'] };", &[("plugin:p", &plugin(expression))]).fault("a");
        if what.is_empty() {
            assert_eq!(fault.code, "bundle.plugin-failed");
            assert!(fault.message.contains("ENOENT") && fault.message.contains("/etc/passwd"), "{fault:?}");
        } else {
            assert_eq!(fault.code, "bundle.plugin-refused");
            assert!(fault.message.contains(what), "{fault:?}");
        }
    }
}

#[test]
fn a_module_that_is_asked_for_and_not_used_does_no_harm() {
    let loud = format!("const {{ spawn }} = require('child_process');\n{}", plugin("word.toUpperCase()"));
    assert_eq!(project("module.exports = { plugins: ['p'] };", &[("plugin:p", &loud)]).code("a"), "A");
}

#[test]
fn a_program_reads_the_programs_and_nothing_else() {
    let expression = "[require('fs').existsSync('/data.json'), require('fs').existsSync('/src/a.js'), require('./data.json').n].join()";
    let programs: [(&str, &str); 2] = [("./data.json", "{\"n\":7}"), ("plugin:p", &plugin(expression))];
    assert_eq!(project("module.exports = { plugins: ['p'] };", &programs).code("a"), "true,false,7");
}

#[test]
fn a_configuration_that_throws_or_waits_is_told() {
    let fault = project("\nthrow new TypeError('bad config');", &[]).fault("a");
    assert_eq!((fault.message.as_str(), fault.path.as_deref()), ("bad config", Some("babel.config.js")));
    let fault = project("module.exports = async () => ({});", &[]).fault("a");
    assert!(fault.message.contains("promise"), "{fault:?}");
    let fault = project("module.exports = { plugins: ['gone'] };", &[]).fault("a");
    assert!(fault.message.contains("gone"), "{fault:?}");
}

#[test]
fn recursion_without_end_is_an_error_that_is_told() {
    let endless = "module.exports = () => ({ word: (word) => { const f = () => f() + 1; return f(); } });";
    let fault = project("module.exports = { plugins: ['p'] };", &[("plugin:p", endless)]).fault("a");
    assert!(fault.message.contains("stack"), "{fault:?}");
}

#[test]
fn equal_arguments_give_equal_answers() {
    let expression = "word + require('path').relative('/a/b', '/a/c') + new Set([3, 1, 2]).size";
    let make = || {
        project("module.exports = { plugins: ['p'] };", &[("plugin:p", &plugin(expression))]).code("a b c")
    };
    assert_eq!(make(), make());
}
