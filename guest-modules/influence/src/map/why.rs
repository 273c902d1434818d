//! Why an element has its value of a property, in plain words.

use std::fmt::Write as _;

use super::find::{Found, element, found};
use super::load::Read;
use super::nodes::named;
use crate::cascade::{Entry, Lineage, Looking, Page, Status, StyleClass, lineage, value, walk};
use crate::css::is_inherited;
use crate::html::NodeId;
use crate::json::Json;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// No element is named so.
    NoElement(String),
    /// No declaration of the project sets this property.
    NoProperty(String),
    /// Nothing is called so.
    NothingToMute(String),
    /// The text is no map of this version.
    NoMap(&'static str),
}

/// Answers; the sentences stand beside the same in pieces.
pub(super) fn why(read: &Read, wanted: &str, property: &str) -> Result<Vec<u8>, NoAnswer> {
    let found_element = element(read, wanted).ok_or_else(|| NoAnswer::NoElement(wanted.to_owned()))?;
    let name = if property.starts_with("--") { property.to_owned() } else { property.to_ascii_lowercase() };
    if read.properties.find(&name).is_none() {
        return Err(NoAnswer::NoProperty(name));
    }
    let Some((page, _)) = read.assemble(&found_element.path) else {
        return Err(NoAnswer::NoElement(wanted.to_owned()));
    };
    let ids = named(read, &found_element.path);
    let inherited = is_inherited(&name);
    // From the element outwards, to the first that says something itself.
    let mut at = Some(found_element.node);
    let mut from = None;
    while let Some(node) = at {
        let class = class_of(&page, node);
        let chain = lineage(&page, &class).into_iter().find(|one| read.properties.name(one.property) == name);
        if let Some(chain) = chain {
            from = found(read, &found_element.path, &ids, node).map(|owner| (owner, class, chain));
            break;
        }
        at = page.document.parent_element(node).filter(|_| inherited);
    }
    let mut json = Json::new();
    json.object(|json| {
        json.key("element").string(&found_element.id.text());
        if let Some((owner, _, _)) = from.as_ref().filter(|(owner, _, _)| owner.node != found_element.node) {
            json.key("inherited_from").string(&owner.id.text());
        }
        json.key("line").number(found_element.line);
        json.key("path").string(&found_element.path);
        json.key("property").string(&name);
        let words = Words { read, page: &page };
        let sentences = words.all(&found_element, &name, inherited, from.as_ref());
        json.key("sentences").strings(sentences.iter().map(String::as_str));
    });
    Ok(json.finish())
}

/// The class of one element.
fn class_of(page: &Page<'_>, wanted: NodeId) -> StyleClass {
    let inline = page.inline.iter().position(|(node, _, _)| *node == wanted);
    let mut class = StyleClass { matches: Vec::new(), inline };
    walk(page, Looking::Up, |node, matched| {
        if node == wanted {
            class.matches = matched.own;
        }
    });
    class
}

struct Words<'a> {
    read: &'a Read,
    page: &'a Page<'a>,
}

impl Words<'_> {
    fn all(
        &self,
        element: &Found,
        name: &str,
        inherited: bool,
        from: Option<&(Found, StyleClass, Lineage<'_>)>,
    ) -> Vec<String> {
        let place = format!("`{}` ({}:{})", element.label, element.path, element.line);
        let Some((owner, class, chain)) = from else {
            let nobody = if inherited { "It and the elements around it have" } else { "It has" };
            return vec![format!("{place}: no rule sets `{name}`. {nobody} the browser's own value.")];
        };
        let mut sentences = Vec::new();
        if owner.node == element.node {
            sentences.push(format!("{place}: `{name}` is decided by what follows, the strongest first."));
        } else {
            sentences.push(format!(
                "{place}: no rule sets `{name}` here; it is inherited from `{}` ({}:{}), where it is decided by what follows.",
                owner.label, owner.path, owner.line
            ));
        }
        for entry in &chain.entries {
            sentences.push(self.one(class, chain, entry));
        }
        if !chain.entries.iter().any(|entry| entry.status == Status::Dominant) {
            sentences.push(
                "Where none of these conditions holds, nothing here decides it and the browser's own value or an inherited one counts."
                    .to_owned(),
            );
        }
        sentences
    }

    fn one(&self, class: &StyleClass, chain: &Lineage<'_>, entry: &Entry<'_>) -> String {
        let mut text = match entry.status {
            Status::Dominant => "wins: ".to_owned(),
            Status::Conditional => "wins sometimes: ".to_owned(),
            Status::Overridden => "lost: ".to_owned(),
        };
        let _ = write!(text, "{}", self.declaration(class, entry));
        let conditions = self.conditions(entry);
        if !conditions.is_empty() {
            let _ = write!(text, ", where {}", conditions.join(" and "));
        }
        if let Some(reason) = entry.reason {
            let winner = chain.entries.get(reason.by);
            let winner = winner.map_or(String::new(), |winner| self.declaration(class, winner));
            let _ = write!(text, "; {} {winner}", because(reason.why));
        }
        text.push('.');
        text
    }

    /// `red` by `.btn` at a.css:40.
    fn declaration(&self, class: &StyleClass, entry: &Entry<'_>) -> String {
        let at = crate::at(entry.origin.declaration);
        let Some(rule) = entry.origin.rule.and_then(|rule| self.page.rules.get(crate::at(rule))) else {
            let inline = class.inline.and_then(|inline| self.page.inline.get(inline));
            let Some((node, text, declarations)) = inline else { return String::new() };
            let Some(declaration) = declarations.get(at) else { return String::new() };
            let line = self.page.document.node(*node).map_or(0, |node| node.line);
            let value = text.get(declaration.written()).unwrap_or_default();
            let mark = if declaration.important { " !important" } else { "" };
            return format!("`{value}{mark}` in the style attribute on line {line}");
        };
        let (Some(declaration), Some(source)) =
            (rule.rule.declarations.get(at), self.page.sources.get(rule.source))
        else {
            return String::new();
        };
        let mark = if declaration.important { " !important" } else { "" };
        let line = declaration.line.saturating_add(source.lines_before);
        let value = value(self.page, rule, declaration);
        let by = &rule.rule.text;
        let short = declaration.shorthand.map(|short| self.read.properties.name(short));
        let short = short.map_or(String::new(), |short| format!(", as a part of `{short}`"));
        format!("`{value}{mark}` by `{by}` at {}:{line}{short}", source.path)
    }

    fn conditions(&self, entry: &Entry<'_>) -> Vec<String> {
        let conditions = entry.conditions.iter().filter_map(|id| self.read.conditions.get(*id));
        let mut labels: Vec<String> = conditions.map(|one| format!("`{}`", one.words())).collect();
        let rule = entry.origin.rule.and_then(|rule| self.page.rules.get(crate::at(rule)));
        let shape = rule.and_then(|rule| rule.outline.shapes.get(crate::at(entry.selector)));
        if entry.at_rest.is_some() {
            labels
                .extend(shape.into_iter().flat_map(|shape| &shape.states).map(|state| format!("`{state}`")));
        }
        labels
    }
}

fn because(why: &str) -> &'static str {
    match why {
        "importance" => "more important is",
        "inline" => "a style attribute comes before any rule:",
        "layer" => "the layer is stronger of",
        "specificity" => "more specific is",
        "scope_proximity" => "nearer to its scope is",
        _ => "later comes",
    }
}
