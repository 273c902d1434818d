//! What `process.env` holds while bundling.
//!
//! The host hands over what the project declares for its app; no `.env` file is read here,
//! because such a file holds secrets too.

use crate::wire::Flavour;

/// The values for the transform, each name once, in ascending order of names. What the project
/// declares wins over what its framework presets.
pub(crate) fn variables(
    flavour: Flavour,
    router_root: &str,
    declared: &[(String, String)],
) -> Vec<(String, String)> {
    let mut variables = std::collections::BTreeMap::new();
    if flavour == Flavour::Expo {
        let presets = expo_presets(router_root).map(|(name, value)| (name.to_owned(), value.to_owned()));
        variables.extend(presets);
    }
    variables.extend(declared.iter().cloned());
    variables.into_iter().collect()
}

/// What Expo's own packages ask for. A folder that begins with `/` counts from the project root.
fn expo_presets(router_root: &str) -> [(&str, &str); 5] {
    [
        ("EXPO_BASE_URL", ""),
        ("EXPO_PROJECT_ROOT", "/"),
        ("EXPO_ROUTER_ABS_APP_ROOT", router_root),
        ("EXPO_ROUTER_APP_ROOT", router_root),
        ("EXPO_ROUTER_IMPORT_MODE", "sync"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_wins_over_presets_and_names_are_in_order() {
        let declared = [("EXPO_PUBLIC_A", "1"), ("EXPO_BASE_URL", "/sub")];
        let declared = declared.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let found = variables(Flavour::Expo, "/src/app", &declared);
        let names: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("EXPO_BASE_URL", "/sub"),
            ("EXPO_PROJECT_ROOT", "/"),
            ("EXPO_PUBLIC_A", "1"),
            ("EXPO_ROUTER_ABS_APP_ROOT", "/src/app"),
            ("EXPO_ROUTER_APP_ROOT", "/src/app"),
            ("EXPO_ROUTER_IMPORT_MODE", "sync"),
        ];
        assert_eq!(names, expected);
        assert_eq!(variables(Flavour::Web, "/app", &declared).len(), 2);
    }
}
