//! One picture: what it is by its bytes, how large, and a smaller one made of it.
//!
//! What comes in is of a stranger, and decoders of pictures are where strangers like to begin.
//! That is why this runs in the sandbox and nowhere else: whatever a file does to a decoder, it
//! does it to a process that has nothing. What the file says about itself beside its pixels
//! (place, time, camera) does not get into what is made.
//!
//! **Invariant:** a preview is a JPEG of at most [`PREVIEW_BYTES_MAX`] with no metadata, whatever
//! came in.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of a picture.
pub(crate) const ORIGINAL_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Bytes of a preview.
pub(crate) const PREVIEW_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Pixels on one side; what is longer is no picture of a plan or a room.
const SIDE_MAX: u32 = 20_000;
/// Pixels of a picture.
const PIXELS_MAX: u64 = 50_000_000;
/// Bytes of the pixels: colours of 16 bits with transparency are 8 bytes each.
const DECODED_BYTES_MAX: u64 = 160 * 1024 * 1024;
/// How well a preview is written, as well as its bytes allow.
const JPEG_QUALITIES: [u8; 4] = [88, 75, 60, 40];
const WHITE: u32 = 255;

/// How large a preview is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quality {
    /// 800 to 1200 pixels on the long side.
    #[serde(rename = "1K")]
    OneK,
    /// 1800 to 2400.
    #[serde(rename = "2K")]
    TwoK,
    /// 3600 to 4200.
    #[serde(rename = "4K")]
    FourK,
}

impl Quality {
    /// The shortest and the longest long side, and the one that larger pictures get.
    pub const fn long_side(self) -> (u32, u32, u32) {
        match self {
            Self::OneK => (800, 1200, 1024),
            Self::TwoK => (1800, 2400, 2048),
            Self::FourK => (3600, 4200, 3840),
        }
    }
}

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

/// What is known of a picture, and its preview.
#[derive(Debug, Serialize)]
pub struct Picture {
    /// What it is.
    #[serde(rename = "type")]
    pub format: Format,
    /// Pixels, as it is looked at: turned as it says that it was taken.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Of the file.
    pub bytes: usize,
    /// Of the file, in hex.
    pub sha256: String,
    /// What was made of it.
    pub preview: Preview,
}

/// A smaller picture of the same.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Of the file.
    pub bytes: usize,
    /// Of the file, in hex.
    pub sha256: String,
    /// The picture has fewer pixels than the quality asks for; none were invented.
    pub is_below_quality: bool,
    /// The JPEG.
    #[serde(skip)]
    pub jpeg: Vec<u8>,
}

/// Why a file is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureError {
    /// It is longer than [`ORIGINAL_BYTES_MAX`].
    TooManyBytes(usize),
    /// It begins as none of the three formats does.
    Kind,
    /// It has no pixels, or more than a picture may have.
    TooLarge(u32, u32),
    /// Its decoder gave up.
    Damaged(String),
    /// No JPEG of it is small enough.
    NoPreview,
}

impl PictureError {
    /// In one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::TooManyBytes(bytes) => {
                format!("The picture has {bytes} bytes, and may have {ORIGINAL_BYTES_MAX}.")
            }
            Self::Kind => "The file is no JPEG, PNG or WebP, whatever it is called.".to_owned(),
            Self::TooLarge(width, height) => format!(
                "The picture has {width} × {height} pixels; it may have {PIXELS_MAX}, and {SIDE_MAX} on a side."
            ),
            Self::Damaged(why) => format!("The picture cannot be decoded: {why}."),
            Self::NoPreview => format!("No preview of {PREVIEW_BYTES_MAX} bytes can be made of the picture."),
        }
    }
}

/// Decodes a picture, measures it, and makes its preview.
///
/// # Errors
/// [`PictureError`] where it is none that is taken here.
pub fn measure(bytes: &[u8], quality: Quality) -> Result<Picture, PictureError> {
    if bytes.len() > ORIGINAL_BYTES_MAX {
        return Err(PictureError::TooManyBytes(bytes.len()));
    }
    let (format, known) = kind(bytes).ok_or(PictureError::Kind)?;
    let image = decode(bytes, format)?;
    let (width, height) = (image.width(), image.height());
    let preview = preview(image, quality)?;
    Ok(Picture { format: known, width, height, bytes: bytes.len(), sha256: sha256(bytes), preview })
}

fn kind(bytes: &[u8]) -> Option<(ImageFormat, Format)> {
    match image::guess_format(bytes).ok()? {
        ImageFormat::Jpeg => Some((ImageFormat::Jpeg, Format::Jpeg)),
        ImageFormat::Png => Some((ImageFormat::Png, Format::Png)),
        ImageFormat::WebP => Some((ImageFormat::WebP, Format::Webp)),
        _ => None,
    }
}

/// The pixels, once the file's own word on how many there are was heard and allowed.
fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, PictureError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = reader.into_decoder().map_err(|error| damaged(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let is_too_large = width.max(height) > SIDE_MAX || pixels > PIXELS_MAX;
    if pixels == 0 || is_too_large || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(PictureError::TooLarge(width, height));
    }
    decoder.set_limits(limits).map_err(|error| damaged(&error))?;
    let orientation = decoder.orientation().map_err(|error| damaged(&error))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| damaged(&error))?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn preview(image: DynamicImage, quality: Quality) -> Result<Preview, PictureError> {
    let (shortest, longest, target) = quality.long_side();
    let long = image.width().max(image.height());
    let small = if long > longest { image.thumbnail(target, target) } else { image };
    let is_below_quality = long < shortest;
    let pixels = on_white(small);
    let (width, height) = pixels.dimensions();
    for quality in JPEG_QUALITIES {
        let mut jpeg = Vec::new();
        let written = JpegEncoder::new_with_quality(&mut jpeg, quality).encode(
            pixels.as_raw(),
            width,
            height,
            ExtendedColorType::Rgb8,
        );
        written.map_err(|_| PictureError::NoPreview)?;
        if jpeg.len() <= PREVIEW_BYTES_MAX {
            let (bytes, sha256) = (jpeg.len(), sha256(&jpeg));
            return Ok(Preview { width, height, bytes, sha256, is_below_quality, jpeg });
        }
    }
    Err(PictureError::NoPreview)
}

/// What is transparent shows paper.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut paper = RgbImage::new(image.width(), image.height());
    for (on, image::Rgba([red, green, blue, alpha])) in paper.pixels_mut().zip(image.pixels()) {
        let alpha = u32::from(*alpha);
        let mix = |colour: u8| {
            let mixed = (u32::from(colour) * alpha + WHITE * (WHITE - alpha) + WHITE / 2) / WHITE;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        *on = image::Rgb([mix(*red), mix(*green), mix(*blue)]);
    }
    paper
}

/// One line of what a decoder says, which may speak of the file's bytes.
fn damaged(error: &image::ImageError) -> PictureError {
    let said: String = error.to_string().chars().filter(|c| !c.is_control()).take(160).collect();
    PictureError::Damaged(said.trim_end_matches('.').to_owned())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
