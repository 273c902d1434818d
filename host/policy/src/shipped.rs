//! The policies that come with the program, as they stand in `sandbox-policies/`.

/// The policies by name, with their text. `default` is the manual.
pub const SHIPPED: [(&str, &str); 7] = [
    ("default", include_str!("../../../sandbox-policies/default.toml")),
    ("influence-map", include_str!("../../../sandbox-policies/influence-map.toml")),
    ("pipeline-step", include_str!("../../../sandbox-policies/pipeline-step.toml")),
    ("preview-bundler", include_str!("../../../sandbox-policies/preview-bundler.toml")),
    ("plugin-host", include_str!("../../../sandbox-policies/plugin-host.toml")),
    ("transform", include_str!("../../../sandbox-policies/transform.toml")),
    ("wasi-sample", include_str!("../../../sandbox-policies/wasi-sample.toml")),
];

/// The text of one of them.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
}
