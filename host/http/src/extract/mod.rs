//! How a request is read: strictly, and with an end.

mod body;
mod caller;
mod query;
mod signed;

pub(crate) use body::{JsonBody, kind_of, parse, read_body};
pub(crate) use caller::{API_KEY_PREFIX, Asker, Caller, Recognised, bearer};
pub(crate) use query::Params;
pub(crate) use signed::{Signed, Signers, arrive, header, read_signed};
