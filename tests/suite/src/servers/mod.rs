//! Real servers, started privately for one test on loopback.

mod dovecot;
mod raw_client;

pub use dovecot::{Dovecot, DovecotOptions};
pub use raw_client::RawClient;

/// A server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// It is not on this machine.
    #[error("{program} is not installed: install the Debian package {package} (tests/run does it)")]
    Missing {
        /// The program looked for.
        program: &'static str,
        /// The package that holds it.
        package: &'static str,
    },
    /// It did not come up. What it wrote is told.
    #[error("the server did not start: {0}")]
    NotUp(String),
    /// The machine refused something.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
