//! The finished map as text.

use super::files::Project;
use super::id::Id;
use super::limits::OUTPUT_BYTES_MAX;
use super::load::Read;
use super::nodes::Graph;
use super::{Depth, SCHEMA};
use crate::json::Json;

/// Writes everything. What does not fit is left out, pages first, and said so.
pub(crate) fn map(
    json: &mut Json,
    project: &Project,
    read: &mut Read,
    depth: Depth,
    graph: &Graph,
    pages: &[String],
) {
    let sum = |texts: &mut dyn Iterator<Item = &String>| {
        texts.map(|text| text.len().saturating_add(1)).sum::<usize>()
    };
    let mut room = OUTPUT_BYTES_MAX;
    let nodes = fit(&mut room, sum(&mut graph.nodes.values()));
    let edges = fit(&mut room, sum(&mut graph.edges.values()));
    let cascades = fit(&mut room, sum(&mut pages.iter()));
    if !(nodes && edges && cascades) {
        read.limits.note("output-bytes");
    }
    json.object(|json| {
        json.key("cia").string(match depth {
            Depth::Off => "off",
            Depth::Basic => "basic",
            Depth::Deep => "deep",
        });
        json.key("diagnostics").array(|json| diagnostics(json, read));
        json.key("edges").array(|json| raws(json, graph.edges.values().filter(|_| edges)));
        json.key("inputs").object(|json| {
            for (path, bytes) in &project.files {
                json.key(path).string(&Id::of_bytes(bytes).text());
            }
        });
        json.key("limits").object(|json| {
            json.key("hit").strings(read.limits.hit.iter().copied());
            json.key("partial").boolean(!read.limits.hit.is_empty());
        });
        json.key("nodes").array(|json| raws(json, graph.nodes.values().filter(|_| nodes)));
        json.key("pages").array(|json| raws(json, pages.iter().filter(|_| cascades)));
        json.key("schema").string(SCHEMA);
    });
}

/// Whether so many bytes are left.
fn fit(room: &mut usize, wanted: usize) -> bool {
    match room.checked_sub(wanted) {
        Some(rest) => {
            *room = rest;
            true
        }
        None => false,
    }
}

fn raws<'t>(json: &mut Json, texts: impl Iterator<Item = &'t String>) {
    for text in texts {
        json.raw(text);
    }
}

fn diagnostics(json: &mut Json, read: &Read) {
    for one in &read.diagnostics {
        json.object(|json| {
            json.key("code").string(one.code);
            json.key("column").number(one.column);
            json.key("line").number(one.line);
            json.key("message").string(&one.message);
            json.key("path").string(&one.path);
        });
    }
}
