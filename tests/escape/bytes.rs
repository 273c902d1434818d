//! Byte strings that somebody might register as a module.

use hivesync_types::Digest;

use crate::frame::Guest;

/// The bytes, and the digests the policy names.
pub(crate) fn named(name: &str) -> (Vec<u8>, Option<Digest>) {
    let component = Guest::default().component();
    let bytes = match name {
        "component" | "other-digest" | "named-digest" => component.clone(),
        "core-module" => wat::parse_str(Guest::default().text()).unwrap(),
        "elf" => [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 120]].concat(),
        "noise" => b"not a module at all".to_vec(),
        "truncated" => component[..component.len() / 2].to_vec(),
        other => panic!("no bytes are called {other}"),
    };
    let named = match name {
        "other-digest" => Some(Digest::of(b"another module")),
        "named-digest" => Some(Digest::of(&component)),
        _ => None,
    };
    (bytes, named)
}
