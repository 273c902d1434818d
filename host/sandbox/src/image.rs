//! The project image of a run, as the broker sees it: mapped layers, and the
//! descriptors a runner gets.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;

use bytes::Bytes;
use hivesync_image::ProjectImage;
use hivesync_types::Digest;
use memmap2::Mmap;

use crate::error::Error;

/// An immutable project image. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Image(Arc<Mapped>);

#[derive(Debug)]
struct Mapped {
    layers: Vec<File>,
    content: ProjectImage<Mmap>,
}

impl Image {
    /// Maps the layers, the lowest first. They must not change while the image is in
    /// use: take them from the cache or from sealed memory files, never from the
    /// project folder.
    ///
    /// Fails with `host.storage` when a layer cannot be mapped or is none.
    pub fn from_layers(layers: Vec<File>) -> Result<Self, Error> {
        let maps = layers.iter().map(map).collect::<Result<Vec<_>, _>>()?;
        let content = ProjectImage::from_layers(maps).map_err(|source| Error::Storage {
            what: "reading an image",
            source: std::io::Error::other(source),
        })?;
        Ok(Self(Arc::new(Mapped { layers, content })))
    }

    /// Names the whole content.
    pub fn digest(&self) -> Digest {
        self.0.content.digest()
    }

    /// The entries and the bytes.
    pub fn content(&self) -> &ProjectImage<Mmap> {
        &self.0.content
    }

    /// The bytes of a file, not copied; none where there is no file.
    pub(crate) fn file(&self, path: &str) -> Option<Bytes> {
        let bytes = self.0.content.read(path)?;
        let length = bytes.len();
        let file = FileOfImage { image: Self::clone(self), path: path.to_owned() };
        // The file was read once above, so that an absent one is none and not empty.
        Some(Bytes::from_owner(file)).filter(|kept| kept.len() == length)
    }

    /// One descriptor a layer, the lowest first.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.layers.iter().map(|layer| layer.as_fd())
    }
}

/// One file that keeps its image mapped.
struct FileOfImage {
    image: Image,
    path: String,
}

impl AsRef<[u8]> for FileOfImage {
    fn as_ref(&self) -> &[u8] {
        self.image.0.content.read(&self.path).unwrap_or_default()
    }
}

fn map(layer: &File) -> Result<Mmap, Error> {
    // SAFETY: the contract of `from_layers` is that a layer does not change. A layer
    // that is changed all the same gives other bytes, which every read checks by
    // checksum, and no out-of-bounds access: the mapping keeps its length.
    unsafe { Mmap::map(layer) }.map_err(|source| Error::Storage { what: "mapping an image", source })
}
