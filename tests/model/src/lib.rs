//! The model mail server: plain data structures, every extension switchable, faults on order.

pub mod fault;
mod imap;
mod mime;
pub mod profile;
mod server;
pub mod world;

pub use server::{Listening, ModelServer, Security};
