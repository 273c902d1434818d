//! Guests made from a changed copy of `wit/`, as another version of the host would
//! have had it.

use hivesync_types::CompileLimits;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");

pub(crate) const LIMITS: CompileLimits = CompileLimits {
    module_bytes: 32 << 20,
    functions: 100_000,
    function_bytes: 512 << 10,
    cpu_seconds: 60,
    memory_bytes: 1 << 30,
    output_bytes: 64 << 20,
};

/// Everything that world `preview-bundler` imports.
pub(crate) const ALL_GRANTS: [&str; 5] = ["project", "artifacts", "log", "progress", "mapper"];

/// One text of `wit/` that was different: from, to.
pub(crate) type Change = (&'static str, &'static str);

/// A component that imports and exports everything in `world` of a changed `wit/`.
/// Every change must hit something.
pub(crate) fn guest(world: &str, changes: &[Change]) -> Vec<u8> {
    let mut text = String::from("package hivesync:build@0.1.0;\n");
    let mut names: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names.iter().filter(|path| path.extension().is_some_and(|extension| extension == "wit")) {
        text.push_str(&std::fs::read_to_string(path).unwrap().replace("package hivesync:build@0.1.0;", ""));
    }
    for (from, to) in changes {
        assert!(text.contains(from), "`{from}` is not in wit/");
        text = text.replace(from, to);
    }
    let mut resolve = Resolve::default();
    let package = resolve.push_str("guest.wit", &text).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}
