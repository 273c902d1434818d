//! What the payment provider (Lemon Squeezy) tells: who pays for what from now on.
//!
//! A tier counts from the next request on; what was asked for before keeps the tier that it
//! was asked with.
//!
//! **Invariant:** nothing of an event is read before its signature is verified, and each
//! changes something once.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hivesync_access::is_signed;
use hivesync_storage::sql::billing::{self, BillingEvent, Change, Subscription};
use hivesync_storage::sql::{accounts, moment_of};
use hivesync_types::{Code, Tier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::{parse, read_body};
use crate::identifiers::{digest_bytes, known_id};
use crate::problem::Problem;

/// Bytes of an event.
const EVENT_BYTES_MAX: usize = 256 * 1024;

/// What the provider sends; much more than is read of it.
#[derive(Debug, Deserialize)]
struct Event {
    meta: Meta,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Meta {
    event_name: String,
    event_id: Option<String>,
    #[serde(default)]
    custom_data: CustomData,
}

/// What the checkout was opened with.
#[derive(Debug, Default, Deserialize)]
struct CustomData {
    user_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    id: String,
    attributes: Attributes,
}

#[derive(Debug, Deserialize)]
struct Attributes {
    store_id: Option<u64>,
    order_id: Option<u64>,
    variant_id: Option<u64>,
    #[serde(default)]
    status: String,
    user_email: Option<String>,
    updated_at: String,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heard {
    result: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It counts.
    Taken,
    /// It came before.
    Known,
    /// It is about nothing that is sold or anybody who is known here.
    Ignored,
}

/// `POST /api/v1/webhooks/lemonsqueezy`.
#[utoipa::path(
    post,
    path = "/webhooks/lemonsqueezy",
    tag = "billing",
    operation_id = "billing_receive",
    summary = "Takes in what the payment provider says. The request is signed.",
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 200, description = "What became of it.", body = Heard)),
)]
pub(crate) async fn receive(State(api): State<Arc<Api>>, request: Request) -> Result<Json<Heard>, Problem> {
    let secret = api.secrets.billing.as_ref().ok_or_else(|| Problem::new(Code::NotFound))?;
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, EVENT_BYTES_MAX).await?;
    let signature = parts.headers.get("x-signature").ok_or_else(|| Problem::new(Code::SignatureMissing))?;
    if !is_signed(secret, signature.as_bytes(), &bytes) {
        return Err(Problem::new(Code::SignatureInvalid));
    }
    let event: Event = parse(&bytes)?;
    let name = event.meta.event_name.clone();
    // The same bytes are the same event, where the provider gives it no id.
    let event_id = event.meta.event_id.clone().unwrap_or_else(|| digest_bytes(&bytes));
    let Some(change) = change(&api, event).await? else {
        tracing::warn!(billing.event = %event_id, "a billing event is about nothing that is known here");
        return Ok(Json(Heard { result: Outcome::Ignored }));
    };
    let billed = BillingEvent { event_id: &event_id, name: &name, received_at: api.moment() };
    let is_new = billing::take(&api.db, billed, &change).await?;
    tracing::info!(billing.event = %event_id, is_new, "a billing event was taken in");
    Ok(Json(Heard { result: if is_new { Outcome::Taken } else { Outcome::Known } }))
}

/// What an event comes to; none when it comes to nothing.
async fn change(api: &Api, event: Event) -> Result<Option<Change>, Problem> {
    let Event { meta, data } = event;
    let attributes = data.attributes;
    if api.settings.billing.store_id.is_some() && api.settings.billing.store_id != attributes.store_id {
        return Ok(None);
    }
    if meta.event_name == "order_refunded" {
        return Ok(Some(Change::Refund { order_id: data.id }));
    }
    let updated_at: Timestamp = attributes
        .updated_at
        .parse()
        .map_err(|_| Problem::field("data.attributes.updated_at", "updated_at is not a time."))?;
    let Some(is_good) = is_good(&meta.event_name, &attributes.status) else { return Ok(None) };
    let tier = attributes.variant_id.and_then(|variant| api.settings.billing.tier(variant));
    let user = user(api, &data.id, meta.custom_data.user_id, attributes.user_email).await?;
    let (Some(tier), Some(user_id)) = (tier, user) else { return Ok(None) };
    Ok(Some(Change::Set(Subscription {
        id: data.id,
        user_id,
        order_id: attributes.order_id.map(|id| id.to_string()).unwrap_or_default(),
        tier,
        is_good,
        status: attributes.status,
        updated_at: moment_of(updated_at),
    })))
}

/// Whether a subscription gives its tier after an event; none for an event that says nothing
/// of it. One that was cancelled is paid for until it expires, and one whose payment failed is
/// tried again first.
fn is_good(event: &str, status: &str) -> Option<bool> {
    match event {
        "subscription_created" | "subscription_updated" => {
            Some(matches!(status, "on_trial" | "active" | "past_due" | "cancelled"))
        }
        "subscription_cancelled"
        | "subscription_resumed"
        | "subscription_payment_failed"
        | "subscription_payment_recovered" => Some(!matches!(status, "expired" | "unpaid" | "paused")),
        "subscription_expired" | "subscription_paused" => Some(false),
        _ => None,
    }
}

/// Who pays: whose subscription it is already, else whom the checkout was opened for, else
/// whoever has the address.
async fn user(
    api: &Api,
    subscription: &str,
    named: Option<String>,
    email: Option<String>,
) -> Result<Option<String>, Problem> {
    if let Some(user) = billing::subscriber(&api.db, subscription).await? {
        return Ok(Some(user));
    }
    if let Some(id) = named.filter(|id| known_id(id).is_ok()) {
        return Ok(accounts::by_id(&api.db, &id).await?.map(|user| user.id));
    }
    let Some(email) = email else { return Ok(None) };
    Ok(accounts::by_email(&api.db, &email.trim().to_lowercase()).await?.map(|(user, _)| user.id))
}

/// What is sold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Billing {
    /// The provider's id of the store; events of others count for nothing.
    pub store_id: Option<u64>,
    /// The provider's ids of what is sold as Pro.
    pub pro: Vec<u64>,
    /// The provider's ids of what is sold as Premium.
    pub premium: Vec<u64>,
}

impl Billing {
    fn tier(&self, variant: u64) -> Option<Tier> {
        if self.premium.contains(&variant) {
            Some(Tier::Premium)
        } else {
            self.pro.contains(&variant).then_some(Tier::Pro)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_for_lasts_as_long_as_it_is_paid_for() {
        for (event, status, expected) in [
            ("subscription_created", "active", Some(true)),
            ("subscription_created", "on_trial", Some(true)),
            ("subscription_updated", "cancelled", Some(true)),
            ("subscription_updated", "expired", Some(false)),
            ("subscription_updated", "unpaid", Some(false)),
            ("subscription_cancelled", "cancelled", Some(true)),
            ("subscription_expired", "expired", Some(false)),
            ("subscription_paused", "paused", Some(false)),
            ("subscription_resumed", "active", Some(true)),
            ("subscription_payment_failed", "past_due", Some(true)),
            ("subscription_payment_failed", "unpaid", Some(false)),
            ("subscription_payment_recovered", "active", Some(true)),
            ("subscription_created", "a word of tomorrow", Some(false)),
            ("license_key_created", "active", None),
        ] {
            assert_eq!(is_good(event, status), expected, "{event} {status}");
        }
    }
}
