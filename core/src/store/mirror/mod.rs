//! The mirror: what the server last told. Written by sync alone, through [`super::MirrorTx`].

mod bodies;
mod departed;
mod flags;
mod gaps;
mod garbage;
mod index;
mod insert;
mod land;
mod likeness;
mod mailbox_done;
mod mailboxes;
mod marks;
mod new_rows;
mod rebind;
mod recognise;
mod remove;
mod threads;
mod uids;

pub use bodies::{BodySelection, BodyWanted};
pub use flags::FlagsOutcome;
pub use gaps::Gap;
pub use garbage::{GarbageReport, ORPHAN_DAYS};
pub use index::{ToIndex, Unindexed};
pub use insert::{InsertOutcome, NewMessage};
pub(in crate::store) use mailboxes::IS_SHOWN;
pub use mailboxes::{Mailbox, MailboxNaming, MailboxState};

#[cfg(test)]
mod departed_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
