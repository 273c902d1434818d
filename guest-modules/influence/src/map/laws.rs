//! What muting must be: the same as a map of the project without what is muted, whatever the
//! rules are. Two thousand projects are made by a fixed sequence of numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Depth, Project, map, simulate};

const CASES: u64 = 2_000;
const RULES: usize = 12;

const PAGE: &str = "<!doctype html><link rel=stylesheet href=a.css><link rel=stylesheet href=b.css media=screen>\
    <div class=a id=x><p class='a b'>1<span style='color: teal'>2</span></p><p>3</p></div>\
    <ul><li class=b><a href=#>4</a></li><li class=c style='top: 1px !important'></li></ul>";

const SELECTORS: [&str; 14] = [
    "p",
    ".a",
    ".b",
    "#x",
    "#x p",
    "div > .b",
    "li:first-child",
    "p, .c",
    "a:hover",
    ":is(.a, li) .b, span",
    "p::before",
    "ul:has(.c) li",
    ":where(#x) *",
    "li + .c",
];
const DECLARATIONS: [&str; 8] = [
    "color: red",
    "color: blue !important",
    "top: 1px",
    "margin: 1px 2px",
    "margin-left: 3px",
    "--x: 1",
    "color: var(--x)",
    "top: 2px !important",
];
const AROUND: [&str; 7] =
    ["", "", "", "@media print", "@media (min-width: 700px)", "@layer one", "@layer two"];

/// Numbers that look like chance and are the same every time.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

/// One rule a line.
struct Written {
    around: &'static str,
    selector: &'static str,
    declarations: String,
    sheet: usize,
}

fn written(numbers: &mut Numbers) -> Vec<Written> {
    (0..RULES)
        .map(|_| Written {
            around: AROUND[numbers.next(AROUND.len())],
            selector: SELECTORS[numbers.next(SELECTORS.len())],
            declarations: (0..=numbers.next(2))
                .map(|_| format!("{};", DECLARATIONS[numbers.next(DECLARATIONS.len())]))
                .collect(),
            sheet: numbers.next(3).min(1),
        })
        .collect()
}

/// The project without these selectors and this sheet; what is left stands on the same lines,
/// in layers that are named in the same order.
fn project(rules: &[Written], without: &BTreeSet<&str>) -> Project {
    let mut sheets = ["@import 'c.css' layer(three);\n".to_owned(), String::new()];
    for rule in rules {
        let path = ["a.css", "b.css"][rule.sheet];
        let gone = without.contains(rule.selector) || without.contains(path);
        // One of the selectors of a rule may be muted alone.
        let selector = match rule.selector {
            "p, .c" if without.contains("p") => ".c",
            selector => selector,
        };
        let body = match gone {
            true => String::new(),
            false => format!("{selector}{{{}}}", rule.declarations),
        };
        let line = if rule.around.is_empty() { body } else { format!("{}{{{body}}}", rule.around) };
        for (at, sheet) in sheets.iter_mut().enumerate() {
            *sheet += &format!("{}\n", if at == rule.sheet { line.as_str() } else { "" });
        }
    }
    let [first, second] = sheets;
    let imported =
        if without.contains("c.css") || without.contains("p") { "" } else { "p{top:9px;color:gray}" };
    let files = [("a.css", first.as_str()), ("b.css", &second), ("c.css", imported), ("index.html", PAGE)];
    Project::new(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())), Vec::new())
}

/// Who wins: by element, pseudo-element and property, the conditional ones first.
type Winners = BTreeMap<(String, String, String), Vec<(u64, String)>>;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn place(declaration: &Value) -> (u64, String) {
    (declaration["line"].as_u64().unwrap(), text(&declaration["value"]))
}

fn winners(map: &Value) -> Winners {
    let page = &map["pages"][0];
    let mut winners = Winners::new();
    for class in page["classes"].as_array().unwrap() {
        for (property, lineage) in class["lineage"].as_object().unwrap() {
            let sometimes = lineage["if"].as_array().into_iter().flatten().map(|one| &one[0]);
            let at = sometimes.chain(lineage.get("wins")).filter_map(Value::as_u64);
            let list: Vec<_> =
                at.map(|at| place(&page["declarations"][usize::try_from(at).unwrap()])).collect();
            for element in class["elements"].as_array().unwrap() {
                let id = text(&page["elements"][usize::try_from(element.as_u64().unwrap()).unwrap()]);
                winners.insert((id, text(&class["pseudo"]), property.clone()), list.clone());
            }
        }
    }
    winners
}

/// The winners after what a simulation says.
fn after(mut winners: Winners, simulation: &Value) -> Winners {
    for change in simulation["changed"].as_array().unwrap() {
        let places = |key: &str| change[key].as_array().unwrap().iter().map(place).collect::<Vec<_>>();
        for element in change["elements"].as_array().unwrap() {
            let key = (text(element), text(&change["pseudo"]), text(&change["property"]));
            assert_eq!(winners.get(&key), Some(&places("before")));
            match places("after") {
                none if none.is_empty() => winners.remove(&key),
                some => winners.insert(key, some),
            };
        }
    }
    winners
}

#[test]
fn muting_is_what_a_map_without_the_muted_rules_says() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let (mut changed, mut rules_muted) = (0, 0);
    let read = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
    for case in 0..CASES {
        let rules = written(&mut numbers);
        let muted: BTreeSet<&str> = (0..=numbers.next(3))
            .map(|_| match numbers.next(6) {
                0 => "c.css",
                1 => ["a.css", "b.css"][rules[numbers.next(RULES)].sheet],
                _ => rules[numbers.next(RULES)].selector,
            })
            .collect();
        rules_muted += muted.len();
        let whole = project(&rules, &BTreeSet::new());
        let names: Vec<String> = muted.iter().map(|name| (*name).to_owned()).collect();
        let simulation = read(simulate(&whole, &names).unwrap());
        changed += simulation["changed"].as_array().unwrap().len();
        let before = winners(&read(map(&whole, Depth::Deep)));
        let without = winners(&read(map(&project(&rules, &muted), Depth::Deep)));
        assert_eq!(after(before, &simulation), without, "case {case}: without {muted:?}");
    }
    assert!(changed > 10_000 && rules_muted > 3_000, "{changed} changes of {rules_muted} mutes");
}
