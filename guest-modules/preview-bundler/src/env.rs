//! What `process.env` holds.
//!
//! The host hands over what the project declares for its app; no `.env` file is read here,
//! because such a file holds secrets too.
//!
//! Names are put into the code of the app only, as Expo does it. Code of packages sees the few
//! names that Expo's own packages ask for, so that what a package becomes is the same in every
//! project and the host can keep it.

use crate::Platform;
use crate::app_config::AppConfig;
use crate::image::Image;
use crate::wire::Flavour;

/// Names and values.
pub(crate) type Variables = Vec<(String, String)>;

/// Where each variable goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Put into the code of the app.
    pub(crate) of_app: Variables,
    /// Put into the code of packages.
    pub(crate) of_packages: Variables,
    /// Set before the bundle's modules run.
    pub(crate) at_run_time: Variables,
}

/// The build whose environment is asked for.
pub(crate) struct Build<'a> {
    pub(crate) image: &'a Image,
    pub(crate) app: &'a AppConfig,
    pub(crate) flavour: Flavour,
    pub(crate) platform: Platform,
    pub(crate) dev: bool,
    /// What the project declares for its app.
    pub(crate) declared: &'a [(String, String)],
}

impl Environment {
    pub(crate) fn of(build: &Build<'_>) -> Self {
        let declared = build.declared.to_vec();
        if build.flavour != Flavour::Expo {
            return Self { of_app: declared, of_packages: Vec::new(), at_run_time: Vec::new() };
        }
        let presets = expo_presets(build);
        let mut at_run_time = if build.dev { declared.clone() } else { Vec::new() };
        if build.platform == Platform::Web {
            at_run_time.push(("APP_MANIFEST".to_owned(), build.app.manifest()));
        }
        // In development the app asks at run time, as Metro's bundles do.
        let put_in = if build.dev { Vec::new() } else { declared };
        let mut of_app: Variables = presets.iter().cloned().chain(put_in).collect();
        of_app.sort();
        Self { of_app, of_packages: presets, at_run_time }
    }
}

/// What Expo's own packages ask for. A folder that begins with `/` counts from the project root.
fn expo_presets(build: &Build<'_>) -> Variables {
    let router_root = build.app.router_root(build.image);
    let presets = [
        ("EXPO_BASE_URL", build.app.base_url()),
        ("EXPO_PROJECT_ROOT", &format!("/{}", build.image.app())),
        ("EXPO_ROUTER_ABS_APP_ROOT", &router_root),
        ("EXPO_ROUTER_APP_ROOT", &router_root),
        ("EXPO_ROUTER_IMPORT_MODE", "sync"),
    ];
    presets.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn environment(flavour: Flavour, platform: Platform, dev: bool) -> Environment {
        let image = Image::read(&Project::new());
        let declared = [("EXPO_PUBLIC_A".to_owned(), "1".to_owned())];
        let app = AppConfig::default();
        Environment::of(&Build { image: &image, app: &app, flavour, platform, dev, declared: &declared })
    }

    fn names(variables: &Variables) -> Vec<&str> {
        variables.iter().map(|(name, _)| name.as_str()).filter(|name| !name.contains("ROUTER")).collect()
    }

    #[test]
    fn what_the_project_declares_stays_out_of_packages() {
        let found = environment(Flavour::Expo, Platform::Ios, false);
        assert_eq!(names(&found.of_app), ["EXPO_BASE_URL", "EXPO_PROJECT_ROOT", "EXPO_PUBLIC_A"]);
        assert_eq!(names(&found.of_packages), ["EXPO_BASE_URL", "EXPO_PROJECT_ROOT"]);
        assert!(found.at_run_time.is_empty());
    }

    #[test]
    fn in_development_the_app_asks_at_run_time() {
        let found = environment(Flavour::Expo, Platform::Ios, true);
        assert_eq!(names(&found.of_app), ["EXPO_BASE_URL", "EXPO_PROJECT_ROOT"]);
        assert_eq!(names(&found.at_run_time), ["EXPO_PUBLIC_A"]);
    }

    #[test]
    fn an_expo_app_in_a_browser_can_read_its_manifest() {
        let found = environment(Flavour::Expo, Platform::Web, false);
        assert_eq!(found.at_run_time, [("APP_MANIFEST".to_owned(), "{}".to_owned())]);
    }

    #[test]
    fn a_web_app_has_what_it_declares_and_no_presets() {
        let found = environment(Flavour::Web, Platform::Web, true);
        assert_eq!(names(&found.of_app), ["EXPO_PUBLIC_A"]);
        assert!(found.of_packages.is_empty() && found.at_run_time.is_empty());
    }
}
