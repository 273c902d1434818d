//! Expo's `app.json`: what of it shapes a bundle.
//!
//! Its dynamic forms (`app.config.js` and `.ts`) are programs and are not run.

use serde_json::{Map, Value};

use crate::image::Image;
use crate::packages::trim_bom;
use crate::paths::join;
use crate::{Diagnostic, Host, codes, diagnose};

const FILE: &str = "app.json";
const PROGRAMS: [&str; 5] =
    ["app.config.js", "app.config.ts", "app.config.cjs", "app.config.mjs", "app.config.mts"];

/// Fields that no app may read at run time.
const HIDDEN_FIELDS: [&str; 9] = [
    "androidNavigationBar",
    "androidStatusBar",
    "privacy",
    "ios",
    "android",
    "plugins",
    "hooks",
    "_internal",
    "assetBundlePatterns",
];

/// The settings of an app; none of them where there is no `app.json`.
#[derive(Debug, Default)]
pub(crate) struct AppConfig {
    /// Whether the file has the key `expo`.
    pub(crate) names_expo: bool,
    expo: Map<String, Value>,
}

impl AppConfig {
    /// Reads the file. That it is broken, or that a program would change it, goes to `remarks`.
    pub(crate) fn read(host: &dyn Host, image: &Image, remarks: &mut Vec<Diagnostic>) -> Self {
        if let Some(program) =
            PROGRAMS.map(|program| image.in_app(program)).iter().find(|program| image.has_file(program))
        {
            let message = "this file is not run; the app sees what app.json says";
            let remark = diagnose::warning(diagnose::about(codes::UNSUPPORTED_CONFIG, message, program));
            remarks.push(diagnose::hint(remark, "move what the app needs at run time into app.json"));
        }
        let Some(file) = image.file(&image.in_app(FILE)) else { return Self::default() };
        let bytes = host.read(&file).unwrap_or_default();
        match serde_json::from_slice::<Value>(trim_bom(&bytes)) {
            Ok(Value::Object(mut root)) => match root.remove("expo") {
                Some(Value::Object(expo)) => Self { names_expo: true, expo },
                _ => Self { names_expo: false, expo: root },
            },
            Ok(_) => Self::default(),
            Err(error) => {
                let text = String::from_utf8_lossy(&bytes);
                let number = |count: usize| u32::try_from(count).unwrap_or(0);
                let place = (number(error.line()), number(error.column()));
                let message = diagnose::json_message(&error);
                let fault = diagnose::at(codes::INVALID_APP_JSON, message, &file, place, &text);
                let hint = "correct the file; until then its settings are not there";
                remarks.push(diagnose::hint(diagnose::warning(fault), hint));
                Self::default()
            }
        }
    }

    /// The folder of expo-router's routes, as a path from the image's root with `/` before it.
    pub(crate) fn router_root(&self, image: &Image) -> String {
        let of_extra = self.expo.get("extra").and_then(|extra| extra.get("router")?.get("root")?.as_str());
        let configured = of_extra.or_else(|| self.plugin_option("expo-router", "root"));
        let root = match configured.and_then(|root| join(image.app(), root).ok()) {
            Some(root) => root,
            None if image.directory(&image.in_app("src/app")).is_some() => image.in_app("src/app"),
            None => image.in_app("app"),
        };
        format!("/{root}")
    }

    /// Where a web app is served from, when that is not the root of its site.
    pub(crate) fn base_url(&self) -> &str {
        let experiments = self.expo.get("experiments");
        experiments.and_then(|options| options.get("baseUrl")?.as_str()).unwrap_or("")
    }

    /// What the app may read of its configuration, as JSON.
    pub(crate) fn manifest(&self) -> String {
        let mut public = self.expo.clone();
        for field in HIDDEN_FIELDS {
            public.shift_remove(field);
        }
        Value::Object(public).to_string()
    }

    fn plugin_option(&self, plugin: &str, option: &str) -> Option<&str> {
        let plugins = self.expo.get("plugins")?.as_array()?;
        let with_options = plugins.iter().filter_map(Value::as_array);
        let named = with_options.filter(|entry| entry.first().and_then(Value::as_str) == Some(plugin));
        named.filter_map(|entry| entry.get(1)?.get(option)?.as_str()).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn read(project: &Project) -> (AppConfig, Image, Vec<Diagnostic>) {
        let image = Image::read(project);
        let mut remarks = Vec::new();
        (AppConfig::read(project, &image, &mut remarks), image, remarks)
    }

    #[test]
    fn routes_are_where_the_plugin_says_or_in_src_app_before_app() {
        let both = || Project::new().file("app/index.js", "").file("src/app/index.js", "");
        let (config, image, _) = read(&both());
        assert_eq!(config.router_root(&image), "/src/app");
        let named = r#"{"expo":{"plugins":["x",["expo-router",{"root":"./routes/"}]]}}"#;
        let (config, image, _) = read(&both().file("app.json", named));
        assert_eq!(config.router_root(&image), "/routes");
        let (config, image, _) = read(&Project::new().file("app/index.js", ""));
        assert_eq!(config.router_root(&image), "/app");
    }

    #[test]
    fn the_manifest_keeps_what_is_public() {
        let text = r#"{"expo":{"name":"n","ios":{"x":1},"plugins":[],"experiments":{"baseUrl":"/sub"}}}"#;
        let (config, ..) = read(&Project::new().file("app.json", text));
        assert_eq!(config.manifest(), r#"{"name":"n","experiments":{"baseUrl":"/sub"}}"#);
        assert_eq!(config.base_url(), "/sub");
    }

    #[test]
    fn a_broken_file_and_a_program_are_remarked() {
        let (_, _, remarks) = read(&Project::new().file("app.json", "{").file("app.config.ts", ""));
        let found: Vec<_> =
            remarks.iter().map(|found| (found.code.as_str(), found.path.as_deref())).collect();
        let expected = [
            ("bundle.unsupported-config", Some("app.config.ts")),
            ("bundle.invalid-app-json", Some("app.json")),
        ];
        assert_eq!(found, expected);
    }
}
