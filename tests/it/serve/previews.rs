//! The main job: files go in, a preview comes out, and a device fetches it.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::Answer;
use super::server::{Person, Server, text};
use crate::cli::project::{SMALL, copy_warm_data, hivesync, unzip};
use crate::patience::{PATIENCE, until};

/// A person, a project of theirs with files, and what is asked about it.
pub(super) struct Bench {
    pub(super) server: Server,
    pub(super) person: Person,
    pub(super) project: String,
}

impl Bench {
    /// With a worker.
    pub(super) fn building(files: &[(&str, &str)]) -> Self {
        Self::on(Server::building(), files)
    }

    /// Without one.
    pub(super) fn idle(files: &[(&str, &str)]) -> Self {
        Self::on(Server::start(), files)
    }

    pub(super) fn on(server: Server, files: &[(&str, &str)]) -> Self {
        let person = server.login("ada");
        let project = server.project(&person, "notes");
        let bench = Self { server, person, project };
        bench.upload(files);
        bench
    }

    pub(super) fn upload(&self, files: &[(&str, &str)]) -> String {
        let files: Vec<_> =
            files.iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
        let sent =
            self.server.post(&self.path("files"), &self.person.token, &json!({ "files": files })).send();
        text(&sent.expect(201)["image"])
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/api/v1/projects/{}/{rest}", self.project)
    }

    pub(super) fn ask(&self, body: &Value) -> Answer {
        self.server.post(&self.path("previews/jobs"), &self.person.token, body).send()
    }

    pub(super) fn get(&self, rest: &str) -> Answer {
        self.server.get(&self.path(rest), &self.person.token).send()
    }

    pub(super) fn post(&self, rest: &str, body: &Value) -> Answer {
        self.server.post(&self.path(rest), &self.person.token, body).send()
    }

    /// Asks for a preview and waits until it is over.
    pub(super) fn built(&self, body: &Value) -> Value {
        let id = text(&self.ask(body).expect(202)["job_id"]);
        self.over(&id)
    }

    pub(super) fn over(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            // The stream ends with the job, so that nothing is polled.
            let stream =
                self.server.get(&self.path(&format!("previews/jobs/{id}/events")), &self.person.token);
            assert_eq!(stream.header("accept", "text/event-stream").send().status, 200);
            let job = self.get(&format!("previews/jobs/{id}")).expect(200);
            if ["success", "failed", "canceled"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < PATIENCE, "{job:#}");
        }
    }

    pub(super) fn artifact_url(&self, id: &str, more: &str) -> String {
        let token = self.post(&format!("previews/jobs/{id}/artifact-token"), &json!({})).expect(201);
        format!("/api/v1/preview/artifact?token={}{more}", text(&token["token"]))
    }

    fn objects(&self) -> usize {
        let count = |folder: std::path::PathBuf| {
            let mut folders = vec![folder];
            let mut files = 0;
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
                    if entry.file_type().unwrap().is_dir() {
                        folders.push(entry.path());
                    } else {
                        files += 1;
                    }
                }
            }
            files
        };
        count(self.server.data().join("objects"))
    }
}

pub(super) fn device(id: &str) -> Value {
    json!({
        "device_context": {
            "device_id": id, "brand": "Google", "model": "Chrome", "os_version": "141", "platform": "web",
            "width": 1280, "height": 800, "dpr": 2.0,
            "safe_area": { "top": 0, "bottom": 0, "left": 0, "right": 0 },
            "orientation": "landscape", "zoom_mode": "standard",
        },
        "sensor_flags": { "camera": true, "gps": false },
    })
}

#[test]
fn a_project_becomes_a_signed_bundle_that_a_device_fetches() {
    let bench = Bench::building(SMALL);
    let job = bench.built(&json!({ "platform": "web" }));
    assert_eq!(job["state"], "success", "{job:#}");
    assert_eq!(job["progress"], 1.0);
    assert_eq!(job["devices"][0]["device_id"], "default");
    let id = text(&job["job_id"]);
    let linked = bench.server.ask("GET", &bench.artifact_url(&id, "&mode=json")).send().expect(200);
    assert_eq!(linked["digest"], job["devices"][0]["artifact"]["digest"]);
    let own = format!("http://{}", bench.server.address);
    let fetch = |url: &str| bench.server.ask("GET", url.strip_prefix(&own).unwrap()).send();
    let zip = fetch(&text(&linked["url"]));
    assert_eq!(zip.status, 200);
    assert_eq!(zip.header("content-type"), Some("application/zip"));
    assert_eq!(json!(zip.body.len()), linked["bytes"]);
    let inline = bench.server.ask("GET", &bench.artifact_url(&id, "&mode=inline")).send();
    assert_eq!(inline.body, zip.body);
    let redirect = bench.server.ask("GET", &bench.artifact_url(&id, "")).send();
    assert_eq!(redirect.status, 302);
    assert_eq!(fetch(redirect.header("location").unwrap()).body, zip.body);
    let file = bench.server.folder.path().join("bundle.zip");
    std::fs::write(&file, &zip.body).unwrap();
    let verified = std::process::Command::new(hivesync())
        .env("DATA_DIR", bench.server.data())
        .arg("verify")
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
    let metadata: Value = serde_json::from_str(&unzip(&file, "metadata.json")).unwrap();
    assert_eq!(metadata["job_id"], id.as_str());
    assert_eq!(metadata["project_id"], bench.project.as_str());
    assert_eq!(metadata, fetch(&text(&linked["metadata_url"])).json());
    assert!(unzip(&file, "main.jsbundle").contains("Hello, "));
    // Nothing of the job is left where it was built, and no sources that others could build from.
    assert_eq!(std::fs::read_dir(bench.server.data().join("previews")).unwrap().count(), 0);
    assert!(!bench.server.data().join("cache/images").exists());
}

#[test]
fn each_device_has_a_bundle_of_its_own() {
    let bench = Bench::building(SMALL);
    let devices = [device("laptop"), device("desk")];
    let job = bench.built(&json!({ "platform": "web", "devices": devices }));
    assert_eq!(job["state"], "success", "{job:#}");
    let id = text(&job["job_id"]);
    for (shown, asked) in job["devices"].as_array().unwrap().iter().zip(&devices) {
        assert_eq!(shown["device_context"], asked["device_context"]);
        assert_eq!(shown["sensor_flags"]["camera"], true);
        let name = text(&shown["device_id"]);
        let url = bench.artifact_url(&id, &format!("&mode=inline&device_id={name}"));
        let file = bench.server.folder.path().join("bundle.zip");
        std::fs::write(&file, bench.server.ask("GET", &url).send().body).unwrap();
        let metadata: Value = serde_json::from_str(&unzip(&file, "metadata.json")).unwrap();
        assert_eq!(metadata["device_id"], name.as_str());
    }
    let other = bench.artifact_url(&id, "&device_id=phone");
    bench.server.ask("GET", &other).send().refused(404, "NOT_FOUND");
}

#[test]
fn a_project_that_cannot_be_built_fails_with_place_and_frame() {
    let bench = Bench::building(SMALL);
    bench.upload(&[SMALL[0], ("index.js", "import { a } from './greet';\na(;\n"), SMALL[2]]);
    let before = bench.objects();
    let job = bench.built(&json!({ "platform": "web" }));
    assert_eq!(job["state"], "failed");
    let error = &job["error"];
    assert_eq!(error["code"], "PREVIEW_BUILD_FAILED", "{error:#}");
    assert_eq!(error["diagnostics"][0]["path"], "index.js");
    assert_eq!(error["diagnostics"][0]["line"], 2);
    assert!(error["diagnostics"][0]["frame"].is_string());
    let id = text(&job["job_id"]);
    let token = bench.post(&format!("previews/jobs/{id}/artifact-token"), &json!({}));
    assert_eq!(token.refused(409, "ARTIFACT_NOT_READY")["details"]["state"], "failed");
    assert_eq!(bench.objects(), before);
}

#[test]
fn the_events_of_a_job_are_told_once_each_wherever_one_goes_on() {
    let bench = Bench::building(SMALL);
    let job = bench.built(&json!({ "platform": "web" }));
    let path = format!("previews/jobs/{}/events", text(&job["job_id"]));
    let listed = bench.get(&path).expect(200);
    let events = listed["events"].as_array().unwrap();
    let states: Vec<_> =
        events.iter().filter(|e| e["kind"] == "state").map(|e| &e["data"]["state"]).collect();
    assert_eq!(states, ["queued", "building", "success"]);
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(numbers.iter().copied().eq(1..=u64::try_from(events.len()).unwrap()), "{numbers:?}");
    let steps: Vec<_> = events.iter().filter_map(|event| event["data"]["progress"].as_f64()).collect();
    assert!(steps.is_sorted() && steps.contains(&0.25) && steps.contains(&0.5), "{steps:?}");
    let stream = |last: Option<u64>| {
        let ask = bench.server.get(&bench.path(&path), &bench.person.token);
        let ask = ask.header("accept", "text/event-stream");
        let ask = match last {
            Some(last) => ask.header("last-event-id", &last.to_string()),
            None => ask,
        };
        String::from_utf8(ask.send().body).unwrap()
    };
    let ids = |text: &str| text.lines().filter(|line| line.starts_with("id: ")).count();
    assert_eq!(ids(&stream(None)), events.len());
    assert_eq!(ids(&stream(Some(2))), events.len() - 2);
    let odd = bench.server.get(&bench.path(&path), &bench.person.token);
    let odd = odd.header("accept", "text/event-stream").header("last-event-id", "two");
    odd.send().refused(400, "REQUEST_INVALID");
}

#[test]
fn one_key_is_one_job_and_another_body_is_refused() {
    let bench = Bench::idle(SMALL);
    let ask = |name: &str, body: &Value| {
        let ask = bench.server.post(&bench.path("previews/jobs"), &bench.person.token, body);
        ask.header(name, "build-1").send()
    };
    let body = json!({ "platform": "web" });
    let first = ask("idempotency-key", &body).expect(202);
    assert_eq!(ask("idempotency-key", &body).expect(202), first);
    assert_eq!(ask("x-idempotency-key", &body).expect(202), first);
    let other = json!({ "platform": "web", "dev": true });
    ask("idempotency-key", &other).refused(422, "IDEMPOTENCY_KEY_REUSED");
    let listed = bench.get("previews/jobs").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[test]
fn the_limits_of_a_tier_hold_and_what_is_refused_is_not_queued() {
    let bench = Bench::idle(SMALL);
    let three = json!({ "platform": "web", "devices": [device("a"), device("b"), device("c")] });
    let refused = bench.ask(&three).refused(403, "UPGRADE_REQUIRED");
    assert_eq!(refused["details"]["recommended_tier"], "pro");
    let twice = json!({ "platform": "web", "devices": [device("a"), device("a")] });
    bench.ask(&twice).refused(422, "INVALID_DEVICE_CONTEXT");
    for bad in [
        json!({}),
        json!({ "platform": "amiga" }),
        json!({ "platform": "web", "image": "sha256:00" }),
        json!({ "platform": "web", "entry": "../x" }),
        json!({ "platform": "web", "dev": true, "minify": true }),
        json!({ "platform": "web", "color": "red" }),
    ] {
        bench.ask(&bad).refused(400, "REQUEST_INVALID");
    }
    for _ in 0..5 {
        bench.ask(&json!({ "platform": "web" })).expect(202);
    }
    let answer = bench.ask(&json!({ "platform": "web" }));
    let refused = answer.refused(429, "LIMIT_REACHED");
    assert_eq!(refused["details"]["limit_type"], "previews_an_hour");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((3500..=3600).contains(&seconds), "{seconds}");
    // Five were accepted, and a Free user is shown the last three.
    assert_eq!(bench.get("previews/jobs").expect(200)["items"].as_array().unwrap().len(), 3);
}

#[test]
fn a_bundle_that_is_larger_than_its_tier_allows_is_not_kept() {
    let begin = |limits: &str| {
        let folder = tempfile::tempdir().unwrap();
        copy_warm_data(&folder.path().join("data"));
        Bench::on(Server::allowing(folder, limits, &[]), SMALL)
    };
    let bench = begin("");
    let job = bench.built(&json!({ "platform": "web" }));
    let bytes = job["devices"][0]["artifact"]["bytes"].as_u64().unwrap();
    // Two bundles of the same files differ in their signed record, by little.
    for (most, state) in [(bytes / 2, "failed"), (bytes * 2, "success")] {
        let bench = begin(&format!("bundle_bytes = {most}"));
        let before = bench.objects();
        let job = bench.built(&json!({ "platform": "web" }));
        assert_eq!(job["state"], state, "{job:#}");
        if state == "failed" {
            assert_eq!(job["error"]["code"], "SANDBOX_LIMIT_EXCEEDED");
            assert_eq!(bench.objects(), before, "nothing of it is stored");
        }
    }
}

#[test]
fn a_job_that_waits_is_withdrawn_and_one_that_is_over_is_not() {
    let bench = Bench::idle(SMALL);
    let id = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let cancel = || bench.post(&format!("previews/jobs/{id}/cancel"), &json!({}));
    assert_eq!(cancel().expect(202)["state"], "canceled");
    cancel().refused(409, "CONFLICT");
    let stranger = bench.server.login("eve");
    let path = bench.path(&format!("previews/jobs/{id}"));
    bench.server.get(&path, &stranger.token).send().refused(404, "NOT_FOUND");
    bench
        .server
        .post(&format!("{path}/cancel"), &stranger.token, &json!({}))
        .send()
        .refused(404, "NOT_FOUND");
}

#[test]
fn a_job_that_was_accepted_is_built_after_the_server_was_killed() {
    let bench = Bench::idle(SMALL);
    let id = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let Bench { server, person, project } = bench;
    server.signal(rustix::process::Signal::KILL);
    let (_, folder) = server.ended();
    copy_warm_data(&folder.path().join("data"));
    let bench = Bench { server: Server::start_in(folder, &[]), person, project };
    let job = bench.over(&id);
    assert_eq!(job["state"], "success", "{job:#}");
}

#[test]
fn a_build_token_starts_one_build_and_opens_nothing_else() {
    let bench = Bench::building(SMALL);
    let token = bench.post("previews/token", &json!({ "platform": "web" })).expect(201);
    let build = |token: &str| {
        bench.server.ask("POST", "/api/v1/preview/build").json(&json!({ "token": token })).send()
    };
    let first = text(&token["token"]);
    let id = text(&build(&first).expect(202)["job_id"]);
    let job = bench.over(&id);
    assert_eq!(job["state"], "success", "{job:#}");
    let fetch =
        |token: &str| bench.server.ask("GET", &format!("/api/v1/preview/artifact?token={token}")).send();
    fetch(&first).refused(401, "TOKEN_WRONG_VERSION");
    let second = bench.post(&format!("previews/jobs/{id}/artifact-token"), &json!({})).expect(201);
    let second = text(&second["token"]);
    build(&second).refused(401, "TOKEN_WRONG_VERSION");
    // Another first letter: the last one may hold bits that mean nothing.
    let (head, rest) = second.split_at(1);
    let touched = format!("{}{rest}", if head == "A" { "B" } else { "A" });
    fetch(&touched).refused(401, "TOKEN_INVALID");
    build(&touched).refused(401, "TOKEN_INVALID");
    fetch("x").refused(401, "TOKEN_INVALID");
    let wrong =
        bench.server.ask("GET", &format!("/api/v1/preview/artifact?token={second}&device_type=iphone"));
    wrong.send().refused(403, "FORBIDDEN");
    let linked = fetch(&format!("{second}&mode=json")).expect(200);
    let url = text(&linked["url"]);
    let path = url.strip_prefix(&format!("http://{}", bench.server.address)).unwrap().to_owned();
    for forged in [path.replace("signature=", "signature=00"), path.split('?').next().unwrap().to_owned()] {
        assert_eq!(bench.server.ask("GET", &forged).send().status, 401, "{forged}");
    }
}

#[test]
fn a_job_that_runs_is_withdrawn_and_leaves_nothing() {
    let bench = Bench::building(SMALL);
    // Enough modules that bundling takes longer than the request.
    let module = |body: &str, count: usize| {
        (0..count)
            .map(|n| (format!("many/m{n}.js"), format!("// {n}\n{body}export {{ C0 }};\n")))
            .collect::<Vec<_>>()
    };
    let body: String = (0..60)
        .map(|n| format!("class C{n} {{ #x = [1, 2].map((y) => ({{ y }})); get() {{ return this.#x; }} }}\n"))
        .collect();
    let mut files = module(&body, 3000);
    let imports: String = (0..3000).map(|n| format!("import './many/m{n}';\n")).collect();
    files.push(("index.js".to_owned(), imports));
    files.push(("package.json".to_owned(), SMALL[0].1.to_owned()));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let path = bench.path("files");
    let upload = bench.server.ask("POST", &path).bearer(&bench.person.token);
    upload.body("application/zip", &super::uploads::zip_of(&files)).send().expect(201);
    let id = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let state = || bench.get(&format!("previews/jobs/{id}")).expect(200)["state"].clone();
    until("modules are bundled", || state() == "bundling");
    bench.post(&format!("previews/jobs/{id}/cancel"), &json!({})).expect(202);
    assert_eq!(bench.over(&id)["state"], "canceled");
    // The folder goes when the last of the build's tasks has heard of it.
    let folders = || std::fs::read_dir(bench.server.data().join("previews")).unwrap().count();
    until("the job's folder is gone", || folders() == 0);
    let token = bench.post(&format!("previews/jobs/{id}/artifact-token"), &json!({}));
    token.refused(409, "ARTIFACT_NOT_READY");
}
