//! IMAP: one session per connection.

mod deflate;
mod handlers;
mod parse;
mod reply;
mod session;
mod view;
mod wire;
mod write;

pub(crate) use session::Session;
pub(crate) use wire::{Closed, Stream, Wire};
