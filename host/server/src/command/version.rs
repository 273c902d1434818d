//! `hivesync version`.

use hivesync_types::Digest;
use serde_json::json;

use crate::exit::Exit;
use crate::paths::Home;
use crate::progress::print_quietly;

pub(crate) fn run(json: bool) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    let digest = |name: &str| {
        let home = Home::find().ok()?;
        std::fs::read(home.guests().join(name)).ok().map(|bytes| Digest::of(&bytes))
    };
    let (bundler, transform) = (digest("preview_bundler.wasm"), digest("transform.wasm"));
    if json {
        let value = json!({
            "command": "version", "ok": true,
            "result": { "version": version, "module_digest": bundler, "transform_digest": transform },
        });
        print_quietly(&format!("{value}\n"));
    } else {
        let shown =
            |digest: Option<Digest>| digest.map_or("not installed".to_owned(), |digest| digest.to_string());
        print_quietly(&format!(
            "hivesync {version}\n  preview_bundler {}\n  transform       {}\n",
            shown(bundler),
            shown(transform)
        ));
    }
    Exit::Done
}
