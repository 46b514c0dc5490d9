//! Bringing the mirror up to date with an IMAP server. `plan` decides from plain data; the rest asks and writes.
//!
//! One run ([`run`]) is one conversation: the conductor keeps as many commands under way as order allows and hands each
//! answer to whoever asked: the listing of mailboxes, then a visit for each mailbox in which something may have
//! changed, then bodies by policy. What somebody waits for ([`fetch_section`], [`search()`], [`compare()`]) is asked command by
//! command instead. Nothing here reads or writes the journal.

mod batch;
mod bodies;
mod compare;
mod conductor;
mod control;
mod gaps;
mod gathered;
mod items;
mod keep;
mod listing;
mod mark;
pub mod plan;
mod report;
mod request;
mod run;
mod search;
mod section;
mod spool;
mod talk;
mod visit;

pub use compare::{Comparison, Difference, compare};
pub use control::{Budget, CancelOnDrop, Control, Stop};
pub use report::{Note, Report, Stage};
pub use request::{Means, Request};
pub use run::{enable, run};
pub use search::search;
pub use section::{await_section, fetch_section};
pub use spool::IncomingSpool;

use crate::imap::{ImapError, InvalidArgument};
use crate::store::StoreError;

/// Why a sync ended before its end. What was mirrored until then stays.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The conversation with the server failed.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Cancelled, or a limit of the request was reached.
    #[error("stopped before the end")]
    Stopped(Stop),
    /// The server refused a command that a sync cannot do without.
    #[error("the server refused {command}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// The response code.
        code: Option<String>,
    },
    /// The message or part is not on the server any more.
    #[error("the message is not on the server any more")]
    Gone,
}

impl From<InvalidArgument> for SyncError {
    fn from(error: InvalidArgument) -> Self {
        Self::Imap(error.into())
    }
}
