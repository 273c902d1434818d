//! Workspace patterns: `apps/*`, `packages/**`, `{a,b}/*`, `!apps/old`.

/// Alternatives that braces of one pattern may make; stops a pattern that multiplies.
const ALTERNATIVES_MAX: usize = 256;

/// Whether `patterns` name the folder `path`. Later patterns count over earlier ones.
pub(super) fn names(patterns: &[String], path: &str) -> bool {
    let path: Vec<&str> = path.split('/').collect();
    let mut named = false;
    for pattern in patterns {
        let (excludes, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern.as_str()),
        };
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        let matches = alternatives(pattern).iter().any(|one| {
            let segments: Vec<&str> = one.split('/').collect();
            path_matches(&segments, &path)
        });
        if matches {
            named = !excludes;
        }
    }
    named
}

/// A pattern with its braces written out.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        let braces = pattern.split_once('{').and_then(|(before, rest)| {
            let (inner, after) = rest.split_once('}')?;
            Some((before.to_owned(), inner.to_owned(), after.to_owned()))
        });
        match braces {
            Some((before, inner, after)) if open.len() + done.len() < ALTERNATIVES_MAX => {
                open.extend(inner.split(',').map(|one| format!("{before}{one}{after}")));
            }
            _ => done.push(pattern),
        }
    }
    done
}

fn path_matches(pattern: &[&str], path: &[&str]) -> bool {
    let many = |part: &&str| *part == "**";
    matches(pattern, path, many, |part, name| match *part {
        "**" => !name.starts_with('.'),
        part => segment_matches(part, name),
    })
}

/// `*` stands for any characters, `?` for one; neither for a dot at the beginning.
fn segment_matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    matches(&pattern, &name, |part| *part == '*', |part, found| matches!(part, '*' | '?') || part == found)
}

/// Whether `text` is made of the parts of `pattern`, one for one, but as many as there are,
/// or none, for a part that stands for `many`. All ways are followed at once, so that no
/// pattern takes longer than its length times that of the text.
fn matches<P, T>(pattern: &[P], text: &[T], many: impl Fn(&P) -> bool, one: impl Fn(&P, &T) -> bool) -> bool {
    let mark = |places: &mut Vec<bool>, from: usize| {
        let free = pattern.iter().skip(from).take_while(|part| many(part)).count();
        places.iter_mut().skip(from).take(free + 1).for_each(|place| *place = true);
    };
    let mut places = vec![false; pattern.len() + 1];
    mark(&mut places, 0);
    for found in text {
        let mut next = vec![false; pattern.len() + 1];
        for (at, part) in pattern.iter().enumerate() {
            if places.get(at) == Some(&true) && one(part, found) {
                mark(&mut next, if many(part) { at } else { at + 1 });
            }
        }
        places = next;
    }
    places.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(patterns: &[&str], path: &str) -> bool {
        names(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>(), path)
    }

    #[test]
    fn stars_stay_in_a_segment_and_two_of_them_do_not() {
        assert!(named(&["apps/*"], "apps/mobile") && !named(&["apps/*"], "apps/a/b"));
        assert!(named(&["packages/**"], "packages/a/b") && named(&["**"], "a"));
        assert!(named(&["a*c/?"], "abbc/d") && !named(&["a*c/?"], "abbc/dd"));
        assert!(named(&["./apps/mobile/"], "apps/mobile"));
        assert!(!named(&["*"], ".hidden") && !named(&["**"], ".hidden/a") && named(&[".h*"], ".hidden"));
    }

    #[test]
    fn braces_are_alternatives_and_an_exclamation_mark_takes_out() {
        assert!(named(&["{apps,libs}/{a,b}"], "libs/b") && !named(&["{apps,libs}/a"], "x/a"));
        assert!(!named(&["apps/*", "!apps/old"], "apps/old") && named(&["apps/*", "!apps/old"], "apps/new"));
        assert!(named(&["!apps/*", "apps/new"], "apps/new"));
    }

    #[test]
    fn a_pattern_that_multiplies_ends() {
        assert!(!named(&[&"{a,b}".repeat(64)], "x"));
        assert!(!named(&[&"*a".repeat(2000)], &"a".repeat(1000)));
        assert!(!named(&[&"**/a/".repeat(40)], &format!("{}b", "a/".repeat(80))));
    }
}
