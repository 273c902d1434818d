//! `hivesync serve`.

use std::time::Duration;

use tokio::runtime::Builder;

use crate::cli::ServeArguments;
use crate::config::Config;
use crate::exit::Exit;
use crate::paths::DataFolders;
use crate::serve;

/// How long threads may take to be gone at the end.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &ServeArguments) -> Exit {
    let config = match Config::load(arguments.config.as_deref(), |name| std::env::var_os(name)) {
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
    let exit = match runtime.block_on(serve::run(&config, &folders)) {
        Ok(()) => Exit::Done,
        Err(error) => refused(Exit::Host, &error),
    };
    runtime.shutdown_timeout(GOODBYE);
    exit
}

fn refused(exit: Exit, error: &dyn std::fmt::Display) -> Exit {
    eprintln!("hivesync serve: {error}");
    exit
}
