//! Mirror of `wit/steps.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// `steps.attachment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Attachment {
    /// A label within the run.
    pub name: String,
    /// The bytes.
    #[serde(with = "crate::octets")]
    pub bytes: Vec<u8>,
}

/// `steps.input`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Input {
    /// JSON.
    pub params: String,
    /// Each name once.
    pub attachments: Vec<Attachment>,
}

/// `steps.role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Role {
    /// The step.
    #[cfg_attr(feature = "component", component(name = "system"))]
    System,
    /// What is asked.
    #[cfg_attr(feature = "component", component(name = "user"))]
    User,
    /// What the model said.
    #[cfg_attr(feature = "component", component(name = "assistant"))]
    Assistant,
}

/// `steps.message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// Names of attachments.
    pub pictures: Vec<String>,
}

/// `steps.ask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Ask {
    /// What it is for.
    pub purpose: String,
    /// What is said to the model, in order.
    pub messages: Vec<Message>,
    /// The JSON schema of the reply.
    pub schema: Option<String>,
    /// The longest reply.
    #[cfg_attr(feature = "component", component(name = "max-tokens"))]
    pub max_tokens: u32,
}

/// `steps.finish`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Finish {
    /// Everything was said.
    #[cfg_attr(feature = "component", component(name = "complete"))]
    Complete,
    /// The reply was cut.
    #[cfg_attr(feature = "component", component(name = "length"))]
    Length,
}

/// `steps.reply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Reply {
    /// What the model said.
    pub text: String,
    /// Why it stopped.
    pub finish: Finish,
    /// What the question took.
    #[cfg_attr(feature = "component", component(name = "prompt-tokens"))]
    pub prompt_tokens: u32,
    /// What the reply took.
    #[cfg_attr(feature = "component", component(name = "reply-tokens"))]
    pub reply_tokens: u32,
}

/// `steps.ask-error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum AskError {
    /// Nobody to ask.
    #[cfg_attr(feature = "component", component(name = "unavailable"))]
    Unavailable,
    /// Nobody answered in time.
    #[cfg_attr(feature = "component", component(name = "timeout"))]
    Timeout,
    /// A provider would not answer.
    #[cfg_attr(feature = "component", component(name = "refused"))]
    Refused,
    /// The budget is spent.
    #[cfg_attr(feature = "component", component(name = "budget"))]
    Budget,
    /// The answer is none.
    #[cfg_attr(feature = "component", component(name = "unreadable"))]
    Unreadable,
}

/// `steps.answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(variant))]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What a model said.
    #[cfg_attr(feature = "component", component(name = "reply"))]
    Reply(Reply),
    /// There is no reply.
    #[cfg_attr(feature = "component", component(name = "failed"))]
    Failed(AskError),
}

/// `steps.question`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Question {
    /// The question.
    pub ask: Ask,
    /// What the step has to know later.
    #[serde(with = "crate::octets")]
    pub state: Vec<u8>,
}

/// `steps.output`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Output {
    /// JSON.
    pub json: String,
    /// Each name once.
    pub attachments: Vec<Attachment>,
}

/// `steps.outcome`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Outcome {
    /// It is done.
    #[cfg_attr(feature = "component", component(name = "done"))]
    Done(Output),
    /// It asks.
    #[cfg_attr(feature = "component", component(name = "ask"))]
    Ask(Question),
}
