//! From an account's settings to a session that is logged in, or about to be.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Environment, Failure, Tested};
use crate::account::{AccountSettings, Auth, CredentialError};
use crate::imap::{Capabilities, Command, Credentials, Deadlines, Endpoint, ImapError, Session};
use crate::model::Secret;
use crate::sync::IncomingSpool;
use crate::wire::{Limits, Spent, Traffic, Trust};

/// A connected session, and the login that is still to be sent.
pub(super) struct Link {
    pub(super) session: Session,
    pub(super) spool: IncomingSpool,
    pub(super) login: Option<Command>,
    /// What its connection has cost so far.
    pub(super) traffic: Arc<Traffic>,
    /// What of that was spent for others, before it was taken for what it does now.
    pub(super) before: Spent,
}

/// Connects and prepares the login, for which `remembered` spares a question where the greeting does not tell what the
/// server can do. `refused` tells that the server refused the last token.
pub(super) async fn connect(
    environment: &Environment,
    settings: &AccountSettings,
    remembered: Option<&Capabilities>,
    refused: bool,
) -> Result<Link, Failure> {
    let endpoint = endpoint(settings)?;
    // The password is at hand before the connection is made: nothing is kept waiting for a keyring.
    let credentials = credentials(environment, settings, refused).await?;
    let (spool, traffic) = (IncomingSpool::default(), Arc::new(Traffic::default()));
    let session = Session::connect(
        environment.network.as_ref(),
        &endpoint,
        Arc::clone(&traffic),
        Limits::default(),
        Box::new(spool.clone()),
        Deadlines::default(),
    );
    let mut session = session.await?;
    let login = session.login_command(&endpoint, &credentials, remembered).await?;
    Ok(Link { session, spool, login, traffic, before: Spent::default() })
}

/// Connects and logs in with these settings, and nothing more.
pub(super) async fn test(environment: &Environment, settings: &AccountSettings) -> Result<Tested, Failure> {
    let start = Instant::now();
    let link = match log_in(environment, settings, false).await {
        Err(Failure::Imap(ImapError::Authentication { .. })) if settings.auth == Auth::Token => {
            log_in(environment, settings, true).await?
        }
        outcome => outcome?,
    };
    let capabilities = link.session.capabilities().iter().map(str::to_owned).collect();
    let secure = link.session.is_secure();
    Ok(Tested { capabilities, secure, elapsed_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX) })
}

async fn log_in(environment: &Environment, settings: &AccountSettings, refused: bool) -> Result<Link, Failure> {
    let mut link = connect(environment, settings, None, refused).await?;
    if let Some(login) = link.login.take() {
        link.session.log_in(login).await?;
    }
    Ok(link)
}

fn endpoint(settings: &AccountSettings) -> Result<Endpoint, Failure> {
    let server = settings.imap.as_ref().ok_or(Failure::Settings("no IMAP server is set"))?;
    let trust = match (&settings.pin, &settings.ca) {
        (Some(pin), _) => Trust::pinned_hex(pin).map_err(|_| Failure::Settings("the pin is not a SHA-256"))?,
        (None, Some(pem)) => {
            Trust::extra_ca_pem(pem).map_err(|_| Failure::Settings("the certificate authority is not a certificate"))?
        }
        (None, None) => Trust::Platform,
    };
    Ok(Endpoint { host: server.host.clone(), port: server.port, security: server.security, trust })
}

async fn credentials(
    environment: &Environment,
    settings: &AccountSettings,
    refused: bool,
) -> Result<Credentials, Failure> {
    let (name, user) = (settings.name.clone(), settings.login_user().to_owned());
    match settings.auth {
        Auth::Password => {
            let secrets = Arc::clone(&environment.secrets);
            let secret = call_host(environment, move || secrets.password(&name)).await?;
            Ok(Credentials::Password { user, secret })
        }
        Auth::Token => {
            let tokens = environment.tokens.clone().ok_or(CredentialError::Missing)?;
            let token = call_host(environment, move || tokens.access_token(&name, refused)).await?;
            Ok(Credentials::OAuth { user, token })
        }
    }
}

/// Calls into the host, which may block.
async fn call_host(
    environment: &Environment,
    call: impl FnOnce() -> Result<Secret, CredentialError> + Send + 'static,
) -> Result<Secret, Failure> {
    if !environment.threads {
        return Ok(call()?);
    }
    let outcome = tokio::task::spawn_blocking(call).await;
    Ok(outcome.unwrap_or(Err(CredentialError::Unavailable))?)
}
