//! `hivesync policy`.

use std::io::Read as _;
use std::path::Path;

use hivesync_policy::cli::{Answer, File, Format, diff_files, explain_file, lint_file};
use hivesync_types::Code;

use crate::cli::PolicyCommand;
use crate::exit::Exit;
use crate::progress::print_quietly;
use crate::report::Problem;

/// More than any policy is read as far as this, so that the reader says what is wrong.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

pub(crate) fn run(command: PolicyCommand) -> Exit {
    let answers = match &command {
        PolicyCommand::Explain { file, json } => {
            read(file).map(|text| vec![explain_file(named(file, &text).as_file(), format(*json))])
        }
        PolicyCommand::Lint { files, json } => files
            .iter()
            .map(|file| read(file).map(|text| lint_file(named(file, &text).as_file(), format(*json))))
            .collect(),
        PolicyCommand::Diff { before, after, json } => read(before).and_then(|old| {
            let new = read(after)?;
            Ok(vec![diff_files(named(before, &old).as_file(), named(after, &new).as_file(), format(*json))])
        }),
    };
    match answers {
        Ok(answers) => print(&answers),
        Err(problem) => {
            problem.print();
            Exit::Usage
        }
    }
}

/// Prints all, and ends with the worst.
fn print(answers: &[Answer]) -> Exit {
    for answer in answers {
        print_quietly(&answer.text);
    }
    match answers.iter().map(|answer| answer.exit).max() {
        None | Some(0) => Exit::Done,
        Some(1) => Exit::Project,
        Some(_) => Exit::Usage,
    }
}

const fn format(json: bool) -> Format {
    if json { Format::Json } else { Format::Text }
}

struct Named<'a> {
    name: String,
    text: &'a str,
}

impl Named<'_> {
    fn as_file(&self) -> File<'_> {
        File { name: &self.name, text: self.text }
    }
}

fn named<'a>(path: &Path, text: &'a str) -> Named<'a> {
    Named { name: path.display().to_string(), text }
}

fn read(path: &Path) -> Result<String, Problem> {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
        .map(|_| text)
        .map_err(|error| {
            Problem::with_code(
                Code::PolicyInvalid,
                &format!("{} cannot be read: {}", path.display(), error.kind()),
            )
        })
}
