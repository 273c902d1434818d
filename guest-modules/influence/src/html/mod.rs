//! Documents: what a browser's parser makes of the bytes, with scripting off, in an arena
//! that is walked without recursion.
//!
//! It does not fetch what a document refers to, and it runs nothing.
//!
//! **Invariant:** the tree is the one of the HTML standard for these bytes, or the document
//! says that it was cut.

mod arena;
#[cfg(test)]
mod conformance;
mod encoding;
mod sink;
#[cfg(test)]
mod tests;

use html5ever::driver::ParseOpts;
use html5ever::tendril::TendrilSink as _;
use html5ever::tree_builder::TreeBuilderOpts;

pub(crate) use arena::{Attribute, Document, Element, Node, NodeData, NodeId};
pub(crate) use encoding::decode;

/// Elements of one page. Stops a document whose tree fills the memory.
pub(crate) const ELEMENTS_MAX: usize = 100_000;
/// Elements around an element. Deeper ones are hung beside their ancestors, as browsers do.
pub(crate) const DEPTH_MAX: u32 = 512;

/// Open elements that the parser looks at while it reads one document. A tag asks for those
/// around it, so this stops a document that nests so deeply that every further tag costs more;
/// a large page needs a twentieth of it.
pub(crate) const LOOKED_MAX: u32 = 20_000_000;

/// Bytes that are handed to the parser at once; between two pieces the limits are looked at.
const PIECE_BYTES: usize = 16 * 1024;

/// Reads a document.
pub(crate) fn parse(text: &str) -> Document {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let mut parser = html5ever::parse_document(sink::Sink::default(), options);
    let mut rest = text;
    while !rest.is_empty() {
        let cut = rest.floor_char_boundary(PIECE_BYTES);
        let (piece, more) = rest.split_at(cut);
        parser.process(piece.into());
        if parser.tokenizer.sink.sink.is_full() {
            break;
        }
        rest = more;
    }
    parser.finish()
}
