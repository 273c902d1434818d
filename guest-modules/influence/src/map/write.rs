//! The finished map as text.

use std::borrow::Cow;

use super::files::Digests;
use super::limits::OUTPUT_BYTES_MAX;
use super::load::Read;
use super::nodes::Graph;
use super::{Depth, SCHEMA};
use crate::json::Json;

/// Writes everything, and tells whether it fits. What does not is left out, pages first, and
/// said so.
pub(crate) fn map(
    json: &mut Json,
    digests: &Digests<'_>,
    read: &mut Read,
    depth: Depth,
    graph: &Graph,
    pages: &[Cow<'_, str>],
) -> bool {
    let pages: Vec<&str> = pages.iter().map(AsRef::as_ref).collect();
    let mut room = OUTPUT_BYTES_MAX;
    let mut all = true;
    let mut kept = [graph.nodes.sorted(), graph.edges.sorted(), pages];
    for texts in &mut kept {
        if !fit(&mut room, texts.iter().map(|text| text.len().saturating_add(1)).sum()) {
            texts.clear();
            all = false;
        }
    }
    if !all {
        read.limits.note("output-bytes");
    }
    let [nodes, edges, pages] = kept;
    json.reserve(OUTPUT_BYTES_MAX - room);
    json.object(|json| {
        json.key("cia").string(match depth {
            Depth::Off => "off",
            Depth::Basic => "basic",
            Depth::Deep => "deep",
        });
        json.key("diagnostics").array(|json| diagnostics(json, read));
        json.key("edges").array(|json| raws(json, &edges));
        json.key("inputs").object(|json| {
            for (path, digest) in digests {
                json.key(path).string(&digest.text());
            }
        });
        json.key("limits").object(|json| {
            json.key("hit").strings(read.limits.hit.iter().copied());
            json.key("partial").boolean(!read.limits.hit.is_empty());
        });
        json.key("nodes").array(|json| raws(json, &nodes));
        json.key("pages").array(|json| raws(json, &pages));
        json.key("schema").string(SCHEMA);
    });
    all
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

fn raws(json: &mut Json, texts: &[&str]) {
    for text in texts {
        json.raw(text);
    }
}

fn diagnostics(json: &mut Json, read: &Read) {
    for one in &read.diagnostics {
        json.object(|json| {
            json.key("code").string(&one.code);
            json.key("column").number(one.column);
            json.key("line").number(one.line);
            json.key("message").string(&one.message);
            json.key("path").string(&one.path);
        });
    }
}
