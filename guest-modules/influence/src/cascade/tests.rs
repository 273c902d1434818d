use crate::map::{Project, why};

/// The value that decides `property` on `#x`, by the words of `why`.
fn winner(css: &str, body: &str, property: &str) -> String {
    let page = format!("<!doctype html><link rel=stylesheet href=a.css>{body}");
    let files = [("a.css", css), ("index.html", page.as_str())];
    let project = Project::new(files.map(|(path, text)| (path.to_owned(), text.into())), Vec::new());
    let answer: serde_json::Value = serde_json::from_slice(&why(&project, "#x", property).unwrap()).unwrap();
    let sentences = answer["sentences"].as_array().unwrap();
    let wins = sentences.iter().filter_map(|one| one.as_str()).find(|one| one.starts_with("wins: "));
    let value = wins.and_then(|one| one.split('`').nth(1)).unwrap_or_default();
    value.to_owned()
}

const X: &str = "<div class=a><p id=x class=b>";

#[test]
fn what_decides_comes_in_its_order() {
    for (css, wins) in [
        ("p{color:red} p{color:blue}", "blue"),
        (".b{color:red} p{color:blue}", "red"),
        ("#x{color:red} .b.b.b{color:blue}", "red"),
        ("p{color:red!important} #x{color:blue}", "red !important"),
        (":where(#x){color:red} p{color:blue}", "blue"),
        (":is(#x, q){color:red} .b{color:blue}", "red"),
    ] {
        assert_eq!(winner(css, X, "color"), wins, "{css}");
    }
}

#[test]
fn importance_turns_the_order_of_layers_around() {
    let layered = "@layer one, two; @layer two { p{color:red} } @layer one { #x{color:blue} }";
    assert_eq!(winner(layered, X, "color"), "red");
    assert_eq!(winner(&format!("{layered} p{{color:green}}"), X, "color"), "green");
    let important =
        "@layer one{p{color:red!important}} @layer two{p{color:blue!important}} p{color:green!important}";
    assert_eq!(winner(important, X, "color"), "red !important");
    let inner = "@layer a { p{color:red} @layer b { #x{color:blue} } }";
    assert_eq!(winner(inner, X, "color"), "red");
}

#[test]
fn layers_are_in_the_order_of_the_sheets_that_name_them_first() {
    let files = [
        ("a.css", "i{top:0} @layer two{p{color:red}}"),
        ("b.css", "@layer one{p{color:blue}}"),
        (
            "index.html",
            "<!doctype html><link rel=stylesheet href=a.css><link rel=stylesheet href=b.css><p id=x>",
        ),
    ];
    let project = Project::new(files.map(|(path, text)| (path.to_owned(), text.into())), Vec::new());
    let said = String::from_utf8(why(&project, "#x", "color").unwrap()).unwrap();
    assert!(said.contains("wins: `blue`"), "{said}");
}

#[test]
fn a_style_attribute_is_stronger_than_rules_and_weaker_than_important_ones() {
    let body = "<p id=x style='color: red; width: 1px !important'>";
    assert_eq!(winner("#x{color:blue}", body, "color"), "red");
    assert_eq!(winner("p{color:blue!important}", body, "color"), "blue !important");
    assert_eq!(winner("@layer a{p{width:2px!important}}", body, "width"), "1px !important");
}

#[test]
fn the_nearer_scope_wins_and_a_scope_ends_where_it_says() {
    let body = "<div class=far><div class=near><p id=x class=b>";
    let css = "@scope (.near) { p{color:red} } @scope (.far) { p{color:blue} }";
    assert_eq!(winner(css, body, "color"), "red");
    assert_eq!(winner("p{color:green} @scope (.far) to (.near) { p{color:blue} }", body, "color"), "green");
    assert_eq!(winner("@scope (.b) { :scope{color:red} } p{color:blue}", body, "color"), "red");
}

#[test]
fn what_holds_in_some_viewports_does_not_hide_what_holds_in_the_others() {
    assert_eq!(winner("p{color:red} @media (min-width: 1px){p{color:blue}}", X, "color"), "red");
    assert_eq!(winner("p{color:red} p:hover{color:blue}", X, "color"), "red");
    assert_eq!(winner("p{color:red} @supports (colour: x){p{color:blue}}", X, "color"), "red");
}

#[test]
fn nesting_means_what_the_rule_around_means() {
    assert_eq!(winner(".a { p { color: red } } p { color: blue }", X, "color"), "red");
    assert_eq!(winner(".a { & > .b { color: red } }", X, "color"), "red");
    assert_eq!(winner("#q, .a { p { color: red } } .a .b { color: blue }", X, "color"), "red");
}

#[test]
fn an_inherited_property_is_found_on_the_way_up_and_another_is_not() {
    assert_eq!(winner(".a{color:red}", X, "color"), "red");
    assert_eq!(winner(".a{width:1px}", X, "width"), "");
    assert_eq!(winner(".a{--x:1px}", X, "--x"), "1px");
}

#[test]
fn relations_between_elements_are_seen() {
    for css in [
        ".a:has(> #x){color:red}",
        "p:nth-child(1 of .b){color:red}",
        "p:only-child{color:red}",
        "body:not(:has(table)) p{color:red}",
        "html:root p{color:red}",
        "[class~='b' i]{color:red}",
    ] {
        assert_eq!(winner(css, X, "color"), "red", "{css}");
    }
}

#[test]
fn names_of_classes_fold_in_quirks_mode_only() {
    let files = |doctype: &str| {
        let page = format!("{doctype}<style>.B{{color:red}}</style><p id=x class=b>");
        Project::new([("index.html".to_owned(), page.into_bytes())], Vec::new())
    };
    let text = |doctype: &str| String::from_utf8(why(&files(doctype), "#x", "color").unwrap()).unwrap();
    assert!(text("").contains("wins: `red`"));
    assert!(!text("<!doctype html>").contains("wins: `red`"));
}

#[test]
fn sheets_that_import_each_other_end() {
    let files = [
        ("a.css", "@import 'b.css'; p{color:red}"),
        ("b.css", "@import 'a.css'; p{top:1px}"),
        ("index.html", "<link rel=stylesheet href=a.css><p id=x>"),
    ];
    let project = Project::new(files.map(|(path, text)| (path.to_owned(), text.into())), Vec::new());
    assert!(String::from_utf8(why(&project, "#x", "color").unwrap()).unwrap().contains("a.css:1"));
    assert!(String::from_utf8(why(&project, "#x", "top").unwrap()).unwrap().contains("b.css:1"));
}
