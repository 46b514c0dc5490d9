//! A server's address as one URL: `imaps://mail.example.org`, `imap://…` (STARTTLS), `imap+plain://…` (no TLS).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::wire::Security;

/// The protocol spoken with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// RFC 3501 and its extensions.
    Imap,
    /// RFC 1939.
    Pop,
    /// RFC 6409.
    Smtp,
}

impl Protocol {
    fn scheme(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop => "pop",
            Self::Smtp => "smtp",
        }
    }

    /// The port that RFC 8314 and the protocol's own standard give.
    fn default_port(self, security: Security) -> u16 {
        match (self, security) {
            (Self::Imap, Security::Tls) => 993,
            (Self::Imap, _) => 143,
            (Self::Pop, Security::Tls) => 995,
            (Self::Pop, _) => 110,
            (Self::Smtp, Security::Tls) => 465,
            (Self::Smtp, _) => 587,
        }
    }
}

/// Where a server is and how it is spoken to. Written and stored as a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Server {
    /// The protocol.
    pub protocol: Protocol,
    /// Host name or address literal, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
}

/// The text is no server URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServer {
    /// Not one of the nine schemes.
    #[error(
        "the URL must begin with imaps://, imap://, imap+plain://, pops://, pop://, pop+plain://, smtps://, smtp:// or \
         smtp+plain://"
    )]
    Scheme,
    /// No host, or characters that no host has. A user or password in the URL is refused too.
    #[error("the URL must be scheme://host or scheme://host:port, without user, password or path")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    Port,
}

impl FromStr for Server {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(InvalidServer::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let (protocol, security) = [Protocol::Imap, Protocol::Pop, Protocol::Smtp]
            .into_iter()
            .find_map(|protocol| {
                let security = match scheme.strip_prefix(protocol.scheme())? {
                    "s" => Security::Tls,
                    "" => Security::StartTls,
                    "+plain" => Security::Plaintext,
                    _ => return None,
                };
                Some((protocol, security))
            })
            .ok_or(InvalidServer::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(literal) => {
                let (host, after) = literal.split_once(']').ok_or(InvalidServer::Host)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| InvalidServer::Host)?;
                (host, after.strip_prefix(':').or(after.is_empty().then_some("")).ok_or(InvalidServer::Host)?)
            }
            None => match rest.split_once(':') {
                Some((_, "")) => return Err(InvalidServer::Port),
                Some((host, port)) => (host, port),
                None => (rest, ""),
            },
        };
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || host.len() > 253 || !host.chars().all(allowed) {
            return Err(InvalidServer::Host);
        }
        let port = match port {
            "" => protocol.default_port(security),
            digits => digits.parse().ok().filter(|port| *port != 0).ok_or(InvalidServer::Port)?,
        };
        Ok(Self { protocol, host: host.to_owned(), port, security })
    }
}

impl TryFrom<String> for Server {
    type Error = InvalidServer;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Server> for String {
    fn from(server: Server) -> Self {
        server.to_string()
    }
}

impl fmt::Display for Server {
    /// The URL, with the port only where it is not the usual one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match self.security {
            Security::Tls => "s",
            Security::StartTls => "",
            Security::Plaintext => "+plain",
        };
        write!(f, "{}{suffix}://", self.protocol.scheme())?;
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?
        } else {
            f.write_str(&self.host)?
        }
        if self.port == self.protocol.default_port(self.security) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn urls_are_read_and_written_alike() {
        for url in [
            "imaps://mail.example.org",
            "imap://mail.example.org",
            "imap+plain://localhost:10143",
            "pops://mail.example.org",
            "smtp+plain://127.0.0.1:2525",
            "imaps://[2001:db8::1]:9993",
        ] {
            assert_eq!(url.parse::<Server>().unwrap().to_string(), url);
        }
        assert_eq!("IMAPS://a.example:993/".parse::<Server>().unwrap().to_string(), "imaps://a.example");
    }

    #[test]
    fn what_is_no_server_is_refused_with_its_reason() {
        for (url, reason) in [
            ("mail.example.org", InvalidServer::Scheme),
            ("http://mail.example.org", InvalidServer::Scheme),
            ("imaps://", InvalidServer::Host),
            ("imaps://user@mail.example.org", InvalidServer::Host),
            ("imaps://mail.example.org/INBOX", InvalidServer::Host),
            ("imaps://mail example", InvalidServer::Host),
            ("imaps://mail.example:", InvalidServer::Port),
            ("imaps://mail.example:0", InvalidServer::Port),
            ("imaps://mail.example:70000", InvalidServer::Port),
            ("imaps://[::1", InvalidServer::Host),
        ] {
            assert_eq!(url.parse::<Server>(), Err(reason), "{url}");
        }
    }
}
