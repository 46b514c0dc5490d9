//! What each command does.

mod append;
mod auth;
mod envelope;
mod expunge;
mod fetch;
mod folders;
mod idle;
mod item;
mod list;
mod notify;
mod quota;
mod search;
mod select;
mod setup;
mod status;
mod store;
mod structure;

pub(crate) use notify::Watch;
pub(crate) use setup::Upgrade;
