//! Questions to models as pages that a person reviews. A file that the tests of guests with
//! questions include; each guest has its pages in `golden/`.

use crate::bindings::exports::hivesync::build::steps::{Ask, Message, Role};

/// A question as a page to review. `shown` says what stands behind the role of a message.
pub(super) fn page(ask: &Ask, shown: impl Fn(&Message) -> String) -> String {
    let mut page = format!("purpose: {}\nmax-tokens: {}\n", ask.purpose, ask.max_tokens);
    for message in &ask.messages {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        page.push_str(&format!("\n---- {role}{}\n{}", shown(message), message.text));
    }
    page + &format!("\n---- schema\n{}\n", ask.schema.as_deref().unwrap_or_default())
}

/// The guest's golden of this name is the page. `HIVESYNC_BLESS` writes it anew.
pub(super) fn assert_golden(name: &str, page: &str) {
    let path = format!("{}/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("HIVESYNC_BLESS").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page, "{path}");
}
