// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde_json::Value;

use super::shapes::Heard;
use crate::call::Call;
use crate::{Client, ClientError};

impl Client {
    /// Takes in what the payment provider says. The request is signed.
    pub async fn billing_receive(&self, body: &Value) -> Result<Heard, ClientError> {
        let call = Call::new("POST", "/api/v1/webhooks/lemonsqueezy", &[]).json(body)?;
        self.send(call).await?.json()
    }
}
