//! The policies in `sandbox-policies/`, against the code that reads them.
