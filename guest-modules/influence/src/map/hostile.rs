//! Projects that were made to break something: each ends with a map, and says what it lacks.

use serde_json::{Value, json};

use super::{Depth, Project, Read, map, whole};
use crate::cascade::Budget;

fn mapped(sheet: &str, body: &str) -> Value {
    let page = format!("<!doctype html><link rel=stylesheet href=a.css>{body}");
    let files = [("a.css".to_owned(), sheet.into()), ("index.html".to_owned(), page.into_bytes())];
    let project = Project::new(files, Vec::new());
    let bytes = map(&project, Depth::Deep);
    assert_eq!(bytes, map(&project, Depth::Deep), "the same again");
    serde_json::from_slice(&bytes).unwrap()
}

fn hit(map: &Value) -> Value {
    assert_eq!(map["limits"]["partial"], map["limits"]["hit"] != json!([]));
    map["limits"]["hit"].clone()
}

fn codes(map: &Value) -> Vec<&str> {
    let mut codes: Vec<&str> =
        map["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    codes.dedup();
    codes
}

/// What a map meets that may try so many selectors.
fn hit_within(tests: u64, sheet: &str, body: &str) -> Value {
    let page = format!("<!doctype html><link rel=stylesheet href=a.css>{body}");
    let files = [("a.css".to_owned(), sheet.into()), ("index.html".to_owned(), page.into_bytes())];
    let project = Project::new(files, Vec::new());
    let read = || Read { budget: Budget::of(tests), ..Read::new(&project) };
    let bytes = whole(&project, read(), Depth::Deep);
    assert_eq!(bytes, whole(&project, read(), Depth::Deep), "the same again");
    hit(&serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn rules_that_look_through_everything_for_every_element_end_with_a_named_limit() {
    let deep = format!("{}{}", "<div>".repeat(40), "<i></i>".repeat(20));
    let has = ":has(.never){color:red}";
    // html, head, link and body, the elements, and what is inside of each.
    let inside: u64 = (1..=40).map(|depth| 20 + depth).sum::<u64>() + 20 + (64 + 1 + 1 + 61);
    let inside = inside + 1;
    assert_eq!(hit_within(inside * 3, &has.repeat(3), &deep), json!([]));
    assert_eq!(hit_within(inside * 3 - 1, &has.repeat(3), &deep), json!(["matching"]));
    let beside = ":has(~ .never){color:red}";
    assert_eq!(hit_within(50_000, beside, &"<i></i>".repeat(200)), json!([]));
    assert_eq!(hit_within(50_000, &beside.repeat(2), &"<i></i>".repeat(200)), json!(["matching"]));
    assert_eq!(
        hit_within(1_000, "i{color:red}", &"<i></i>".repeat(900)),
        json!([]),
        "plain ones cost little"
    );
}

#[test]
fn a_selector_of_a_hundred_thousand_parts_is_refused_with_its_line() {
    let long = format!("p{{top:0}}\n{}{{color:red}}\nb{{top:0}}", "a ".repeat(100_000));
    let map = mapped(&long, "<p><b>");
    assert_eq!(codes(&map), ["css.rule"]);
    assert_eq!(map["diagnostics"][0]["line"], 2);
    assert_eq!(map["pages"][0]["declarations"].as_array().unwrap().len(), 2, "the rules beside it count");
}

#[test]
fn nesting_that_multiplies_ends_with_a_named_limit() {
    // Each level means ten times what the one around it does.
    let level = ":is(a,b,c,d,e,f,g,h,i,j) &,:is(a,b) &,& a,& b,& c,& d,& e,& f,& g,& h";
    let sheet = format!("p{{left:0;{}color:red{}}}", format!("{level}{{top:0;").repeat(12), "}".repeat(12));
    let map = mapped(&sheet, "<p>");
    assert_eq!((hit(&map), codes(&map)), (json!(["nesting"]), vec!["css.declaration"]));
    assert!(!map["pages"][0]["declarations"].as_array().unwrap().is_empty(), "the outer levels count");
    let three =
        mapped(&format!("p{{{}color:red{}}}", format!("{level}{{top:0;").repeat(2), "}".repeat(2)), "<p>");
    assert_eq!(hit(&three), json!([]));
    let blocks = mapped(&"@media screen{".repeat(50_000), "<p>");
    assert_eq!(blocks["pages"][0]["declarations"], json!([]));
}

#[test]
fn elements_in_so_many_elements_that_each_costs_more_than_the_last_end_with_a_named_limit() {
    let within = mapped("p{top:0}", &"<div>".repeat(2_000));
    assert_eq!(hit(&within), json!(["dom-depth"]));
    let beyond = mapped("p{top:0}", &format!("<p>{}", "<div>".repeat(12_000)));
    assert_eq!(hit(&beyond), json!(["dom-depth", "page-nesting"]));
    assert!(beyond["pages"][0]["elements"].as_array().unwrap().len() > 5_000, "what was read counts");
}

#[test]
fn sheets_that_are_no_text_or_in_another_encoding_are_named() {
    let files = [
        ("a.css".to_owned(), b"p{color:red}\0\x01\x02".to_vec()),
        ("b.css".to_owned(), b"p{font-family:'caf\xe9'}".to_vec()),
        (
            "index.html".to_owned(),
            b"<link rel=stylesheet href=a.css><link rel=stylesheet href=b.css><p>".to_vec(),
        ),
    ];
    let map: Value = serde_json::from_slice(&map(&Project::new(files, Vec::new()), Depth::Deep)).unwrap();
    assert_eq!(codes(&map), ["map.binary", "map.encoding"]);
    assert_eq!(map["pages"][0]["declarations"].as_array().unwrap().len(), 1);
}

#[test]
fn sheets_that_import_each_other_in_a_long_chain_end_with_a_named_limit() {
    let sheet =
        |at: usize| (format!("{at}.css"), format!("@import '{}.css'; p{{top:{at}px}}", at + 1).into_bytes());
    let page = ("index.html".to_owned(), b"<!doctype html><link rel=stylesheet href=0.css><p>".to_vec());
    let hit_of = |count: usize| {
        let files = (0..count).map(sheet).chain([page.clone()]);
        let map: Value = serde_json::from_slice(&map(&Project::new(files, Vec::new()), Depth::Deep)).unwrap();
        hit(&map)
    };
    assert_eq!(hit_of(16), json!([]));
    assert_eq!(hit_of(17), json!(["import-depth"]));
}
