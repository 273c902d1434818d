//! What is sold, and how the payment provider is recognised.

use hivesync_http::Billing;
use serde::Deserialize;

use super::SecretText;

/// The provider's ids are numbers; 0 stands for none.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct BillingConfig {
    pub(crate) webhook_secret: SecretText,
    store_id: u64,
    pro_monthly: u64,
    pro_yearly: u64,
    premium_monthly: u64,
    premium_yearly: u64,
}

impl BillingConfig {
    /// What is sold.
    pub(crate) fn sold(&self) -> Billing {
        let known = |ids: [u64; 2]| ids.into_iter().filter(|id| *id > 0).collect();
        Billing {
            store_id: Some(self.store_id).filter(|id| *id > 0),
            pro: known([self.pro_monthly, self.pro_yearly]),
            premium: known([self.premium_monthly, self.premium_yearly]),
        }
    }
}
