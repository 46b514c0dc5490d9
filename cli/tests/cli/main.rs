//! The command line as people meet it.

mod accounts;
mod acting;
mod bad_server;
mod care;
#[path = "../common/mod.rs"]
mod common;
mod contract;
mod demo;
mod kill;
mod large_attachment;
mod large_mailbox;
mod reading;
mod trouble;
mod usage;
