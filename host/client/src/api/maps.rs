// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::shapes::{DiffAsk, MapAsk, MapBody, MapJobView, PageMapVersionView, SimulateAsk, WhyAsk};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::maps_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct MapsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::maps_job`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct MapsJobQuery {
    /// Seconds to wait for the end of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
}

/// What [`Client::maps_page`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct MapsPageQuery {
    /// An older version, whose difference to this one is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

impl Client {
    /// Lists the versions that are kept, the newest first.
    pub async fn maps_list(
        &self,
        project_id: &str,
        query: &MapsListQuery,
    ) -> Result<PageMapVersionView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/maps", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Asks for a map of the project's files, which becomes a version.
    pub async fn maps_create(&self, project_id: &str, body: &MapAsk) -> Result<MapJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/maps", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Asks what leads from one version to another: nodes, edges and winning declarations.
    pub async fn maps_diff(&self, project_id: &str, body: &DiffAsk) -> Result<MapJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/maps/diff", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows how something that was asked about a map stands; waits for its end a while, if told to.
    pub async fn maps_job(
        &self,
        project_id: &str,
        job_id: &str,
        query: &MapsJobQuery,
    ) -> Result<MapJobView, ClientError> {
        let call =
            Call::new("GET", "/api/v1/projects/{}/maps/jobs/{}", &[project_id, job_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Hands over the answer to something that was asked about a map.
    pub async fn maps_answer(&self, project_id: &str, job_id: &str) -> Result<Value, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/maps/jobs/{}/answer", &[project_id, job_id]);
        self.send(call).await?.json()
    }

    /// Withdraws something that was asked about a map; it counts against no limit.
    pub async fn maps_cancel(&self, project_id: &str, job_id: &str) -> Result<MapJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/maps/jobs/{}/cancel", &[project_id, job_id]);
        self.send(call).await?.json()
    }

    /// Shows the newest map, with what is known of the addresses that it names.
    pub async fn maps_latest(&self, project_id: &str) -> Result<MapBody, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/maps/latest", &[project_id]);
        self.send(call).await?.json()
    }

    /// Asks what would change without some selectors, rules or style sheets. Nothing is written.
    pub async fn maps_simulate(
        &self,
        project_id: &str,
        body: &SimulateAsk,
    ) -> Result<MapJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/maps/simulate", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Asks why an element has its value of a property: the cascade in plain words.
    pub async fn maps_why(&self, project_id: &str, body: &WhyAsk) -> Result<MapJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/maps/why", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows a map, with what is known of the addresses that it names.
    pub async fn maps_show(&self, project_id: &str, version_id: &str) -> Result<MapBody, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/maps/{}", &[project_id, version_id]);
        self.send(call).await?.json()
    }

    /// Shows a map as a page to look at, which loads nothing.
    pub async fn maps_page(
        &self,
        project_id: &str,
        version_id: &str,
        query: &MapsPageQuery,
    ) -> Result<Bytes, ClientError> {
        let call =
            Call::new("GET", "/api/v1/projects/{}/maps/{}/page", &[project_id, version_id]).query(query)?;
        Ok(self.send(call).await?.into_bytes())
    }
}
