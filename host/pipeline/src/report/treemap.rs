//! The module report as a page: a rectangle a package, in it one a module, each as
//! large as its code. The page is one file without a script and asks no network for
//! anything.
//!
//! **Invariant:** no text of a project becomes markup.

use std::fmt::Write as _;

use super::{ModuleUse, ModulesReport};

/// Rectangles in a package; what is beyond is drawn as one, so that a page of ten
/// thousand modules still opens.
const MODULES_MAX: usize = 200;
/// Packages that are drawn by themselves.
const PACKAGES_MAX: usize = 120;
/// Hues, far enough from each other to be told apart side by side.
const HUES: [u32; 8] = [210, 30, 150, 270, 0, 180, 330, 90];

const STYLE: &str = "\
:root{color-scheme:light dark;font:14px/1.4 system-ui,sans-serif}\
body{margin:0;padding:16px;background:Canvas;color:CanvasText}\
h1{font-size:18px;margin:0}p{margin:4px 0 12px}\
.map{position:relative;width:100%;height:78vh;min-height:480px}\
.map div{position:absolute;overflow:hidden;box-sizing:border-box}\
.package{border:2px solid Canvas;background:hsl(var(--h) 45% 38%);color:#fff}\
.package>b{display:block;padding:1px 5px;font-size:12px;line-height:18px;height:20px;\
white-space:nowrap;overflow:hidden;text-overflow:ellipsis;box-sizing:border-box}\
.inside{left:0;right:0;top:20px;bottom:0}\
.module{border:1px solid hsl(var(--h) 45% 28%);background:hsl(var(--h) 50% 46%);\
font-size:11px;padding:0 3px;white-space:nowrap;text-overflow:ellipsis}\
.module:hover{background:hsl(var(--h) 60% 58%)}\
table{border-collapse:collapse;margin-top:16px}td,th{padding:2px 12px 2px 0;text-align:left}\
td:nth-child(n+2){text-align:right;font-variant-numeric:tabular-nums}";

/// A place in percent of what surrounds it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// The whole page.
pub(crate) fn page(report: &ModulesReport<'_>) -> String {
    let mut html = String::with_capacity(256 * 1024);
    let title = escaped(report.entry);
    // Writing to a string cannot fail; the results are dropped throughout.
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Modules of {title}</title><style>{STYLE}</style></head><body>\
         <h1>Modules of {title}</h1><p>{} modules in {} packages, {}</p><div class=\"map\">",
        report.modules.len(),
        report.packages.len(),
        size(report.bytes)
    );
    let (drawn, rest) = report.packages.split_at(report.packages.len().min(PACKAGES_MAX));
    let mut weights: Vec<u64> = drawn.iter().map(|package| package.bytes).collect();
    weights.push(rest.iter().map(|package| package.bytes).sum());
    let whole = Place { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };
    for (index, place) in places(&weights, whole, SHAPE).into_iter().enumerate() {
        let hue = HUES.get(index % HUES.len()).copied().unwrap_or_default();
        match drawn.get(index) {
            Some(package) => {
                let mut modules: Vec<&ModuleUse<'_>> =
                    report.modules.iter().filter(|module| module.package == package.name).collect();
                modules.sort_by_key(|module| (std::cmp::Reverse(module.bytes), module.id));
                let name = if package.name.is_empty() { "the app itself" } else { package.name };
                draw_package(&mut html, (name, package.bytes), &modules, place, hue);
            }
            None if rest.is_empty() => {}
            None => {
                let name = format!("{} more packages", rest.len());
                draw_package(&mut html, (&name, weights.last().copied().unwrap_or(0)), &[], place, hue);
            }
        }
    }
    html.push_str("</div>");
    table(&mut html, report);
    html.push_str("</body></html>\n");
    html
}

/// How much wider than high the drawing is, about; a package's inside is taken for the same.
const SHAPE: f64 = 1.8;

fn draw_package(
    html: &mut String,
    (name, bytes): (&str, u64),
    modules: &[&ModuleUse<'_>],
    place: Place,
    hue: u32,
) {
    let (name, sum) = (escaped(name), size(bytes));
    let _ = write!(
        html,
        "<div class=\"package\" style=\"--h:{hue};{}\" title=\"{name}: {sum}\"><b>{name} · {sum}</b>\
         <div class=\"inside\">",
        style(place)
    );
    let (drawn, rest) = modules.split_at(modules.len().min(MODULES_MAX));
    let mut weights: Vec<u64> = drawn.iter().map(|module| u64::from(module.bytes)).collect();
    weights.push(rest.iter().map(|module| u64::from(module.bytes)).sum());
    let shape = SHAPE * place.width / place.height.max(0.1);
    let whole = Place { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };
    for (index, place) in places(&weights, whole, shape).into_iter().enumerate() {
        let (label, bytes) = match drawn.get(index) {
            Some(module) => (module.path.to_owned(), u64::from(module.bytes)),
            None if rest.is_empty() => continue,
            None => (format!("{} more modules", rest.len()), weights.last().copied().unwrap_or(0)),
        };
        let short = label.rsplit('/').next().unwrap_or(&label);
        let _ = write!(
            html,
            "<div class=\"module\" style=\"{}\" title=\"{}: {}\">{}</div>",
            style(place),
            escaped(&label),
            size(bytes),
            escaped(short)
        );
    }
    html.push_str("</div></div>");
}

fn table(html: &mut String, report: &ModulesReport<'_>) {
    html.push_str("<table><tr><th>package</th><th>modules</th><th>bytes</th></tr>");
    for package in report.packages.iter().take(PACKAGES_MAX) {
        let name = if package.name.is_empty() { "the app itself" } else { package.name };
        let (name, modules, bytes) = (escaped(name), package.modules, package.bytes);
        let _ = write!(html, "<tr><td>{name}</td><td>{modules}</td><td>{bytes}</td></tr>");
    }
    html.push_str("</table>");
    if !report.duplicates.is_empty() {
        html.push_str("<h1>More than once</h1><table><tr><th>package</th><th>folders</th></tr>");
        for duplicate in &report.duplicates {
            let folders: Vec<String> = duplicate.folders.iter().map(|folder| escaped(folder)).collect();
            let _ = write!(
                html,
                "<tr><td>{}</td><td>{}</td></tr>",
                escaped(duplicate.name),
                folders.join("<br>")
            );
        }
        html.push_str("</table>");
    }
}

fn style(place: Place) -> String {
    let Place { left, top, width, height } = place;
    format!("left:{left:.3}%;top:{top:.3}%;width:{width:.3}%;height:{height:.3}%")
}

/// One place a weight, in order, as square as rows of them can be. `shape` is how much
/// wider than high `whole` is drawn.
fn places(weights: &[u64], whole: Place, shape: f64) -> Vec<Place> {
    let mut left = whole;
    let mut places = Vec::with_capacity(weights.len());
    let mut from = 0;
    while from < weights.len() {
        let is_wide = left.width * shape >= left.height;
        let area = share(weights.iter().skip(from).sum::<u64>().max(1));
        let row = row(weights.get(from..).unwrap_or_default(), area, left, shape);
        let part = weights.iter().skip(from).take(row).copied().sum::<u64>();
        let along = share(part) / area;
        let mut at = 0.0;
        for weight in weights.iter().skip(from).take(row) {
            let across = if part == 0 { 0.0 } else { share(*weight) / share(part) };
            places.push(if is_wide {
                let (top, height) = (left.top + left.height * at, left.height * across);
                Place { left: left.left, top, width: left.width * along, height }
            } else {
                let (x, width) = (left.left + left.width * at, left.width * across);
                Place { left: x, top: left.top, width, height: left.height * along }
            });
            at += across;
        }
        if is_wide {
            left = Place { left: left.left + left.width * along, width: left.width * (1.0 - along), ..left };
        } else {
            left = Place { top: left.top + left.height * along, height: left.height * (1.0 - along), ..left };
        }
        from += row;
    }
    places
}

/// How many of the first weights share a row: as long as its worst one becomes squarer.
fn row(weights: &[u64], area: f64, left: Place, shape: f64) -> usize {
    let (width, height) = (left.width * shape, left.height);
    let (long, short) = if width >= height { (width, height) } else { (height, width) };
    let (mut best, mut sum) = (f64::INFINITY, 0.0);
    for (count, weight) in weights.iter().enumerate() {
        sum += share(*weight);
        let thick = long * sum / area;
        let smallest = short * share(*weight) / sum.max(1.0);
        let worst = if smallest <= 0.0 { f64::INFINITY } else { (thick / smallest).max(smallest / thick) };
        if worst > best {
            return count;
        }
        best = worst;
    }
    weights.len()
}

/// Bytes as a measure to draw with: a bundle is far below what a `u32` counts.
fn share(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", bytes >> 20, (bytes >> 10) % 1024 * 10 / 1024),
    }
}

/// Text as HTML shows it, in an attribute as well.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use hivesync_protocol::wit::bundler::ModuleReport;

    use super::*;
    use crate::report::modules_report;

    #[test]
    fn places_cover_the_whole_and_are_as_large_as_their_weights() {
        let weights = [600, 300, 50, 30, 20, 0];
        let whole = Place { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };
        let places = places(&weights, whole, 1.0);
        assert_eq!(places.len(), weights.len());
        for (place, weight) in places.iter().zip(weights) {
            assert!((place.width * place.height / 10.0 - share(weight)).abs() < 1e-6, "{place:?}");
            assert!(place.left >= 0.0 && place.left + place.width <= 100.000_001);
            assert!(place.top >= 0.0 && place.top + place.height <= 100.000_001);
        }
    }

    #[test]
    fn a_hostile_name_stays_text_and_the_page_asks_for_nothing() {
        let path = "node_modules/<script>\"&'/i.js".to_owned();
        let modules = [ModuleReport { path, id: 0, bytes: 5, dependencies: Vec::new() }];
        let html = page(&modules_report(("web", "<b>"), &modules));
        assert!(!html.contains("<script") && !html.contains("<b>\""), "{html}");
        assert!(html.contains("&lt;script&gt;&quot;&amp;&#39;"));
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("src="));
    }

    #[test]
    fn a_large_report_is_drawn_with_a_bounded_number_of_rectangles() {
        let module = |id| ModuleReport {
            path: format!("node_modules/p/{id}.js"),
            id,
            bytes: 1 + id % 7,
            dependencies: Vec::new(),
        };
        let modules: Vec<ModuleReport> = (0..5000).map(module).collect();
        let html = page(&modules_report(("web", "index.js"), &modules));
        assert_eq!(html.matches("class=\"module\"").count(), MODULES_MAX + 1);
        assert!(html.contains("4800 more modules"));
    }
}
