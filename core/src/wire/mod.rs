//! The network edge: connecting, TLS and trust, the guard that frames what a server sends, deflate, byte counters.
//! The only module that opens sockets.

mod deflate;
mod error;
mod frame;
mod guard;
mod network;
mod security;
mod spool;
mod tls;
mod traffic;
mod transport;
mod trust;

pub use error::{CertificateFault, WireError};
pub use frame::{Frame, Literal};
pub use guard::{Guard, Incoming, Limits, Outgoing, PartialLiteral};
pub use network::{BoxStream, Network, Stream, TcpNetwork};
pub use security::Security;
pub use spool::Spool;
pub use tls::connect_tls;
pub use traffic::{Spent, Traffic};
pub use trust::{InvalidTrust, Trust};
