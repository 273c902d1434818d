//! What the app's own files are transformed with, and what those of packages.

use crate::env::Environment;
use crate::wire::TransformOptions;

/// How sources are transformed, by where they stand.
pub(crate) struct OptionsByPlace {
    pub(super) app: TransformOptions,
    pub(super) packages: TransformOptions,
}

impl OptionsByPlace {
    /// `options`, with the variables of each place.
    pub(crate) fn new(options: TransformOptions, variables: &Environment) -> Self {
        let app = TransformOptions { env: variables.of_app.clone(), ..options.clone() };
        Self { app, packages: TransformOptions { env: variables.of_packages.clone(), ..options } }
    }
}
