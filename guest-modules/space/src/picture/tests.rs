use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let byte = |number: u32| u8::try_from(number % 251).unwrap();
        Rgba([byte(x), byte(y), byte(x * y), 255])
    };
    let image = DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, pixel));
    let mut bytes = Cursor::new(Vec::new());
    let image = if format == ImageFormat::Jpeg { image.into_rgb8().into() } else { image };
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG's head that says how large it is, with nothing behind it.
fn empty_png(width: u32, height: u32) -> Vec<u8> {
    let mut png = picture(1, 1, ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = u32::MAX;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[test]
fn a_picture_is_known_by_its_bytes_and_measured() {
    for (format, known) in [
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Png, Format::Png),
        (ImageFormat::WebP, Format::Webp),
    ] {
        let bytes = picture(90, 40, format);
        let measured = measure(&bytes, Quality::TwoK).unwrap();
        assert_eq!((measured.format, measured.width, measured.height), (known, 90, 40));
        assert_eq!((measured.bytes, measured.sha256.len()), (bytes.len(), 64));
        assert!(measured.preview.is_below_quality, "no pixel is invented");
        let preview = image::load_from_memory_with_format(&measured.preview.jpeg, ImageFormat::Jpeg).unwrap();
        assert_eq!((preview.width(), preview.height()), (90, 40));
        assert_eq!(measured.preview.bytes, measured.preview.jpeg.len());
    }
    // The well-known digest of nothing, and of three letters.
    assert!(sha256(b"").starts_with("e3b0c442") && sha256(b"abc").starts_with("ba7816bf"));
}

#[test]
fn a_preview_has_the_long_side_of_its_quality() {
    let bytes = picture(4300, 430, ImageFormat::Png);
    for (quality, sides) in
        [(Quality::OneK, (1024, 102)), (Quality::TwoK, (2048, 205)), (Quality::FourK, (3840, 384))]
    {
        let preview = measure(&bytes, quality).unwrap().preview;
        assert_eq!((preview.width, preview.height), sides);
        let (shortest, longest, target) = quality.long_side();
        assert!((shortest..=longest).contains(&target));
        assert!(!preview.is_below_quality);
    }
    let within = measure(&picture(2400, 10, ImageFormat::Png), Quality::TwoK).unwrap().preview;
    assert_eq!((within.width, within.is_below_quality), (2400, false), "it is as large as it may be");
    let short = measure(&picture(1799, 10, ImageFormat::Png), Quality::TwoK).unwrap().preview;
    assert_eq!((short.width, short.is_below_quality), (1799, true));
}

#[test]
fn what_is_transparent_shows_paper() {
    let clear = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));
    assert!(on_white(clear.into()).pixels().all(|pixel| pixel.0 == [255; 3]));
    let black = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 255]));
    assert!(on_white(black.into()).pixels().all(|pixel| pixel.0 == [0; 3]));
}

#[test]
fn a_picture_is_refused_before_it_is_unpacked() {
    for (width, height) in [(20_001, 1), (1, 20_001), (10_000, 5_001), (0, 5), (u32::MAX, u32::MAX)] {
        let refused = measure(&empty_png(width, height), Quality::TwoK).unwrap_err();
        let named = matches!(refused, PictureError::TooLarge(..) | PictureError::Damaged(_));
        assert!(named, "{width} × {height}: {refused:?}");
    }
    assert_eq!(
        measure(&empty_png(10_000, 5_001), Quality::TwoK).unwrap_err(),
        PictureError::TooLarge(10_000, 5_001)
    );
    // One pixel less, and it is the missing data that is wrong with it.
    let refused = measure(&empty_png(10_000, 4_000), Quality::TwoK).unwrap_err();
    assert!(matches!(refused, PictureError::Damaged(_)), "{refused:?}");
    let many = vec![0; ORIGINAL_BYTES_MAX + 1];
    assert_eq!(measure(&many, Quality::TwoK).unwrap_err(), PictureError::TooManyBytes(many.len()));
}

#[test]
fn what_is_no_picture_is_refused_whatever_it_is_called() {
    for bytes in [
        &b""[..],
        b"GIF89a\x01\x00\x01\x00",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"BM\0\0",
    ] {
        assert_eq!(measure(bytes, Quality::TwoK).unwrap_err(), PictureError::Kind);
    }
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = picture(64, 64, format);
        let cut = measure(&whole[..24], Quality::TwoK).unwrap_err();
        assert!(matches!(cut, PictureError::Damaged(_)), "{cut:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_bytes_are_a_picture_or_refused(
        which in 0_usize..3,
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 1..24),
        cut in any::<prop::sample::Index>(),
    ) {
        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][which];
        let mut bytes = picture(40, 30, format);
        let place = at.index(bytes.len());
        for (byte, new) in bytes[place..].iter_mut().zip(&with) {
            *byte ^= new;
        }
        bytes.truncate(cut.index(bytes.len() * 2).max(12));
        if let Ok(measured) = measure(&bytes, Quality::TwoK) {
            prop_assert!(measured.preview.jpeg.starts_with(&[0xff, 0xd8, 0xff]));
            prop_assert!(measured.preview.bytes <= PREVIEW_BYTES_MAX);
        }
    }
}
