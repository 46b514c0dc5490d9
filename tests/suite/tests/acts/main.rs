//! What a person does with no network, and what becomes of it.

mod appends;
mod filing;
mod flag_table;
mod gmail_acts;
mod gmail_random;
mod mailbox_acts;
mod mailbox_deletions;
mod offline_acts;
mod others_mailboxes;
mod others_targets;
mod rivals;
