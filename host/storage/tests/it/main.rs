//! What is kept is kept, wherever it is kept.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod objects;
mod queue;
