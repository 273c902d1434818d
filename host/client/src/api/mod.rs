// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Every operation of the API, a file a part of it, and the shapes of what it takes and answers.

mod accounts;
mod ai;
mod billing;
mod content;
mod files;
mod maps;
mod notifications;
mod operator;
mod previews;
mod projects;
mod service;
pub mod shapes;
mod spaces;
mod tasks;
mod teams;
mod webhooks;
mod workers;

pub use accounts::ApiKeysListQuery;
pub use ai::AiDocsHistoryQuery;
pub use ai::AiDocsJobsQuery;
pub use ai::AiResultQuery;
pub use content::ContentJobsListQuery;
pub use maps::MapsJobQuery;
pub use maps::MapsListQuery;
pub use maps::MapsPageQuery;
pub use notifications::NotificationsListQuery;
pub use operator::OperatorQueuesQuery;
pub use operator::OperatorWorkersQuery;
pub use previews::ArtifactsFetchQuery;
pub use previews::ArtifactsFetchQueryMode;
pub use previews::EventsFollowQuery;
pub use previews::PreviewsListQuery;
pub use projects::MembersListQuery;
pub use projects::ProjectsListQuery;
pub use spaces::SpacesListQuery;
pub use tasks::AttachmentsListQuery;
pub use tasks::AttachmentsUploadQuery;
pub use tasks::TasksCommentsQuery;
pub use tasks::TasksListQuery;
pub use teams::TeamsListQuery;
pub use teams::TeamsMembersQuery;
pub use teams::TeamsOfProjectQuery;
pub use webhooks::WebhooksDeliveriesQuery;
pub use webhooks::WebhooksListQuery;
