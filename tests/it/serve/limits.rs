//! Requests a minute, by who asks.

use serde_json::{Value, json};

use super::client::{Answer, Ask};
use super::server::{PASSWORD, Server, text};

/// What somebody without an account may ask in a minute, and somebody who pays nothing.
const A_MINUTE: usize = 30;

/// Asks until it is too often, and says how often it was not.
fn exhaust(ask: &Ask) -> (usize, Answer) {
    for asked in 0..=A_MINUTE + 2 {
        let answer = ask.clone().send();
        if answer.status == 429 {
            return (asked, answer);
        }
        assert_eq!(answer.header("ratelimit-limit"), Some("30"));
        assert_eq!(answer.header("x-ratelimit-remaining"), answer.header("ratelimit-remaining"));
    }
    panic!("there is no limit");
}

#[track_caller]
fn assert_about_a_minutes(asked: usize) {
    // One more comes back every two seconds, also while the test asks.
    assert!((A_MINUTE..=A_MINUTE + 2).contains(&asked), "{asked}");
}

#[test]
fn a_user_has_their_requests_a_minute_and_each_of_their_keys_its_own() {
    let server = Server::strict(&[]);
    let person = server.login("ada");
    let other = server.login("bob");
    let made = server.post("/api/v1/api-keys", &person.token, &json!({ "name": "ci" })).send().expect(201);
    let me = |token: &str| server.get("/api/v1/me", token);
    let (asked, refused) = exhaust(&me(&person.token));
    assert_about_a_minutes(asked + 1);
    let details: Value = refused.refused(429, "LIMIT_REACHED")["details"].clone();
    assert_eq!(
        details,
        json!({
            "limit_type": "requests_a_minute", "tier": "free", "remaining": 0,
            "retry_after_seconds": details["retry_after_seconds"], "upgrade_available": true,
            "recommended_tier": "pro",
        })
    );
    let again: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(details["retry_after_seconds"], again);
    assert!((1..=2).contains(&again), "{again}");
    let named = |name: &str| refused.header(name).map(str::to_owned);
    assert_eq!(
        (named("ratelimit-remaining"), named("x-ratelimit-limit")),
        (Some("0".into()), Some("30".into()))
    );
    assert!((58..=60).contains(&named("ratelimit-reset").unwrap().parse::<u64>().unwrap()));
    // Refused before it does anything, also where the request is a good one.
    server
        .post("/api/v1/projects", &person.token, &json!({ "name": "n" }))
        .send()
        .refused(429, "LIMIT_REACHED");
    me(&other.token).send().expect(200);
    me(&text(&made["key"])).send().expect(200);
    let listed = server.get("/api/v1/projects", &text(&made["key"])).send().expect(200);
    assert_eq!(listed["items"], json!([]));
}

#[test]
fn whoever_says_not_who_they_are_is_counted_by_their_address_whatever_they_say_of_it() {
    let server = Server::strict(&[]);
    let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
    let guess = |from: usize| {
        let ask = server.ask("POST", "/api/v1/auth/refresh").json(&json!({ "refresh_token": "a guess" }));
        ask.header("x-forwarded-for", &format!("203.0.113.{from}"))
    };
    let mut asked = 0;
    while guess(asked).send().status != 429 {
        asked += 1;
    }
    assert_about_a_minutes(asked);
    server.ask("GET", "/api/v1/me").bearer("nobody").send().refused(429, "LIMIT_REACHED");
    server.ask("POST", "/api/v1/auth/register").json(&credentials).send().refused(429, "LIMIT_REACHED");
    // What a machine asks to see whether the server is well, and what a worker says, goes on.
    server.ask("GET", "/health").send().expect(200);
    server.ask("POST", "/api/v1/workers/callback").json(&json!({})).send().refused(400, "SIGNATURE_MISSING");
}

#[test]
fn behind_a_proxy_that_was_named_its_word_counts() {
    let server = Server::strict(&[("TRUSTED_PROXIES", "192.0.2.0/24, 127.0.0.1")]);
    let from = |client: &str| {
        let ask = server.ask("POST", "/api/v1/auth/refresh").json(&json!({ "refresh_token": "a guess" }));
        ask.header("x-forwarded-for", client)
    };
    let (asked, _) = exhaust(&from("203.0.113.1"));
    assert_about_a_minutes(asked);
    // What stands before the proxy's own word is the client's.
    from("198.51.100.1, 203.0.113.1").send().refused(429, "LIMIT_REACHED");
    from("203.0.113.2").send().refused(401, "UNAUTHENTICATED");
}
