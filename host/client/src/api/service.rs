// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;

use super::shapes::{Live, Ready};
use crate::call::Call;
use crate::{Client, ClientError};

impl Client {
    /// Explains an error code, in Markdown.
    pub async fn errors_page(&self, code: &str) -> Result<Bytes, ClientError> {
        let call = Call::new("GET", "/errors/{}", &[code]);
        Ok(self.send(call).await?.into_bytes())
    }

    /// Says that the program answers.
    pub async fn health_live(&self) -> Result<Live, ClientError> {
        let call = Call::new("GET", "/health", &[]);
        self.send(call).await?.json()
    }

    /// Says whether the program reaches what it needs.
    pub async fn health_ready(&self) -> Result<Ready, ClientError> {
        let call = Call::new("GET", "/health/deep", &[]);
        self.send(call).await?.json()
    }
}
