//! Names of interfaces, such as `hivesync:build/log@0.1.0`.

use std::fmt;

use semver::Version;

/// An interface's name in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InterfaceName<'a> {
    /// `hivesync:build`.
    pub(crate) package: &'a str,
    /// `log`.
    pub(crate) interface: &'a str,
    /// `0.1.0`.
    pub(crate) version: Option<Version>,
}

impl<'a> InterfaceName<'a> {
    /// The parts of `package/interface@version`; none for a plain name.
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(Version::parse(version).ok()?)),
            None => (name, None),
        };
        let (package, interface) = path.split_once('/')?;
        package.contains(':').then_some(Self { package, interface, version })
    }

    /// The version as it is shown.
    pub(crate) fn version_text(&self) -> String {
        self.version.as_ref().map_or_else(|| "no version".to_owned(), Version::to_string)
    }
}

impl fmt::Display for InterfaceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.package, self.interface)
    }
}

/// How a module's version of a package stands to the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skew {
    /// The host offers everything this version has.
    Served,
    /// The host is older.
    TooNew,
    /// The host has left this version behind.
    Unsupported,
}

/// Compares by the rules of semantic versions: below 1.0 the second number is the one
/// that breaks. A pre-release matches itself only.
pub(crate) fn skew(module: &Version, host: &Version) -> Skew {
    let line = |version: &Version| match version.major {
        0 => (0, version.minor),
        major => (major, 0),
    };
    let exact = !module.pre.is_empty() || !host.pre.is_empty();
    match line(module).cmp(&line(host)) {
        std::cmp::Ordering::Greater => Skew::TooNew,
        std::cmp::Ordering::Less => Skew::Unsupported,
        std::cmp::Ordering::Equal if module == host => Skew::Served,
        std::cmp::Ordering::Equal if module > host => Skew::TooNew,
        std::cmp::Ordering::Equal if exact => Skew::Unsupported,
        std::cmp::Ordering::Equal => Skew::Served,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_to_each_other_as_semantic_versions_do() {
        let table = [
            ("0.1.0", "0.1.0", Skew::Served),
            ("0.1.0", "0.1.4", Skew::Served),
            ("0.1.5", "0.1.4", Skew::TooNew),
            ("0.2.0", "0.1.4", Skew::TooNew),
            ("0.1.9", "0.2.0", Skew::Unsupported),
            ("1.0.0", "0.9.0", Skew::TooNew),
            ("1.2.0", "1.9.3", Skew::Served),
            ("1.9.0", "2.0.0", Skew::Unsupported),
            ("0.1.0-rc.1", "0.1.0", Skew::Unsupported),
        ];
        for (module, host, expected) in table {
            let [module, host] = [module, host].map(|text| Version::parse(text).unwrap());
            assert_eq!(skew(&module, &host), expected, "{module} on {host}");
        }
    }

    #[test]
    fn only_a_qualified_name_has_parts() {
        let name = InterfaceName::parse("hivesync:build/log@0.1.0").unwrap();
        assert_eq!((name.package, name.interface), ("hivesync:build", "log"));
        for plain in ["log", "a/b@1.0.0", "a:b/c@x"] {
            assert_eq!(InterfaceName::parse(plain), None, "{plain}");
        }
    }
}
