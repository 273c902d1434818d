//! The process that holds one guest for one run.

fn main() {}
