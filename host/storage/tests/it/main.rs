//! What is kept is kept, wherever it is kept.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod asks;
mod claims;
mod content;
mod counts;
mod encrypted;
mod ended;
mod fleet;
mod objects;
mod open;
mod queue;
mod spaces;
mod tables;
mod together;
