//! A project's files between an upload and a build: read from what a stranger sent or from a
//! repository beside the server, named by what is in them, kept as one zip, and written into a folder.
//!
//! What this crate does not do: decide who may upload, or store anything.
//!
//! **Invariant:** a [`Tree`] holds regular files under plain relative paths within its
//! limits, whatever the upload held; an upload that asks for more is refused whole.

mod error;
mod git;
mod gzip;
mod tree;
mod unpack;
mod zipped;

pub use error::SourcesError;
pub use git::{GitError, read_ref};
pub use gzip::read_tar_gz;
pub use tree::{Tree, TreeLimits};
pub use unpack::write_into;
pub use zipped::{read_zip, write_zip};

#[cfg(test)]
mod tests;
