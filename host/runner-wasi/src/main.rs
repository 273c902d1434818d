//! The runner for modules built by stock WASI toolchains.

fn main() {}
