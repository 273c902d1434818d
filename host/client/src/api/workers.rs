// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use super::shapes::{Report, Taken};
use crate::call::Call;
use crate::{Client, ClientError};

impl Client {
    /// Takes in what a worker says of a job. The request is signed.
    pub async fn callback_receive_alias(&self, body: &Report) -> Result<Taken, ClientError> {
        let call = Call::new("POST", "/api/v1/worker/callback", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Takes in what a worker says of a job. The request is signed.
    pub async fn callback_receive(&self, body: &Report) -> Result<Taken, ClientError> {
        let call = Call::new("POST", "/api/v1/workers/callback", &[]).json(body)?;
        self.send(call).await?.json()
    }
}
