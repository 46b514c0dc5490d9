//! The network edge: connecting, TLS and trust, the guard that frames what a server sends, deflate, byte counters.
//! The only module that opens sockets.

mod frame;

pub use frame::{Frame, Literal};
