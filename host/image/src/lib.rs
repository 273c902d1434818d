//! The immutable project image: packing a tree, reading it back.
