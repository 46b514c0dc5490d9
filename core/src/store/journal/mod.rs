//! The journal: what the user asked for and how far it has come, and what that makes the view show. Written by user actions
//! through [`super::JournalTx`] and by replay through [`super::ReplayTx`].

mod act;
mod appends;
mod breaks;
mod check;
mod follow;
mod halves;
mod identity;
mod labels;
mod mailbox_acts;
mod mailbox_overlay;
mod overlay;
mod read;
mod settle;
#[cfg(test)]
mod tests;

pub use act::Acted;
pub(in crate::store) use appends::{UNSEEN, take_back};
pub(in crate::store) use check::damaged_operations;
pub(in crate::store) use follow::follow_place;
pub(in crate::store) use labels::{LABELLED, has_labels, label_went, labels_changed};
pub use mailbox_acts::{MailboxActed, NewMailbox};
pub(in crate::store) use mailbox_overlay::{mailbox_gone, mailboxes_changed, wanted_mailbox};
pub(in crate::store) use overlay::{refresh_places, wrongly_shown};
pub use read::{OpenStep, Operation, StepInfo};
pub use settle::Outcome;
pub(in crate::store) use settle::hold_steps;

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod mailbox_tests;
