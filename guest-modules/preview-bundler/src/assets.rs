//! Assets: the scales of one picture as one module, and where each file goes in the output.
//!
//! Grouping and naming are Metro's and Expo's; the bytes are never read here.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::artifact_names::{safe_folder, safe_name};
use crate::image::Image;
use crate::paths::{basename, child, dirname};
use crate::resolve::Settings;
use crate::wire::{AssetFile, AssetInfo};
use crate::{Diagnostic, Platform, codes, diagnose};

/// Folders of Android by scale in thousandths.
const ANDROID_DENSITIES: [(u32, &str); 6] =
    [(750, "ldpi"), (1000, "mdpi"), (1500, "hdpi"), (2000, "xhdpi"), (3000, "xxhdpi"), (4000, "xxxhdpi")];
/// What Android keeps as a drawable; anything else is raw.
const ANDROID_DRAWABLES: [&str; 6] = ["gif", "jpeg", "jpg", "png", "webp", "xml"];

/// A file name taken apart: `icon@2x.ios.png` is `icon`, 2000, `ios`, `png`.
struct AssetName<'a> {
    name: &'a str,
    scale_milli: u32,
    for_platform: bool,
    extension: &'a str,
}

impl<'a> AssetName<'a> {
    fn parse(file: &'a str, platform: &str) -> Option<Self> {
        let (stem, extension) = file.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())?;
        let (stem, for_platform) = match stem.rsplit_once('.') {
            Some((stem, variant)) if variant == platform && !stem.is_empty() => (stem, true),
            _ => (stem, false),
        };
        let (name, scale_milli) = split_scale(stem);
        Some(Self { name, scale_milli, for_platform, extension })
    }
}

/// `icon@1.5x` as `icon` and 1500.
fn split_scale(stem: &str) -> (&str, u32) {
    let parsed = || {
        let (name, scale) = stem.rsplit_once('@')?;
        let scale = scale.strip_suffix('x')?;
        let (whole, fraction) = scale.split_once('.').unwrap_or((scale, ""));
        let whole: u32 = whole.parse().ok()?;
        let fraction = format!("{fraction:0<3}");
        let thousandths: u32 = fraction.get(..3)?.parse().ok()?;
        let milli = whole.checked_mul(1000)?.checked_add(thousandths)?;
        (!name.is_empty()).then_some((name, milli))
    };
    parsed().unwrap_or((stem, 1000))
}

/// The asset that the file at `path` belongs to: every scale of it, the platform's own files
/// before those for all platforms.
pub(crate) fn describe(image: &Image, settings: &Settings, path: &str) -> Option<AssetInfo> {
    let platform = platform_name(settings.platform);
    let folder = dirname(path);
    let wanted = AssetName::parse(basename(path), platform)?;
    let siblings = image.files_below(folder).filter(|file| dirname(file) == folder);
    let parsed = siblings.filter_map(|file| Some((AssetName::parse(basename(file), platform)?, file)));
    let mut variants: Vec<(AssetName<'_>, &Rc<str>)> =
        parsed.filter(|(name, _)| name.name == wanted.name && name.extension == wanted.extension).collect();
    if variants.iter().any(|(name, _)| name.for_platform) {
        variants.retain(|(name, _)| name.for_platform);
    }
    variants.sort_by_key(|(name, _)| name.scale_milli);
    let files = variants
        .iter()
        .map(|(name, file)| AssetFile { scale_milli: name.scale_milli, path: file.to_string() })
        .collect();
    Some(AssetInfo {
        http_location: format!("/{}", safe_folder(child("assets", folder).trim_end_matches('/'))),
        name: safe_name(wanted.name),
        extension: safe_name(wanted.extension),
        files,
    })
}

/// The artifact name of each file of an asset, with the file's path. Of two files of one scale,
/// such as `a.png` and `a@1x.png`, the later one counts.
pub(crate) fn outputs(
    asset: &AssetInfo,
    platform: Platform,
) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
    asset.files.iter().map(|file| Ok((output_name(asset, file, platform)?, file.path.clone()))).collect()
}

fn output_name(asset: &AssetInfo, file: &AssetFile, platform: Platform) -> Result<String, Box<Diagnostic>> {
    let location = asset.http_location.trim_start_matches('/');
    if platform == Platform::Android {
        let folder = android_folder(asset, file)?;
        return Ok(format!("{folder}/{}.{}", android_name(location, &asset.name), asset.extension));
    }
    let suffix = scale_suffix(file.scale_milli);
    Ok(format!("{location}/{}{suffix}.{}", asset.name, asset.extension))
}

fn scale_suffix(scale_milli: u32) -> String {
    let (whole, thousandths) = (scale_milli / 1000, scale_milli % 1000);
    match (whole, thousandths) {
        (1, 0) => String::new(),
        (_, 0) => format!("@{whole}x"),
        _ => format!("@{whole}.{}x", format!("{thousandths:03}").trim_end_matches('0')),
    }
}

fn android_folder(asset: &AssetInfo, file: &AssetFile) -> Result<String, Box<Diagnostic>> {
    if !ANDROID_DRAWABLES.contains(&asset.extension.as_str()) {
        return Ok("raw".to_owned());
    }
    let density = ANDROID_DENSITIES.iter().find(|(scale, _)| *scale == file.scale_milli);
    match density {
        Some((_, name)) => Ok(format!("drawable-{name}")),
        None => {
            let message = "the scale of this image is none that Android has a folder for";
            let fault = diagnose::about(codes::ASSET_SCALE, message, &file.path);
            Err(Box::new(diagnose::hint(fault, "use one of the scales 0.75, 1, 1.5, 2, 3 and 4")))
        }
    }
}

/// The folder structure and the name as one name that Android takes.
fn android_name(location: &str, name: &str) -> String {
    let joined = format!("{location}/{name}").to_lowercase().replace('/', "_");
    let legal: String =
        joined.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
    legal.strip_prefix("assets_").unwrap_or(&legal).to_owned()
}

/// The platform as it stands in file names.
pub(crate) fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "ios",
        Platform::Android => "android",
        Platform::Web => "web",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;
    use crate::wire::Flavour;

    fn names(project: &Project, path: &str, platform: Platform) -> BTreeMap<String, String> {
        let image = Image::read(project);
        let settings = Settings::new(Flavour::ReactNative, platform, false);
        let asset = describe(&image, &settings, path).unwrap();
        outputs(&asset, platform).unwrap()
    }

    fn pairs(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
        expected.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect()
    }

    #[test]
    fn scales_become_files_of_ios_and_folders_of_android() {
        let project = Project::new()
            .file("img/My-Logo.png", "")
            .file("img/My-Logo@1.5x.png", "")
            .file("img/My-Logo@3x.png", "")
            .file("img/My-Logo2.png", "");
        let ios = [
            ("assets/img/My-Logo.png", "img/My-Logo.png"),
            ("assets/img/My-Logo@1.5x.png", "img/My-Logo@1.5x.png"),
            ("assets/img/My-Logo@3x.png", "img/My-Logo@3x.png"),
        ];
        assert_eq!(names(&project, "img/My-Logo.png", Platform::Ios), pairs(&ios));
        let android = [
            ("drawable-mdpi/img_mylogo.png", "img/My-Logo.png"),
            ("drawable-hdpi/img_mylogo.png", "img/My-Logo@1.5x.png"),
            ("drawable-xxhdpi/img_mylogo.png", "img/My-Logo@3x.png"),
        ];
        assert_eq!(names(&project, "img/My-Logo.png", Platform::Android), pairs(&android));
    }

    #[test]
    fn of_two_files_of_one_scale_the_later_one_is_shipped() {
        let project = Project::new().file("a.png", "").file("a@1x.png", "");
        assert_eq!(names(&project, "a.png", Platform::Ios), pairs(&[("assets/a.png", "a@1x.png")]));
    }

    #[test]
    fn the_platforms_own_file_wins() {
        let project = Project::new().file("a.png", "").file("a@2x.png", "").file("a.ios.png", "");
        assert_eq!(names(&project, "a.png", Platform::Ios), pairs(&[("assets/a.png", "a.ios.png")]));
        assert_eq!(names(&project, "a.png", Platform::Web).len(), 2);
    }

    #[test]
    fn a_font_is_raw_on_android_and_an_odd_scale_is_an_error() {
        let project = Project::new().file("f/A.ttf", "").file("x@5x.png", "");
        assert_eq!(names(&project, "f/A.ttf", Platform::Android), pairs(&[("raw/f_a.ttf", "f/A.ttf")]));
        let image = Image::read(&project);
        let settings = Settings::new(Flavour::ReactNative, Platform::Android, false);
        let asset = describe(&image, &settings, "x@5x.png").unwrap();
        assert_eq!(outputs(&asset, Platform::Android).unwrap_err().code, "bundle.asset-scale");
    }
}
