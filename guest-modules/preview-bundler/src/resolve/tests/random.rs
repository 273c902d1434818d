//! Manifests that nobody would write.

use super::*;

/// Numbers without a generator's help, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn word(&mut self) -> String {
        let words = [
            ".",
            "./",
            "./*",
            "./a",
            "./a/*",
            "#x",
            "#*",
            "*",
            "",
            "./node_modules/x",
            "import",
            "require",
            "default",
            "react-native",
            "./b.js",
            "./../..",
            "./a*b*",
            "../c",
            "browser",
            "/abs",
            "p",
            "./*.js",
        ];
        words[self.below(words.len())].to_owned()
    }

    fn value(&mut self, depth: usize) -> serde_json::Value {
        match self.below(if depth == 0 { 4 } else { 7 }) {
            0 => serde_json::Value::Null,
            1 => serde_json::Value::Bool(self.below(2) == 0),
            2 | 3 => self.word().into(),
            4 => (0..self.below(3)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let fields = (0..self.below(4)).map(|_| (self.word(), self.value(depth - 1)));
                serde_json::Value::Object(fields.collect())
            }
        }
    }
}

#[test]
fn no_manifest_makes_the_resolver_panic_or_answer_with_what_is_not_there() {
    let mut numbers = Numbers(20_261_121);
    for _ in 0..4000 {
        let fields = ["exports", "imports", "main", "browser", "react-native", "module", "name"];
        let manifest = fields.map(|field| (field.to_owned(), numbers.value(3)));
        let manifest = serde_json::Value::Object(manifest.into_iter().collect()).to_string();
        let project = Project::new()
            .file("node_modules/p/package.json", &manifest)
            .file("node_modules/p/b.js", "")
            .file("node_modules/p/a/b.js", "")
            .file("node_modules/p/index.js", "");
        let image = Image::read(&project);
        for case in [IOS, IMPORT, EXPO, EXPO_WEB, WEB] {
            let specifier = ["p", "p/a", "p/a/b", "#x", ".", "./a"][numbers.below(6)];
            if let Ok(Target::File(path)) = case.resolve(&project, "node_modules/p/i.js", specifier) {
                assert!(image.has_file(&path), "{path} of {manifest}");
            }
        }
    }
}
