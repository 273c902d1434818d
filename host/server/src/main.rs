//! The hivesync command.

fn main() {}
