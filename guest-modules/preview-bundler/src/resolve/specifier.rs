//! The parts of a specifier that is not relative.

/// `@scope/name/sub/path`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BareSpecifier {
    /// The whole of it.
    pub(crate) whole: String,
    /// The first segment: the scope of a scoped package.
    pub(crate) first: String,
    /// `@scope/name` or `name`.
    pub(crate) package: String,
    /// `.`, or `./` and the rest.
    pub(crate) subpath: String,
}

impl BareSpecifier {
    pub(crate) fn parse(specifier: &str) -> Self {
        let scoped = specifier.starts_with('@');
        let mut slashes = specifier.match_indices('/').map(|(at, _)| at);
        let first_slash = slashes.next();
        let end = if scoped { slashes.next() } else { first_slash };
        let (package, rest) = end.and_then(|at| specifier.split_at_checked(at)).unwrap_or((specifier, ""));
        let first = specifier.split('/').next().unwrap_or(specifier);
        Self {
            whole: specifier.to_owned(),
            first: first.to_owned(),
            package: package.to_owned(),
            subpath: format!(".{rest}"),
        }
    }

    /// Whether a folder named like the first segment has to be there: a bare name alone may
    /// also be a file in `node_modules`.
    pub(crate) fn needs_folder(&self) -> bool {
        self.subpath != "." || self.package.len() > self.first.len()
    }
}

/// The scheme of a specifier that is a URL.
pub(crate) fn scheme(specifier: &str) -> Option<&str> {
    let (scheme, _) = specifier.split_once(':')?;
    let mut characters = scheme.chars();
    let starts_well = characters.next()?.is_ascii_alphabetic();
    let rest_is_fine = characters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (starts_well && rest_is_fine).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_belong_to_the_package_and_the_rest_is_the_subpath() {
        let parts = |specifier| {
            let bare = BareSpecifier::parse(specifier);
            (bare.first, bare.package, bare.subpath)
        };
        let expected = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("react"), expected("react", "react", "."));
        assert_eq!(parts("a/b/c"), expected("a", "a", "./b/c"));
        assert_eq!(parts("@s/p"), expected("@s", "@s/p", "."));
        assert_eq!(parts("@s/p/q"), expected("@s", "@s/p", "./q"));
        assert_eq!(parts("@s"), expected("@s", "@s", "."));
    }

    #[test]
    fn a_scheme_is_letters_before_a_colon() {
        assert_eq!(scheme("https://a/b"), Some("https"));
        assert_eq!(scheme("node:fs"), Some("node"));
        assert_eq!(scheme("@a/b:c"), None);
        assert_eq!(scheme(":a"), None);
        assert_eq!(scheme("a"), None);
    }
}
