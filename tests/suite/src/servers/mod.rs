//! Real mail servers, started privately for one test: their own configuration, mail and logs in a temporary folder,
//! free ports on loopback, gone when the guard is dropped. And an independent second client to talk to them.
//!
//! A test never skips where a server is missing: the error says what to install. As root the servers run their
//! workers as `nobody`; as an ordinary user they run as that user, and nothing here needs root.

mod access;
mod certificate;
mod cyrus;
mod dovecot;
mod launch;
mod peer;
mod process;
mod raw_client;
mod raw_response;
mod runner;
mod user;

pub use access::Access;
pub use certificate::Certificate;
pub use cyrus::{Cyrus, CyrusOptions};
pub use dovecot::{Dovecot, DovecotOptions, Storage};
pub use launch::LaunchError;
pub use peer::{FlagChange, ImapPeer, Mail, Peer, Snapshot};
pub use raw_client::{Listed, RawClient, RawError, RawMessage};
pub use raw_response::Value;
pub use user::User;
