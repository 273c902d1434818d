//! A web app's page: what of its own site it loads.
//!
//! HTML is not understood here. Elements are found by their names, which is enough for the
//! pages of web apps; what is missed stays out of the bundle.

/// A script or a stylesheet of the page's own site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PagePart {
    /// The path from the page's folder, or from the site's root.
    pub(crate) path: String,
    /// A script that shares its top-level names with the page.
    pub(crate) is_classic_script: bool,
}

/// The parts of a page, stylesheets first, each group in its order.
pub(crate) fn parts(html: &str) -> Vec<PagePart> {
    let styles = tags(html, "<link").filter(|tag| {
        attribute(tag, "rel").is_some_and(|relation| relation.eq_ignore_ascii_case("stylesheet"))
    });
    let styles = styles.filter_map(|tag| part(attribute(tag, "href")?, false));
    let scripts = tags(html, "<script").filter_map(|tag| {
        let is_module = attribute(tag, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("module"));
        part(attribute(tag, "src")?, !is_module)
    });
    styles.chain(scripts).collect()
}

fn tags<'a>(html: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    // Lower-casing ASCII moves no byte, so that places in one are places in the other.
    let lower = html.to_ascii_lowercase();
    let starts: Vec<usize> = lower.match_indices(name).map(|(at, _)| at).collect();
    starts.into_iter().filter_map(move |at| {
        let tag = html.get(at..)?;
        tag.get(..tag.find('>')?)
    })
}

fn part(source: &str, is_classic_script: bool) -> Option<PagePart> {
    let foreign = source.contains("://") || source.starts_with("//") || source.starts_with("data:");
    let source = source.split(['?', '#']).next().unwrap_or_default();
    let path = source.trim_start_matches("%PUBLIC_URL%").trim_start_matches("./").trim_start_matches('/');
    (!foreign && !path.is_empty()).then(|| PagePart { path: path.to_owned(), is_classic_script })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once(name)?;
        rest = after;
        let Some(value) = after.trim_start().strip_prefix('=') else { continue };
        if !before.ends_with(|c: char| c.is_ascii_whitespace()) {
            continue;
        }
        let value = value.trim_start();
        return match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split(quote).next(),
            _ => value.split(|c: char| c.is_ascii_whitespace()).next(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<(String, bool)> {
        parts(html).into_iter().map(|part| (part.path, part.is_classic_script)).collect()
    }

    #[test]
    fn styles_come_first_and_only_parts_of_the_site_itself_count() {
        let html = "<SCRIPT src='https://cdn/x.js'></script><script>1</script>\
                    <script type=\"module\" src=\"/src/main.tsx\"></script><script defer src=./a.js?v=1></script>\
                    <link rel=\"icon\" href=\"x.png\"><link href='style.css' rel='stylesheet'>";
        let expected = [("style.css", false), ("src/main.tsx", false), ("a.js", true)];
        assert_eq!(found(html), expected.map(|(path, classic)| (path.to_owned(), classic)));
    }

    #[test]
    fn an_attribute_is_not_found_inside_the_name_of_another() {
        assert_eq!(found("<script data-src=\"a.js\" src = \"b.js\"></script>"), [("b.js".to_owned(), true)]);
    }
}
