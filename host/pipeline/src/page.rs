//! The page that a browser needs around a web bundle.
//!
//! A project's own page is kept, with its local scripts exchanged for the bundle that
//! was made of them. Where there is none, a page is made that holds nothing but the
//! root that React web apps mount into.
//!
//! What this does not do: understand HTML. It finds script elements and leaves every
//! other byte as it is; a page is shown in the viewer's sandboxed frame, so a page that
//! fools it only fools itself.

use crate::metadata::BUNDLE_NAME;

/// The name of the page in a bundle.
pub(crate) const PAGE_NAME: &str = "index.html";

/// The page of a bundle: from the project's own, if it has one.
pub(crate) fn page(title: &str, own: Option<&str>) -> String {
    own.map_or_else(|| plain_page(title), with_bundle)
}

/// The project's page with the bundle in place of its local scripts.
fn with_bundle(own: &str) -> String {
    let script = format!("<script src=\"{BUNDLE_NAME}\"></script>\n");
    let own = without_local_scripts(own).replace("%PUBLIC_URL%", ".");
    let at = own.to_ascii_lowercase().rfind("</body").unwrap_or(own.len());
    let (before, after) = own.split_at_checked(at).unwrap_or((&own, ""));
    format!("{before}{script}{after}")
}

fn without_local_scripts(page: &str) -> String {
    // Lower-casing ASCII moves no byte, so that places in one are places in the other.
    let lower = page.to_ascii_lowercase();
    let (mut kept, mut from) = (String::with_capacity(page.len()), 0);
    while let Some(open) = found(&lower, "<script", from) {
        let close = found(&lower, "</script", open).and_then(|close| found(&lower, ">", close));
        let (Some(tag), Some(close)) = (found(&lower, ">", open), close) else { break };
        let is_local = page.get(open..tag).and_then(source).is_some_and(is_local);
        let until = if is_local { open } else { close + 1 };
        kept.push_str(page.get(from..until).unwrap_or_default());
        from = close + 1;
    }
    kept.push_str(page.get(from..).unwrap_or_default());
    kept
}

fn found(text: &str, what: &str, from: usize) -> Option<usize> {
    Some(from + text.get(from..)?.find(what)?)
}

/// The `src` of a script's opening tag.
fn source(tag: &str) -> Option<&str> {
    let at = tag.to_ascii_lowercase().find("src")?;
    let value = tag.get(at + 3..)?.trim_start().strip_prefix('=')?.trim_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split(quote).next(),
        _ => value.split_ascii_whitespace().next(),
    }
}

fn is_local(source: &str) -> bool {
    !(source.starts_with("//") || source.contains("://") || source.starts_with("data:"))
}

/// Sized as react-native-web expects. There is no inline script, so it can be served
/// under a policy that forbids them.
fn plain_page(title: &str) -> String {
    let title: String = title
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            c if c.is_control() => String::new(),
            c => c.to_string(),
        })
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\n\
         <title>{title}</title>\n\
         <style>html,body,#root{{height:100%;margin:0}}#root{{display:flex}}</style>\n\
         </head>\n<body>\n<div id=\"root\"></div>\n<script src=\"{BUNDLE_NAME}\"></script>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_title() {
        let page = page("</title><script>alert(1)</script>&\n", None);
        assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;</title>"));
        assert_eq!(page.matches("<script").count(), 1);
    }

    #[test]
    fn the_bundle_stands_in_for_the_local_scripts_of_a_page() {
        let own = "<body><div id=app></div><SCRIPT type=module src=\"/src/main.tsx\"></SCRIPT>\n\
                   <script src='https://example.org/x.js'></script><script>var a = 1</script></BODY>";
        assert_eq!(
            page("", Some(own)),
            "<body><div id=app></div>\n<script src='https://example.org/x.js'></script><script>var a = 1</script>\
             <script src=\"main.jsbundle\"></script>\n</BODY>"
        );
    }

    #[test]
    fn a_page_that_is_cut_short_keeps_its_text_and_gets_the_bundle() {
        for own in ["", "<script src=a.js", "<script src=a.js>", "ä</body", "<script></script"] {
            let page = page("", Some(own));
            assert_eq!(page.matches("main.jsbundle").count(), 1, "{own}");
        }
    }
}
