//! From a host name to a session: greeting, TLS, login.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::timeout;

use super::command::{self, Command, InvalidArgument};
use super::{Capabilities, Code, Condition, Event, ImapError, Session, StatusKind, Untagged};
use crate::model::Secret;
use crate::sasl;
use crate::wire::{Guard, Limits, Network, Security, Spool, Traffic, Trust, WireError, connect_tls};

/// Where a server is.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Whose certificates are believed.
    pub trust: Trust,
}

/// How long the steps to a session may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// The connection itself.
    pub connect: Duration,
    /// The handshake of TLS.
    pub tls: Duration,
    /// The greeting.
    pub greeting: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(30), tls: Duration::from_secs(20), greeting: Duration::from_secs(60) }
    }
}

/// Who logs in.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// With a password.
    Password {
        /// User name.
        user: String,
        /// Password.
        secret: Secret,
    },
    /// With an OAuth 2 access token.
    OAuth {
        /// User name.
        user: String,
        /// Access token.
        token: Secret,
    },
}

impl Session {
    /// Connects, reads the greeting and protects the connection as the endpoint demands. Nothing but STARTTLS (and the
    /// question whether it is there) is sent before TLS, and nothing received before it is believed after it.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn connect(
        network: &dyn Network,
        endpoint: &Endpoint,
        traffic: Arc<Traffic>,
        limits: Limits,
        spool: Box<dyn Spool>,
        deadlines: Deadlines,
    ) -> Result<Self, ImapError> {
        let stream = within(deadlines.connect, network.connect(&endpoint.host, endpoint.port)).await?;
        traffic.connected();
        let secure = endpoint.security == Security::Tls;
        let stream = if secure {
            within(deadlines.tls, connect_tls(stream, &endpoint.host, &endpoint.trust)).await?
        } else {
            stream
        };
        let mut session = Self::over(Guard::new(stream, traffic, limits, spool), secure).await?;
        match timeout(deadlines.greeting, session.greeting()).await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(WireError::TimedOut.into()),
        }
        if endpoint.security == Security::StartTls {
            session.start_tls(endpoint, deadlines).await?;
        }
        Ok(session)
    }

    async fn greeting(&mut self) -> Result<(), ImapError> {
        let Event::Data(Untagged::Condition(greeting)) = self.next().await? else {
            return Err(ImapError::Protocol("no greeting"));
        };
        match greeting.kind {
            StatusKind::Ok => Ok(()),
            StatusKind::PreAuth if self.is_secure() => {
                self.logged_in = true;
                Ok(())
            }
            StatusKind::PreAuth => Err(ImapError::PreAuthWithoutTls),
            _ => Err(ImapError::Protocol("no greeting")),
        }
    }

    async fn start_tls(&mut self, endpoint: &Endpoint, deadlines: Deadlines) -> Result<(), ImapError> {
        if !self.capabilities_known() {
            self.run(command::capability()).await?;
        }
        if !self.capabilities().has("STARTTLS") {
            return Err(ImapError::NoTls);
        }
        if self.run(command::starttls()).await?.kind != StatusKind::Ok {
            return Err(ImapError::NoTls);
        }
        let stream = self.guard().take_stream()?;
        let stream = within(deadlines.tls, connect_tls(stream, &endpoint.host, &endpoint.trust)).await?;
        self.guard().put_stream(stream);
        self.secure = true;
        // What was said before TLS may have been said by anybody (RFC 3501 section 6.2.1).
        self.forget_capabilities();
        Ok(())
    }

    /// The command that logs in, by the safest mechanism that both sides know. What the server can do is taken from
    /// `remembered` where it has not said so itself, and asked for where neither is there. `None` where the server has
    /// logged us in already.
    ///
    /// # Errors
    /// [`ImapError::NoMechanism`], [`ImapError::Argument`], and what asking may meet.
    pub async fn login_command(
        &mut self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        remembered: Option<&Capabilities>,
    ) -> Result<Option<Command>, ImapError> {
        if self.is_logged_in() {
            return Ok(None);
        }
        if !self.capabilities_known() && remembered.is_none() {
            self.run(command::capability()).await?;
        }
        let server = match remembered {
            Some(remembered) if !self.capabilities_known() => remembered.clone(),
            _ => self.capabilities().clone(),
        };
        login(&server, endpoint, credentials).map(Some)
    }

    /// Takes the end of the login command: the session is logged in, or the error tells why not.
    ///
    /// # Errors
    /// [`ImapError::Authentication`], [`ImapError::Unavailable`].
    pub fn logged_in(&mut self, condition: &Condition) -> Result<(), ImapError> {
        let told = matches!(condition.code, Some(Code::Capability(_)));
        match condition.kind {
            StatusKind::Ok => {
                self.logged_in = true;
                if !told {
                    // What it could do before the login is not what it can do now.
                    self.forget_capabilities();
                }
                Ok(())
            }
            _ => Err(refusal(condition)),
        }
    }

    /// Logs in and learns what the server can do then.
    ///
    /// # Errors
    /// As [`Session::logged_in`], and what the conversation may meet.
    pub async fn log_in(&mut self, login: Command) -> Result<(), ImapError> {
        let condition = self.run(login).await?;
        self.logged_in(&condition)?;
        if !self.capabilities_known() {
            self.run(command::capability()).await?;
        }
        Ok(())
    }
}

fn login(server: &Capabilities, endpoint: &Endpoint, credentials: &Credentials) -> Result<Command, ImapError> {
    let ir = server.has("SASL-IR");
    match credentials {
        Credentials::Password { user, secret } => {
            if !sasl::fits(user, secret) {
                return Err(InvalidArgument::Nul.into());
            }
            if server.auth("PLAIN") {
                authenticate("PLAIN", &sasl::plain(user, secret), ir)
            } else if server.has("LOGINDISABLED") {
                Err(ImapError::NoMechanism)
            } else {
                Ok(command::login(user, secret)?)
            }
        }
        Credentials::OAuth { user, token } => {
            if !sasl::fits(user, token) {
                return Err(InvalidArgument::Nul.into());
            }
            if server.auth("OAUTHBEARER") {
                let response = sasl::oauthbearer(user, token, &endpoint.host, endpoint.port);
                authenticate("OAUTHBEARER", &response, ir)
            } else if server.auth("XOAUTH2") {
                authenticate("XOAUTH2", &sasl::xoauth2(user, token), ir)
            } else {
                Err(ImapError::NoMechanism)
            }
        }
    }
}

fn authenticate(mechanism: &'static str, response: &[u8], in_line: bool) -> Result<Command, ImapError> {
    let response = STANDARD.encode(response);
    Ok(if in_line {
        command::authenticate(mechanism, Some(&response))?
    } else {
        command::authenticate_in_steps(mechanism, response)?
    })
}

/// A refused login is no wrong password where the server says otherwise (RFC 5530), by a code or, as some do, by text
/// alone.
fn refusal(condition: &Condition) -> ImapError {
    let code = condition.code.as_ref().map(Code::name);
    let text = condition.text.to_ascii_lowercase();
    let busy =
        ["too many", "maximum number", "temporar", "try again", "not connected", "unavailable", "limit exceeded"];
    let unavailable = match code.as_deref() {
        Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" | "PRIVACYREQUIRED") => false,
        Some("UNAVAILABLE" | "LIMIT" | "INUSE" | "SERVERBUG" | "CONTACTADMIN") => true,
        _ => busy.iter().any(|word| text.contains(word)),
    };
    if unavailable { ImapError::Unavailable { code } } else { ImapError::Authentication { code } }
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, WireError>>) -> Result<T, ImapError> {
    match timeout(time, work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(WireError::TimedOut.into()),
    }
}
