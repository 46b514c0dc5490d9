//! Bringing the journal to the server: send, gather evidence, probe where an answer was lost, resolve. What is to be sent and
//! what an answer means is decided by `journal`; here it is asked and written down. Nothing here reads or writes the sync plan.
//!
//! Before a byte of a step leaves, the journal says durably that it does. The future of [`run`] may be dropped at any point: what
//! was under way is then unknown, and the next run asks the server what became of it.

mod appends;
mod breaks;
mod claims;
mod commands;
mod compare;
mod evidence;
mod exchange;
mod finish;
mod halves;
mod identity;
mod look;
mod mailbox;
mod mailboxes;
mod opening;
mod probe;
mod run;
mod scene;
mod settle;

pub use run::{Means, Report, run};

use crate::imap::{ImapError, InvalidArgument};
use crate::store::StoreError;

/// Why a replay ended before its end. What is known of each step until then is written down.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The conversation with the server failed.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// The same, while steps were under way: they go out after all others from now on, so that it is worth another try.
    #[error(transparent)]
    Interrupted(ImapError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InvalidArgument> for ReplayError {
    fn from(error: InvalidArgument) -> Self {
        Self::Imap(error.into())
    }
}
