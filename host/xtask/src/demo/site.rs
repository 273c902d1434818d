//! The two sites: our page with everything there is to see, and the origin of the bundle.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::json;

use super::http::{File, Site};
use super::preview::Preview;

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/page.js");
const TREEMAP: &str = include_str!("page/treemap.js");
const FRAME: &str = include_str!("page/frame.html");
const FRAME_READY: &str = include_str!("page/preview-ready.js");

/// The page, its data, and the zips to take home.
pub(crate) fn page(app: &str, previews: &[Preview], frame_origin: &str) -> Result<Site> {
    let mut files = BTreeMap::from([
        ("/".to_owned(), text("text/html; charset=utf-8", PAGE)),
        ("/style.css".to_owned(), text("text/css; charset=utf-8", STYLE)),
        ("/page.js".to_owned(), text("text/javascript; charset=utf-8", SCRIPT)),
        ("/treemap.js".to_owned(), text("text/javascript; charset=utf-8", TREEMAP)),
    ]);
    let mut builds = Vec::new();
    for preview in previews {
        let zip = format!("/{app}-{}.zip", preview.platform);
        let log = preview.files.get("logs.txt").map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        builds.push(json!({
            "platform": preview.platform,
            "zip": zip,
            "zip_bytes": preview.zip.len(),
            "wall_ms": u64::try_from(preview.wall_ms).unwrap_or(u64::MAX),
            "summary": preview.summary,
            "report": preview.report,
            "log": log.unwrap_or_default(),
        }));
        files.insert(zip, File { media_type: "application/zip", bytes: preview.zip.clone() });
    }
    let data = serde_json::to_vec(&json!({ "app": app, "frame": frame_origin, "builds": builds }))?;
    files.insert("/data.json".to_owned(), File { media_type: "application/json", bytes: data });
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         frame-src {frame_origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    Ok(Site { files, headers: headers(policy) })
}

/// The files of the web bundle and the document they run in.
pub(crate) fn frame(previews: &[Preview], page_origin: &str) -> Result<Site> {
    let web = previews.iter().find(|preview| preview.platform == "web").context("there is no web bundle")?;
    let mut files: BTreeMap<String, File> = web
        .files
        .iter()
        .map(|(name, bytes)| {
            (format!("/{name}"), File { media_type: media_type(name), bytes: bytes.clone() })
        })
        .collect();
    files.insert("/".to_owned(), text("text/html; charset=utf-8", FRAME));
    files.insert("/preview-ready.js".to_owned(), text("text/javascript; charset=utf-8", FRAME_READY));
    // React Native for Web writes its styles into the document; nothing else is let in.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self' data:; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors {page_origin}"
    );
    let mut headers = headers(policy);
    // The frame has no origin of its own, so its fonts are asked for from nowhere.
    headers.push(("access-control-allow-origin", "*".to_owned()));
    Ok(Site { files, headers })
}

fn headers(policy: String) -> Vec<(&'static str, String)> {
    vec![
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("cache-control", "no-store".to_owned()),
    ]
}

fn text(media_type: &'static str, content: &str) -> File {
    File { media_type, bytes: content.as_bytes().to_vec() }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" | "jsbundle" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(platform: &'static str) -> Preview {
        Preview {
            platform,
            zip: vec![0],
            files: BTreeMap::from([("main.jsbundle".to_owned(), b"run()".to_vec())]),
            summary: json!({}),
            report: json!({}),
            wall_ms: 1,
        }
    }

    #[test]
    fn the_frame_may_be_shown_by_our_page_alone_and_may_load_from_itself_alone() {
        let site = frame(&[preview("ios"), preview("web")], "http://127.0.0.1:1").unwrap();
        let policy = &site.headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors http://127.0.0.1:1"), "{policy}");
        assert_eq!(site.files["/main.jsbundle"].media_type, "text/javascript; charset=utf-8");
    }

    #[test]
    fn the_page_offers_every_zip_and_runs_no_inline_script() {
        let site = page("app", &[preview("ios"), preview("web")], "http://127.0.0.1:2").unwrap();
        assert!(site.files.contains_key("/app-ios.zip") && site.files.contains_key("/app-web.zip"));
        assert!(!PAGE.contains("<script>") && !PAGE.contains("style="));
    }
}
