//! Reading an image.

use hivesync_types::{Code, Digest};

use crate::layout::{self, Record};

/// The bytes are no image. A packer never makes one of these; a damaged cache or a
/// hostile sender may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// More layers than can be counted.
    #[error("an image has at most 65535 layers")]
    TooManyLayers,
    /// The file is larger than a layer may be.
    #[error("layer {layer} is larger than a layer may be")]
    TooLarge {
        /// Position of the layer, from 0.
        layer: usize,
    },
    /// The end records are missing or contradict each other.
    #[error("layer {layer} is no layer of an image")]
    NotALayer {
        /// Position of the layer, from 0.
        layer: usize,
    },
    /// The directory lists more than it may.
    #[error("layer {layer} lists more than {} entries", layout::ENTRIES_MAX)]
    TooManyEntries {
        /// Position of the layer, from 0.
        layer: usize,
    },
    /// An entry is not canonical: its path, its place, its kind or its order.
    #[error("entry {entry} of layer {layer} is not canonical")]
    BadEntry {
        /// Position of the layer, from 0.
        layer: usize,
        /// Position of the entry in its layer, from 0.
        entry: usize,
    },
}

impl ImageError {
    /// The stable code: images are made by the host, so a bad one is its own fault.
    pub const fn code(&self) -> Code {
        Code::HostStorage
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind<'a> {
    /// A regular file of this many bytes.
    File(u64),
    /// A link to this path of the image, normalised. The path need not exist.
    Link(&'a str),
}

/// One name of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// A plain path: see [`crate::is_plain_path`].
    pub path: &'a str,
    /// What it is.
    pub kind: EntryKind<'a>,
}

/// An image over the bytes of its layers, which are usually mapped files.
///
/// Every access is checked again, so that a layer that is changed under the mapping
/// gives absent files, and never a wrong range or a panic.
#[derive(Debug)]
pub struct ProjectImage<B> {
    layers: Vec<B>,
    records: Vec<Record>,
    links: Vec<String>,
    digests: Vec<Digest>,
}

impl<B: AsRef<[u8]>> ProjectImage<B> {
    /// Reads the directories of `layers`, the lowest first.
    pub fn from_layers(layers: Vec<B>) -> Result<Self, ImageError> {
        let mut image = Self { layers, records: Vec::new(), links: Vec::new(), digests: Vec::new() };
        for index in 0..image.layers.len() {
            image.add_layer(index)?;
        }
        Ok(image)
    }

    fn add_layer(&mut self, index: usize) -> Result<(), ImageError> {
        let Some(bytes) = self.layers.get(index).map(AsRef::as_ref) else { return Ok(()) };
        let number = u16::try_from(index).map_err(|_| ImageError::TooManyLayers)?;
        let upper = layout::parse(number, bytes, &mut self.links)?;
        self.digests.push(upper.digest);
        if self.records.is_empty() {
            self.records = upper.records;
        } else {
            let lower = std::mem::take(&mut self.records);
            self.records = self.merge(lower, upper.records);
        }
        Ok(())
    }

    /// Both lists in one, sorted; the upper entry where both hold a path.
    fn merge(&self, lower: Vec<Record>, upper: Vec<Record>) -> Vec<Record> {
        let mut merged = Vec::with_capacity(lower.len() + upper.len());
        let mut lower = lower.into_iter().peekable();
        for record in upper {
            let name = self.name(&record);
            while let Some(below) = lower.next_if(|below| self.name(below) < name) {
                merged.push(below);
            }
            lower.next_if(|below| self.name(below) == name);
            merged.push(record);
        }
        merged.extend(lower);
        merged
    }

    fn name(&self, record: &Record) -> &[u8] {
        let start = layout::offset(record.name_at);
        self.layer(record).get(start..start + usize::from(record.name_bytes)).unwrap_or_default()
    }

    fn layer(&self, record: &Record) -> &[u8] {
        self.layers.get(usize::from(record.layer)).map(AsRef::as_ref).unwrap_or_default()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// There is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// At most `max` entries in ascending byte order of their paths, from the
    /// `start`-th on.
    pub fn entries(&self, start: usize, max: usize) -> impl ExactSizeIterator<Item = Entry<'_>> {
        let from = start.min(self.records.len());
        let until = from.saturating_add(max).min(self.records.len());
        self.records.get(from..until).unwrap_or_default().iter().map(|record| self.entry_of(record))
    }

    fn entry_of(&self, record: &Record) -> Entry<'_> {
        let kind = match record.link.and_then(|link| self.links.get(layout::offset(link))) {
            Some(target) => EntryKind::Link(target),
            None => EntryKind::File(u64::from(record.data_bytes)),
        };
        Entry { path: std::str::from_utf8(self.name(record)).unwrap_or_default(), kind }
    }

    fn find(&self, path: &str) -> Option<&Record> {
        let found = self.records.binary_search_by(|record| self.name(record).cmp(path.as_bytes())).ok()?;
        self.records.get(found)
    }

    /// The entry at `path`.
    pub fn entry(&self, path: &str) -> Option<Entry<'_>> {
        self.find(path).map(|record| self.entry_of(record))
    }

    /// The bytes of the file at `path`; links are not followed. A file whose bytes do
    /// not have their checksum is absent, so that a decayed cache never reads as
    /// other source code.
    pub fn read(&self, path: &str) -> Option<&[u8]> {
        let record = self.find(path).filter(|record| record.link.is_none())?;
        let start = layout::offset(record.data_at);
        let data = self.layer(record).get(start..start.checked_add(layout::offset(record.data_bytes))?)?;
        (crc32fast::hash(data) == record.crc).then_some(data)
    }

    /// The digest of each layer's content, as the layers state it.
    pub fn layer_digests(&self) -> &[Digest] {
        &self.digests
    }

    /// The digest of the whole image: see [`image_digest`].
    pub fn digest(&self) -> Digest {
        image_digest(&self.digests)
    }
}

/// The digest of an image whose layers have these digests, the lowest first.
pub fn image_digest(layers: &[Digest]) -> Digest {
    let mut fields: Vec<&[u8]> = vec![b"hivesync-image/1"];
    fields.extend(layers.iter().map(|digest| digest.as_bytes().as_slice()));
    Digest::of_fields(&fields)
}
