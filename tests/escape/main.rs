//! What is tried against the sandbox, each attempt with the twin that must pass.
