//! STARTTLS, COMPRESS, ID, ENABLE, NAMESPACE.

use crate::imap::reply::{Outcome, bad, no, ok};
use crate::imap::session::Session;
use crate::imap::wire::{Closed, Wire};
use crate::profile::Extension;
use crate::server::Tls;

/// What happens to the connection after the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upgrade {
    Tls,
    Deflate,
}

impl Session {
    pub(crate) fn starttls(&mut self) -> Outcome {
        if self.tls.secure || self.tls.starttls.is_none() {
            self.violation("STARTTLS is not offered");
            return bad("there is no TLS to start");
        }
        if self.io.has_input() {
            self.violation("something follows STARTTLS before TLS");
            return bad("nothing may follow STARTTLS");
        }
        self.upgrade = Some(Upgrade::Tls);
        ok("begin TLS")
    }

    /// Does what STARTTLS or COMPRESS announced.
    pub(crate) async fn upgrade_connection(&mut self) -> Result<(), Closed> {
        match self.upgrade.take() {
            Some(Upgrade::Tls) => self.begin_tls().await,
            Some(Upgrade::Deflate) => self.io.compress(),
            None => Ok(()),
        }
    }

    async fn begin_tls(&mut self) -> Result<(), Closed> {
        let Some(config) = self.tls.starttls.take() else { return Ok(()) };
        let (nothing, _) = tokio::io::duplex(1);
        let plain = std::mem::replace(&mut self.io, Wire::new(Box::new(nothing)));
        let stream = Tls::accept(config, plain.into_stream()).await?;
        self.io = Wire::new(stream);
        self.tls.secure = true;
        Ok(())
    }

    pub(crate) fn compress(&mut self) -> Outcome {
        if self.io.compressed() {
            return no("[COMPRESSIONACTIVE] it is compressed already");
        }
        self.upgrade = Some(Upgrade::Deflate);
        ok("begin deflate")
    }

    pub(crate) fn id(&mut self) -> Outcome {
        self.io.say(format!("* ID (\"name\" \"model server\" \"profile\" \"{}\")", self.profile.name));
        ok("pleased to meet you")
    }

    pub(crate) fn enable(&mut self, words: &[String]) -> Outcome {
        let mut enabled = String::new();
        for word in words {
            let known = Extension::from_capability(word).filter(|extension| self.profile.has(*extension));
            match known {
                Some(Extension::Condstore) => self.enable_condstore(),
                Some(Extension::Qresync) => {
                    self.enable_condstore();
                    self.enabled.qresync = true;
                }
                Some(Extension::Utf8Accept) => self.enabled.utf8 = true,
                _ => continue,
            }
            enabled.push(' ');
            enabled.push_str(word);
        }
        self.io.say(format!("* ENABLED{enabled}"));
        ok("done")
    }

    pub(crate) fn namespace(&mut self) -> Outcome {
        let prefix = String::from_utf8_lossy(&self.profile.layout.prefix).into_owned();
        let delimiter = self.with_account(|account| account.delimiter).flatten();
        let delimiter = delimiter.map_or_else(|| "NIL".to_owned(), |byte| format!("\"{}\"", char::from(byte)));
        self.io.say(format!("* NAMESPACE ((\"{prefix}\" {delimiter})) NIL NIL"));
        ok("done")
    }
}
