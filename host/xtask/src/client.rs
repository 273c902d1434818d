//! The typed half of `host/client`: a method an operation and a type a shape, made of the document of
//! the API that a person looked at.
//!
//! **Invariant:** what stands in the repository is what the document makes; a test compares them.

mod operation;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::house::House;

/// The methods of a path.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const HEAD: &str = "// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.\n";

/// The document that was looked at.
const DOCUMENT: &str = "tests/golden/api/openapi.json";
/// Where the files go.
const FOLDER: &str = "host/client/src/api";

/// An operation of the document.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    item: &'a Value,
}

/// Writes the files anew.
pub(crate) fn write(house: &House) -> Result<()> {
    let folder = house.root(FOLDER);
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)?;
    }
    for (name, text) in files(house)? {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// The files by their names in [`FOLDER`], formatted.
fn files(house: &House) -> Result<BTreeMap<PathBuf, String>> {
    let document = std::fs::read(house.root(DOCUMENT)).context("the document is not there")?;
    let mut document: Value = serde_json::from_slice(&document)?;
    name_rows(&mut document);
    let mut tags: BTreeMap<String, Vec<Operation<'_>>> = BTreeMap::new();
    let paths = document.get("paths").and_then(Value::as_object).context("the document has no paths")?;
    for (path, item) in paths {
        for method in METHODS {
            let Some(item) = item.get(method) else { continue };
            let tag = item.pointer("/tags/0").and_then(Value::as_str).context("an operation has a tag")?;
            tags.entry(tag.to_owned()).or_default().push(Operation { method, path, item });
        }
    }
    let owners = owners(&document, &tags);
    let mut files = BTreeMap::new();
    let (mut modules, mut shapes) = (HEAD.to_owned(), HEAD.to_owned());
    modules.push_str("\n//! Every operation of the API, a file a part of it, and the shapes of what it takes and answers.\n\n");
    shapes.push_str("\n//! The shapes of the API, a file a part of it.\n\n");
    let mut queries = String::new();
    for (tag, operations) in &tags {
        let names: Vec<&String> =
            owners.iter().filter(|(_, owner)| *owner == tag).map(|(name, _)| name).collect();
        let made = operation::file(operations)?;
        writeln!(modules, "mod {tag};")?;
        for query in &made.queries {
            writeln!(queries, "pub use {tag}::{query};")?;
        }
        files.insert(PathBuf::from(format!("{tag}.rs")), formatted(&format!("{HEAD}{}", made.text))?);
        if names.is_empty() {
            continue;
        }
        writeln!(shapes, "mod {tag};\npub use {tag}::*;")?;
        let mut text = String::new();
        let mut used = BTreeSet::new();
        for name in &names {
            text.push_str(&shape::declared(&document, name, &mut used)?);
        }
        let foreign: Vec<_> = used.iter().filter(|name| owners.get(*name) != Some(tag)).cloned().collect();
        let foreign: Vec<_> = foreign.iter().map(|name| shape::type_name(name)).collect();
        let own = format!(
            "{HEAD}\n//! Shapes of `{tag}`.\n\n#![allow(missing_docs, reason = \"they are the names of the document\")]\n\n{}{}{}\n{text}",
            "use serde::{Deserialize, Serialize};\n",
            if text.contains("Value") { "use serde_json::Value;\n" } else { "" },
            if foreign.is_empty() {
                String::new()
            } else {
                format!("use super::{{{}}};\n", foreign.join(", "))
            },
        );
        files.insert(PathBuf::from(format!("shapes/{tag}.rs")), formatted(&own)?);
    }
    writeln!(modules, "pub mod shapes;\n\n{queries}")?;
    files.insert(PathBuf::from("mod.rs"), formatted(&modules)?);
    files.insert(PathBuf::from("shapes/mod.rs"), formatted(&shapes)?);
    Ok(files)
}

/// The rows of a page have a shape of their own, which the page spells out.
fn name_rows(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    let known: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, schema) in schemas.iter_mut() {
        let row = name.strip_prefix("Page_").filter(|row| known.contains(*row));
        if let (Some(row), Some(items)) = (row, schema.pointer_mut("/properties/items/items")) {
            *items = serde_json::json!({ "$ref": format!("#/components/schemas/{row}") });
        }
    }
}

/// In which part each shape is written: the first that needs it.
fn owners(document: &Value, tags: &BTreeMap<String, Vec<Operation<'_>>>) -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    for (tag, operations) in tags {
        let mut open: Vec<String> =
            operations.iter().flat_map(|operation| shape::references(operation.item)).collect();
        while let Some(name) = open.pop() {
            if owners.contains_key(&name) || name == "Problem" {
                continue;
            }
            open.extend(shape::schema(document, &name).map(shape::references).unwrap_or_default());
            owners.insert(name, tag.clone());
        }
    }
    owners
}

/// As `cargo fmt` has it.
fn formatted(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start rustfmt")?;
    child.stdin.take().context("rustfmt takes nothing")?.write_all(text.as_bytes())?;
    let made = child.wait_with_output()?;
    if !made.status.success() {
        bail!("rustfmt does not understand:\n{text}");
    }
    Ok(String::from_utf8(made.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_has_every_operation_of_the_document_as_it_is_written_there() {
        let house = House::find().unwrap();
        for (name, text) in files(&house).unwrap() {
            let path = house.root(FOLDER).join(&name);
            let known = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                known == text,
                "{} is not what the document makes; run `cargo xtask bless`",
                name.display()
            );
        }
    }

    #[test]
    fn no_file_is_left_of_what_the_document_no_longer_has() {
        let house = House::find().unwrap();
        let files = files(&house).unwrap();
        let (root, mut folders) = (house.root(FOLDER), vec![house.root(FOLDER)]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap();
                    assert!(files.contains_key(name), "{}", name.display());
                }
            }
        }
    }
}
