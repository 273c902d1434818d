// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;
use serde::Serialize;

use super::shapes::{
    AttachmentLink, AttachmentView, CommentView, NewComment, NewTask, PageAttachmentView, PageCommentView,
    PageTaskView, TaskChange, TaskView,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::tasks_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct TasksListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::attachments_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct AttachmentsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::attachments_upload`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct AttachmentsUploadQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What [`Client::tasks_comments`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct TasksCommentsQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Lists the tasks of a project, the newest first.
    pub async fn tasks_list(
        &self,
        project_id: &str,
        query: &TasksListQuery,
    ) -> Result<PageTaskView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/tasks", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Makes a task.
    pub async fn tasks_create(&self, project_id: &str, body: &NewTask) -> Result<TaskView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/tasks", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows a task.
    pub async fn tasks_show(&self, project_id: &str, task_id: &str) -> Result<TaskView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/tasks/{}", &[project_id, task_id]);
        self.send(call).await?.json()
    }

    /// Changes a task; what is not said stays.
    pub async fn tasks_change(
        &self,
        project_id: &str,
        task_id: &str,
        body: &TaskChange,
    ) -> Result<TaskView, ClientError> {
        let call = Call::new("PATCH", "/api/v1/projects/{}/tasks/{}", &[project_id, task_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Removes a task with its comments and attachments; by who wrote it, or an admin.
    pub async fn tasks_remove(&self, project_id: &str, task_id: &str) -> Result<(), ClientError> {
        let call = Call::new("DELETE", "/api/v1/projects/{}/tasks/{}", &[project_id, task_id]);
        self.send(call).await.map(drop)
    }

    /// Lists the files of a task, the newest first.
    pub async fn attachments_list(
        &self,
        project_id: &str,
        task_id: &str,
        query: &AttachmentsListQuery,
    ) -> Result<PageAttachmentView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/tasks/{}/attachments", &[project_id, task_id])
            .query(query)?;
        self.send(call).await?.json()
    }

    /// Brings a file to a task: the body, whatever it is.
    pub async fn attachments_upload(
        &self,
        project_id: &str,
        task_id: &str,
        query: &AttachmentsUploadQuery,
        content_type: &str,
        body: Bytes,
    ) -> Result<AttachmentView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/tasks/{}/attachments", &[project_id, task_id])
            .query(query)?
            .bytes(content_type, body);
        self.send(call).await?.json()
    }

    /// Shows a file of a task, with a link that is good for five minutes.
    pub async fn attachments_show(
        &self,
        project_id: &str,
        task_id: &str,
        attachment_id: &str,
    ) -> Result<AttachmentLink, ClientError> {
        let call = Call::new(
            "GET",
            "/api/v1/projects/{}/tasks/{}/attachments/{}",
            &[project_id, task_id, attachment_id],
        );
        self.send(call).await?.json()
    }

    /// Removes a file of a task; by who brought it, or an admin.
    pub async fn attachments_remove(
        &self,
        project_id: &str,
        task_id: &str,
        attachment_id: &str,
    ) -> Result<(), ClientError> {
        let call = Call::new(
            "DELETE",
            "/api/v1/projects/{}/tasks/{}/attachments/{}",
            &[project_id, task_id, attachment_id],
        );
        self.send(call).await.map(drop)
    }

    /// Lists what was said of a task, the newest first.
    pub async fn tasks_comments(
        &self,
        project_id: &str,
        task_id: &str,
        query: &TasksCommentsQuery,
    ) -> Result<PageCommentView, ClientError> {
        let call =
            Call::new("GET", "/api/v1/projects/{}/tasks/{}/comments", &[project_id, task_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Says something of a task.
    pub async fn tasks_comment(
        &self,
        project_id: &str,
        task_id: &str,
        body: &NewComment,
    ) -> Result<CommentView, ClientError> {
        let call =
            Call::new("POST", "/api/v1/projects/{}/tasks/{}/comments", &[project_id, task_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Takes a comment back; by who wrote it, or an admin.
    pub async fn tasks_remove_comment(
        &self,
        project_id: &str,
        task_id: &str,
        comment_id: &str,
    ) -> Result<(), ClientError> {
        let call = Call::new(
            "DELETE",
            "/api/v1/projects/{}/tasks/{}/comments/{}",
            &[project_id, task_id, comment_id],
        );
        self.send(call).await.map(drop)
    }
}
