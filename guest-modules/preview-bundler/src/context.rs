//! `require.context`: the files that match, as a module with one `require` a file.

use std::rc::Rc;

use regress::Regex;

use crate::image::Image;
use crate::paths::{below, join};
use crate::wire::ContextRequest;

/// A context module, decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ContextModule {
    /// Its name in the bundle.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Builds the module that `request` in the folder `origin` stands for. A folder that begins
/// with `/` counts from the project root.
///
/// # Errors
/// One sentence, when the folder, the pattern or the mode cannot be used.
pub(crate) fn build(image: &Image, origin: &str, request: &ContextRequest) -> Result<ContextModule, String> {
    let base = if request.directory.starts_with('/') { "" } else { origin };
    let folder =
        join(base, &request.directory).map_err(|_| "the folder is outside the project".to_owned())?;
    let pattern = Regex::with_flags(&request.pattern, request.flags.as_str())
        .map_err(|error| format!("the pattern is not a regular expression: {error}"))?;
    let load = match request.mode.as_str() {
        "sync" | "eager" => "require",
        "lazy" | "lazy-once" => "import",
        other => return Err(format!("the mode \"{other}\" is not known")),
    };
    let files = matching(image, &folder, request.recursive, &pattern);
    let depth = if request.recursive { " recursive" } else { "" };
    let name =
        format!("virtual:context/{folder}?{}{depth} /{}/{}", request.mode, request.pattern, request.flags);
    let text = module_text(&files, load, request.mode == "eager");
    Ok(ContextModule { name, text })
}

/// Key (`./a.js`) and real path of every file below `folder` that matches.
fn matching(image: &Image, folder: &str, recursive: bool, pattern: &Regex) -> Vec<(String, Rc<str>)> {
    let Some(real) = image.directory(folder) else { return Vec::new() };
    let files = image.files_below(&real).filter_map(|file| Some((below(file, &real)?, file)));
    let near = files.filter(|(inside, _)| recursive || !inside.contains('/'));
    let keyed = near.map(|(inside, file)| (format!("./{inside}"), Rc::clone(file)));
    keyed.filter(|(key, _)| pattern.find(key).is_some()).collect()
}

fn module_text(files: &[(String, Rc<str>)], load: &str, promised: bool) -> String {
    let mut text = String::from("var files = Object.defineProperties({}, {\n");
    for (key, path) in files {
        let key = serde_json::Value::from(key.as_str());
        let specifier = serde_json::Value::from(format!("/{path}"));
        text.push_str(&format!(
            "  {key}: {{ enumerable: true, get: function () {{ return {load}({specifier}); }} }},\n"
        ));
    }
    text.push_str("});\n");
    text.push_str(CONTEXT_HEAD);
    text.push_str(if promised {
        "  return Promise.resolve().then(function () { return files[key]; });\n"
    } else {
        "  return files[key];\n"
    });
    text.push_str(CONTEXT_TAIL);
    text
}

/// A context without files throws, one with files answers an unknown key with undefined.
const CONTEXT_HEAD: &str = "\
function context(key) {
  if (Object.keys(files).length === 0) {
    var error = new Error('This context has no files');
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  }
";

const CONTEXT_TAIL: &str = "\
}
context.keys = function () { return Object.keys(files); };
context.resolve = function () { throw new Error('resolve does not exist in a bundle'); };
module.exports = context;
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn request(directory: &str, recursive: bool, pattern: &str, mode: &str) -> ContextRequest {
        ContextRequest {
            directory: directory.to_owned(),
            recursive,
            pattern: pattern.to_owned(),
            flags: String::new(),
            mode: mode.to_owned(),
        }
    }

    fn image() -> Image {
        let project = Project::new()
            .file("app/index.tsx", "")
            .file("app/+api.ts", "")
            .file("app/deep/page.tsx", "")
            .file("apple.tsx", "");
        Image::read(&project)
    }

    #[test]
    fn patterns_may_look_ahead_and_depth_is_asked_for() {
        let all = build(&image(), "src", &request("../app", true, r"^(?!.*\+api).*\.tsx?$", "sync")).unwrap();
        assert!(all.text.contains(
            r#""./index.tsx": { enumerable: true, get: function () { return require("/app/index.tsx"); } }"#
        ));
        assert!(all.text.contains(r#""./deep/page.tsx""#));
        assert!(!all.text.contains("+api.ts\"") && !all.text.contains("apple"));
        let near = build(&image(), "src", &request("/app", false, r"\.tsx$", "lazy")).unwrap();
        assert!(near.text.contains(r#"import("/app/index.tsx")"#) && !near.text.contains("deep"));
        assert_ne!(all.name, near.name);
    }

    #[test]
    fn a_bad_pattern_or_mode_is_said() {
        assert!(
            build(&image(), "", &request("app", true, "(", "sync"))
                .unwrap_err()
                .contains("regular expression")
        );
        assert!(build(&image(), "", &request("app", true, "a", "now")).unwrap_err().contains("now"));
        assert!(build(&image(), "", &request("../app", true, "a", "sync")).unwrap_err().contains("outside"));
    }
}
