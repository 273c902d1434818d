//! `hivesync serve`.

use std::path::Path;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::cli::ServeArguments;
use crate::config::Config;
use crate::exit::Exit;
use crate::paths::DataFolders;
use crate::serve::{self, ServeError};

/// How long threads may take to be gone at the end.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &ServeArguments) -> Exit {
    served("serve", arguments.config.as_deref(), async |config, folders| serve::run(&config, &folders).await)
}

/// Runs what goes on until it is told to stop.
pub(super) fn served(
    name: &str,
    file: Option<&Path>,
    run: impl AsyncFnOnce(Config, DataFolders) -> Result<(), ServeError>,
) -> Exit {
    let refused = |exit: Exit, error: &dyn std::fmt::Display| {
        eprintln!("hivesync {name}: {error}");
        exit
    };
    let config = match Config::load(file, |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(error) => return refused(Exit::Usage, &error),
    };
    let folders = match DataFolders::find() {
        Ok(folders) => folders,
        Err(error) => return refused(Exit::Usage, &error),
    };
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refused(Exit::Host, &error),
    };
    let exit = match runtime.block_on(run(config, folders)) {
        Ok(()) => Exit::Done,
        // What is missing in a configuration is as wrong as what is too much in it.
        Err(ServeError::Config(error)) => refused(Exit::Usage, &error),
        Err(error) => refused(Exit::Host, &error),
    };
    runtime.shutdown_timeout(GOODBYE);
    exit
}
