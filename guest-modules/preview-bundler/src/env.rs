//! The project's public variables: from its `.env` files and from the request.
//!
//! Only names with a public prefix leave this file: the rest of a `.env` file may be secret,
//! and a bundle is not.

use std::collections::BTreeMap;

use crate::Host;
use crate::image::Image;
use crate::wire::Flavour;

/// The public variables in ascending order of their names. The request wins over the files,
/// and a later file over an earlier one.
pub(crate) fn public_variables(
    host: &dyn Host,
    image: &Image,
    flavour: Flavour,
    dev: bool,
    requested: &[(String, String)],
) -> Vec<(String, String)> {
    let mode = if dev { "development" } else { "production" };
    let files =
        [".env".to_owned(), format!(".env.{mode}"), ".env.local".to_owned(), format!(".env.{mode}.local")];
    let mut variables = BTreeMap::new();
    for file in files {
        if image.has_file(&file)
            && let Ok(bytes) = host.read(&file)
        {
            variables.extend(parse(&String::from_utf8_lossy(&bytes)));
        }
    }
    variables.retain(|name, _| is_public(name, flavour));
    variables.extend(requested.iter().cloned());
    variables.into_iter().collect()
}

fn is_public(name: &str, flavour: Flavour) -> bool {
    match flavour {
        Flavour::Expo => name.starts_with("EXPO_PUBLIC_"),
        Flavour::ReactNative => false,
        Flavour::Web => ["VITE_", "REACT_APP_", "PUBLIC_"].iter().any(|prefix| name.starts_with(prefix)),
    }
}

/// What Expo's own packages ask `process.env` for.
pub(crate) fn expo_variables(router_root: &str) -> Vec<(String, String)> {
    [
        ("EXPO_BASE_URL", ""),
        ("EXPO_PROJECT_ROOT", "/"),
        ("EXPO_ROUTER_ABS_APP_ROOT", router_root),
        ("EXPO_ROUTER_APP_ROOT", router_root),
        ("EXPO_ROUTER_IMPORT_MODE", "sync"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn parse(text: &str) -> Vec<(String, String)> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| (name.to_owned(), unquote(value.trim())))
}

fn unquote(value: &str) -> String {
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.split(quote).next()) {
            return if quote == '"' { inner.replace("\\n", "\n") } else { inner.to_owned() };
        }
    }
    let end = value.find(" #").unwrap_or(value.len());
    value.get(..end).unwrap_or(value).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    #[test]
    fn later_files_and_the_request_win_and_secrets_stay_behind() {
        let project = Project::new()
            .file(
                ".env",
                "EXPO_PUBLIC_A=1\nSECRET=x\nexport EXPO_PUBLIC_B=\"two # 2\" # c\n# EXPO_PUBLIC_D=1",
            )
            .file(".env.production", "EXPO_PUBLIC_A = 3 # not 1")
            .file(".env.development", "EXPO_PUBLIC_A=dev");
        let image = Image::read(&project);
        let requested = [("EXPO_PUBLIC_C".to_owned(), "4".to_owned())];
        let variables = public_variables(&project, &image, Flavour::Expo, false, &requested);
        let expected = [("EXPO_PUBLIC_A", "3"), ("EXPO_PUBLIC_B", "two # 2"), ("EXPO_PUBLIC_C", "4")];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
