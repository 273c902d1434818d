// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;

use super::shapes::{
    MemberView, NewMember, NewProjectTeam, NewTeam, PageMemberView, PageProjectTeamView, PageTeamView,
    ProjectTeamView, TeamView,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::teams_of_project`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct TeamsOfProjectQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::teams_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct TeamsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::teams_members`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct TeamsMembersQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Lists the teams that work on a project.
    pub async fn teams_of_project(
        &self,
        project_id: &str,
        query: &TeamsOfProjectQuery,
    ) -> Result<PageProjectTeamView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/teams", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Gives the people of a team a role in a project.
    pub async fn teams_set_project(
        &self,
        project_id: &str,
        body: &NewProjectTeam,
    ) -> Result<ProjectTeamView, ClientError> {
        let call = Call::new("PUT", "/api/v1/projects/{}/teams", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Takes a project from a team.
    pub async fn teams_remove_project(&self, project_id: &str, team_id: &str) -> Result<(), ClientError> {
        let call = Call::new("DELETE", "/api/v1/projects/{}/teams/{}", &[project_id, team_id]);
        self.send(call).await.map(drop)
    }

    /// Lists the teams of the user, the newest first.
    pub async fn teams_list(&self, query: &TeamsListQuery) -> Result<PageTeamView, ClientError> {
        let call = Call::new("GET", "/api/v1/teams", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Makes a team.
    pub async fn teams_create(&self, body: &NewTeam) -> Result<TeamView, ClientError> {
        let call = Call::new("POST", "/api/v1/teams", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows a team.
    pub async fn teams_show(&self, team_id: &str) -> Result<TeamView, ClientError> {
        let call = Call::new("GET", "/api/v1/teams/{}", &[team_id]);
        self.send(call).await?.json()
    }

    /// Lists the people of a team.
    pub async fn teams_members(
        &self,
        team_id: &str,
        query: &TeamsMembersQuery,
    ) -> Result<PageMemberView, ClientError> {
        let call = Call::new("GET", "/api/v1/teams/{}/members", &[team_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Gives a user a role in a team.
    pub async fn teams_set_member(&self, team_id: &str, body: &NewMember) -> Result<MemberView, ClientError> {
        let call = Call::new("PUT", "/api/v1/teams/{}/members", &[team_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Takes a user out of a team; everybody may leave.
    pub async fn teams_remove_member(&self, team_id: &str, user_id: &str) -> Result<(), ClientError> {
        let call = Call::new("DELETE", "/api/v1/teams/{}/members/{}", &[team_id, user_id]);
        self.send(call).await.map(drop)
    }
}
