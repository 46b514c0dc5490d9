//! The model server, asked over raw connections.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod basics;
mod client;
