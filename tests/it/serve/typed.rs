//! The typed client against a real server.

use hivesync_client::api::shapes::NewTask;
use hivesync_client::api::{AttachmentsUploadQuery, TasksListQuery};
use hivesync_client::{Client, ClientError, File, NewPreview, Platform, State};

use super::server::{PASSWORD, Server};
use crate::cli::project::SMALL;

fn client(server: &Server) -> Client {
    Client::new(&format!("http://{}", server.address)).unwrap()
}

fn code(refused: ClientError) -> (u16, String) {
    match refused {
        ClientError::Refused(problem) => {
            assert!(!problem.error.request_id.is_empty());
            (problem.status, problem.code)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_program_goes_from_files_to_a_bundle() {
    let server = Server::building();
    let user = client(&server).register("ada@example.com", PASSWORD).await.unwrap();
    assert_eq!((user.email.as_str(), user.tier.as_str()), ("ada@example.com", "free"));
    let ada = client(&server).log_in("ada@example.com", PASSWORD).await.unwrap();
    let project = ada.create_project("notes").await.unwrap();
    assert_eq!((project.name.as_str(), &project.image), ("notes", &None));
    let files: Vec<File> = SMALL.iter().map(|(path, content)| File::text(path, content)).collect();
    ada.upload(&project.id, &files).await.unwrap();
    let preview = NewPreview::new(Platform::Web).minified();
    let asked = ada.preview(&project.id, &preview, "once").await.unwrap();
    let again = ada.preview(&project.id, &preview, "once").await.unwrap();
    assert_eq!(asked.job_id, again.job_id, "one name is one preview");
    let over = ada.wait(&asked).await.unwrap();
    assert_eq!((over.state, &over.error), (State::Success, &None));
    assert_eq!(over.devices.len(), 1);
    let bundle = ada.bundle(&over).await.unwrap();
    assert!(zip::ZipArchive::new(std::io::Cursor::new(bundle)).unwrap().by_name("metadata.json").is_ok());
    assert_eq!(code(ada.cancel(&over).await.unwrap_err()), (409, "CONFLICT".to_owned()));
}

#[tokio::test]
async fn a_refusal_has_the_code_of_the_server() {
    let server = Server::start();
    let nobody = client(&server);
    nobody.register("ada@example.com", PASSWORD).await.unwrap();
    let taken = nobody.register("ada@example.com", PASSWORD).await.unwrap_err();
    assert_eq!(taken.code(), Some("CONFLICT"));
    let wrong = nobody.clone().log_in("ada@example.com", "a guess at it").await.unwrap_err();
    assert_eq!(code(wrong).0, 401);
    assert_eq!(code(nobody.create_project("notes").await.unwrap_err()), (401, "UNAUTHENTICATED".to_owned()));
    let ada = nobody.log_in("ada@example.com", PASSWORD).await.unwrap();
    let preview = NewPreview::new(Platform::Ios).dev();
    let elsewhere = ada.preview("01J00000000000000000000000", &preview, "k").await.unwrap_err();
    assert_eq!(code(elsewhere), (404, "NOT_FOUND".to_owned()));
    let gone = client(&server);
    drop(server);
    assert!(matches!(gone.create_project("notes").await.unwrap_err(), ClientError::Connection(_)));
}

#[tokio::test]
async fn every_operation_is_a_method_with_the_shapes_of_the_document() {
    let server = Server::start();
    client(&server).register("ada@example.com", PASSWORD).await.unwrap();
    let ada = client(&server).log_in("ada@example.com", PASSWORD).await.unwrap();
    let me = ada.accounts_me().await.unwrap();
    assert_eq!(me.email, "ada@example.com");
    let project = ada.create_project("notes").await.unwrap();
    let task = NewTask { title: "a".to_owned(), description: None, assignee: None };
    let once = ada.once("one");
    let made = once.tasks_create(&project.id, &task).await.unwrap();
    assert_eq!(once.tasks_create(&project.id, &task).await.unwrap().id, made.id, "asked twice, done once");
    let query = TasksListQuery { limit: Some(1), ..TasksListQuery::default() };
    let page = ada.tasks_list(&project.id, &query).await.unwrap();
    assert_eq!((page.items.len(), page.items[0].id.as_str(), page.has_next), (1, made.id.as_str(), false));
    let name = AttachmentsUploadQuery { name: Some("a & b.txt".to_owned()) };
    let bytes = "words".as_bytes().into();
    let kind = "application/octet-stream";
    let file = ada.attachments_upload(&project.id, &made.id, &name, kind, bytes).await.unwrap();
    assert_eq!((file.name.as_str(), file.bytes), ("a & b.txt", 5));
    ada.tasks_remove(&project.id, &made.id).await.unwrap();
    let refused = ada.tasks_show(&project.id, &made.id).await.unwrap_err();
    assert_eq!(code(refused), (404, "NOT_FOUND".to_owned()));
    // What would lead elsewhere is a name that nothing has.
    let refused = ada.projects_show("../me").await.unwrap_err();
    assert_eq!(code(refused), (404, "NOT_FOUND".to_owned()));
}
