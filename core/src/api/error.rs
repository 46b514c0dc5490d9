//! The one error of the public API.

macro_rules! core_error {
    ($($(#[$doc:meta])* $variant:ident => $kind:literal, retryable: $retryable:literal, needs_user: $needs_user:literal;)*) => {
        /// Why a call failed. Closed: every failure is one of these.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum CoreError {
            $(
                $(#[$doc])*
                #[error("{text}")]
                $variant {
                    /// What happened, for people. Holds no secret and no text from mails.
                    text: String,
                    /// The response code that the server gave, such as `OVERQUOTA`.
                    server_code: Option<String>,
                },
            )*
        }

        impl CoreError {
            /// The kind as one word, for scripts.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $kind,)* }
            }

            /// Whether the same call may succeed later, unchanged.
            pub fn retryable(&self) -> bool {
                match self { $(Self::$variant { .. } => $retryable,)* }
            }

            /// Whether it can only succeed after the person did something: gave a password, trusted a certificate.
            pub fn needs_user(&self) -> bool {
                match self { $(Self::$variant { .. } => $needs_user,)* }
            }

            /// The same of an error that was written down, by its kind.
            pub(super) fn kind_needs_user(kind: &str) -> bool {
                match kind { $($kind => $needs_user,)* _ => false }
            }

            /// The response code that the server gave.
            pub fn server_code(&self) -> Option<&str> {
                match self { $(Self::$variant { server_code, .. } => server_code.as_deref(),)* }
            }
        }
    };
}

core_error! {
    /// An argument does not fit.
    InvalidInput => "invalid_input", retryable: false, needs_user: false;
    /// There is no such account, mailbox, message or part.
    NotFound => "not_found", retryable: false, needs_user: false;
    /// Something of that name is there already.
    AlreadyExists => "already_exists", retryable: false, needs_user: false;
    /// Another process has the store open.
    InUse => "in_use", retryable: true, needs_user: false;
    /// The disk is full. Nothing that was there is lost.
    StorageFull => "storage_full", retryable: true, needs_user: true;
    /// The store's folder cannot be written.
    StorageReadOnly => "storage_read_only", retryable: false, needs_user: true;
    /// The store's file is damaged.
    StorageDamaged => "storage_damaged", retryable: false, needs_user: true;
    /// The store was written by a newer version.
    StorageTooNew => "storage_too_new", retryable: false, needs_user: true;
    /// Any other failure of the store.
    Storage => "storage", retryable: true, needs_user: false;
    /// The host name has no address.
    UnknownHost => "unknown_host", retryable: true, needs_user: false;
    /// Nobody listens there.
    ConnectionRefused => "connection_refused", retryable: true, needs_user: false;
    /// The connection could not be made, or broke.
    Network => "network", retryable: true, needs_user: false;
    /// No answer in time.
    Timeout => "timeout", retryable: true, needs_user: false;
    /// The certificate is expired, for another name, not trusted, or not the pinned one.
    Certificate => "certificate", retryable: false, needs_user: true;
    /// The connection cannot be protected as the account demands.
    TlsUnavailable => "tls_unavailable", retryable: false, needs_user: true;
    /// The server refused user name and password or token.
    Authentication => "authentication", retryable: false, needs_user: true;
    /// No password or token is kept for the account.
    CredentialMissing => "credential_missing", retryable: false, needs_user: true;
    /// The server cannot serve now: too many connections, maintenance.
    ServerUnavailable => "server_unavailable", retryable: true, needs_user: false;
    /// The server refused a command.
    ServerRefused => "server_refused", retryable: false, needs_user: false;
    /// The server broke the protocol.
    Protocol => "protocol", retryable: true, needs_user: false;
    /// Cancelled by a handle.
    Cancelled => "cancelled", retryable: true, needs_user: false;
    /// The core was closed.
    Closed => "closed", retryable: false, needs_user: false;
    /// A fault of our own.
    Internal => "internal", retryable: false, needs_user: false;
}

/// What is known of an error, whichever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorFacts {
    /// The kind as one word, for scripts.
    pub kind: String,
    /// What happened, for people.
    pub text: String,
    /// Whether the same call may succeed later, unchanged.
    pub retryable: bool,
    /// Whether it can only succeed after the person did something: gave a password, trusted a certificate.
    pub needs_user: bool,
    /// The response code that the server gave, such as `OVERQUOTA`.
    pub server_code: Option<String>,
}

impl CoreError {
    /// All that is known of it, for a host that cannot call the other functions.
    pub fn facts(&self) -> ErrorFacts {
        ErrorFacts {
            kind: self.kind().to_owned(),
            text: self.to_string(),
            retryable: self.retryable(),
            needs_user: self.needs_user(),
            server_code: self.server_code().map(str::to_owned),
        }
    }
}

macro_rules! shorthand {
    ($($name:ident => $variant:ident;)*) => {
        impl CoreError {
            $(
                pub(crate) fn $name(text: impl Into<String>) -> Self {
                    Self::$variant { text: text.into(), server_code: None }
                }
            )*
        }
    };
}

shorthand! {
    invalid_input => InvalidInput;
    not_found => NotFound;
    closed => Closed;
    internal => Internal;
}
