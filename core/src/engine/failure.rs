//! Why something that the engine was asked for could not be done.

use crate::account::CredentialError;
use crate::imap::ImapError;
use crate::replay::ReplayError;
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

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Imap(error) | ReplayError::Interrupted(error) => Self::Imap(error),
            ReplayError::Store(error) => Self::Store(error),
        }
    }
}

impl Failure {
    /// What is kept of it with the account: one word for its kind, and the message.
    pub(super) fn record(&self) -> String {
        format!("{}: {self}", self.kind())
    }

    /// Its kind in one word: the API's word for it, so that a failure that was written down is told as one that is met.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Imap(error) => imap_kind(error),
            Self::Store(_) => "storage",
            Self::Credential(CredentialError::Missing) => "credential_missing",
            Self::Credential(CredentialError::Unavailable) => "server_unavailable",
            Self::Settings(_) => "invalid_input",
            Self::Refused { .. } => "server_refused",
            Self::Gone => "not_found",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }
}

fn imap_kind(error: &ImapError) -> &'static str {
    match error {
        ImapError::Wire(error) => wire_kind(error),
        ImapError::Protocol(_) => "protocol",
        ImapError::Bye { .. } | ImapError::Ended | ImapError::Unavailable { .. } => "server_unavailable",
        ImapError::NoTls | ImapError::PreAuthWithoutTls => "tls_unavailable",
        ImapError::Authentication { .. } | ImapError::NoMechanism => "authentication",
        ImapError::Argument(_) => "invalid_input",
    }
}

fn wire_kind(error: &WireError) -> &'static str {
    match error {
        WireError::UnknownHost => "unknown_host",
        WireError::Refused => "connection_refused",
        WireError::TimedOut => "timeout",
        WireError::Io(_) | WireError::Closed => "network",
        WireError::Certificate(_) => "certificate",
        WireError::TlsPolicy => "tls_unavailable",
        WireError::LineTooLong | WireError::LiteralTooLarge(_) | WireError::Protocol(_) => "protocol",
        WireError::Spool(_) => "storage",
    }
}
