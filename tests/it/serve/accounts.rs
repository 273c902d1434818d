//! Accounts, sessions and keys.

use serde_json::json;

use super::server::{PASSWORD, Server, text};

#[test]
fn a_refresh_token_is_good_once_and_a_second_use_ends_the_whole_login() {
    let server = Server::start();
    let person = server.login("ada");
    let refresh = |token: &str| {
        server.ask("POST", "/api/v1/auth/refresh").json(&json!({ "refresh_token": token })).send()
    };
    let next = text(&refresh(&person.refresh).expect(200)["refresh_token"]);
    let newest = refresh(&next).expect(200);
    server.get("/api/v1/me", &text(&newest["access_token"])).send().expect(200);
    refresh(&next).refused(401, "REFRESH_TOKEN_REUSED");
    refresh(&text(&newest["refresh_token"])).refused(401, "UNAUTHENTICATED");
    // Another login of the same user goes on.
    let credentials = json!({ "email": "ADA@example.com ", "password": PASSWORD });
    let other = server.ask("POST", "/api/v1/auth/login").json(&credentials).send().expect(200);
    refresh(&text(&other["refresh_token"])).expect(200);
}

#[test]
fn a_logout_ends_the_login_and_a_session_token_is_good_for_one_exchange() {
    let server = Server::start();
    let person = server.login("ada");
    let handed = server.ask("POST", "/api/v1/auth/session-token").bearer(&person.token).send().expect(201);
    let exchange = || {
        let body = json!({ "session_token": handed["session_token"] });
        server.ask("POST", "/api/v1/auth/session-token/exchange").json(&body).send()
    };
    let other = exchange().expect(200);
    exchange().refused(401, "UNAUTHENTICATED");
    let with =
        |path: &str, token: &str| server.ask("POST", path).json(&json!({ "refresh_token": token })).send();
    with("/api/v1/auth/logout", &person.refresh).expect(204);
    with("/api/v1/auth/refresh", &person.refresh).refused(401, "UNAUTHENTICATED");
    with("/api/v1/auth/refresh", &text(&other["refresh_token"])).expect(200);
}

#[test]
fn a_key_of_a_program_is_shown_once_and_good_until_it_is_withdrawn() {
    let server = Server::start();
    let person = server.login("ada");
    let made = server.post("/api/v1/api-keys", &person.token, &json!({ "name": "ci" })).send().expect(201);
    let (key, id) = (text(&made["key"]), text(&made["id"]));
    assert_eq!(server.get("/api/v1/me", &key).send().expect(200)["id"], person.id.as_str());
    let listed = server.get("/api/v1/api-keys", &key).send().expect(200);
    assert_eq!(listed["items"][0]["name"], "ci");
    assert_eq!(listed["items"][0].get("key"), None);
    let path = format!("/api/v1/api-keys/{id}");
    let stranger = server.login("eve");
    server.ask("DELETE", &path).bearer(&stranger.token).send().refused(404, "NOT_FOUND");
    server.ask("DELETE", &path).bearer(&person.token).send().expect(204);
    server.get("/api/v1/me", &key).send().refused(401, "UNAUTHENTICATED");
}

#[test]
fn no_secret_stands_in_the_database() {
    let server = Server::start();
    let person = server.login("ada");
    let made = server.post("/api/v1/api-keys", &person.token, &json!({ "name": "ci" })).send().expect(201);
    let mut bytes = Vec::new();
    for name in ["hivesync.db", "hivesync.db-wal"] {
        bytes.extend(std::fs::read(server.data().join(name)).unwrap_or_default());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("ada@example.com") && holds("$argon2id$"));
    for secret in [PASSWORD, &person.refresh, &text(&made["key"])] {
        assert!(!holds(secret));
    }
}

#[test]
fn a_wrong_password_and_an_unknown_address_answer_in_the_same_words() {
    let server = Server::start();
    server.login("ada");
    let login = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let mut error =
            server.ask("POST", "/api/v1/auth/login").json(&body).send().refused(401, "CREDENTIALS_INVALID");
        error["request_id"].take();
        error
    };
    assert_eq!(login("ada@example.com", "wrong horse battery"), login("bob@example.com", PASSWORD));
    login("no address", PASSWORD);
    login("ada@example.com", &"x".repeat(10_000));
    let twice = json!({ "email": "Ada@Example.com", "password": PASSWORD });
    server.ask("POST", "/api/v1/auth/register").json(&twice).send().refused(409, "CONFLICT");
}
