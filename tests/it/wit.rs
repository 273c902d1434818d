//! The interfaces in `wit/`, against what is said about them elsewhere.
