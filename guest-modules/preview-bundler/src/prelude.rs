//! What stands before the modules of a bundle: the first line, and the scripts that make the
//! module system.

use crate::image::Image;
use crate::paths::child;
use crate::resolve::{Edge, Request, Resolver, Target};
use crate::virtual_modules;
use crate::wire::Flavour;
use crate::{Diagnostic, Platform, codes, diagnose};

/// The first line of every bundle: the globals that Metro's runtime and React Native expect.
pub(crate) fn first_line(dev: bool) -> String {
    let mode = if dev { "development" } else { "production" };
    let mut names = vec![
        "__BUNDLE_START_TIME__=globalThis.nativePerformanceNow?nativePerformanceNow():Date.now()".to_owned(),
        format!("__DEV__={dev}"),
        "process=globalThis.process||{}".to_owned(),
        "__METRO_GLOBAL_PREFIX__=''".to_owned(),
    ];
    if dev {
        names.push("__requireCycleIgnorePatterns=[/(^|\\/|\\\\)node_modules($|\\/|\\\\)/]".to_owned());
        names.push("__unstable_forceFullRefreshPatterns=[]".to_owned());
    }
    let names = names.join(",");
    format!(
        "var {names};process.env=process.env||{{}};process.env.NODE_ENV=process.env.NODE_ENV||\"{mode}\";"
    )
}

/// Finds the scripts and the modules that run before the entry.
pub(crate) struct Frame<'a> {
    pub(crate) image: &'a Image,
    pub(crate) resolver: &'a Resolver<'a>,
}

impl Frame<'_> {
    /// The scripts before the modules, in order. One that should be installed and is not is an error.
    pub(crate) fn scripts(&self, faults: &mut Vec<Diagnostic>) -> Vec<String> {
        let settings = self.resolver.settings();
        let web = settings.platform == Platform::Web;
        match settings.flavour {
            Flavour::Web => vec![self.module_system().unwrap_or_else(|| virtual_modules::RUNTIME.to_owned())],
            Flavour::ReactNative => {
                let mut scripts = self.required_module_system(faults);
                scripts.extend(self.react_native_polyfills(true, faults));
                scripts
            }
            Flavour::Expo => {
                let mut scripts = self.required_module_system(faults);
                let own =
                    [virtual_modules::EXTERNAL_REQUIRE, virtual_modules::ENVIRONMENT].map(str::to_owned);
                if web {
                    scripts.extend(own);
                    scripts.extend(self.react_native_polyfills(false, faults));
                } else {
                    scripts.extend(self.react_native_polyfills(true, faults));
                    scripts.extend(own);
                    scripts.extend(self.file("expo/virtual/streams.js"));
                }
                scripts
            }
        }
    }

    /// The modules that run before the entry when something leads to them, in order.
    pub(crate) fn run_before_main(&self) -> Vec<String> {
        let settings = self.resolver.settings();
        let found = match settings.flavour {
            Flavour::Web => Vec::new(),
            Flavour::ReactNative => {
                let setup = self.file("react-native/setup-env");
                vec![setup.or_else(|| self.file("react-native/Libraries/Core/InitializeCore"))]
            }
            Flavour::Expo => vec![
                self.file("react-native/Libraries/Core/InitializeCore"),
                self.file("expo/src/winter/index.ts"),
                self.file("@expo/metro-runtime"),
            ],
        };
        found.into_iter().flatten().collect()
    }

    fn required_module_system(&self, faults: &mut Vec<Diagnostic>) -> Vec<String> {
        let found = self.module_system();
        if found.is_none() {
            faults.push(missing("metro-runtime"));
        }
        found.into_iter().collect()
    }

    fn module_system(&self) -> Option<String> {
        if self.resolver.settings().flavour == Flavour::Expo
            && let Some(own) = self.through(&["expo", "@expo/cli"], "build/metro-require/require.js")
        {
            return Some(own);
        }
        self.resolver.metro_runtime_file("src/polyfills/require.js")
    }

    fn react_native_polyfills(&self, with_console: bool, faults: &mut Vec<Diagnostic>) -> Vec<String> {
        let names = if with_console { &["console.js", "error-guard.js"][..] } else { &["error-guard.js"] };
        let mut scripts = Vec::new();
        for name in names {
            match self.through(&["react-native", "@react-native/js-polyfills"], name) {
                Some(script) => scripts.push(script),
                // On the web React Native itself need not be installed.
                None if self.resolver.settings().platform == Platform::Web => {}
                None => faults.push(missing(&format!("@react-native/js-polyfills/{name}"))),
            }
        }
        scripts
    }

    /// A file of the last of `packages`, each found from inside the one before.
    fn through(&self, packages: &[&str], file: &str) -> Option<String> {
        let folder = self.resolver.package_through(packages)?;
        self.image.file(&child(&folder, file)).map(|path| path.to_string())
    }

    /// The file of an installed package, as the app finds it.
    fn file(&self, specifier: &str) -> Option<String> {
        let origin = &self.image.in_app("package.json");
        match self.resolver.resolve_strictly(Request { origin, specifier, edge: Edge::Require }) {
            Ok(Target::File(path)) => Some(path.to_string()),
            _ => None,
        }
    }
}

fn missing(name: &str) -> Diagnostic {
    let message = format!("{name} is not installed, and every bundle of this framework begins with it");
    diagnose::hint(diagnose::error(codes::MISSING_RUNTIME, message), "install the project's dependencies")
}
