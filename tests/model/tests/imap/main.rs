//! The model server, asked over raw connections.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod basics;
mod client;
mod faults;
mod fetch;
mod gmail;
mod large;
mod listing;
mod mail;
mod oddities;
mod profiles;
mod push;
mod resync;
mod search;
mod secure;
