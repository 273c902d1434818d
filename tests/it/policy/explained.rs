//! What reviewers are shown.

use hivesync_policy::cli::{File, Format, diff_files, explain_file};
use hivesync_policy::{SHIPPED, shipped};

use crate::golden::assert_golden;

#[test]
fn shipped_policies_are_explained_in_the_words_of_their_goldens() {
    for (name, text) in SHIPPED {
        let answer = explain_file(File { name, text }, Format::Text);
        assert_golden(&format!("policy/{name}.explain.txt"), &answer.text);
    }
    let text = shipped("preview-bundler").unwrap();
    let answer = explain_file(File { name: "preview-bundler", text }, Format::Json);
    assert_golden("policy/preview-bundler.explain.json", &answer.text);
}

#[test]
fn a_comparison_of_two_shipped_policies_is_written_as_its_golden() {
    let file = |name| File { name, text: shipped(name).unwrap() };
    let answer = diff_files(file("transform"), file("preview-bundler"), Format::Text);
    assert_golden("policy/transform-preview-bundler.diff.txt", &answer.text);
}
