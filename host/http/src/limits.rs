//! How often somebody may ask: so many requests a minute, by tier.
//!
//! A person is counted as one whatever they are logged in with, each of their keys by itself,
//! and whoever does not say who they are by where they come from.
//!
//! What this does not do: count. The limiter of `hivesync-storage` does, for all nodes.
//!
//! **Invariant:** a request over the limit is answered before anything of it is read but its
//! head, and costs what it costs to know who asks.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hivesync_storage::{Allowance, Rate};
use hivesync_types::{Code, Tier};

use crate::api::Api;
use crate::extract::{Asker, Recognised};
use crate::peer::{Peer, origin};
use crate::problem::Problem;

/// The time in which requests are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// Lets a request through, or says when to come again.
pub(crate) async fn limit(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let recognised = Recognised::of(&api, request.headers()).await;
    let (name, tier) = match &recognised.0 {
        Ok(caller) => {
            let name = match &caller.asker {
                Asker::Person => format!("user:{}", caller.user.id),
                Asker::Key(digest) => format!("key:{digest}"),
            };
            (name, caller.user.tier)
        }
        Err(_) => {
            let peer = request.extensions().get::<Peer>().copied();
            let origin = origin(peer, request.headers(), &api.settings.trusted_proxies);
            (format!("from:{origin}"), Tier::Guest)
        }
    };
    let rate = Rate { count: api.settings.tiers.of(tier).requests_a_minute, per: MINUTE };
    let allowance = api.limiter.admit(&format!("requests:{name}"), rate, api.moment()).await;
    let mut response = if allowance.is_allowed {
        request.extensions_mut().insert(recognised);
        next.run(request).await
    } else {
        limit_reached("requests_a_minute", tier, seconds(allowance.retry_after)).into_response()
    };
    tell(response.headers_mut(), rate, allowance);
    response
}

/// Says in headers how much is left, under both names that clients know.
fn tell(headers: &mut HeaderMap, rate: Rate, allowance: Allowance) {
    let [limit, remaining] = [rate.count, allowance.remaining].map(HeaderValue::from);
    let reset = HeaderValue::from(seconds(allowance.full_after));
    headers.insert("ratelimit-limit", limit.clone());
    headers.insert("ratelimit-remaining", remaining.clone());
    headers.insert("ratelimit-reset", reset.clone());
    headers.insert("x-ratelimit-limit", limit);
    headers.insert("x-ratelimit-remaining", remaining);
    headers.insert("x-ratelimit-reset", reset);
}

/// Whole seconds, after which it is really over.
fn seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

/// A quota that is used up.
pub(crate) fn limit_reached(limit: &str, tier: Tier, seconds: u64) -> Problem {
    let seconds = seconds.max(1);
    Problem::new(Code::LimitReached)
        .detail("limit_type", limit)
        .detail("tier", tier.as_str())
        .detail("remaining", 0)
        .detail("retry_after_seconds", seconds)
        .detail("upgrade_available", tier.above().is_some())
        .detail("recommended_tier", tier.above().map(Tier::as_str))
        .header(header::RETRY_AFTER, HeaderValue::from(seconds))
}
