use super::*;

struct Read {
    sheet: Sheet,
    properties: Properties,
    conditions: Conditions,
}

fn read(text: &str) -> Read {
    let (mut properties, mut conditions) = (Properties::default(), Conditions::default());
    let base = nowhere().unwrap();
    let mut reader = Reader::new(&mut properties, &base, false);
    let sheet = parse(text, &mut reader, &mut conditions);
    Read { sheet, properties, conditions }
}

impl Read {
    /// `selector{longhand=value;…}`, rule by rule.
    fn outline(&self, text: &str) -> Vec<String> {
        let mut rules = Vec::new();
        for item in &self.sheet.items {
            let Item::Rule(rule) = item else { continue };
            let declarations: Vec<String> = rule
                .declarations
                .iter()
                .map(|one| {
                    let value = &text[one.written()];
                    let mark = if one.important { "!" } else { "" };
                    format!("{}={value}{mark}", self.properties.name(one.property))
                })
                .collect();
            rules.push(format!("{}{{{}}}", rule.text, declarations.join(";")));
        }
        rules
    }
}

fn outline(text: &str) -> Vec<String> {
    read(text).outline(text)
}

#[test]
fn what_is_valid_is_kept_and_what_is_not_is_dropped_and_named() {
    let text =
        "a { color: red; width: 12; colour: blue; height: -5px; color: -moz-dialog; top: 1px !important }";
    assert_eq!(outline(text), ["a{color=red;top=1px!}"]);
    let faults: Vec<&str> = read(text).sheet.faults.listed.iter().map(|fault| fault.code).collect();
    assert_eq!(faults, ["css.declaration"; 4]);
}

#[test]
fn a_shorthand_sets_its_longhands() {
    assert_eq!(
        outline("a{margin:0 auto}"),
        ["a{margin-top=0 auto;margin-right=0 auto;margin-bottom=0 auto;margin-left=0 auto}"]
    );
    let border = &outline("a{border:1px solid red}")[0];
    assert!(border.contains("border-image-source=") && border.contains("border-left-style="), "{border}");
    assert_eq!(outline("a{-webkit-box-shadow:none}"), ["a{box-shadow=none}"]);
}

#[test]
fn a_value_with_a_variable_is_judged_later_and_so_it_is_kept() {
    assert_eq!(outline("a{width:calc(var(--x) nonsense)}"), ["a{width=calc(var(--x) nonsense)}"]);
    assert_eq!(outline("a{--x:  anything { goes }}"), ["a{--x=anything { goes }}"]);
    assert_eq!(outline("a{--:1}"), Vec::<String>::new());
}

#[test]
fn one_selector_that_is_none_takes_its_rule_with_it_unless_the_list_forgives() {
    assert_eq!(outline("a, b:nonsense { color: red }"), Vec::<String>::new());
    assert_eq!(outline("a, b::-moz-selection { color: red }"), Vec::<String>::new());
    assert_eq!(outline(":is(a, b:nonsense) { color: red }"), [":is(a, b:nonsense){color=red}"]);
    assert_eq!(outline("a::-webkit-scrollbar { color: red }"), ["a::-webkit-scrollbar{color=red}"]);
    assert_eq!(read("a:nonsense{}").sheet.faults.listed[0].code, "css.rule");
}

#[test]
fn declarations_behind_a_nested_rule_come_after_it() {
    assert_eq!(
        outline("a { color: red; &:hover { color: blue } color: green }"),
        ["a{color=red}", "&:hover{color=blue}", "a{color=green}"]
    );
}

#[test]
fn conditions_stand_around_what_they_are_around_of() {
    let text = "@media print { @supports (display: grid) { a { color: red } } }\n\
                @supports (display: nonsense) { b { color: red } } @supports selector(a:has(b)) { c { color: red } }";
    let read = read(text);
    let labels = |rule: &Rule| -> Vec<String> {
        rule.conditions.iter().map(|id| read.conditions.get(*id).unwrap().label()).collect()
    };
    let all: Vec<Vec<String>> = read
        .sheet
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Rule(rule) => Some(labels(rule)),
            _ => None,
        })
        .collect();
    assert_eq!(
        all,
        [vec!["media:print".to_owned()], vec!["never:supports (display: nonsense)".to_owned()], vec![]]
    );
}

#[test]
fn an_import_counts_only_before_the_rules() {
    let imports =
        |text: &str| read(text).sheet.items.iter().filter(|item| matches!(item, Item::Import(_))).count();
    assert_eq!(imports("@charset 'x'; @layer a; @import 'x.css' layer(b) screen; a{}"), 1);
    assert_eq!(imports("a{} @import 'x.css';"), 0);
    assert_eq!(imports("@import 'x.css' supports(display: grid);"), 1);
}

#[test]
fn nesting_without_end_is_cut_and_ends() {
    let deep = "a{".repeat(20_000);
    assert!(outline(&deep).is_empty());
    let brackets = format!("a{{color:{}}}", "(".repeat(20_000));
    assert!(outline(&brackets).is_empty());
}

#[test]
fn more_selectors_than_a_sheet_may_have_end_it_with_a_named_limit() {
    let just = "a{top:0}".repeat(100_000);
    assert_eq!(read(&just).sheet.limit, None);
    let more = format!("{just}a{{top:0}}");
    assert_eq!(read(&more).sheet.limit, Some("selectors"));
}

#[test]
fn what_is_inherited_is_a_longhand_that_the_browser_has() {
    assert!(chromium::INHERITED.is_sorted());
    let unknown: Vec<_> = chromium::INHERITED.iter().filter(|name| chromium::known(name).is_none()).collect();
    assert_eq!(unknown, Vec::<&&str>::new());
    for (name, inherited) in [("font-family", true), ("color", true), ("--own", true), ("width", false)] {
        assert_eq!(is_inherited(name), inherited, "{name}");
    }
}

#[test]
fn what_is_dropped_again_and_again_is_listed_once_and_what_is_not_listed_is_counted() {
    let faults = read(&"a{colour:red}\n".repeat(300)).sheet.faults;
    let listed: Vec<_> = faults.listed.iter().map(|fault| (fault.line, fault.times)).collect();
    assert_eq!((listed, faults.others), (vec![(1, 300)], 0));
    let others: String = (0..103).map(|at| format!("a{{colour:c{at}}}")).collect();
    let faults = read(&others).sheet.faults;
    assert_eq!((faults.listed.len(), faults.others), (100, 3));
}
