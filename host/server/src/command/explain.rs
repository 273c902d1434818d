//! `hivesync explain`.

use hivesync_types::{Code, codes_with_pages, page};

use crate::exit::Exit;
use crate::progress::{eprintln_quietly, print_quietly};

pub(crate) fn run(name: Option<&str>) -> Exit {
    let Some(name) = name else {
        print_quietly(&list());
        return Exit::Done;
    };
    match codes_with_pages().find(|code| code.eq_ignore_ascii_case(name)).and_then(page) {
        Some(page) => {
            print_quietly(page);
            Exit::Done
        }
        None => {
            eprintln_quietly(&format!("There is no code {name:?}. `hivesync explain` lists them all."));
            Exit::Usage
        }
    }
}

/// The host's codes with their sentences, then those that only the guests report.
fn list() -> String {
    let sentence =
        |name: &str| Code::ALL.iter().find(|code| code.as_str() == name).map_or("", |code| code.sentence());
    codes_with_pages().map(|name| format!("{name:<28} {}\n", sentence(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_and_has_a_page() {
        let list = list();
        for code in Code::ALL {
            assert!(list.contains(code.as_str()), "{code}");
            assert_eq!(run(Some(code.as_str())), Exit::Done);
        }
        assert_eq!(run(Some("limit.fool")), Exit::Usage);
    }
}
