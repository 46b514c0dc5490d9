//! IMAP driver: typed commands in, typed responses out. It knows no store and has no policy.

mod capability;
pub mod command;
mod connect;
mod error;
pub mod parse;
mod response;
mod session;
pub mod utf7;

pub use capability::Capabilities;
pub use command::{Command, InvalidArgument};
pub use connect::{Credentials, Deadlines, Endpoint};
pub use error::ImapError;
pub use response::{
    BodySection, Code, Condition, Fetch, ListEntry, Namespace, Namespaces, StatusEntry, StatusKind, Untagged,
};
pub use session::{CommandId, Event, Session};
