//! Why something that the engine was asked for could not be done.

use crate::account::CredentialError;
use crate::imap::ImapError;
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::wire::WireError;

/// Why something that the engine was asked for could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The conversation with the server failed.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No password or token can be had.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The account's settings do not name a server that mail comes from, or a certificate in them cannot be read.
    #[error("the account's settings are not complete: {0}")]
    Settings(&'static str),
    /// The server refused a command.
    #[error("the server refused {command}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// The response code.
        code: Option<String>,
    },
    /// The message or part is not on the server any more.
    #[error("the message is not on the server any more")]
    Gone,
    /// Cancelled by its control.
    #[error("cancelled")]
    Cancelled,
    /// The engine was ended meanwhile.
    #[error("the account's task has ended")]
    Closed,
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Imap(error) => Self::Imap(error),
            SyncError::Store(error) => Self::Store(error),
            SyncError::Stopped(_) => Self::Cancelled,
            SyncError::Refused { command, code } => Self::Refused { command, code },
            SyncError::Gone => Self::Gone,
        }
    }
}

impl Failure {
    /// What is kept of it with the account: one word for its kind, and the message.
    pub(super) fn record(&self) -> String {
        let kind = match self {
            Self::Imap(ImapError::Authentication { .. } | ImapError::NoMechanism) => "authentication",
            Self::Imap(ImapError::NoTls | ImapError::PreAuthWithoutTls) => "tls_unavailable",
            Self::Imap(ImapError::Wire(WireError::Certificate(_))) => "certificate",
            Self::Credential(CredentialError::Missing) => "credential_missing",
            Self::Imap(ImapError::Wire(_)) => "network",
            _ => "failed",
        };
        format!("{kind}: {self}")
    }
}
