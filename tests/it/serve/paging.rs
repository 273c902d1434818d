//! Lists are read in both directions.

use serde_json::{Value, json};

use super::server::{Person, Server, text};

fn page(server: &Server, person: &Person, path: &str, query: &str) -> Value {
    server.get(&format!("{path}?limit=2{query}"), &person.token).send().expect(200)
}

fn ids(page: &Value, name: &str) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| text(&item[name])).collect()
}

/// Reads a list to its end and back, and says what it held.
fn there_and_back(server: &Server, person: &Person, path: &str, name: &str) -> Vec<String> {
    let mut at = page(server, person, path, "");
    assert_eq!((&at["has_prev"], &at["prev_cursor"]), (&json!(false), &Value::Null));
    let mut pages = vec![at.clone()];
    while let Some(cursor) = at["next_cursor"].as_str() {
        assert_eq!(at["has_next"], true);
        at = page(server, person, path, &format!("&cursor={cursor}"));
        assert_eq!(at["has_prev"], true);
        pages.push(at.clone());
    }
    assert_eq!(at["has_next"], false);
    for expected in pages.iter().rev().skip(1) {
        at = page(server, person, path, &format!("&cursor={}", text(&at["prev_cursor"])));
        assert_eq!(ids(&at, name), ids(expected, name));
        assert_eq!(at["has_next"], true);
    }
    assert_eq!((&at["has_prev"], &at["prev_cursor"]), (&json!(false), &Value::Null));
    pages.iter().flat_map(|page| ids(page, name)).collect()
}

#[test]
fn every_list_leads_to_its_end_and_back_to_its_beginning() {
    let server = Server::start();
    let person = server.login("ada");
    let mut projects: Vec<_> = (0..5).map(|n| server.project(&person, &format!("p{n}"))).collect();
    projects.reverse();
    assert_eq!(there_and_back(&server, &person, "/api/v1/projects", "id"), projects);
    for name in ["a", "b", "c"] {
        server.post("/api/v1/api-keys", &person.token, &json!({ "name": name })).send().expect(201);
    }
    let keys = there_and_back(&server, &person, "/api/v1/api-keys", "id");
    assert_eq!(keys.len(), 3);
    let members = format!("/api/v1/projects/{}/members", projects[0]);
    let mut people = vec![person.id.clone()];
    for name in ["bob", "carl"] {
        people.push(server.login(name).id);
        let member = json!({ "email": format!("{name}@example.com"), "role": "guest" });
        server.ask("PUT", &members).bearer(&person.token).json(&member).send().expect(200);
    }
    let mut listed = there_and_back(&server, &person, &members, "user_id");
    listed.sort();
    people.sort();
    assert_eq!(listed, people);
}

#[test]
fn what_was_made_meanwhile_is_found_by_going_back() {
    let server = Server::start();
    let person = server.login("ada");
    for n in 0..4 {
        server.project(&person, &format!("p{n}"));
    }
    let first = page(&server, &person, "/api/v1/projects", "");
    let second =
        page(&server, &person, "/api/v1/projects", &format!("&cursor={}", text(&first["next_cursor"])));
    let newer = server.project(&person, "newer");
    let back =
        page(&server, &person, "/api/v1/projects", &format!("&cursor={}", text(&second["prev_cursor"])));
    assert_eq!(ids(&back, "id"), ids(&first, "id"));
    assert_eq!(back["has_prev"], true);
    let top = page(&server, &person, "/api/v1/projects", &format!("&cursor={}", text(&back["prev_cursor"])));
    assert_eq!(ids(&top, "id"), [newer]);
}
