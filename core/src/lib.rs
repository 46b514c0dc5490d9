//! Postrider: a mail sync core for phones.
//!
//! The engine keeps a local copy of a person's mail in SQLite, current with an IMAP server, so that everything can be
//! read and searched with no network. The one front door is `api`; the modules below it and their order are
//! described in `ARCHITECTURE.md`.

pub mod account;
pub mod api;
pub mod engine;
pub mod imap;
pub mod journal;
pub mod mime;
pub mod model;
#[cfg_attr(not(feature = "mutants"), doc(hidden))]
pub mod mutants;
pub mod replay;
pub mod sasl;
pub mod search;
pub mod store;
pub mod sync;
pub mod wire;
