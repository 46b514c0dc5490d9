//! What the host gives: secrets, tokens, observers. A call into the host can fail in ways that nobody declared; the core
//! never does because of it.

use std::sync::Arc;

use postrider::api::{self, CoreError, CredentialError, ListDiff, Secret};

uniffi::custom_type!(
    /// A password or token. It is never kept or logged.
    Secret, String, { remote, lower: |secret| secret.expose().to_owned(), try_lift: |text| Ok(Secret::new(text)) });

/// What a host may answer instead of what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Error)]
pub enum HostError {
    /// There is none: the person must give one, or sign in again.
    Missing,
    /// It cannot be had now (locked, no network): try again later. Anything unexpected counts as this.
    Unavailable,
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is none",
            Self::Unavailable => "it cannot be had now",
        })
    }
}

impl std::error::Error for HostError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<HostError> for CredentialError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Missing => Self::Missing,
            HostError::Unavailable => Self::Unavailable,
        }
    }
}

/// Where the host keeps passwords (Keychain, Keystore, a keyring). Called from a thread that may block.
#[uniffi::export(with_foreign)]
pub trait SecretStore: Send + Sync {
    /// The password of an account, by the account's name.
    ///
    /// # Errors
    /// [`HostError`].
    fn password(&self, account: String) -> Result<Secret, HostError>;
}

/// Where the host gets OAuth 2 access tokens from. Called from a thread that may block.
#[uniffi::export(with_foreign)]
pub trait TokenProvider: Send + Sync {
    /// A valid access token for an account, by the account's name. `refused` tells that the server refused the last one.
    ///
    /// # Errors
    /// [`HostError`].
    fn access_token(&self, account: String, refused: bool) -> Result<Secret, HostError>;
}

/// Who wants to know of a list. Called from one task, never twice at once. It must return soon: the engine waits for it.
#[uniffi::export(with_foreign)]
pub trait ListObserver: Send + Sync {
    /// Takes changes that belong together, in order.
    ///
    /// # Errors
    /// Of no effect.
    fn changed(&self, diffs: Vec<ListDiff>) -> Result<(), HostError>;
    /// The list cannot be observed any more: its mailbox is gone (`NotFound`), the store failed, or the core was closed
    /// (`Closed`). Nothing is told after it.
    ///
    /// # Errors
    /// Of no effect.
    fn failed(&self, error: CoreError) -> Result<(), HostError>;
}

/// The host's side as the core knows it.
pub(crate) struct Host<T>(pub(crate) T);

impl api::SecretStore for Host<Arc<dyn SecretStore>> {
    fn password(&self, account: &str) -> Result<Secret, CredentialError> {
        Ok(self.0.password(account.to_owned())?)
    }
}

impl api::TokenProvider for Host<Arc<dyn TokenProvider>> {
    fn access_token(&self, account: &str, refused: bool) -> Result<Secret, CredentialError> {
        Ok(self.0.access_token(account.to_owned(), refused)?)
    }
}

impl api::ListObserver for Host<Arc<dyn ListObserver>> {
    fn changed(&self, diffs: Vec<ListDiff>) {
        // An observer that fails misses the change; the list goes on.
        let _ = self.0.changed(diffs);
    }

    fn failed(&self, error: CoreError) {
        let _ = self.0.failed(error);
    }
}
