//! What is said about a module that does not fit, word for word, and that the module
//! next to it which does fit is taken.

// Tests may stop at the first surprise; the exemption for tests does not reach the
// functions they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "registration/guest.rs"]
mod guest;
#[path = "registration/measures.rs"]
mod measures;
#[path = "registration/skew.rs"]
mod skew;
#[path = "registration/stock.rs"]
mod stock;
