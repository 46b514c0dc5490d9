//! What the host keeps for the core: passwords and access tokens. They pass through memory only.

use crate::model::Secret;

/// Where the host keeps passwords (Keychain, Keystore, a keyring). Called from a worker thread: it may block.
pub trait SecretStore: Send + Sync {
    /// The password of an account, by the account's name.
    ///
    /// # Errors
    /// [`CredentialError`] where there is none, or the host cannot get at it now.
    fn password(&self, account: &str) -> Result<Secret, CredentialError>;
}

/// Where the host gets OAuth 2 access tokens from. Called from a worker thread: it may block.
pub trait TokenProvider: Send + Sync {
    /// A valid access token for an account, by the account's name. `refused` tells that the server refused the last one.
    ///
    /// # Errors
    /// [`CredentialError`] where the person must sign in again, or the host cannot get at it now.
    fn access_token(&self, account: &str, refused: bool) -> Result<Secret, CredentialError>;
}

/// No credential can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// There is none: the person must give one.
    #[error("no password or token is kept for this account")]
    Missing,
    /// The place where it is kept cannot be reached now (locked, no network): try again later.
    #[error("the password or token cannot be reached now")]
    Unavailable,
}
