//! The process that turns one WebAssembly component into machine code.

fn main() {}
