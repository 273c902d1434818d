//! The immutable project image: what a guest knows of a project.
//!
//! An image is one or more **layers**, the lowest first; where two hold the same path
//! the upper one wins. A layer is a zip file that any tool can open, in one canonical
//! form: entries stored without compression and sorted by the bytes of their paths,
//! fixed timestamps, links as Unix link entries, no gaps, and the digest of the
//! content as the file's comment. So a mapped layer hands out slices, and equal
//! trees are equal bytes.
//!
//! Reading ([`ProjectImage`]) opens nothing, allocates one index no larger than the
//! layer's own directory, and is safe on hostile bytes. Making layers (feature
//! `pack`) walks a tree with cap-std.
//!
//! What this crate does not do: follow a link, decide who may see an image, or run anything.
//!
//! **Invariant:** a path in an image is relative, normalised UTF-8 and inside the
//! tree, whatever the tree holds.

mod image;
mod layout;
#[cfg(feature = "pack")]
pub mod pack;
mod path;

pub use image::{Entry, EntryKind, ImageError, ProjectImage, image_digest};
pub use layout::{ENTRIES_MAX, FILE_BYTES_MAX, LAYER_BYTES_MAX};
pub use path::{PATH_BYTES_MAX, is_plain_path, resolve_link};
