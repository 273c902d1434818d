//! Images, fonts and other files, as modules that say where the file is.

use md5::{Digest, Md5};

use crate::api::{
    AssetInfo, Dependency, DependencyKind, Flavour, TransformInput, TransformOptions, TransformOutput,
};
use crate::asset_size::{Size, size_of};
use crate::diagnose::{Fault, SourceText};
use crate::emit::{self, Frame};
use crate::{Diagnostic, Platform};

/// What React Native looks for a size in.
const IMAGES: [&str; 9] = ["png", "jpg", "jpeg", "bmp", "gif", "webp", "psd", "svg", "tiff"];

pub(crate) fn transform(
    input: &TransformInput,
    options: &TransformOptions,
) -> Result<TransformOutput, Vec<Diagnostic>> {
    let source = SourceText { path: &input.path, text: "" };
    let Some(info) = &input.asset else {
        return Err(vec![broken(source, "nothing is known about this file but its path")]);
    };
    if info.files.is_empty() || info.files.len() != input.sources.len() {
        return Err(vec![broken(source, "the file has no content for each of its scales")]);
    }
    // What the size is read from; other files may well be empty.
    let is_image = IMAGES.contains(&info.extension.to_ascii_lowercase().as_str());
    if is_image && input.sources.first().is_some_and(Vec::is_empty) {
        return Err(vec![broken(source, "the image is an empty file")]);
    }
    let mut warnings = Vec::new();
    let size = image_size(input, info, source, &mut warnings);
    let body = if options.platform == Platform::Web {
        web_body(info, size, options)
    } else {
        registered_body(input, info, size, options.flavour == Flavour::Expo)
    };
    let mut output = emit::plain(source, Frame::Module, &body, warnings);
    if options.platform != Platform::Web {
        output.dependencies.push(Dependency {
            specifier: options.asset_registry.clone(),
            kind: DependencyKind::Require,
            optional: false,
            line: 0,
            column: 0,
            context: None,
        });
    }
    Ok(output)
}

fn broken(source: SourceText<'_>, message: &str) -> Diagnostic {
    let hint = Some("put the file there again, or take the import away");
    let fault = Fault { code: "bundle.asset", message: message.to_owned(), hint };
    source.error(fault, None)
}

/// The size at scale 1. A broken image is still shipped: the device may know better.
fn image_size(
    input: &TransformInput,
    info: &AssetInfo,
    source: SourceText<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Option<Size> {
    let extension = info.extension.to_ascii_lowercase();
    if !IMAGES.contains(&extension.as_str()) {
        return None;
    }
    let size = input.sources.first().and_then(|bytes| size_of(&extension, bytes));
    if size.is_none() {
        let fault = Fault {
            code: "bundle.asset-size",
            message: format!("the size of this {extension} image cannot be read"),
            hint: Some("give the component that shows it a width and a height"),
        };
        warnings.push(source.warning(fault, None));
    }
    let scale = info.files.first().map_or(1000, |file| file.scale_milli.max(1));
    size.map(|size| size.divided(f64::from(scale) / 1000.0))
}

fn registered_body(input: &TransformInput, info: &AssetInfo, size: Option<Size>, expo: bool) -> String {
    let mut hash = Md5::new();
    for source in &input.sources {
        hash.update(source);
    }
    let hash = hex(hash);
    // By these Expo's own packages find a file that came with an update.
    let files: Vec<String> = input.sources.iter().map(|source| hex(Md5::new_with_prefix(source))).collect();
    let file_hashes = if expo { format!("fileHashes:[\"{}\"],", files.join("\",\"")) } else { String::new() };
    let scales: Vec<String> =
        info.files.iter().map(|file| (f64::from(file.scale_milli) / 1000.0).to_string()).collect();
    let size = size.map_or(String::new(), |size| format!("width:{},height:{},", size.width, size.height));
    format!(
        "module.exports=require(_dependencyMap[0]).registerAsset({{__packager_asset:true,\
         httpServerLocation:{},{size}scales:[{}],hash:\"{hash}\",{file_hashes}name:{},type:{}}});",
        emit::quoted(&info.http_location),
        scales.join(","),
        emit::quoted(&info.name),
        emit::quoted(&info.extension),
    )
}

fn hex(hash: Md5) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A browser wants an address; React Native's `Image` for the web takes one with a size.
fn web_body(info: &AssetInfo, size: Option<Size>, options: &TransformOptions) -> String {
    let folder = info.http_location.trim_start_matches('/').trim_end_matches('/');
    let scale = info.files.first().map_or(1000, |file| file.scale_milli);
    let suffix = if scale == 1000 { String::new() } else { format!("@{}x", f64::from(scale) / 1000.0) };
    let address = emit::quoted(&format!("{folder}/{}{suffix}.{}", info.name, info.extension));
    match size {
        Some(size) if options.flavour != Flavour::Web => {
            format!("module.exports={{uri:{address},width:{},height:{}}};", size.width, size.height)
        }
        _ => format!("module.exports={address};"),
    }
}
