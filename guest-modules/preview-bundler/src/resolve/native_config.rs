//! What a `react-native.config.js` says of linking, of the app for any package and of a package
//! for itself, as far as it is written in literals.

use std::rc::Rc;

use crate::Platform;
use crate::config::literal::{Literal, exported};
use crate::image::Image;
use crate::packages::Packages;
use crate::paths::child;
use crate::{Diagnostic, Host, codes, diagnose};

/// Where it may stand.
const FILES: [&str; 2] = ["react-native.config.js", "react-native.config.ts"];

/// The configuration in one folder.
#[derive(Default)]
pub(crate) struct NativeConfig(Option<Literal>);

impl NativeConfig {
    pub(super) fn of(packages: &Packages<'_>, folder: &str) -> Self {
        let text = FILES.iter().find_map(|file| packages.file_text(&child(folder, file)));
        Self(text.and_then(|text| exported(&text)))
    }

    /// Whether the package brings a platform, and is no module of one.
    pub(super) fn is_platform(&self) -> bool {
        let platforms = self.0.as_ref().and_then(|config| config.get("platforms"));
        matches!(platforms, Some(Literal::Object(names)) if !names.is_empty())
    }

    /// What a package says of itself on `platform`: none where it says nothing.
    pub(super) fn of_itself(&self, platform: Platform) -> Option<Linking> {
        self.linking(&["dependency", "platforms", name_of(platform)])
    }

    /// What the app says of `package` on `platform`.
    pub(super) fn of_dependency(&self, package: &str, platform: Platform) -> Option<Linking> {
        self.linking(&["dependencies", package, "platforms", name_of(platform)])
    }

    fn linking(&self, keys: &[&str]) -> Option<Linking> {
        let found = self.0.as_ref()?.behind(keys)?;
        Some(if *found == Literal::Null { Linking::Off } else { Linking::On })
    }
}

/// Whether a package is linked where it has a native part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Linking {
    On,
    Off,
}

fn name_of(platform: Platform) -> &'static str {
    if platform == Platform::Android { "android" } else { "ios" }
}

/// A warning where the app's configuration says of its dependencies what only running it could tell.
pub(crate) fn unread(host: &dyn Host, image: &Image) -> Option<Diagnostic> {
    let files = FILES.iter().map(|file| image.in_app(file));
    let file: Rc<str> = files.into_iter().find_map(|file| image.file(&file))?;
    let text = String::from_utf8_lossy(&host.read(&file).ok()?).into_owned();
    let line = line_that_is_no_literal(&exported(&text)?)?;
    let message =
        "which packages are linked is not told by literals here; those with a native part count as linked";
    let found = diagnose::at(codes::UNSUPPORTED_CONFIG, message, &file, (line, 0), &text);
    let hint = "write dependencies: { name: { platforms: { ios: null } } }";
    Some(diagnose::hint(diagnose::warning(found), hint))
}

/// The first line that decides about linking and is not read.
fn line_that_is_no_literal(config: &Literal) -> Option<u32> {
    let other = |value: &Literal| match value {
        Literal::Other(line) => Some(*line),
        Literal::Object(_) | Literal::Null | Literal::Text(_) => None,
    };
    other(config).or_else(|| config.get("dependencies").and_then(other)).or_else(|| {
        let Literal::Object(packages) = config.get("dependencies")? else { return None };
        packages.iter().find_map(|(_, package)| {
            let platforms = package.get("platforms");
            other(package)
                .or_else(|| platforms.and_then(other))
                .or_else(|| ["ios", "android"].iter().find_map(|name| platforms?.get(name).and_then(other)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn line(config: &str) -> Option<u32> {
        let project = Project::new().file("react-native.config.js", config);
        unread(&project, &Image::read(&project)).map(|warning| warning.line)
    }

    #[test]
    fn a_configuration_that_decides_by_a_program_is_named_with_its_line() {
        assert_eq!(line("module.exports = { dependencies: { maps: { platforms: { ios: null } } } };"), None);
        assert_eq!(line("module.exports = { project: { ios: find() }, assets: fonts() };"), None);
        assert_eq!(line("module.exports = { dependencies: { a: { root: join(__dirname) } } };"), None);
        assert_eq!(line("module.exports = make();"), Some(1));
        assert_eq!(line("module.exports = {\n dependencies: of(ios) };"), Some(2));
        assert_eq!(line("module.exports = {\n dependencies: {\n ...(ci && { maps: {} }) } };"), Some(3));
        assert_eq!(
            line("export default { dependencies: { maps: { platforms: {\n\n ios: old ? null : {} } } } };"),
            Some(3)
        );
    }
}
