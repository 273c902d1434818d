//! A map after one file was edited, beside a map of the whole.
//!
//! Both are made of the same files and must be equal.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Before, Bench, copy};
use crate::bench::median;
use crate::bench::row::Row;
use crate::fingerprint::files_below;
use crate::setup;

/// Edits of one file that are timed.
const EDITS_MAX: usize = 5;

/// Where an edit is made: a project, how far its map goes, and the file.
struct Edited {
    name: &'static str,
    folder: PathBuf,
    depth: &'static str,
    file: &'static str,
}

impl Bench<'_> {
    /// An edit of a page, of a sheet that every page loads, and of a module.
    pub(super) fn edits(&self) -> Result<Vec<Row>> {
        let site = self.work.join("site");
        let pages = self.house.app(setup::PAGES).join("node_modules/admin-lte");
        copy(&pages.join("pages"), &site.join("pages"), &["html"])?;
        copy(&pages.join("dist"), &site.join("dist"), &["css", "js"])?;
        let library = self.work.join("library");
        let antd = self.package("antd", "antd@4.24.16")?;
        copy(&antd.join("es"), &library, &["js", "ts"])?;
        let edited = [
            Edited { name: "a page", folder: site.clone(), depth: "basic", file: "pages/widgets.html" },
            Edited {
                name: "a sheet of all pages",
                folder: site,
                depth: "basic",
                file: "dist/css/adminlte.css",
            },
            Edited { name: "a module", folder: library, depth: "basic", file: "button/button.js" },
        ];
        edited.iter().map(|one| self.edit(one)).collect()
    }

    fn edit(&self, edited: &Edited) -> Result<Row> {
        let files = files_below(&edited.folder, &[])?.len();
        eprintln!("bench: an edit of {} among {files} files", edited.name);
        let (mut whole, mut after) = (Vec::new(), Vec::new());
        for _ in 0..self.runs.min(EDITS_MAX) {
            self.map(&edited.folder, edited.depth, Before::Nothing)?;
            append(&edited.folder.join(edited.file))?;
            let (map, seconds) = self.map(&edited.folder, edited.depth, Before::LastMap)?;
            after.push(seconds);
            let (other, seconds) = self.map(&edited.folder, edited.depth, Before::Nothing)?;
            whole.push(seconds);
            ensure!(map == other, "the map after an edit of {} is another one", edited.name);
        }
        let row = format!("an edit of {} among {files} files, sandbox", edited.name);
        Ok(Row::less_than(row, median(after), "s", "whole", median(whole), 2.0))
    }
}

/// One line more, which says nothing in any of the languages.
fn append(file: &Path) -> Result<()> {
    let mut text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    text.push('\n');
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
