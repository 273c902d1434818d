//! Teams, tasks and what people are told.

use serde_json::{Value, json};

use super::client::{Answer, Ask};
use super::previews::Bench;
use super::server::{Person, Server, text};
use crate::cli::project::SMALL;

/// A project of Ada's, in which Bob is a member and Carl a guest, and Eve is nobody.
struct House {
    server: Server,
    ada: Person,
    bob: Person,
    carl: Person,
    eve: Person,
    project: String,
}

impl House {
    fn build() -> Self {
        let server = Server::start();
        let [ada, bob, carl, eve] = ["ada", "bob", "carl", "eve"].map(|name| server.login(name));
        let project = server.project(&ada, "notes");
        let house = Self { server, ada, bob, carl, eve, project };
        for (name, role) in [("bob", "member"), ("carl", "guest")] {
            let member = json!({ "email": format!("{name}@example.com"), "role": role });
            house.send("PUT", "members", &house.ada, &member).expect(200);
        }
        house
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/projects/{}/{rest}", self.project)
    }

    fn send(&self, method: &str, rest: &str, person: &Person, body: &Value) -> Answer {
        self.server.ask(method, &self.path(rest)).bearer(&person.token).json(body).send()
    }

    fn get(&self, rest: &str, person: &Person) -> Answer {
        self.server.get(&self.path(rest), &person.token).send()
    }

    fn delete(&self, rest: &str, person: &Person) -> Answer {
        self.server.ask("DELETE", &self.path(rest)).bearer(&person.token).send()
    }

    fn task(&self, body: &Value) -> String {
        text(&self.send("POST", "tasks", &self.ada, body).expect(201)["id"])
    }

    fn told(&self, person: &Person) -> Vec<Value> {
        let path = "/api/v1/notifications?unread=true";
        self.server.get(path, &person.token).send().expect(200)["items"].as_array().unwrap().clone()
    }
}

#[test]
fn a_team_opens_its_projects_to_its_people_as_far_as_it_may_and_no_further() {
    let house = House::build();
    let (server, ada, eve) = (&house.server, &house.ada, &house.eve);
    let team = server.post("/api/v1/teams", &ada.token, &json!({ "name": "ui" })).send().expect(201);
    assert_eq!(team["role"], "owner");
    let path = format!("/api/v1/teams/{}", text(&team["id"]));
    let members = format!("{path}/members");
    let set = |token: &str, email: &str, role: &str| {
        let body = json!({ "email": email, "role": role });
        server.ask("PUT", &members).bearer(token).json(&body).send()
    };
    for target in [&path, &members] {
        server.get(target, &eve.token).send().refused(404, "NOT_FOUND");
    }
    set(&eve.token, "eve@example.com", "admin").refused(404, "NOT_FOUND");
    set(&ada.token, "eve@example.com", "member").expect(200);
    set(&eve.token, "carl@example.com", "member").refused(403, "FORBIDDEN");
    set(&ada.token, "ada@example.com", "guest").refused(409, "CONFLICT");
    set(&ada.token, "eve@example.com", "owner").refused(400, "REQUEST_INVALID");
    // A team without projects opens nothing.
    house.get("tasks", eve).refused(404, "NOT_FOUND");
    let give = |person: &Person, role: &str| {
        house.send("PUT", "teams", person, &json!({ "team_id": team["id"], "role": role }))
    };
    give(&house.bob, "admin").refused(403, "FORBIDDEN");
    give(ada, "owner").refused(400, "REQUEST_INVALID");
    give(ada, "guest").expect(200);
    let seen = server.get("/api/v1/projects", &eve.token).send().expect(200);
    assert_eq!(
        (&seen["items"][0]["id"], &seen["items"][0]["role"]),
        (&json!(house.project), &json!("guest"))
    );
    house.get("tasks", eve).expect(200);
    house.send("POST", "tasks", eve, &json!({ "title": "t" })).refused(403, "FORBIDDEN");
    give(ada, "member").expect(200);
    house.send("POST", "tasks", eve, &json!({ "title": "t" })).expect(201);
    // The more of both counts: Bob's own role is not made less by a team's.
    set(&ada.token, "bob@example.com", "guest").expect(200);
    give(ada, "guest").expect(200);
    house.send("POST", "tasks", &house.bob, &json!({ "title": "t" })).expect(201);
    assert_eq!(house.get("teams", eve).expect(200)["items"][0]["team_id"], team["id"]);
    let leave = format!("{members}/{}", eve.id);
    server.ask("DELETE", &leave).bearer(&eve.token).send().expect(204);
    house.get("tasks", eve).refused(404, "NOT_FOUND");
    house.delete(&format!("teams/{}", text(&team["id"])), ada).expect(204);
    house.delete(&format!("teams/{}", text(&team["id"])), ada).refused(404, "NOT_FOUND");
    server.ask("DELETE", &format!("{members}/{}", ada.id)).bearer(&ada.token).send().refused(409, "CONFLICT");
    // Somebody else's team cannot be given, nor found out about.
    let own = server.post("/api/v1/teams", &eve.token, &json!({ "name": "own" })).send().expect(201);
    let body = json!({ "team_id": own["id"], "role": "guest" });
    house.send("PUT", "teams", ada, &body).refused(404, "NOT_FOUND");
}

#[test]
fn members_write_tasks_guests_read_them_and_strangers_see_none() {
    let house = House::build();
    let task = house.task(&json!({ "title": "fix the header", "description": "it\n\tleans" }));
    let path = format!("tasks/{task}");
    assert_eq!(house.get(&path, &house.carl).expect(200)["status"], "open");
    house.get(&path, &house.eve).refused(404, "NOT_FOUND");
    house.send("PATCH", &path, &house.eve, &json!({ "title": "x" })).refused(404, "NOT_FOUND");
    house.send("PATCH", &path, &house.carl, &json!({ "title": "x" })).refused(403, "FORBIDDEN");
    let changed = json!({ "status": "in_progress", "assignee": house.bob.id });
    let changed = house.send("PATCH", &path, &house.bob, &changed).expect(200);
    assert_eq!((&changed["title"], &changed["assignee"]), (&json!("fix the header"), &json!(house.bob.id)));
    assert_eq!(
        house.send("PATCH", &path, &house.bob, &json!({})).expect(200)["assignee"],
        changed["assignee"]
    );
    let nobody = json!({ "assignee": null });
    assert_eq!(house.send("PATCH", &path, &house.bob, &nobody).expect(200)["assignee"], Value::Null);
    for bad in [
        json!({ "title": "" }),
        json!({ "title": "a\nb" }),
        json!({ "title": "t".repeat(201) }),
        json!({ "title": "t", "description": "\u{7}" }),
        json!({ "title": "t", "description": "d".repeat(16 * 1024 + 1) }),
        json!({ "title": "t", "assignee": house.eve.id }),
        json!({ "title": "t", "assignee": "bob" }),
        json!({ "title": "t", "status": "lost" }),
    ] {
        house.send("POST", "tasks", &house.ada, &bad).refused(400, "REQUEST_INVALID");
    }
    assert_eq!(house.get("tasks", &house.ada).expect(200)["items"].as_array().unwrap().len(), 1);
    // Another project of the same person does not have it.
    let other = house.server.project(&house.ada, "other");
    let elsewhere = format!("/api/v1/projects/{other}/tasks/{task}");
    house.server.get(&elsewhere, &house.ada.token).send().refused(404, "NOT_FOUND");
    house.delete(&path, &house.bob).refused(403, "FORBIDDEN");
    house.delete(&path, &house.ada).expect(204);
    house.get(&path, &house.ada).refused(404, "NOT_FOUND");
}

#[test]
fn comments_and_assignments_are_told_to_whom_they_concern_and_read_once() {
    let house = House::build();
    let task = house.task(&json!({ "title": "t", "assignee": house.bob.id }));
    let told = house.told(&house.bob);
    assert_eq!((told.len(), &told[0]["kind"]), (1, &json!("assignment")));
    assert_eq!(told[0]["data"]["task_id"], task.as_str());
    assert!(house.told(&house.ada).is_empty(), "who did it knows");
    let comments = format!("tasks/{task}/comments");
    let comment = house.send("POST", &comments, &house.bob, &json!({ "body": "on it" })).expect(201);
    house.send("POST", &comments, &house.carl, &json!({ "body": "me too" })).refused(403, "FORBIDDEN");
    house.send("POST", &comments, &house.bob, &json!({ "body": " " })).refused(400, "REQUEST_INVALID");
    let told = house.told(&house.ada);
    assert_eq!((told.len(), &told[0]["kind"]), (1, &json!("comment")));
    assert_eq!(told[0]["data"]["comment_id"], comment["id"]);
    assert!(house.told(&house.carl).is_empty());
    let at = format!("{comments}/{}", text(&comment["id"]));
    house.delete(&at, &house.eve).refused(404, "NOT_FOUND");
    house.delete(&at, &house.bob).expect(204);
    assert_eq!(house.get(&comments, &house.carl).expect(200)["items"], json!([]));
    // Whoever has left is told nothing more.
    house.delete(&format!("members/{}", house.bob.id), &house.ada).expect(204);
    house.send("POST", &comments, &house.ada, &json!({ "body": "who?" })).expect(201);
    let unread = |person: &Person| {
        house.server.get("/api/v1/notifications/unread-count", &person.token).send().expect(200)["unread"]
            .clone()
    };
    assert_eq!(unread(&house.bob), 1);
    let path = format!("/api/v1/notifications/{}/read", text(&house.told(&house.bob)[0]["id"]));
    let read = |person: &Person| house.server.ask("POST", &path).bearer(&person.token).send();
    read(&house.eve).refused(404, "NOT_FOUND");
    assert_eq!(unread(&house.bob), 1);
    read(&house.bob).expect(204);
    read(&house.bob).expect(204);
    assert_eq!(unread(&house.bob), 0);
    assert!(house.told(&house.bob).is_empty());
    let all = house.server.get("/api/v1/notifications", &house.bob.token).send().expect(200);
    assert!(all["items"][0]["read_at"].is_string());
    house.server.ask("POST", "/api/v1/notifications/read-all").bearer(&house.ada.token).send().expect(204);
    assert_eq!(unread(&house.ada), 0);
}

#[test]
fn an_attachment_is_fetched_by_a_signed_link_and_gone_with_its_task() {
    let house = House::build();
    let task = house.task(&json!({ "title": "t" }));
    let attachments = format!("tasks/{task}/attachments");
    let upload = |person: &Person, name: &str, bytes: &[u8]| {
        let target = house.path(&format!("{attachments}?name={name}"));
        house.server.ask("POST", &target).bearer(&person.token).body("text/html", bytes).send()
    };
    let page = b"<script>alert(1)</script>";
    upload(&house.eve, "x", page).refused(404, "NOT_FOUND");
    upload(&house.carl, "x", page).refused(403, "FORBIDDEN");
    upload(&house.bob, "", page).refused(400, "REQUEST_INVALID");
    upload(&house.bob, "x", b"").refused(400, "REQUEST_INVALID");
    let made = upload(&house.bob, "a%20page.html", page).expect(201);
    assert_eq!((&made["name"], &made["bytes"]), (&json!("a page.html"), &json!(page.len())));
    let id = text(&made["id"]);
    let at = format!("{attachments}/{id}");
    house.get(&at, &house.eve).refused(404, "NOT_FOUND");
    let linked = house.get(&at, &house.carl).expect(200);
    assert!(linked["expires_in"].as_u64().unwrap() <= 300);
    let fetched = Ask::behind(&linked["url"]).send();
    assert_eq!((fetched.status, fetched.body.as_slice()), (200, page.as_slice()));
    // It is a page of nobody's origin.
    assert_eq!(fetched.header("content-type"), Some("application/octet-stream"));
    assert_eq!(fetched.header("content-disposition"), Some("attachment"));
    let object = house.server.objects().join("tasks/attachments").join(&id);
    assert!(object.exists());
    let too_long = vec![b'x'; 10 * 1024 * 1024 + 1];
    upload(&house.bob, "big", &too_long).refused(413, "BODY_TOO_LARGE");
    upload(&house.bob, "big", &too_long[1..]).expect(201);
    let listed = house.get(&attachments, &house.carl).expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    house.delete(&at, &house.carl).refused(403, "FORBIDDEN");
    house.delete(&at, &house.bob).expect(204);
    assert!(!object.exists());
    house.delete(&format!("tasks/{task}"), &house.ada).expect(204);
    // A folder without objects goes, too.
    assert_eq!(std::fs::read_dir(object.parent().unwrap()).map_or(0, Iterator::count), 0);
}

#[test]
fn whoever_asked_for_a_preview_is_told_when_it_is_over() {
    let bench = Bench::building(SMALL);
    let job = bench.built(&json!({ "platform": "web" }));
    let told = bench.server.get("/api/v1/notifications", &bench.person.token).send().expect(200);
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
    assert_eq!(told["items"][0]["kind"], "preview_finished");
    assert_eq!(
        told["items"][0]["data"],
        json!({
            "project_id": bench.project, "job_id": job["job_id"], "state": "success",
        })
    );
}
