//! `hivesync cache`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use hivesync_pipeline::{
    CachePart, KeyId, Keys, cache_status, clear_cache, export_cache, import_cache, place_output,
};
use hivesync_sandbox::{ShipmentError, Shipped};
use hivesync_types::Code;
use serde_json::{Value, json};

use crate::cli::CacheCommand;
use crate::exit::Exit;
use crate::paths::DataFolders;
use crate::progress::print_quietly;
use crate::random::random;
use crate::report::{self, Problem};

/// What is told of a command that worked: a JSON value and a text.
type Told = (Value, String);

pub(crate) fn run(command: &CacheCommand) -> Exit {
    let (name, json, told) = match command {
        CacheCommand::Status { json } => ("cache status", json, status()),
        CacheCommand::Clear { json } => ("cache clear", json, clear()),
        CacheCommand::Export { file, json } => ("cache export", json, export(file)),
        CacheCommand::Import { file, keys, json } => ("cache import", json, import(file, keys)),
    };
    match told {
        Ok((result, _)) if *json => {
            print_quietly(&report::line(&json!({ "command": name, "ok": true, "result": result })));
            Exit::Done
        }
        Ok((_, text)) => {
            print_quietly(&text);
            Exit::Done
        }
        Err(problem) => {
            if *json {
                print_quietly(&report::line(&problem.to_json(name)));
            } else {
                problem.print();
            }
            match problem.code {
                // The file that was checked is at fault.
                Code::ModuleBadSignature => Exit::Project,
                code => code.into(),
            }
        }
    }
}

fn folders() -> Result<DataFolders, Problem> {
    DataFolders::find().map_err(|error| Problem::host(&error.to_string()))
}

fn keys(folders: &DataFolders) -> Result<Keys, Problem> {
    Keys::load_or_create(&folders.keys(), random).map_err(|error| Problem::host(&error.to_string()))
}

fn status() -> Result<Told, Problem> {
    let cache = folders()?.cache;
    let parts = cache_status(&cache).map_err(|error| unusable(&cache, &error))?;
    let bytes: u64 = parts.iter().map(|part| part.bytes).sum();
    let mut text = format!("{}: {}\n", cache.display(), report::bytes_text(bytes));
    for CachePart { name, holds, files, bytes } in &parts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<12} {:>10} in {files} files: {holds}", report::bytes_text(*bytes));
    }
    Ok((json!({ "folder": cache, "bytes": bytes, "parts": parts }), text))
}

fn clear() -> Result<Told, Problem> {
    let cache = folders()?.cache;
    clear_cache(&cache).map_err(|error| unusable(&cache, &error))?;
    Ok((json!({ "folder": cache }), format!("cleared {}\n", cache.display())))
}

fn export(file: &Path) -> Result<Told, Problem> {
    let folders = folders()?;
    let keys = keys(&folders)?;
    let shipped = place_output(file, |out| {
        let mut out = BufWriter::new(out);
        let shipped = export_cache(&folders.cache, &keys, &mut out)?;
        out.flush()?;
        Ok::<Shipped, ShipmentError>(shipped)
    });
    let shipped = shipped.map_err(|error| problem(file, &error))?;
    Ok(told("wrote", file, shipped, Some(keys.bundle.id())))
}

fn import(file: &Path, trusted: &[KeyId]) -> Result<Told, Problem> {
    let folders = folders()?;
    let keys = keys(&folders)?;
    let own = [keys.bundle.id()];
    let trusted = if trusted.is_empty() { &own } else { trusted };
    let mut from = File::open(file).map_err(|error| unusable(file, &error))?;
    let shipped = import_cache(&folders.cache, &keys, trusted, &mut from);
    Ok(told("took in", file, shipped.map_err(|error| problem(file, &error))?, None))
}

fn told(verb: &str, file: &Path, shipped: Shipped, signer: Option<KeyId>) -> Told {
    let Shipped { entries, bytes } = shipped;
    let signer = signer.map(|signer| signer.to_string());
    let signed = signer.as_ref().map(|signer| format!(", signed by {signer}")).unwrap_or_default();
    let text =
        format!("{verb} {}: {entries} answers, {}{signed}\n", file.display(), report::bytes_text(bytes));
    (json!({ "file": file, "entries": entries, "bytes": bytes, "key_id": signer }), text)
}

fn problem(file: &Path, error: &ShipmentError) -> Problem {
    let message = format!("{}: {error}", file.display());
    match error {
        ShipmentError::Spoiled(_) | ShipmentError::Untrusted(_) => {
            Problem::with_code(Code::ModuleBadSignature, &message)
        }
        ShipmentError::Storage(_) | ShipmentError::Cache(_) => Problem::host(&message),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::host(&format!("{} cannot be used: {}", path.display(), error.kind()))
}
