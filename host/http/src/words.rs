//! The words of other crates as the document of the API shows them. Nothing else uses them, and
//! a test compares them with what those crates write.

use serde::Serialize;
use utoipa::ToSchema;

/// What somebody may do; each may do what those before it may.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum Role {
    Guest,
    Member,
    Admin,
    Owner,
}

/// What a user pays for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum Tier {
    Guest,
    Free,
    Pro,
    Premium,
}

/// What a preview is for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum Platform {
    Ios,
    Ipad,
    Android,
    Web,
}

/// How far a task is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum TaskStatus {
    Open,
    InProgress,
    Done,
}

/// What a user is told of.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum Happened {
    PreviewFinished,
    Comment,
    Assignment,
}

/// What an address is told of.
#[derive(ToSchema, Serialize)]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum WebhookEvent {
    #[serde(rename = "preview.finished")]
    PreviewFinished,
    #[serde(rename = "preview.failed")]
    PreviewFailed,
    #[serde(rename = "preview.canceled")]
    PreviewCanceled,
    #[serde(rename = "map.ready")]
    MapReady,
    #[serde(rename = "map.failed")]
    MapFailed,
    #[serde(rename = "docs.ready")]
    DocsReady,
    #[serde(rename = "docs.failed")]
    DocsFailed,
}

/// How far a message is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the document names the variants")]
pub(crate) enum MessageState {
    Pending,
    Delivered,
    Dead,
}

#[cfg(test)]
mod tests {
    use hivesync_storage::sql::projects;
    use utoipa::PartialSchema;

    use super::*;

    fn words<T: PartialSchema>() -> Vec<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_words_of_the_document_are_those_that_are_written() {
        assert_eq!(words::<Role>(), projects::Role::ALL.map(projects::Role::as_str));
        assert_eq!(words::<Tier>(), hivesync_types::Tier::ALL.map(hivesync_types::Tier::as_str));
        for word in words::<Platform>() {
            assert_eq!(word.parse::<hivesync_types::Platform>().unwrap().as_str(), word);
        }
        for word in words::<TaskStatus>() {
            word.parse::<hivesync_storage::sql::tasks::TaskStatus>().unwrap();
        }
        let events = hivesync_storage::sql::webhooks::Event::ALL;
        assert_eq!(words::<WebhookEvent>(), events.map(hivesync_storage::sql::webhooks::Event::as_str));
        let states = hivesync_storage::sql::webhooks::MessageState::ALL;
        assert_eq!(
            words::<MessageState>(),
            states.map(hivesync_storage::sql::webhooks::MessageState::as_str)
        );
        for word in words::<Happened>() {
            word.parse::<hivesync_storage::sql::notifications::Happened>().unwrap();
        }
    }
}
