//! Dovecot and Cyrus, and a second client that shares nothing with the core.

mod acts;
mod launch;
mod mirror;
mod offline;
mod peers;
mod tls;
mod workload;
