//! Why a conversation failed. Nothing here quotes what the server or the user said.

use super::command::InvalidArgument;
use crate::wire::WireError;

/// A failure of an IMAP session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// Below the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The server broke the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// The server said BYE.
    #[error("the server ended the conversation")]
    Bye {
        /// Whether it told that it is only not available now.
        unavailable: bool,
    },
    /// The connection is not protected, and cannot be: no STARTTLS, or it was refused.
    #[error("the server offers no TLS")]
    NoTls,
    /// The server says that we are logged in already, on a connection that nothing protects (RFC 3501 section 7.1.4).
    #[error("the server skips the login on an unprotected connection")]
    PreAuthWithoutTls,
    /// User name, password or token were refused.
    #[error("the server refused the login")]
    Authentication {
        /// The response code.
        code: Option<String>,
    },
    /// The server cannot take a login now: too many connections, maintenance.
    #[error("the server takes no login now")]
    Unavailable {
        /// The response code.
        code: Option<String>,
    },
    /// The server takes no login of the kind that the account is set to.
    #[error("the server knows no way to log in that this account could use")]
    NoMechanism,
    /// A value of ours cannot go over the wire.
    #[error(transparent)]
    Argument(#[from] InvalidArgument),
    /// The session had failed before.
    #[error("the session has ended")]
    Ended,
}

impl ImapError {
    /// Whether the connection is gone for reasons that say nothing about the next one.
    pub fn is_connection_lost(&self) -> bool {
        matches!(
            self,
            Self::Wire(WireError::Closed | WireError::Io(_) | WireError::TimedOut) | Self::Bye { .. } | Self::Ended
        )
    }
}
