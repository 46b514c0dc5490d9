//! IMAP driver: typed commands in, typed responses out. It knows no store and has no policy.

mod capability;
pub mod command;
pub mod parse;
mod response;
pub mod utf7;

pub use capability::Capabilities;
pub use response::{
    BodySection, Code, Condition, Fetch, ListEntry, Namespace, Namespaces, StatusEntry, StatusKind, Untagged,
};
