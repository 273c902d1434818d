//! Where an address leads: to a file of the project, or out of it.

use super::resolve::join;

/// What an address means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path in the project, whether or not there is such a file.
    Path(String),
    /// Another host, opaque.
    External { url: String, domain: String },
    /// A part of the same page, a mail address, data, a script: nothing to follow.
    Nothing,
}

/// Reads `address` as it stands in the file `from`, whose `<base>` is `base`.
pub(crate) fn resolve(from: &str, base: Option<&str>, address: &str) -> Target {
    let address = address.trim_matches(|c: char| c.is_ascii_whitespace());
    if let Some(outside) = outside(address) {
        return outside;
    }
    let base = base.map(|base| base.trim_matches(|c: char| c.is_ascii_whitespace()));
    if let Some(base) = base {
        if let Some(Target::External { url, .. }) = outside(base) {
            // Relative to somewhere else is somewhere else.
            let joined = url::Url::parse(&url).and_then(|base| base.join(address));
            return joined.ok().map_or(Target::Nothing, |url| external(url.as_str()));
        }
        let Target::Path(base) = local(from, base) else { return Target::Nothing };
        return local(&base, address);
    }
    local(from, address)
}

fn outside(address: &str) -> Option<Target> {
    if address.is_empty() || address.starts_with('#') {
        return Some(Target::Nothing);
    }
    if address.starts_with("//") {
        return Some(external(&format!("https:{address}")));
    }
    let (scheme, _) = address.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !is_scheme {
        return None;
    }
    Some(match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" | "ws" | "wss" | "ftp" => external(address),
        _ => Target::Nothing,
    })
}

fn external(address: &str) -> Target {
    match url::Url::parse(address) {
        Ok(url) => {
            let domain = url.host_str().unwrap_or_default().to_owned();
            Target::External { url: url.to_string(), domain }
        }
        Err(_) => Target::External { url: address.to_owned(), domain: String::new() },
    }
}

/// A path relative to the file `from`; what leads above the project stays at its top, as in
/// a browser.
fn local(from: &str, address: &str) -> Target {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    if path.is_empty() {
        return Target::Path(from.to_owned());
    }
    let path = decode(path).replace('\\', "/");
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut joined = join(folder, &path);
    if path.ends_with('/') {
        joined = if joined.is_empty() { "index.html".to_owned() } else { format!("{joined}/index.html") };
    }
    Target::Path(joined)
}

fn decode(path: &str) -> String {
    if !path.contains('%') {
        return path.to_owned();
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let digits: Vec<u8> = rest.clone().take(2).collect();
        let digits = std::str::from_utf8(&digits).ok().filter(|digits| digits.len() == 2);
        match digits.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest.nth(1);
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(from: &str, base: Option<&str>, address: &str) -> String {
        match resolve(from, base, address) {
            Target::Path(path) => path,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_is_read_from_where_it_stands() {
        assert_eq!(path("a/b.html", None, "c.css?v=1#x"), "a/c.css");
        assert_eq!(path("a/b.html", None, "../c%20d.css"), "c d.css");
        assert_eq!(path("a/b.html", None, "/c.css"), "c.css");
        assert_eq!(path("a/b.html", None, "../../../c.css"), "c.css");
        assert_eq!(path("a/b.html", Some("/x/"), "c.css"), "x/c.css");
        assert_eq!(path("a/b.html", None, "d/"), "a/d/index.html");
    }

    #[test]
    fn what_leads_out_is_opaque_and_what_leads_nowhere_is_nothing() {
        for address in ["https://cdn.example/x.css", "//cdn.example/x.css"] {
            let Target::External { url, domain } = resolve("a.html", None, address) else {
                panic!("{address}")
            };
            assert_eq!((url.as_str(), domain.as_str()), ("https://cdn.example/x.css", "cdn.example"));
        }
        for address in ["#top", "", "mailto:a@b", "javascript:alert(1)", "data:text/css,a{}"] {
            assert_eq!(resolve("a.html", None, address), Target::Nothing, "{address}");
        }
    }
}
