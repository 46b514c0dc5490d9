//! What the tests of the API share.

use std::path::Path;
use std::sync::Arc;

use super::{Core, CoreOptions, CredentialError, Secret, SecretStore};

struct NoSecret;

impl SecretStore for NoSecret {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new("none"))
    }
}

/// The store in this folder, without a server.
pub(super) async fn opened(dir: &Path) -> Core {
    let secrets = Arc::new(NoSecret);
    let options = CoreOptions { dir: dir.to_owned(), secrets, tokens: None, network: None, clock: None };
    Core::open(options).await.unwrap()
}
