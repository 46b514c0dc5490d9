//! LOGIN and AUTHENTICATE.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::imap::reply::{Outcome, bad, no, ok};
use crate::imap::session::Session;
use crate::imap::wire::Closed;
use crate::profile::Mechanism;
use crate::server::Seat;

/// What a client proves itself with.
enum Proof {
    Password(Vec<u8>),
    Token(Vec<u8>),
}

const FAILED: &str = "[AUTHENTICATIONFAILED] wrong user or password";

impl Session {
    pub(crate) fn login(&mut self, user: &[u8], password: &[u8]) -> Outcome {
        if self.profile.login_disabled_without_tls && !self.tls.secure {
            self.violation("LOGIN although it is disabled");
            return no("[PRIVACYREQUIRED] not without TLS");
        }
        self.admit(user, &Proof::Password(password.to_vec()))
    }

    pub(crate) async fn authenticate(&mut self, mechanism: &str, initial: Option<Vec<u8>>) -> Outcome {
        let known = Mechanism::from_name(mechanism).filter(|known| self.profile.mechanisms.contains(known));
        let hidden = self.profile.login_disabled_without_tls && !self.tls.secure;
        let Some(mechanism) = known.filter(|_| !hidden) else {
            self.violation("a mechanism that is not offered");
            return no("[CANNOT] no such mechanism");
        };
        let first = match (initial, mechanism) {
            (Some(initial), _) => Some(initial),
            (None, Mechanism::Login) => self.challenge(b"Username:").await?,
            (None, _) => self.challenge(b"").await?,
        };
        let Some(first) = first else { return bad("given up") };
        let (user, proof) = match mechanism {
            Mechanism::Plain => match plain(&first) {
                Some(parts) => parts,
                None => return bad("that is no PLAIN"),
            },
            Mechanism::Login => match self.challenge(b"Password:").await? {
                Some(password) => (first, Proof::Password(password)),
                None => return bad("given up"),
            },
            Mechanism::XOAuth2 | Mechanism::OAuthBearer => match bearer(&first) {
                Some(parts) => parts,
                None => return bad("that is no bearer token"),
            },
        };
        let by_token = matches!(proof, Proof::Token(_));
        let reply = self.admit(&user, &proof)?;
        if by_token && reply.status == "NO" && reply.text == FAILED {
            self.challenge(br#"{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}"#).await?;
        }
        Ok(reply)
    }

    /// Sends a challenge and reads the answer; `None` where the client gave up.
    async fn challenge(&mut self, text: &[u8]) -> Result<Option<Vec<u8>>, Closed> {
        self.io.raw(format!("+ {}\r\n", STANDARD.encode(text)).as_bytes());
        let line = self.io.line().await?;
        if line == b"*" {
            return Ok(None);
        }
        Ok(STANDARD.decode(line.trim_ascii()).ok())
    }

    fn admit(&mut self, user: &[u8], proof: &Proof) -> Outcome {
        let Ok(user) = String::from_utf8(user.to_vec()) else { return no(FAILED) };
        let right = self.server.world.with(|state| {
            state.account(&user).is_some_and(|account| match proof {
                Proof::Password(password) => account.password.as_bytes() == password,
                Proof::Token(token) => account.tokens.iter().any(|known| known.as_bytes() == token),
            })
        });
        if !right {
            return no(FAILED);
        }
        let Some(seat) = Seat::take(&self.server, &user, self.profile.quirks.max_sessions) else {
            return no("[LIMIT] too many sessions");
        };
        self.seat = Some(seat);
        self.enter(user);
        if self.profile.quirks.bare_login {
            return ok("logged in");
        }
        ok(format!("[CAPABILITY {}] logged in", self.capabilities()))
    }

    /// From now on the session is this user's.
    pub(crate) fn enter(&mut self, user: String) {
        self.user = Some(user);
        if self.profile.quirks.stale_status {
            let names: Vec<Vec<u8>> = self
                .with_account(|account| account.mailboxes().map(|mailbox| mailbox.name.clone()).collect())
                .unwrap_or_default();
            names.iter().for_each(|name| self.keep_status(name));
        }
    }
}

/// `authorisation NUL user NUL password`.
fn plain(response: &[u8]) -> Option<(Vec<u8>, Proof)> {
    let mut parts = response.split(|byte| *byte == 0);
    let (_, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then(|| (user.to_vec(), Proof::Password(password.to_vec())))
}

/// The user and the token of XOAUTH2 or OAUTHBEARER.
fn bearer(response: &[u8]) -> Option<(Vec<u8>, Proof)> {
    let text = std::str::from_utf8(response).ok()?;
    let (mut user, mut token) = (None, None);
    for part in text.split('\u{1}') {
        if let Some(value) = part.strip_prefix("user=") {
            user = Some(value);
        } else if let Some(header) = part.strip_prefix("n,a=") {
            user = header.strip_suffix(',');
        } else if let Some(value) = part.strip_prefix("auth=") {
            let (scheme, rest) = value.split_once(' ')?;
            token = scheme.eq_ignore_ascii_case("bearer").then_some(rest.trim());
        }
    }
    Some((user?.as_bytes().to_vec(), Proof::Token(token?.as_bytes().to_vec())))
}
