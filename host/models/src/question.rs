//! A question with what the step could not put into it.

use hivesync_protocol::wit::steps::{Ask, Attachment, Role};
use hivesync_types::Digest;

/// A step's question, the pictures that it speaks of, and what the caller allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    ask: Ask,
    pictures: Vec<Attachment>,
    digest: Digest,
}

impl Question {
    /// `attachments` are those of the step's input; `tokens_max` is what the owner of the run
    /// may have at most, and takes from what the step asks for.
    pub fn new(mut ask: Ask, attachments: &[Attachment], tokens_max: u32) -> Self {
        ask.max_tokens = ask.max_tokens.min(tokens_max);
        let named = |name: &String| ask.messages.iter().any(|message| message.pictures.contains(name));
        let pictures: Vec<_> = attachments.iter().filter(|picture| named(&picture.name)).cloned().collect();
        let digest = digest(&ask, &pictures);
        Self { ask, pictures, digest }
    }

    /// The question.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// Names the question: what is said, by whom, with which pictures, and how long the reply
    /// may be. The same question of two runs has the same name.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// About how many tokens it takes to ask, counted before anybody is asked. Four bytes a
    /// token is what English and code come to; other scripts take more, which the provider's
    /// own count corrects afterwards.
    pub fn tokens_expected(&self) -> u32 {
        let text: usize = self.ask.messages.iter().map(|message| message.text.len()).sum();
        let schema = self.ask.schema.as_ref().map_or(0, String::len);
        u32::try_from((text + schema) / 4 + self.pictures.len() * PICTURE_TOKENS).unwrap_or(u32::MAX)
    }

    pub(crate) fn picture(&self, name: &str) -> Option<&Attachment> {
        self.pictures.iter().find(|picture| picture.name == name)
    }
}

/// What a picture of usual size is counted as by usual providers.
const PICTURE_TOKENS: usize = 1000;

fn digest(ask: &Ask, pictures: &[Attachment]) -> Digest {
    let tokens = ask.max_tokens.to_le_bytes();
    let mut fields: Vec<&[u8]> = vec![b"hivesync-ask/1", ask.purpose.as_bytes(), &tokens];
    fields.push(ask.schema.as_deref().unwrap_or_default().as_bytes());
    for message in &ask.messages {
        fields.push(match message.role {
            Role::System => b"system",
            Role::User => b"user",
            Role::Assistant => b"assistant",
        });
        fields.push(message.text.as_bytes());
        fields.extend(message.pictures.iter().map(String::as_bytes));
    }
    fields.push(b"pictures");
    for picture in pictures {
        fields.extend([picture.name.as_bytes(), picture.bytes.as_slice()]);
    }
    Digest::of_fields(&fields)
}

#[cfg(test)]
mod tests {
    use hivesync_protocol::wit::steps::Message;

    use super::*;

    fn ask(text: &str) -> Ask {
        let message = Message { role: Role::User, text: text.to_owned(), pictures: vec!["plan".to_owned()] };
        Ask { purpose: "info".to_owned(), messages: vec![message], schema: None, max_tokens: 500 }
    }

    fn picture(bytes: &[u8]) -> [Attachment; 2] {
        let other = Attachment { name: "other".to_owned(), bytes: vec![1] };
        [Attachment { name: "plan".to_owned(), bytes: bytes.to_vec() }, other]
    }

    #[test]
    fn a_question_is_named_by_all_that_a_model_is_told() {
        let first = Question::new(ask("a"), &picture(b"1"), 400);
        assert_eq!(first.ask().max_tokens, 400);
        assert_eq!(first.digest(), Question::new(ask("a"), &picture(b"1"), 400).digest());
        for other in [
            Question::new(ask("b"), &picture(b"1"), 400),
            Question::new(ask("a"), &picture(b"2"), 400),
            Question::new(ask("a"), &picture(b"1"), 300),
        ] {
            assert_ne!(first.digest(), other.digest());
        }
        assert!(first.picture("other").is_none(), "a picture that is not spoken of is not sent");
    }
}
