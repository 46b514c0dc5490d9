//! The network edge: connecting, TLS and trust, the guard that frames what a server sends, deflate, byte counters.
//! The only module that opens sockets.

mod frame;
mod spool;

pub use frame::{Frame, Literal};
pub use spool::Spool;
