//! Projects, their people and what each may do.

use serde_json::json;

use super::server::Server;

#[test]
fn a_stranger_does_not_learn_that_a_project_exists_and_a_guest_only_looks() {
    let server = Server::start();
    let (owner, other) = (server.login("ada"), server.login("bob"));
    let project = server.project(&owner, "notes");
    let path = format!("/api/v1/projects/{project}");
    let members = format!("{path}/members");
    server.get(&path, &other.token).send().refused(404, "NOT_FOUND");
    server.get(&members, &other.token).send().refused(404, "NOT_FOUND");
    let set = |token: &str, email: &str, role: &str| {
        let body = json!({ "email": email, "role": role });
        server.ask("PUT", &members).bearer(token).json(&body).send()
    };
    set(&other.token, "bob@example.com", "admin").refused(404, "NOT_FOUND");
    set(&owner.token, "bob@example.com", "guest").expect(200);
    assert_eq!(server.get(&path, &other.token).send().expect(200)["role"], "guest");
    set(&other.token, "bob@example.com", "admin").refused(403, "FORBIDDEN");
    set(&owner.token, "bob@example.com", "owner").refused(400, "REQUEST_INVALID");
    set(&owner.token, "ada@example.com", "guest").refused(409, "CONFLICT");
    set(&owner.token, "nobody@example.com", "guest").refused(404, "NOT_FOUND");
    let out = |who: &str, token: &str| server.ask("DELETE", &format!("{members}/{who}")).bearer(token).send();
    out(&owner.id, &other.token).refused(403, "FORBIDDEN");
    out(&owner.id, &owner.token).refused(409, "CONFLICT");
    out(&other.id, &other.token).expect(204);
    server.get(&path, &other.token).send().refused(404, "NOT_FOUND");
}

#[test]
fn pages_hold_every_project_once_also_when_one_is_made_between_them() {
    let server = Server::start();
    let owner = server.login("ada");
    let mut made: Vec<_> = (0..5).map(|n| server.project(&owner, &format!("p{n}"))).collect();
    let page = |cursor: Option<&str>| {
        let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        server.get(&format!("/api/v1/projects?limit=2{more}"), &owner.token).send().expect(200)
    };
    let first = page(None);
    server.project(&owner, "between");
    let (mut seen, mut at) = (Vec::new(), first);
    loop {
        seen.extend(
            at["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        assert_eq!(at["has_next"], at["next_cursor"].is_string());
        match at["next_cursor"].as_str() {
            Some(cursor) => at = page(Some(cursor)),
            None => break,
        }
    }
    seen.sort();
    made.sort();
    assert_eq!(seen, made);
}
