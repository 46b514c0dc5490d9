//! IMAP driver: typed commands in, typed responses out. It knows no store and has no policy.

mod capability;
pub mod command;
mod connect;
mod error;
mod login;
pub mod parse;
mod response;
mod sending;
mod session;
pub mod utf7;
mod utf8_names;

pub use capability::Capabilities;
pub use command::{Command, InvalidArgument};
pub use connect::{Deadlines, Endpoint};
pub use error::ImapError;
pub use login::Credentials;
pub use response::{
    BodySection, Code, Condition, Fetch, ListEntry, Namespace, Namespaces, StatusEntry, StatusKind, Untagged,
};
pub use session::{CommandId, Event, Session};
