//! Pseudo-classes that the document answers as it was written: nobody has typed, clicked or
//! submitted anything.

use html5ever::local_name;
use selectors::Element as _;

use super::super::pseudo::Static;
use super::ElementRef;

pub(super) fn holds(element: ElementRef<'_>, kind: Static) -> bool {
    let has = |name: &str| element.element().attribute(name).is_some();
    match kind {
        Static::AnyLink | Static::Link => element.is_link(),
        Static::Disabled => is_control(element) && is_disabled(element),
        Static::Enabled => is_control(element) && !is_disabled(element),
        Static::Checked => is_checked(element),
        Static::Default => is_default(element),
        Static::Indeterminate => is_indeterminate(element),
        Static::Required => takes_required(element) && has("required"),
        Static::Optional => takes_required(element) && !has("required"),
        Static::ReadWrite => is_editable(element),
        // Elements of SVG are neither in Chromium.
        Static::ReadOnly => element.element().is_html() && !is_editable(element),
        Static::PlaceholderShown => shows_placeholder(element),
        Static::Defined => !is_custom(element),
        Static::Open => is_tag(element, &["details", "dialog"]) && has("open"),
        Static::Valid => is_validated(element) && !is_invalid(element),
        Static::Invalid => is_validated(element) && is_invalid(element),
        Static::InRange | Static::OutOfRange => in_range(element) == Some(kind == Static::InRange),
    }
}

fn is_tag(element: ElementRef<'_>, names: &[&str]) -> bool {
    element.element().is_html() && names.contains(&&**element.element().tag())
}

fn input_type(element: ElementRef<'_>) -> String {
    element.element().attribute("type").unwrap_or("text").to_ascii_lowercase()
}

fn is_control(element: ElementRef<'_>) -> bool {
    is_tag(element, &["button", "input", "select", "textarea", "optgroup", "option", "fieldset"])
}

fn is_disabled(element: ElementRef<'_>) -> bool {
    if element.element().attribute("disabled").is_some() {
        return true;
    }
    let tag = element.element().tag().clone();
    if tag == local_name!("option") {
        let parent = element.parent_element();
        return parent.is_some_and(|parent| {
            is_tag(parent, &["optgroup"]) && parent.element().attribute("disabled").is_some()
        });
    }
    if tag == local_name!("optgroup") {
        return false;
    }
    // A disabled field set disables what is in it, but for its first legend.
    let mut inner = element;
    while let Some(outer) = inner.parent_element() {
        if is_tag(outer, &["fieldset"]) && outer.element().attribute("disabled").is_some() {
            let legend = outer.document.children(outer.id).find_map(|child| {
                ElementRef::new(outer.document, child).filter(|child| is_tag(*child, &["legend"]))
            });
            if legend != Some(inner) {
                return true;
            }
        }
        inner = outer;
    }
    false
}

fn is_checked(element: ElementRef<'_>) -> bool {
    if is_tag(element, &["input"]) {
        let kind = input_type(element);
        return (kind == "checkbox" || kind == "radio")
            && element.element().attribute("checked").is_some()
            && !(kind == "radio" && has_later_radio(element));
    }
    is_tag(element, &["option"]) && is_selected(element)
}

/// Of several checked radio buttons of one group, the last one stays checked.
fn has_later_radio(element: ElementRef<'_>) -> bool {
    let Some(name) = element.element().attribute("name").filter(|name| !name.is_empty()) else {
        return false;
    };
    let form = form_of(element);
    let mut seen = false;
    element.document.elements.iter().any(|id| {
        let Some(other) = ElementRef::new(element.document, *id) else { return false };
        if other == element {
            seen = true;
            return false;
        }
        seen && is_tag(other, &["input"])
            && input_type(other) == "radio"
            && other.element().attribute("name") == Some(name)
            && other.element().attribute("checked").is_some()
            && form_of(other) == form
    })
}

fn form_of(element: ElementRef<'_>) -> Option<crate::html::NodeId> {
    let mut at = element.parent_element();
    while let Some(parent) = at {
        if is_tag(parent, &["form"]) {
            return Some(parent.id);
        }
        at = parent.parent_element();
    }
    None
}

fn select_of(option: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let mut at = option.parent_element();
    while let Some(parent) = at {
        if is_tag(parent, &["select"]) {
            return Some(parent);
        }
        at = parent.parent_element();
    }
    None
}

/// An option is selected when it says so, or when it is the one that a drop-down shows.
fn is_selected(option: ElementRef<'_>) -> bool {
    let says = option.element().attribute("selected").is_some();
    let Some(select) = select_of(option) else { return says };
    if select.element().attribute("multiple").is_some() {
        return says;
    }
    let options: Vec<_> = select
        .document
        .descendants(select.id)
        .filter_map(|id| ElementRef::new(select.document, id))
        .filter(|element| is_tag(*element, &["option"]))
        .collect();
    let chosen = options.iter().rfind(|option| option.element().attribute("selected").is_some());
    let size = select.element().attribute("size").and_then(|size| size.trim().parse::<u32>().ok());
    let shows_one = size.is_none_or(|size| size <= 1);
    let first = options.iter().find(|option| !is_disabled(**option));
    match chosen {
        Some(chosen) => *chosen == option,
        None => shows_one && first == Some(&option),
    }
}

fn is_default(element: ElementRef<'_>) -> bool {
    if is_tag(element, &["option"]) {
        return element.element().attribute("selected").is_some();
    }
    if is_tag(element, &["input"]) && ["checkbox", "radio"].contains(&input_type(element).as_str()) {
        return element.element().attribute("checked").is_some();
    }
    is_submit(element) && is_first_submit(element)
}

fn is_submit(element: ElementRef<'_>) -> bool {
    let kind = element.element().attribute("type").unwrap_or_default().to_ascii_lowercase();
    is_tag(element, &["button"]) && !["button", "reset"].contains(&kind.as_str())
        || is_tag(element, &["input"]) && ["submit", "image"].contains(&kind.as_str())
}

fn is_first_submit(element: ElementRef<'_>) -> bool {
    let Some(form) = form_of(element) else { return false };
    let document = element.document;
    let mut inside = document.descendants(form).filter_map(|id| ElementRef::new(document, id));
    inside.find(|inside| is_submit(*inside)) == Some(element)
}

fn is_indeterminate(element: ElementRef<'_>) -> bool {
    if is_tag(element, &["progress"]) {
        return element.element().attribute("value").is_none();
    }
    if !is_tag(element, &["input"]) || input_type(element) != "radio" {
        return false;
    }
    let Some(name) = element.element().attribute("name").filter(|name| !name.is_empty()) else {
        return element.element().attribute("checked").is_none();
    };
    let form = form_of(element);
    !element.document.elements.iter().filter_map(|id| ElementRef::new(element.document, *id)).any(|other| {
        is_tag(other, &["input"])
            && input_type(other) == "radio"
            && other.element().attribute("name") == Some(name)
            && other.element().attribute("checked").is_some()
            && form_of(other) == form
    })
}

fn takes_required(element: ElementRef<'_>) -> bool {
    let without = ["hidden", "range", "color", "submit", "image", "reset", "button"];
    is_tag(element, &["select", "textarea"])
        || is_tag(element, &["input"]) && !without.contains(&input_type(element).as_str())
}

const TYPED: [&str; 13] = [
    "text",
    "search",
    "url",
    "tel",
    "email",
    "password",
    "date",
    "month",
    "week",
    "time",
    "datetime-local",
    "number",
    "datetime",
];

/// An input into which something is typed; unknown types are text.
fn is_typed(element: ElementRef<'_>) -> bool {
    let others =
        ["hidden", "range", "color", "checkbox", "radio", "file", "submit", "image", "reset", "button"];
    let kind = input_type(element);
    is_tag(element, &["input"]) && (TYPED.contains(&kind.as_str()) || !others.contains(&kind.as_str()))
}

fn is_editable(element: ElementRef<'_>) -> bool {
    let own = element.element();
    if is_typed(element) || is_tag(element, &["textarea"]) {
        return own.attribute("readonly").is_none() && !is_disabled(element);
    }
    let mut at = Some(element);
    while let Some(around) = at {
        if let Some(value) = around.element().attribute("contenteditable") {
            return !value.eq_ignore_ascii_case("false");
        }
        at = around.parent_element();
    }
    false
}

fn shows_placeholder(element: ElementRef<'_>) -> bool {
    let own = element.element();
    if own.attribute("placeholder").is_none() {
        return false;
    }
    let typed = ["text", "search", "url", "tel", "email", "password", "number"];
    let kind = input_type(element);
    if is_tag(element, &["input"]) && (typed.contains(&kind.as_str()) || !TYPED.contains(&kind.as_str())) {
        return is_typed(element) && own.attribute("value").is_none_or(str::is_empty);
    }
    is_tag(element, &["textarea"]) && element.document.text(element.id).trim_start_matches('\n').is_empty()
}

fn is_custom(element: ElementRef<'_>) -> bool {
    let known = [
        "annotation-xml",
        "color-profile",
        "font-face",
        "font-face-src",
        "font-face-uri",
        "font-face-format",
        "font-face-name",
        "missing-glyph",
    ];
    let tag = &**element.element().tag();
    element.element().is_html() && tag.contains('-') && !known.contains(&tag)
        || element.element().is_html() && element.element().attribute("is").is_some_and(|is| is.contains('-'))
}

/// Whether constraints are checked at all: a form, a field set, or a control that is not barred.
fn is_validated(element: ElementRef<'_>) -> bool {
    if is_tag(element, &["form", "fieldset"]) {
        return true;
    }
    let barred = ["hidden", "reset", "button"];
    let candidate = is_tag(element, &["select", "textarea"])
        || is_tag(element, &["input"]) && !barred.contains(&input_type(element).as_str())
        || is_tag(element, &["button"]) && is_submit(element);
    candidate
        && !is_disabled(element)
        && !((is_typed(element) || is_tag(element, &["textarea"]))
            && element.element().attribute("readonly").is_some())
}

fn is_invalid(element: ElementRef<'_>) -> bool {
    if is_tag(element, &["form", "fieldset"]) {
        let document = element.document;
        let mut inside = document.descendants(element.id).filter_map(|id| ElementRef::new(document, id));
        return inside.any(|inside| {
            !is_tag(inside, &["form", "fieldset"]) && is_validated(inside) && is_invalid(inside)
        });
    }
    is_missing(element) || in_range(element) == Some(false) || has_wrong_form(element)
}

fn is_missing(element: ElementRef<'_>) -> bool {
    let own = element.element();
    if !takes_required(element) || own.attribute("required").is_none() {
        return false;
    }
    if is_tag(element, &["textarea"]) {
        return element.document.text(element.id).is_empty();
    }
    if is_tag(element, &["select"]) {
        let document = element.document;
        let mut options = document.descendants(element.id).filter_map(|id| ElementRef::new(document, id));
        let chosen = options.find(|option| is_tag(*option, &["option"]) && is_selected(*option));
        return chosen.is_none_or(|option| {
            let value = option.element().attribute("value").map(str::to_owned);
            value.unwrap_or_else(|| document.text(option.id)).is_empty()
        });
    }
    match input_type(element).as_str() {
        "checkbox" => own.attribute("checked").is_none(),
        "radio" => is_indeterminate(element),
        "file" => true,
        _ => own.attribute("value").is_none_or(str::is_empty),
    }
}

fn has_wrong_form(element: ElementRef<'_>) -> bool {
    let own = element.element();
    let Some(value) = own.attribute("value").filter(|value| !value.is_empty()) else { return false };
    is_tag(element, &["input"])
        && match input_type(element).as_str() {
            "email" => {
                let mut parts = value.trim().split('@');
                let named = parts.next().is_some_and(|name| !name.is_empty() && !name.contains(' '));
                !(named && parts.next().is_some_and(|host| !host.is_empty()) && parts.next().is_none())
            }
            "url" => !value.trim().split_once(':').is_some_and(|(scheme, rest)| {
                !scheme.is_empty() && !rest.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric())
            }),
            _ => false,
        }
}

/// Whether a value lies in its range; none for what has no range.
fn in_range(element: ElementRef<'_>) -> Option<bool> {
    if !is_tag(element, &["input"]) || !["number", "range"].contains(&input_type(element).as_str()) {
        return None;
    }
    let number =
        |name: &str| element.element().attribute(name).and_then(|text| text.trim().parse::<f64>().ok());
    let range = input_type(element) == "range";
    let (min, max) = (number("min"), number("max"));
    if min.is_none() && max.is_none() && !range {
        return None;
    }
    let Some(value) = number("value").filter(|_| !range) else { return Some(true) };
    Some(min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max))
}
