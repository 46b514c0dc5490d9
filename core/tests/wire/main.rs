//! Connections and logins, on servers that lie, flood, stall and break off.

mod cut_everywhere;
mod hostile_tls;
mod hostile_wire;
mod imap_login;
mod imap_session;
#[path = "../support/mod.rs"]
mod support;
