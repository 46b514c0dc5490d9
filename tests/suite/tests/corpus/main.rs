//! Mails, transcripts and provider files of others, where `POSTRIDER_CORPUS` says that they are.

mod dovecot;
mod imap;
mod mime;
mod sessions;
