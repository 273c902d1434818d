//! From a tree to the text of a module and its source map.
//!
//! The first line of a module is the head of its factory and the helpers it calls; the tree's own
//! text begins on the second. No mapping therefore depends on how long the head is.

use swc_core::common::sync::Lrc;
use swc_core::common::{BytePos, FileName, LineCol, SourceMap, source_map::SourceMapGenConfig};
use swc_core::ecma::ast::{EsVersion, Module};
use swc_core::ecma::codegen::text_writer::JsWriter;
use swc_core::ecma::codegen::{Config, Emitter};

use crate::Diagnostic;
use crate::api::TransformOutput;
use crate::diagnose::SourceText;
use crate::esm::{EXPORT_STAR, INTEROP_DEFAULT, Interop};

/// What stands around the code of a source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The factory that `__d` is given.
    Module,
    /// A function that is called at once with the global object.
    Polyfill,
}

/// What is known about a module besides its tree.
pub(crate) struct Head {
    pub(crate) frame: Frame,
    pub(crate) strict: bool,
    pub(crate) interop: Interop,
}

const MODULE_HEAD: &str =
    "function(global,require,_$$_IMPORT_DEFAULT,_$$_IMPORT_ALL,module,exports,_dependencyMap){";
const POLYFILL_TAIL: &str = "})(typeof globalThis!=='undefined'?globalThis:typeof global!=='undefined'?global:\
    typeof window!=='undefined'?window:this);";

impl Head {
    fn text(&self) -> String {
        let mut head = match self.frame {
            Frame::Module => MODULE_HEAD.to_owned(),
            Frame::Polyfill => "(function(global){".to_owned(),
        };
        if self.strict {
            head.push_str("\"use strict\";");
        }
        if self.interop.default {
            head.push_str(&format!(
                "function {INTEROP_DEFAULT}(e){{return e&&e.__esModule?e:{{default:e}}}}"
            ));
        }
        if self.interop.star {
            // A name of the module's own wins, and the first of two equal bindings stays.
            head.push_str(&format!(
                "function {EXPORT_STAR}(from,to,own){{Object.keys(from).forEach(function(key){{\
                 if(key===\"default\"||key===\"__esModule\"||Object.prototype.hasOwnProperty.call(own,key)||\
                 key in to&&to[key]===from[key])return;\
                 Object.defineProperty(to,key,{{enumerable:true,get:function(){{return from[key]}}}})}})}}"
            ));
        }
        head
    }

    fn tail(&self) -> &'static str {
        match self.frame {
            Frame::Module => "}",
            Frame::Polyfill => POLYFILL_TAIL,
        }
    }

    fn around(&self, body: &str) -> String {
        let head = self.text();
        let body = body.trim_end();
        let mut code = String::with_capacity(head.len() + body.len() + 64);
        code.push_str(&head);
        code.push('\n');
        if !body.is_empty() {
            code.push_str(body);
            code.push('\n');
        }
        code.push_str(self.tail());
        code
    }
}

/// A module whose code was not made from a tree; its map names the source and maps nothing.
pub(crate) fn plain(
    source: SourceText<'_>,
    frame: Frame,
    body: &str,
    diagnostics: Vec<Diagnostic>,
) -> TransformOutput {
    let head = Head { frame, strict: false, interop: Interop::default() };
    TransformOutput {
        code: head.around(body).into_bytes(),
        map: empty_map(source),
        dependencies: Vec::new(),
        is_esm: false,
        diagnostics,
    }
}

/// A map that names its source and maps nothing. A module that was nothing but types is in the
/// bundle all the same, and whoever reads the map shall see it.
fn empty_map(source: SourceText<'_>) -> Vec<u8> {
    let (path, text) = (quoted(source.path), quoted(source.text));
    format!(
        "{{\"version\":3,\"sources\":[{path}],\"sourcesContent\":[{text}],\"names\":[],\"mappings\":\"\"}}"
    )
    .into_bytes()
}

/// `text` as a string literal of JavaScript and JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The code and the map of a tree.
pub(crate) fn print(
    module: &Module,
    head: &Head,
    map: &Lrc<SourceMap>,
    source: SourceText<'_>,
    minify: bool,
) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let mut body = Vec::with_capacity(source.text.len());
    let mut mappings = Vec::new();
    let config = Config::default().with_target(EsVersion::latest()).with_minify(minify);
    let writer = JsWriter::new(map.clone(), "\n", &mut body, Some(&mut mappings));
    let mut emitter = Emitter { cfg: config, comments: None, cm: map.clone(), wr: writer };
    emitter.emit_module(module)?;
    let body = String::from_utf8_lossy(&body);
    let code = head.around(&body).into_bytes();
    Ok((code, source_map(map, source, &mappings)?))
}

/// The text of a tree alone, as short as the printer makes it, and where its parts come from.
pub(crate) fn print_bare(
    module: &Module,
    map: &Lrc<SourceMap>,
) -> std::io::Result<(String, Vec<(BytePos, LineCol)>)> {
    let mut text = Vec::new();
    let mut mappings = Vec::new();
    let config = Config::default().with_target(EsVersion::latest()).with_minify(true);
    let writer = JsWriter::new(map.clone(), "\n", &mut text, Some(&mut mappings));
    let mut emitter = Emitter { cfg: config, comments: None, cm: map.clone(), wr: writer };
    emitter.emit_module(module)?;
    Ok((String::from_utf8_lossy(&text).into_owned(), mappings))
}

/// The source map of such a text, without the source itself.
pub(crate) fn bare_map(
    map: &SourceMap,
    path: &str,
    mappings: &[(BytePos, LineCol)],
) -> std::io::Result<String> {
    let built = map.build_source_map(mappings, None, NamedSource { path });
    let mut json = Vec::new();
    built.to_writer(&mut json).map_err(std::io::Error::other)?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// Names the source and leaves its text out.
struct NamedSource<'a> {
    path: &'a str,
}

impl SourceMapGenConfig for NamedSource<'_> {
    fn file_name_to_source(&self, _: &FileName) -> String {
        self.path.to_owned()
    }

    fn inline_sources_content(&self, _: &FileName) -> bool {
        false
    }

    fn skip(&self, name: &FileName) -> bool {
        !matches!(name, FileName::Custom(path) if path == self.path)
    }
}

fn source_map(
    map: &SourceMap,
    source: SourceText<'_>,
    mappings: &[(BytePos, LineCol)],
) -> std::io::Result<Vec<u8>> {
    let shifted: Vec<_> =
        mappings.iter().map(|(at, to)| (*at, LineCol { line: to.line + 1, col: to.col })).collect();
    let built = map.build_source_map(&shifted, None, OneSource { path: source.path });
    if built.get_source_count() == 0 {
        return Ok(empty_map(source));
    }
    let mut json = Vec::with_capacity(source.text.len() * 2);
    built.to_writer(&mut json).map_err(std::io::Error::other)?;
    Ok(json)
}

/// The map names the module's own source and no text that a pass made up.
struct OneSource<'a> {
    path: &'a str,
}

impl SourceMapGenConfig for OneSource<'_> {
    fn file_name_to_source(&self, _: &FileName) -> String {
        self.path.to_owned()
    }

    fn inline_sources_content(&self, _: &FileName) -> bool {
        true
    }

    fn skip(&self, name: &FileName) -> bool {
        !matches!(name, FileName::Custom(path) if path == self.path)
    }
}
