//! IMAP driver: typed commands in, typed responses out. It knows no store and has no policy.

pub mod command;
mod response;

pub use response::{
    BodySection, Code, Condition, Fetch, ListEntry, Namespace, Namespaces, StatusEntry, StatusKind, Untagged,
};
