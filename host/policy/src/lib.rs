//! Sandbox policies: text to effective limits and grants.
