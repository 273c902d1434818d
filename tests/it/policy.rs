//! The policies in `sandbox-policies/`, against the code that reads them.

mod explained;
mod lint;
mod manual;

pub(crate) use manual::rows;
