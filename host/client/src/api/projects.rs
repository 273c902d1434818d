// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;

use super::shapes::{
    MemberView, NewMember, NewProject, PageMemberView, PageProjectView, ProjectView, Reached, Urls,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::projects_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct ProjectsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::members_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct MembersListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Lists the projects of the user, the newest first.
    pub async fn projects_list(&self, query: &ProjectsListQuery) -> Result<PageProjectView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Makes a project.
    pub async fn projects_create(&self, body: &NewProject) -> Result<ProjectView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows a project.
    pub async fn projects_show(&self, project_id: &str) -> Result<ProjectView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}", &[project_id]);
        self.send(call).await?.json()
    }

    /// Lists the people of a project.
    pub async fn members_list(
        &self,
        project_id: &str,
        query: &MembersListQuery,
    ) -> Result<PageMemberView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/members", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Gives a user a role in a project.
    pub async fn members_set(&self, project_id: &str, body: &NewMember) -> Result<MemberView, ClientError> {
        let call = Call::new("PUT", "/api/v1/projects/{}/members", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Takes a user out of a project; everybody may leave.
    pub async fn members_remove(&self, project_id: &str, user_id: &str) -> Result<(), ClientError> {
        let call = Call::new("DELETE", "/api/v1/projects/{}/members/{}", &[project_id, user_id]);
        self.send(call).await.map(drop)
    }

    /// Asks addresses that a project names whether they answer; what is over the limit is unknown.
    pub async fn reachability_check(&self, project_id: &str, body: &Urls) -> Result<Reached, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/reachability", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }
}
