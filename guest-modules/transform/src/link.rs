//! Joining modules into one bundle and its indexed source map.
//!
//! No code is looked at: what the host holds as blobs goes into the pieces by number. A map is
//! therefore a list of sections, one a module, each placed by counting lines.

use crate::api::{BundleGraph, LinkedBundle, LinkedModule};
use crate::emit::quoted;
use crate::{Diagnostic, Piece, Severity};

/// Writes the bundle.
///
/// # Errors
/// When an id is missing, doubled or out of order.
pub fn link(graph: &BundleGraph) -> Result<LinkedBundle, Vec<Diagnostic>> {
    let faults = check(graph);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut writer = Writer::default();
    if !graph.prelude.is_empty() {
        writer.text(&graph.prelude);
        writer.text("\n");
    }
    for script in &graph.scripts {
        writer.module("", script, "\n");
    }
    for module in &graph.modules {
        writer.module("__d(", module, &definition_end(module, graph.dev));
    }
    for id in &graph.run {
        writer.text(&format!("__r({id});\n"));
    }
    // A map lies beside its file, and the address counts from there.
    let file = graph.name.rsplit('/').next().unwrap_or(&graph.name);
    writer.text(&format!("//# sourceMappingURL={file}.map\n"));
    Ok(LinkedBundle { bundle: writer.bundle.pieces, map: writer.map.finish(&graph.name) })
}

/// `,id,[dependencies],"name");`
fn definition_end(module: &LinkedModule, dev: bool) -> String {
    let mut end = format!(",{},[", module.id);
    for (index, dependency) in module.dependencies.iter().enumerate() {
        if index > 0 {
            end.push(',');
        }
        match dependency {
            Some(id) => end.push_str(&id.to_string()),
            None => end.push_str("null"),
        }
    }
    end.push(']');
    if dev {
        end.push(',');
        end.push_str(&quoted(&module.path));
    }
    end.push_str(");\n");
    end
}

fn check(graph: &BundleGraph) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut last: Option<u32> = None;
    for module in &graph.modules {
        if last.is_some_and(|last| module.id <= last) {
            let message = format!("module {} is doubled or out of order", module.id);
            faults.push(fault(message, Some(&module.path)));
        }
        last = Some(module.id);
    }
    if graph.elsewhere.is_sorted_by(|left, right| left < right) {
        let doubled = graph.modules.iter().filter(|module| graph.elsewhere.binary_search(&module.id).is_ok());
        faults.extend(
            doubled.map(|module| fault(format!("module {} is in two files", module.id), Some(&module.path))),
        );
    } else {
        faults.push(fault("the modules elsewhere are doubled or out of order".to_owned(), None));
    }
    let own = |id: u32| graph.modules.binary_search_by_key(&id, |module| module.id).is_ok();
    let known = |id: u32| own(id) || graph.elsewhere.binary_search(&id).is_ok();
    if faults.is_empty() {
        for module in &graph.modules {
            for id in module.dependencies.iter().flatten().filter(|id| !known(**id)) {
                faults.push(fault(format!("module {id} is asked for but missing"), Some(&module.path)));
            }
        }
        for id in graph.run.iter().filter(|id| !known(**id)) {
            faults.push(fault(format!("module {id} is to run but missing"), None));
        }
    }
    faults
}

fn fault(message: String, path: Option<&str>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "bundle.link".to_owned(),
        message,
        path: path.map(str::to_owned),
        line: 0,
        column: 0,
        frame: None,
        hint: Some("this is a fault of the bundler, not of the project: please report it".to_owned()),
    }
}

#[derive(Default)]
struct Writer {
    bundle: Pieces,
    map: MapWriter,
    line: u64,
}

impl Writer {
    fn text(&mut self, text: &str) {
        self.line += text.bytes().map(|byte| u64::from(byte == b'\n')).sum::<u64>();
        self.bundle.text(text);
    }

    fn module(&mut self, before: &str, module: &LinkedModule, after: &str) {
        self.text(before);
        if let Some(map) = module.map {
            self.map.section(self.line, map);
        }
        self.bundle.pieces.push(Piece::Blob(module.code));
        self.line += u64::from(module.code_lines);
        self.text(after);
    }
}

/// Pieces in which neighbouring texts are one.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Piece>,
}

impl Pieces {
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }
}

#[derive(Default)]
struct MapWriter {
    pieces: Pieces,
    sections: u32,
}

impl MapWriter {
    /// The head of a factory maps nothing, so a section begins at the start of its line.
    fn section(&mut self, line: u64, map: u32) {
        let separator = if self.sections == 0 { "" } else { "}," };
        self.sections += 1;
        self.pieces.text(&format!("{separator}\n{{\"offset\":{{\"line\":{line},\"column\":0}},\"map\":"));
        self.pieces.pieces.push(Piece::Blob(map));
    }

    fn finish(self, name: &str) -> Vec<Piece> {
        let mut pieces = Pieces::default();
        pieces.text(&format!("{{\"version\":3,\"file\":{},\"sections\":[", quoted(name)));
        for piece in self.pieces.pieces {
            match piece {
                Piece::Text(text) => pieces.text(&text),
                other => pieces.pieces.push(other),
            }
        }
        pieces.text(if self.sections == 0 { "]}\n" } else { "}\n]}\n" });
        pieces.pieces
    }
}
