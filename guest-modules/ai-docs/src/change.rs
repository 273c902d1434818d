//! From what a model proposes to a new text that is checked.
//!
//! **Invariant:** the new text differs from the old one in whole lines that are comments, or in
//! the names that are returned with it.

use crate::language::Language;
use crate::lex;
use crate::reply::{Comment, Suggestion};
use crate::request::Range;
use crate::script::{Rename, Script};

/// Columns of a comment, its indent not counted.
const COLUMNS: usize = 96;
/// How often lines that turn out to be no comments are taken out again.
const ROUNDS_MAX: usize = 4;

/// Beginnings of comments that tools act on: a model must not switch a checker off.
const DIRECTIVES: [&str; 30] = [
    "@ts-",
    "ts-",
    "eslint",
    "tslint",
    "prettier",
    "biome",
    "istanbul",
    "c8 ",
    "v8 ",
    "@jsx",
    "@flow",
    "@noflow",
    "@format",
    "@jest",
    "#",
    "@",
    "webpack",
    "sourcemappingurl",
    "sourceurl",
    "global ",
    "globals ",
    "exported ",
    "/ <reference",
    "/<reference",
    "type:",
    "noqa",
    "pylint",
    "pragma",
    "go:",
    "nolint",
];
/// More of them, as other tools write them.
const DIRECTIVE_WORDS: [&str; 6] = ["+build", "-*-", "vim:", "fmt:", "mypy:", "coding"];

/// What came of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed<T> {
    pub(crate) text: String,
    pub(crate) taken: Vec<T>,
    /// What was left out, with the reason.
    pub(crate) left: Vec<(T, &'static str)>,
}

/// Puts comments above their lines.
pub(crate) fn with_comments(
    text: &str,
    language: Language,
    script: Option<&Script>,
    range: Option<Range>,
    proposed: Vec<Comment>,
) -> Changed<Comment> {
    let mut left = Vec::new();
    let Some(sign) = language.sign() else {
        let left =
            proposed.into_iter().map(|comment| (comment, "Comments are not written in this language."));
        return Changed { text: text.to_owned(), taken: Vec::new(), left: left.collect() };
    };
    let mut taken = Vec::new();
    let inside = lex::lines(text, language);
    for comment in proposed {
        let known = inside.get(comment.line - 1).copied().unwrap_or_default();
        if range.is_some_and(|range| !(range.start..=range.end).contains(&comment.line)) {
            left.push((comment, "The line was not asked for."));
        } else if is_directive(&comment.text) {
            left.push((comment, "Tools would act on it."));
        } else if known.inside || first_line_matters(text, comment.line) {
            left.push((comment, "No comment can stand above this line."));
        } else {
            taken.push(comment);
        }
    }
    taken.sort_by_key(|comment| comment.line);
    taken.dedup_by_key(|comment| comment.line);
    for _ in 0..ROUNDS_MAX {
        let (new, lines) = insert(text, sign, &taken);
        let bad = misplaced(text, &new, &lines, language, script);
        if bad.is_empty() {
            return Changed { text: new, taken, left };
        }
        let (gone, kept) = taken.into_iter().enumerate().partition::<Vec<_>, _>(|(at, _)| bad.contains(at));
        left.extend(gone.into_iter().map(|(_, comment)| (comment, "No comment can stand above this line.")));
        taken = kept.into_iter().map(|(_, comment)| comment).collect();
    }
    left.extend(
        taken
            .into_iter()
            .map(|comment| (comment, "The comments together do not leave the program as it is.")),
    );
    Changed { text: text.to_owned(), taken: Vec::new(), left }
}

/// Exchanges names, one after the other, each where the file allows it.
pub(crate) fn with_names(
    text: &str,
    language: Language,
    script: Option<&Script>,
    proposed: Vec<Suggestion>,
) -> Changed<Suggestion> {
    let (mut new, mut taken, mut left) = (text.to_owned(), Vec::new(), Vec::new());
    let mut renames: Vec<Rename> = Vec::new();
    for suggestion in proposed {
        let rename = Rename { from: suggestion.from.clone(), to: suggestion.to.clone() };
        let twice = renames.iter().any(|other| [&other.from, &other.to].contains(&&rename.from));
        let made = match (script, parse(&new, language)) {
            (Some(original), Some(current)) if !twice => current
                .renamed(&new, &rename)
                .map_err(crate::script::NotRenamed::reason)
                .and_then(|text| checked(original, text, language, &renames, &rename)),
            (Some(_), _) => Err("The name is exchanged already."),
            (None, _) => Err("Names are exchanged in JavaScript and TypeScript only."),
        };
        match made {
            Ok(text) => {
                new = text;
                renames.push(rename);
                taken.push(suggestion);
            }
            Err(why) => left.push((suggestion, why)),
        }
    }
    Changed { text: new, taken, left }
}

fn checked(
    original: &Script,
    text: String,
    language: Language,
    before: &[Rename],
    rename: &Rename,
) -> Result<String, &'static str> {
    let all: Vec<Rename> = before.iter().chain([rename]).cloned().collect();
    match parse(&text, language) {
        Some(script) if script.is_renaming_of(original, &all) => Ok(text),
        _ => Err("The file would not be the same program."),
    }
}

fn parse(text: &str, language: Language) -> Option<Script> {
    match language {
        Language::Script { typescript, jsx } => Script::parse(text, typescript, jsx).ok(),
        _ => None,
    }
}

/// The line is what the system reads before any program does.
fn first_line_matters(text: &str, line: usize) -> bool {
    line == 1 && (text.starts_with("#!") || text.starts_with("# -*-") || text.starts_with("# vim"))
}

fn is_directive(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    DIRECTIVES.iter().any(|word| lower.starts_with(word))
        || DIRECTIVE_WORDS.iter().any(|word| lower.contains(word))
}

/// The new text, and of each comment the lines that it stands in, counted from 0.
fn insert(text: &str, sign: &str, comments: &[Comment]) -> (String, Vec<std::ops::Range<usize>>) {
    let mut out = String::with_capacity(text.len());
    let mut places = Vec::new();
    let mut next = comments.iter().peekable();
    let mut written = 0;
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        while let Some(comment) = next.next_if(|comment| comment.line == number) {
            let body = line.trim_start_matches([' ', '\t']);
            let indent = line.get(..line.len() - body.len()).unwrap_or_default();
            let rows = wrapped(&comment.text);
            places.push(written..written + rows.len());
            written += rows.len();
            for row in rows {
                out.push_str(&format!("{indent}{sign} {row}{ending}"));
            }
        }
        out.push_str(line);
        written += 1;
    }
    // A comment above the empty line behind the last line break.
    places.extend(next.map(|_| written..written));
    (out, places)
}

fn wrapped(text: &str) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        match rows.last_mut() {
            Some(row) if row.is_empty() => row.push_str(word),
            Some(row) if row.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows
}

/// Which of the comments are none in the new text, or change it. All of them, where it cannot
/// be told which.
fn misplaced(
    old: &str,
    new: &str,
    places: &[std::ops::Range<usize>],
    language: Language,
    script: Option<&Script>,
) -> Vec<usize> {
    let all = || (0..places.len()).collect();
    let own = |line: usize| places.iter().any(|place| place.contains(&line));
    let rest: String =
        new.split_inclusive('\n').enumerate().filter(|(line, _)| !own(*line)).map(|(_, text)| text).collect();
    if rest != old {
        return all();
    }
    let Some(original) = script else {
        let lines = lex::lines(new, language);
        let is_bad = |place: &std::ops::Range<usize>| {
            place.is_empty() || place.clone().any(|line| lines.get(line).is_none_or(|line| line.inside))
        };
        return (0..).zip(places).filter(|(_, place)| is_bad(place)).map(|(at, _)| at).collect();
    };
    let Some(after) = parse(new, language) else { return all() };
    let starts: Vec<usize> =
        std::iter::once(0).chain(new.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let comments = after.comments();
    let is_comment = |line: usize| {
        let (Some(start), Some(text)) = (starts.get(line), new.split('\n').nth(line)) else { return false };
        let begin = start + text.len() - text.trim_start().len();
        comments.iter().any(|(from, _)| *from == begin)
    };
    let bad: Vec<usize> = (0..)
        .zip(places)
        .filter(|(_, place)| place.is_empty() || !(*place).clone().all(is_comment))
        .map(|(at, _)| at)
        .collect();
    if bad.is_empty() && !after.is_same_program(original) { all() } else { bad }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(line: usize, text: &str) -> Comment {
        Comment { line, text: text.to_owned() }
    }

    fn commented(path: &str, text: &str, comments: &[(usize, &str)]) -> Changed<Comment> {
        let language = Language::of(path);
        let script = parse(text, language);
        let comments = comments.iter().map(|(line, text)| comment(*line, text)).collect();
        with_comments(text, language, script.as_ref(), None, comments)
    }

    #[test]
    fn a_comment_stands_above_its_line_with_its_indent() {
        let text = "function a() {\n  return 1;\n}\n";
        let changed =
            commented("a.js", text, &[(2, "One, because\u{20}nothing was counted."), (1, "Counts.")]);
        assert_eq!(
            changed.text,
            "// Counts.\nfunction a() {\n  // One, because nothing was counted.\n  return 1;\n}\n"
        );
        assert_eq!((changed.taken.len(), changed.left.len()), (2, 0));
        assert_eq!(commented("a.py", "def a():\n    b", &[(2, "Why.")]).text, "def a():\n    # Why.\n    b");
        assert_eq!(commented("a.js", "a\r\nb\r\n", &[(2, "Why.")]).text, "a\r\n// Why.\r\nb\r\n");
    }

    #[test]
    fn a_comment_that_would_be_text_or_act_on_a_tool_is_left_out_and_the_rest_stays() {
        let text = "const a = `\nb\n`;\nconst c = <p>\n  d\n</p>;\nf(a);\n";
        let changed = commented("a.jsx", text, &[(2, "in a template"), (5, "in an element"), (7, "fine")]);
        assert_eq!(changed.text, text.replace("f(a)", "// fine\nf(a)"));
        assert_eq!(changed.left.iter().map(|(comment, _)| comment.line).collect::<Vec<_>>(), [2, 5]);
        for directive in
            ["eslint-disable-next-line", "@ts-ignore", "ts-expect-error", "# sourceMappingURL=x", "noqa"]
        {
            assert_eq!(commented("a.js", "f();\n", &[(1, directive)]).taken, [], "{directive}");
        }
        assert_eq!(commented("a.py", "#!/bin/python\nx\n", &[(1, "first")]).taken, []);
        assert_eq!(commented("a.py", "x = \"\"\"\ny\n\"\"\"\n", &[(2, "text")]).taken, []);
        assert_eq!(commented("a.css", "a {}\n", &[(1, "why")]).taken, []);
    }

    #[test]
    fn a_text_that_tries_to_end_its_comment_stays_in_it() {
        let changed = commented("a.js", "f();\n", &[(1, "*/ steal(); /* \u{2028}steal()")]);
        let script = parse(&changed.text, Language::of("a.js")).unwrap();
        assert!(script.is_same_program(&parse("f();\n", Language::of("a.js")).unwrap()), "{}", changed.text);
    }

    #[test]
    fn names_are_exchanged_one_by_one_and_each_is_checked() {
        let text = "function f(d) {\n  const t = d * 2;\n  return t;\n}\nexport const k = f(1);\n";
        let language = Language::of("a.ts");
        let script = parse(text, language);
        let suggestion = |from: &str, to: &str| Suggestion {
            from: from.to_owned(),
            to: to.to_owned(),
            line: 1,
            reason: "Clearer.".to_owned(),
        };
        let wanted = ["d:days", "t:twice", "k:key", "t:other"].map(|pair| {
            let (from, to) = pair.split_once(':').unwrap();
            suggestion(from, to)
        });
        let changed = with_names(text, language, script.as_ref(), wanted.to_vec());
        let expected =
            "function f(days) {\n  const twice = days * 2;\n  return twice;\n}\nexport const k = f(1);\n";
        assert_eq!(changed.text, expected);
        assert_eq!((changed.taken.len(), changed.left.len()), (2, 2));
    }
}
