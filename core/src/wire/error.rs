//! What can go wrong below a protocol. No error holds what a server sent.

use std::io;

/// Why a certificate was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// It is not valid any more, or not yet.
    #[error("the certificate has expired or is not valid yet")]
    Expired,
    /// It is for another host.
    #[error("the certificate is for another host")]
    WrongHost,
    /// Nobody trusted has signed it, or not for a server.
    #[error("the certificate is not signed by anybody trusted")]
    Untrusted,
    /// It is not the pinned one.
    #[error("the server's key is not the pinned one")]
    NotPinned,
    /// It makes no sense, or may not be used for this.
    #[error("the certificate is not fit for this use")]
    Unfit,
}

/// A failure of the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The host name has no address.
    #[error("the host name has no address")]
    UnknownHost,
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The network cannot be used, or the connection broke.
    #[error("the connection failed: {0}")]
    Io(io::ErrorKind),
    /// The other side closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The certificate was not believed.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// The two sides share no version or cipher of TLS, or what came is not TLS.
    #[error("TLS could not be agreed on")]
    TlsPolicy,
    /// A line longer than any server needs.
    #[error("the server sent a line without end")]
    LineTooLong,
    /// A literal larger than any mail that is taken.
    #[error("the server announced {0} octets at once")]
    LiteralTooLarge(u64),
    /// The bytes do not follow the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// The place for large literals refused them.
    #[error("what the server sent could not be written down: {0}")]
    Spool(io::ErrorKind),
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::UnexpectedEof => Self::Closed,
            // Bytes that are no TLS, or no deflate.
            io::ErrorKind::InvalidData => Self::Protocol("bytes that make no sense"),
            kind => Self::Io(kind),
        }
    }
}
