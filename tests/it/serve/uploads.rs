//! Uploads: what is taken, and what is refused whole.

use std::io::{Cursor, Write as _};

use hivesync_types::Digest;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::previews::Bench;
use super::server::text;
use crate::cli::project::SMALL;

pub(super) fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn link() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_zip_and_a_list_of_the_same_files_are_the_same_image() {
    let bench = Bench::idle(&[("other.js", "1")]);
    let listed = bench.upload(SMALL);
    let path = bench.path("files");
    let ask = bench.server.ask("POST", &path).bearer(&bench.person.token);
    let zipped = ask.body("application/zip", &zip_of(SMALL)).send().expect(201);
    assert_eq!(zipped["image"], listed.as_str());
    assert_eq!(zipped["files"], 3);
    let project = bench.server.get(&format!("/api/v1/projects/{}", bench.project), &bench.person.token);
    assert_eq!(project.send().expect(200)["image"], listed.as_str());
}

#[test]
fn a_delta_sends_what_changed_alone_and_says_what_is_missing() {
    let bench = Bench::idle(SMALL);
    let base = bench.upload(SMALL);
    let of = |content: &str| Digest::of(content.as_bytes()).to_string();
    let changed = "export const greet = () => 'changed';\n";
    let mut files = vec![
        json!({ "path": "package.json", "digest": of(SMALL[0].1) }),
        json!({ "path": "index.js", "digest": of(SMALL[1].1) }),
        json!({ "path": "greet.js", "digest": of(changed) }),
    ];
    let send =
        |base: &Value, files: &[Value]| bench.post("files/delta", &json!({ "base": base, "files": files }));
    let missing = send(&json!(base), &files).refused(409, "UPLOAD_INCOMPLETE");
    assert_eq!(missing["details"]["missing"], json!([of(changed)]));
    // "export const greet = () => 'changed';\n" in base 64.
    files[2]["content_base64"] = json!("ZXhwb3J0IGNvbnN0IGdyZWV0ID0gKCkgPT4gJ2NoYW5nZWQnOwo=");
    let sent = send(&json!(base), &files).expect(201);
    assert_eq!(sent["image"], bench.upload(&[SMALL[0], SMALL[1], ("greet.js", changed)]).as_str());
    send(&json!(of("nothing")), &files).refused(404, "NOT_FOUND");
    send(&Value::Null, &files).refused(409, "UPLOAD_INCOMPLETE");
    files[2]["digest"] = json!(of("another"));
    send(&json!(base), &files).refused(400, "REQUEST_INVALID");
}

#[test]
fn a_delta_takes_no_file_of_another_project() {
    let bench = Bench::idle(SMALL);
    let base = bench.upload(SMALL);
    let files = SMALL
        .iter()
        .map(|(path, content)| json!({ "path": path, "digest": Digest::of(content.as_bytes()).to_string() }));
    let body = json!({ "base": base, "files": files.collect::<Vec<_>>() });
    // Neither somebody else nor its own people, elsewhere.
    for person in [&bench.server.login("bob"), &bench.person] {
        let project = format!("/api/v1/projects/{}", bench.server.project(person, "other"));
        let send = |path: &str, body: &Value| {
            bench.server.post(&format!("{project}/{path}"), &person.token, body).send()
        };
        send("files/delta", &body).refused(404, "NOT_FOUND");
        let shown = bench.server.get(&project, &person.token).send().expect(200);
        assert_eq!(shown["image"], Value::Null);
        // Whoever has them says so by their content.
        let content = |(path, content): &(&str, &str)| json!({ "path": path, "content": content });
        let own: Vec<_> = SMALL.iter().map(content).collect();
        assert_eq!(send("files", &json!({ "files": own })).expect(201)["image"], base.as_str());
        assert_eq!(send("files/delta", &body).expect(201)["image"], base.as_str());
    }
}

#[test]
fn what_is_not_plain_files_is_refused_whole_and_nothing_of_it_is_kept() {
    let bench = Bench::idle(SMALL);
    let kept = bench.upload(SMALL);
    let token = bench.person.token.as_str();
    let path = bench.path("files");
    let send =
        |kind: &str, body: &[u8]| bench.server.ask("POST", &path).bearer(token).body(kind, body).send();
    let zip = "application/zip";
    let good = zip_of(SMALL);
    let bomb = "0".repeat(51 * 1024 * 1024);
    for (kind, body, status, code) in [
        (zip, zip_of(&[("a.js", "1"), ("../escape.js", "2")]), 422, "UPLOAD_UNSAFE_PATH"),
        (zip, zip_of(&[("/etc/cron.d/x", "2")]), 422, "UPLOAD_UNSAFE_PATH"),
        (zip, zip_of(&[("a\\..\\b", "2")]), 422, "UPLOAD_UNSAFE_PATH"),
        (zip, link(), 422, "UPLOAD_LINK"),
        (zip, zip_of(&[("a.js", &bomb)]), 413, "UPLOAD_TOO_LARGE"),
        (zip, good[..good.len() - 3].to_vec(), 422, "UPLOAD_MALFORMED"),
        (zip, Vec::new(), 422, "UPLOAD_MALFORMED"),
        (zip, zip_of(&[]), 422, "UPLOAD_MALFORMED"),
        ("application/gzip", good.clone(), 422, "UPLOAD_MALFORMED"),
        ("application/octet-stream", good.clone(), 415, "CONTENT_TYPE_UNSUPPORTED"),
        (
            "application/json",
            br#"{"files":[{"path":"../x","content":""}]}"#.to_vec(),
            422,
            "UPLOAD_UNSAFE_PATH",
        ),
        ("application/json", br#"{"files":[{"path":"x"}]}"#.to_vec(), 400, "REQUEST_INVALID"),
        ("application/json", br#"{"files":[]}"#.to_vec(), 422, "UPLOAD_MALFORMED"),
        ("application/json", vec![b' '; 4 * 1024 * 1024], 413, "BODY_TOO_LARGE"),
    ] {
        send(kind, &body).refused(status, code);
    }
    let project = bench.server.get(&format!("/api/v1/projects/{}", bench.project), token).send().expect(200);
    assert_eq!(text(&project["image"]), kept);
    let stored = std::fs::read_dir(bench.server.objects().join("images")).unwrap().count();
    assert_eq!(stored, 1, "the one good image");
}
