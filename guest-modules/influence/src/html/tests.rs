use super::*;

fn tags(text: &str) -> Vec<String> {
    let document = parse(text);
    document.elements.iter().map(|id| document.element(*id).unwrap().tag().to_string()).collect()
}

#[test]
fn a_tree_is_what_a_browser_makes_of_it() {
    assert_eq!(
        tags("<p>a<table><tr><td>b<div>c"),
        ["html", "head", "body", "p", "table", "tbody", "tr", "td", "div"]
    );
    assert_eq!(tags("<noscript><b></noscript><i>"), ["html", "head", "noscript", "body", "b", "i"]);
}

#[test]
fn what_a_template_holds_is_no_part_of_the_page() {
    assert_eq!(tags("<body><template><p class=x></template>"), ["html", "head", "body", "template"]);
}

#[test]
fn an_element_knows_its_line_and_its_classes_once_each() {
    let document = parse("<body>\n\n<p class='a b a' id=x>");
    let id = *document.elements.last().unwrap();
    assert_eq!(document.node(id).unwrap().line, 3);
    let classes: Vec<&str> = document.element(id).unwrap().classes.iter().map(|class| &**class).collect();
    assert_eq!(classes, ["a", "b"]);
}

#[test]
fn nesting_deeper_than_a_browser_goes_is_flattened() {
    let document = parse(&"<div>".repeat(5_000));
    assert!(document.flattened);
    assert!(document.nodes.iter().all(|node| node.depth <= DEPTH_MAX + 1));
    assert!(!parse(&"<div>".repeat(400)).flattened);
}

#[test]
fn a_page_with_too_many_elements_is_cut() {
    assert!(!parse(&"<i></i>".repeat(1_000)).cut);
    let document = parse(&"<i></i>".repeat(ELEMENTS_MAX + 10));
    assert!(document.cut);
}

#[test]
fn bytes_that_are_no_text_are_said_to_be_none() {
    assert!(decode(b"\0\x01\x02").binary);
    assert!(decode(b"a\xffb").lossy);
    assert_eq!(decode(b"\xef\xbb\xbfa").text, "a");
    assert_eq!(decode(b"\xff\xfea\0b\0").text, "ab");
}
