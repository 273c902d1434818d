//! How large a picture is, read from its first bytes.
//!
//! Nothing is decoded. Every read is checked: the bytes may be anything.

/// Width and height in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Size {
    fn of(width: impl Into<f64>, height: impl Into<f64>) -> Self {
        Self { width: width.into(), height: height.into() }
    }

    pub(crate) fn divided(self, scale: f64) -> Self {
        Self { width: self.width / scale, height: self.height / scale }
    }
}

pub(crate) fn size_of(extension: &str, bytes: &[u8]) -> Option<Size> {
    match extension {
        "png" => png(bytes),
        "gif" => gif(bytes),
        "jpg" | "jpeg" => jpeg(bytes),
        "webp" => webp(bytes),
        "bmp" => bmp(bytes),
        "svg" => svg(bytes),
        _ => None,
    }
    // A file is often called by another format's extension.
    .or_else(|| [png, gif, jpeg, webp].into_iter().find_map(|read| read(bytes)))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    array::<3>(bytes, at).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
}

fn png(bytes: &[u8]) -> Option<Size> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    // Apple's variant puts a chunk of its own first.
    let header = if rest.get(4..8)? == b"CgBI" { rest.get(16..)? } else { rest };
    (header.get(4..8)? == b"IHDR").then_some(())?;
    Some(Size::of(be32(header, 8)?, be32(header, 12)?))
}

fn gif(bytes: &[u8]) -> Option<Size> {
    (bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")).then_some(())?;
    Some(Size::of(le16(bytes, 6)?, le16(bytes, 8)?))
}

fn bmp(bytes: &[u8]) -> Option<Size> {
    bytes.starts_with(b"BM").then_some(())?;
    let height = array(bytes, 22).map(i32::from_le_bytes)?;
    Some(Size::of(array(bytes, 18).map(u32::from_le_bytes)?, height.unsigned_abs()))
}

/// Walks the segments up to the frame header; a turned picture has its sides exchanged.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    bytes.starts_with(&[0xff, 0xd8]).then_some(())?;
    let mut at = 2_usize;
    let mut turned = false;
    loop {
        let [mark, kind] = array(bytes, at)?;
        if mark != 0xff {
            return None;
        }
        if kind == 0xff {
            at = at.checked_add(1)?;
            continue;
        }
        let length = usize::from(be16(bytes, at + 2)?);
        let is_frame = matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let (height, width) = (be16(bytes, at + 5)?, be16(bytes, at + 7)?);
            return Some(if turned { Size::of(height, width) } else { Size::of(width, height) });
        }
        if kind == 0xe1 {
            turned =
                bytes.get(at + 4..).and_then(exif_orientation).is_some_and(|value| (5..=8).contains(&value));
        }
        at = at.checked_add(2)?.checked_add(length)?;
    }
}

/// The orientation tag of the first directory.
fn exif_orientation(segment: &[u8]) -> Option<u16> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let read16 = |at| if little { le16(tiff, at) } else { be16(tiff, at) };
    let offset = if little { array(tiff, 4).map(u32::from_le_bytes)? } else { be32(tiff, 4)? };
    let directory = usize::try_from(offset).ok()?;
    let entries = usize::from(read16(directory)?);
    (0..entries).find_map(|entry| {
        let at = directory.checked_add(2)?.checked_add(entry.checked_mul(12)?)?;
        (read16(at)? == 0x0112).then(|| read16(at.checked_add(8)?)).flatten()
    })
}

fn webp(bytes: &[u8]) -> Option<Size> {
    (bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"WEBP").then_some(())?;
    match bytes.get(12..16)? {
        b"VP8X" => Some(Size::of(le24(bytes, 24)? + 1, le24(bytes, 27)? + 1)),
        b"VP8 " => Some(Size::of(le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = array(bytes, 21).map(u32::from_le_bytes)?;
            Some(Size::of((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// Width and height of the root element, else of its view box.
fn svg(bytes: &[u8]) -> Option<Size> {
    let text = std::str::from_utf8(bytes).ok()?;
    let start = text.find("<svg")?;
    let root = text.get(start..)?.split('>').next()?;
    if let (Some(width), Some(height)) = (length(root, "width"), length(root, "height")) {
        return Some(Size { width, height });
    }
    let view_box = attribute(root, "viewBox")?;
    let numbers: Vec<f64> = view_box
        .split([' ', ',', '\n', '\t'])
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .collect();
    match numbers.as_slice() {
        [_, _, width, height] => Some(Size { width: *width, height: *height }),
        _ => None,
    }
}

fn length(root: &str, name: &str) -> Option<f64> {
    attribute(root, name)?.trim().trim_end_matches("px").parse().ok()
}

fn attribute<'a>(root: &'a str, name: &str) -> Option<&'a str> {
    root.match_indices(name).find_map(|(at, _)| {
        let before = root.get(..at)?.chars().next_back()?;
        let value = root.get(at + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        before.is_whitespace().then(|| value.get(1..)?.split(quote).next()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_gives_its_size_and_a_cut_file_gives_none() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20";
        assert_eq!(size_of("png", png), Some(Size::of(16_u32, 32_u32)));
        assert_eq!(size_of("png", &png[..20]), None);
        assert_eq!(size_of("gif", b"GIF89a\x03\0\x04\0"), Some(Size::of(3_u32, 4_u32)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x11\x08\0\x02\0\x05";
        assert_eq!(size_of("jpg", jpeg), Some(Size::of(5_u32, 2_u32)));
        let svg = b"<?xml version='1.0'?><svg viewBox=\"0 0 24 12\" stroke-width='2'>";
        assert_eq!(size_of("svg", svg), Some(Size::of(24_u32, 12_u32)));
    }

    #[test]
    fn a_jpeg_that_was_turned_has_its_sides_exchanged() {
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1, 0, u8::try_from(exif.len() + 2).unwrap()];
        jpeg.extend(exif);
        jpeg.extend(b"\xff\xc0\0\x11\x08\0\x02\0\x05");
        assert_eq!(size_of("jpg", &jpeg), Some(Size::of(2_u32, 5_u32)));
    }
}
