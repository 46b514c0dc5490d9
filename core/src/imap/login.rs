//! Which command logs in, and what its refusal means.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::command::{self, Command, InvalidArgument, Piece};
use super::{Capabilities, Code, Condition, Endpoint, ImapError, Session, StatusKind};
use crate::model::Secret;
use crate::sasl;
use crate::wire::Security;

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

/// Ends an AUTHENTICATE (RFC 3501 section 6.2.2).
pub(super) const GIVE_UP: &str = "*";

impl Session {
    /// The command that logs in, by the safest mechanism that both sides know. What the server can do is taken from
    /// `remembered` where it has not said so itself, and asked for where neither tells: so the login and the commands
    /// after it can leave in one flight. `None` where the server has logged us in already.
    ///
    /// `remembered` may be what the server could do after an earlier login; then it names no mechanisms, LOGIN is what
    /// is left for a password, and for a token the server is asked. It is never asked of a connection without TLS to
    /// keep a password back: there the server itself is asked first.
    ///
    /// # Errors
    /// [`ImapError::NoTls`] on a connection that should be protected and is not, [`ImapError::NoMechanism`],
    /// [`ImapError::Argument`], and what asking may meet.
    pub async fn login_command(
        &mut self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        remembered: Option<&Capabilities>,
    ) -> Result<Option<Command>, ImapError> {
        if self.is_logged_in() {
            return Ok(None);
        }
        if !self.is_secure() && endpoint.security != Security::Plaintext {
            return Err(ImapError::NoTls);
        }
        let names_mechanisms = |server: &Capabilities| server.iter().any(|word| word.starts_with("AUTH="));
        let usable = |server: &&Capabilities| {
            self.is_secure() && (matches!(credentials, Credentials::Password { .. }) || names_mechanisms(server))
        };
        if !self.capabilities_known() {
            if let Some(remembered) = remembered.filter(usable) {
                return login(remembered, endpoint, credentials).map(Some);
            }
            self.run(command::capability()).await?;
        }
        login(self.capabilities(), endpoint, credentials).map(Some)
    }

    /// Takes the end of the login command: the session is logged in, or the error tells why not.
    ///
    /// # Errors
    /// [`ImapError::Authentication`], [`ImapError::Unavailable`].
    pub fn logged_in(&mut self, condition: &Condition) -> Result<(), ImapError> {
        let told = matches!(condition.code, Some(Code::Capability(_))) || self.told_in_login;
        match condition.kind {
            StatusKind::Ok => {
                self.logged_in = true;
                self.quiet_login = !told;
                if !told {
                    // What it could do before the login is not what it can do now.
                    self.forget_capabilities();
                }
                Ok(())
            }
            _ => Err(refusal(condition)),
        }
    }

    /// Whether the server has answered anything but what leads to a login.
    pub fn has_served(&self) -> bool {
        self.served
    }

    /// Logs in and learns what the server can do then.
    ///
    /// # Errors
    /// As [`Session::logged_in`], and what the conversation may meet.
    pub async fn log_in(&mut self, login: Command) -> Result<(), ImapError> {
        let condition = self.run(login).await?;
        self.logged_in(&condition)?;
        self.learn_capabilities().await
    }

    /// Asks what the server can do, where it has not said so: after a login whose commands went out on the strength of
    /// what was remembered, nobody may have asked yet.
    ///
    /// # Errors
    /// What the conversation may meet.
    pub async fn learn_capabilities(&mut self) -> Result<(), ImapError> {
        if !self.capabilities_known() {
            self.run(command::capability()).await?;
        }
        Ok(())
    }
}

fn login(server: &Capabilities, endpoint: &Endpoint, credentials: &Credentials) -> Result<Command, ImapError> {
    let at_once = server.sasl_ir();
    match credentials {
        Credentials::Password { user, secret } => {
            if !sasl::fits(user, secret) {
                return Err(InvalidArgument::Nul.into());
            }
            if server.auth("PLAIN") {
                authenticate("PLAIN", &sasl::plain(user, secret), at_once)
            } else if server.login_disabled() {
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
                authenticate("OAUTHBEARER", &response, at_once)
            } else if server.auth("XOAUTH2") {
                authenticate("XOAUTH2", &sasl::xoauth2(user, token), at_once)
            } else {
                Err(ImapError::NoMechanism)
            }
        }
    }
}

fn authenticate(mechanism: &'static str, response: &[u8], at_once: bool) -> Result<Command, ImapError> {
    let response = STANDARD.encode(response);
    Ok(if at_once {
        command::authenticate(mechanism, Some(&response))?
    } else {
        command::authenticate_in_steps(mechanism, response)?
    })
}

/// What to answer where the server asks on after the one response of a mechanism. `None` for other commands.
pub(super) fn afterword(command: &Command) -> Option<&'static str> {
    if command.name() != "AUTHENTICATE" {
        return None;
    }
    let Some(Piece::Text(text)) = command.pieces().first() else { return Some(GIVE_UP) };
    let mechanism = text.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    Some(match mechanism {
        b"XOAUTH2" => "",
        // A single 0x01 (RFC 7628 section 3.2.3).
        b"OAUTHBEARER" => "AQ==",
        _ => GIVE_UP,
    })
}

/// A refused login is no wrong password where the server says otherwise (RFC 5530), by a code or, as some do, by text
/// alone.
fn refusal(condition: &Condition) -> ImapError {
    let code = condition.code.as_ref().map(Code::name);
    if is_busy(condition) { ImapError::Unavailable { code } } else { ImapError::Authentication { code } }
}

/// Whether the server says that it cannot do it now, but may later: too many connections, maintenance.
pub(super) fn is_busy(condition: &Condition) -> bool {
    const TEXTS: [&str; 10] = [
        "too many",
        "maximum number",
        "temporar",
        "try again",
        "try later",
        "not connected",
        "unavailable",
        "limit exceeded",
        "overloaded",
        "shutting down",
    ];
    match condition.code.as_ref().map(Code::name).as_deref() {
        Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" | "PRIVACYREQUIRED") => false,
        Some("UNAVAILABLE" | "LIMIT" | "INUSE" | "SERVERBUG" | "CONTACTADMIN") => true,
        _ => {
            let text = condition.text.to_ascii_lowercase();
            TEXTS.iter().any(|words| text.contains(words))
        }
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
