//! Bad input: an exact code, and nothing is kept.

use serde_json::json;

use super::server::{PASSWORD, Server};

#[test]
fn every_bad_request_has_its_code_and_leaves_nothing() {
    let server = Server::start();
    let person = server.login("ada");
    let token = person.token.as_str();
    let post =
        |path: &str, kind: &str, body: &[u8]| server.ask("POST", path).bearer(token).body(kind, body).send();
    let json_kind = "application/json";
    let projects = "/api/v1/projects";
    for (kind, body, status, code) in [
        (json_kind, &b"{"[..], 400, "REQUEST_INVALID"),
        (json_kind, b"", 400, "REQUEST_INVALID"),
        (json_kind, b"[]", 400, "REQUEST_INVALID"),
        (json_kind, b"{}", 400, "REQUEST_INVALID"),
        (json_kind, br#"{"name":1}"#, 400, "REQUEST_INVALID"),
        (json_kind, br#"{"name":"a","color":"red"}"#, 400, "REQUEST_INVALID"),
        (json_kind, br#"{"name":""}"#, 400, "REQUEST_INVALID"),
        (json_kind, br#"{"name":"a\u0000b"}"#, 400, "REQUEST_INVALID"),
        (json_kind, b"{\"name\":\"\xff\"}", 400, "REQUEST_INVALID"),
        ("text/plain", br#"{"name":"a"}"#, 415, "CONTENT_TYPE_UNSUPPORTED"),
        ("application/jsonp", br#"{"name":"a"}"#, 415, "CONTENT_TYPE_UNSUPPORTED"),
        (json_kind, &[b' '; 64 * 1024 + 1], 413, "BODY_TOO_LARGE"),
    ] {
        post(projects, kind, body).refused(status, code);
    }
    // Just within the limit is parsed, and then refused for what it says.
    post(projects, json_kind, &[b' '; 64 * 1024]).refused(400, "REQUEST_INVALID");
    let long = json!({ "name": "n".repeat(101) });
    server.post(projects, token, &long).send().refused(400, "REQUEST_INVALID");
    let listed = server.get(projects, token).send().expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 0);
    // The control: the same request with a name that is one.
    server.post(projects, token, &json!({ "name": "n".repeat(100) })).send().expect(201);
}

#[test]
fn nobody_gets_in_without_a_good_token() {
    let server = Server::start();
    let person = server.login("ada");
    let (head, tag) = person.token.rsplit_once('.').unwrap();
    // Another letter for certain, and all of its bits count.
    let letter = if tag.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{head}.{letter}{}", &tag[1..]);
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {}", person.token),
        format!("Bearer {forged}"),
        format!("Bearer {none}"),
        format!("Bearer {}", person.refresh),
        "Bearer hsk_nothing".to_owned(),
        format!("Bearer {}", "x".repeat(5000)),
    ] {
        let answer = server.ask("GET", "/api/v1/me").header("authorization", &header).send();
        answer.refused(401, "UNAUTHENTICATED");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    server.ask("GET", "/api/v1/me").send().refused(401, "UNAUTHENTICATED");
    let lower = server.ask("GET", "/api/v1/me").header("authorization", &format!("bearer {}", person.token));
    lower.send().expect(200);
}

#[test]
fn paths_methods_ids_and_queries_that_are_none_have_their_codes() {
    let server = Server::start();
    let person = server.login("ada");
    let token = person.token.as_str();
    let get = |path: &str| server.get(path, token).send();
    get("/api/v2/projects").refused(404, "NOT_FOUND");
    get("/nothing").refused(404, "NOT_FOUND");
    let method = server.ask("DELETE", "/health").send();
    method.refused(405, "METHOD_NOT_ALLOWED");
    assert!(method.header("allow").unwrap().contains("GET"));
    for id in ["1", "..", "%00", "%ff", "01JDJ0000000000000000000AA", "01jdj0000000000000000000aa", "'--"] {
        let answer = get(&format!("/api/v1/projects/{id}"));
        let expected = if id == "%ff" { (400, "REQUEST_INVALID") } else { (404, "NOT_FOUND") };
        answer.refused(expected.0, expected.1);
    }
    for query in ["limit=0", "limit=101", "limit=a", "limit=-1", "cursor=x", "cursor=YWZ0ZXI6eA", "page=1"] {
        get(&format!("/api/v1/projects?{query}")).refused(400, "REQUEST_INVALID");
    }
    get("/errors/NOTHING").refused(404, "NOT_FOUND");
    let page = server.ask("GET", "/errors/LIMIT_REACHED").send();
    assert!(String::from_utf8(page.body).unwrap().starts_with("# LIMIT_REACHED"));
}

#[test]
fn an_account_needs_an_address_and_a_password_that_is_not_guessed() {
    let server = Server::start();
    for (email, password, field) in [
        ("ada", PASSWORD, "email"),
        ("@example.com", PASSWORD, "email"),
        ("ada@example", PASSWORD, "email"),
        ("a da@example.com", PASSWORD, "email"),
        ("ada@example.com", "short", "password"),
        ("ada@example.com", &"x".repeat(257), "password"),
    ] {
        let body = json!({ "email": email, "password": password });
        let answer = server.ask("POST", "/api/v1/auth/register").json(&body).send();
        assert_eq!(answer.refused(400, "REQUEST_INVALID")["details"]["field"], field);
    }
    server.login("ada");
}
