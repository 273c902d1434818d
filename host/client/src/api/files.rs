// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;

use super::shapes::{Delta, ImageView};
use crate::call::Call;
use crate::{Client, ClientError};

impl Client {
    /// Uploads the files of a project: a zip, a gzipped tar, or a list.
    pub async fn files_upload(
        &self,
        project_id: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<ImageView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/files", &[project_id]).bytes(content_type, body);
        self.send(call).await?.json()
    }

    /// Uploads the files of a project: a zip, a gzipped tar, or a list.
    pub async fn files_upload_put(
        &self,
        project_id: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<ImageView, ClientError> {
        let call = Call::new("PUT", "/api/v1/projects/{}/files", &[project_id]).bytes(content_type, body);
        self.send(call).await?.json()
    }

    /// Uploads what changed: every file by its digest, and the content of those that the base does not hold.
    pub async fn files_delta(&self, project_id: &str, body: &Delta) -> Result<ImageView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/files/delta", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }
}
