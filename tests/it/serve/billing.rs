//! What the payment provider tells changes what a user may do: at once, and once.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::client::Answer;
use super::server::{Person, Server};

const SECRET: &str = "a secret of the provider";
const PATH: &str = "/api/v1/webhooks/lemonsqueezy";

/// What makes a server sell something.
pub(super) const SELLING: [(&str, &str); 4] = [
    ("LZ_WEBHOOK_SECRET", SECRET),
    ("LZ_STORE_ID", "7"),
    ("LZ_PRO_MONTHLY_VARIANT_ID", "11"),
    ("LZ_PREMIUM_YEARLY_VARIANT_ID", "22"),
];

/// Gives somebody the highest tier.
pub(super) fn make_premium(server: &Server, person: &Person) {
    assert_eq!(tell(server, &event("subscription_created", person, 22, "active", 1)).status, 200);
    assert_eq!(tier(server, person), "premium");
}

fn selling() -> Server {
    let environment = [&[("WORKER_CONCURRENCY", "0")], SELLING.as_slice()].concat();
    Server::start_in(tempfile::tempdir().unwrap(), &environment)
}

fn signed(body: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tell(server: &Server, body: &Value) -> Answer {
    let body = body.to_string();
    let ask = server.ask("POST", PATH).header("x-signature", &signed(&body, SECRET));
    ask.body("application/json", body.as_bytes()).send()
}

/// An event of the subscription 5 for this person at this minute.
fn event(name: &str, person: &Person, variant: u64, status: &str, minute: u32) -> Value {
    json!({
        "meta": { "event_name": name, "custom_data": { "user_id": person.id } },
        "data": { "type": "subscriptions", "id": "5", "attributes": {
            "store_id": 7, "order_id": 9, "variant_id": variant, "status": status,
            "user_email": "somebody@example.com", "product_name": "HiveSync",
            "updated_at": format!("2026-01-01T00:{minute:02}:00.000000Z"),
        }},
    })
}

fn tier(server: &Server, person: &Person) -> Value {
    server.get("/api/v1/me", &person.token).send().expect(200)["tier"].clone()
}

#[test]
fn a_subscription_gives_its_tier_as_long_as_it_is_paid_for() {
    let server = selling();
    let (ada, bob) = (server.login("ada"), server.login("bob"));
    for (name, variant, status, minute, result, expected) in [
        ("subscription_created", 11, "active", 1, "taken", "pro"),
        ("subscription_created", 11, "active", 1, "known", "pro"),
        ("subscription_updated", 22, "active", 3, "taken", "premium"),
        // What was said before that, and comes late.
        ("subscription_updated", 11, "active", 2, "taken", "premium"),
        ("subscription_payment_failed", 22, "past_due", 4, "taken", "premium"),
        ("subscription_paused", 22, "paused", 5, "taken", "free"),
        ("subscription_resumed", 22, "active", 6, "taken", "premium"),
        ("subscription_cancelled", 22, "cancelled", 7, "taken", "premium"),
        ("subscription_expired", 22, "expired", 8, "taken", "free"),
        ("subscription_payment_recovered", 22, "active", 9, "taken", "premium"),
        ("subscription_updated", 33, "active", 10, "ignored", "premium"),
        ("license_key_created", 22, "active", 11, "ignored", "premium"),
    ] {
        let heard = tell(&server, &event(name, &ada, variant, status, minute)).expect(200);
        assert_eq!(
            (&heard["result"], tier(&server, &ada)),
            (&json!(result), json!(expected)),
            "{name} {minute}"
        );
    }
    // A subscription stays whose it is, whomever a later event names.
    tell(&server, &event("subscription_updated", &bob, 22, "active", 12)).expect(200);
    assert_eq!(tier(&server, &bob), "free");
    let refund = json!({
        "meta": { "event_name": "order_refunded" },
        "data": { "type": "orders", "id": "9",
            "attributes": { "store_id": 7, "status": "refunded", "updated_at": "2026-01-02T00:00:00Z" } },
    });
    assert_eq!(tell(&server, &refund).expect(200)["result"], "taken");
    assert_eq!(tier(&server, &ada), "free");
}

#[test]
fn what_the_provider_did_not_sign_or_is_of_another_store_changes_nothing() {
    let server = selling();
    let ada = server.login("ada");
    let good = event("subscription_created", &ada, 22, "active", 1);
    let body = good.to_string();
    let send = |signature: Option<&str>, body: &str| {
        let ask = server.ask("POST", PATH).body("application/json", body.as_bytes());
        signature.map_or(ask.clone(), |signature| ask.header("x-signature", signature)).send()
    };
    let signature = signed(&body, SECRET);
    send(None, &body).refused(400, "SIGNATURE_MISSING");
    for wrong in ["", "00", &signature[1..], &signed(&body, "another secret")] {
        send(Some(wrong), &body).refused(401, "SIGNATURE_INVALID");
    }
    send(Some(&signature), &body.replace("22", "11")).refused(401, "SIGNATURE_INVALID");
    send(Some(&signed("{}", SECRET)), "{}").refused(400, "REQUEST_INVALID");
    let mut elsewhere = good.clone();
    elsewhere["data"]["attributes"]["store_id"] = json!(8);
    assert_eq!(tell(&server, &elsewhere).expect(200)["result"], "ignored");
    let mut nobody = good.clone();
    nobody["meta"]["custom_data"] = json!({});
    assert_eq!(tell(&server, &nobody).expect(200)["result"], "ignored");
    assert_eq!(tier(&server, &ada), "free");
    // The control: the same event as it should be.
    assert_eq!(tell(&server, &good).expect(200)["result"], "taken");
    assert_eq!(tier(&server, &ada), "premium");
    let idle = Server::start();
    idle.ask("POST", PATH)
        .header("x-signature", &signature)
        .body("application/json", body.as_bytes())
        .send()
        .refused(404, "NOT_FOUND");
}
