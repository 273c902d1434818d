//! A post as a patch that `git am` takes: one new file.

use std::fmt::Write as _;

use jiff::civil::Date;

/// Whom the commit names. Nobody answers there.
const AUTHOR: &str = "HiveSync <posts@hivesync.invalid>";
/// Characters of a subject.
const SUBJECT_MAX: usize = 72;

/// A patch that adds `text` as `path`. `title` is a plain line; `date` is such as `2026-03-01`.
pub(super) fn patch(path: &str, title: &str, text: &str, date: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let count = lines.len();
    let subject: String = title.chars().take(SUBJECT_MAX).collect();
    let mut patch = String::from("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n");
    let _ = write!(
        patch,
        "From: {AUTHOR}\nDate: {}\nSubject: [PATCH] Add post: {subject}\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n---\n \
         {path} | {count} +\n 1 file changed, {count} insertions(+)\n create mode 100644 {path}\n\n\
         diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n\
         @@ -0,0 +1,{count} @@\n",
        day(date),
    );
    for line in lines {
        let _ = writeln!(patch, "+{line}");
    }
    patch.push_str("-- \nhivesync\n");
    patch
}

/// A day as mail has it.
fn day(date: &str) -> String {
    let date: Date = date.parse().unwrap_or_default();
    date.strftime("%a, %-d %b %Y 00:00:00 +0000").to_string()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn git_takes_the_patch_and_makes_the_file_of_it() {
        let folder = std::env::temp_dir().join(format!("hivesync-patch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.current_dir(&folder).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments);
            command
        };
        assert!(git(&["init", "-q"]).status().unwrap().success());
        let text = "---\ntitle: \"Ä\"\n---\n\nFrom here\n\n-- \n- one\n- two\n";
        let title = "Ärger mit --- und \"Zitaten\"";
        let patch = patch("content/posts/2026-03-01-a.md", title, text, "2026-03-01");
        let mut am = git(&["am", "-q"]).stdin(Stdio::piped()).spawn().unwrap();
        am.stdin.take().unwrap().write_all(patch.as_bytes()).unwrap();
        assert!(am.wait().unwrap().success(), "{patch}");
        let made = std::fs::read_to_string(folder.join("content/posts/2026-03-01-a.md")).unwrap();
        let told = git(&["log", "-1", "--format=%s|%at"]).output().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(made, text);
        let told = String::from_utf8(told.stdout).unwrap();
        assert_eq!(told.trim(), format!("Add post: {title}|1772323200"));
    }
}
