//! How a connection is protected.

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS by command, and nothing without it.
    StartTls,
    /// None. Only where the person asked for it in so many words.
    Plaintext,
}
