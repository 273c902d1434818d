use proptest::prelude::*;

use super::*;

fn covers(pattern: &str, path: &str) -> bool {
    Pattern::parse(pattern).unwrap().matches(path, LetterCase::Kept)
}

#[test]
fn patterns_cover_what_a_reader_expects() {
    let table = [
        ("src/app.js", "src/app.js", true),
        ("src/app.js", "src/app.jsx", false),
        ("*.js", "app.js", true),
        ("*.js", "src/app.js", false),
        ("**/*.js", "app.js", true),
        ("**/*.js", "a/b/c.js", true),
        ("**/*.js", "a/b.js/c", false),
        ("src/**", "src/a/b", true),
        ("src/**", "src", true),
        ("src/**", "srcs/a", false),
        ("**/.env*", ".env", true),
        ("**/.env*", "a/.env.local", true),
        ("**/.env*", "a/x.env", false),
        ("**/.git/**", ".git/config", true),
        ("**/.git/**", "a/.git/hooks/x", true),
        ("**/.git/**", "a/.gitignore", false),
        ("a*b*c", "aXbYc", true),
        ("a*b*c", "abc", true),
        ("a*b*c", "ac", false),
        ("*ab", "aab", true),
        ("a*a", "a", false),
        ("**", "x/y", true),
        ("a/**/b/**/c", "a/x/b/b/y/c", true),
        ("a/*/c", "a/c", false),
    ];
    for (pattern, path, wanted) in table {
        assert_eq!(covers(pattern, path), wanted, "{pattern} on {path}");
    }
}

#[test]
fn patterns_that_promise_what_they_do_not_do_are_refused() {
    for text in ["", "/a", "a//b", "a/", "../a", "a/./b", "a**b", "a?", "[ab]", "{a,b}", "a\\b", "a\nb"] {
        assert!(matches!(Pattern::parse(text), Err(Problem::BadPattern { .. })), "{text:?}");
    }
    assert!(Pattern::parse(&"a".repeat(256)).is_ok());
    assert!(Pattern::parse(&"a".repeat(257)).is_err());
    assert!(Pattern::parse(&["a"; 32].join("/")).is_ok());
    assert!(Pattern::parse(&["a"; 33].join("/")).is_err());
}

#[test]
fn deny_wins_and_does_not_look_at_the_case_of_letters() {
    let names = Names {
        include: vec![Pattern::parse("**").unwrap()],
        deny: vec![Pattern::parse("**/.env*").unwrap()],
    };
    assert!(names.allows("src/app.js"));
    assert!(!names.allows("src/.env"));
    assert!(!names.allows("src/.ENV.local"));
    assert!(!Names::default().allows("src/app.js"));
}

proptest! {
    /// The direct definition, exponential and obvious.
    #[test]
    fn a_comparison_agrees_with_its_definition(
        pattern in prop::collection::vec(prop::sample::select(vec!["**", "*", "a", "b", "a*"]), 1..5),
        path in prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", "c"]), 1..6),
    ) {
        fn defined(pattern: &[&str], path: &[&str]) -> bool {
            match (pattern, path) {
                ([], []) => true,
                (["**", rest @ ..], _) => {
                    defined(rest, path) || (!path.is_empty() && defined(pattern, &path[1..]))
                }
                ([wanted, rest @ ..], [segment, tail @ ..]) => {
                    let fits = match *wanted {
                        "*" => true,
                        "a*" => segment.starts_with('a'),
                        word => word == *segment,
                    };
                    fits && defined(rest, tail)
                }
                _ => false,
            }
        }
        prop_assert_eq!(covers(&pattern.join("/"), &path.join("/")), defined(&pattern, &path));
    }
}
