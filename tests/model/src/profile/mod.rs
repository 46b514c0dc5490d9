//! What a server can do and how it behaves, as data: every field is a switch.

mod extension;
mod layout;
mod presets;
mod quirks;

use std::collections::BTreeSet;

pub use extension::{Extension, Mechanism};
pub use layout::Layout;
pub use quirks::{BrokenMove, Quirks, StatusItem, StringForm};

/// A server's ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name, as given on a command line.
    pub name: String,
    /// Extensions offered.
    pub extensions: BTreeSet<Extension>,
    /// SASL mechanisms offered.
    pub mechanisms: BTreeSet<Mechanism>,
    /// No credentials before TLS: LOGINDISABLED is shown and every mechanism hidden.
    pub login_disabled_without_tls: bool,
    /// Most octets of a message to append (APPENDLIMIT, RFC 7889).
    pub append_limit: Option<u64>,
    /// The mailboxes an account starts with.
    pub layout: Layout,
    /// Deviations from what one would expect.
    pub quirks: Quirks,
}

impl Profile {
    /// Whether an extension is offered.
    pub fn has(&self, extension: Extension) -> bool {
        self.extensions.contains(&extension)
    }

    /// The same with an extension more.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.insert(extension);
        self
    }

    /// The same with an extension less.
    #[must_use]
    pub fn without(mut self, extension: Extension) -> Self {
        self.extensions.remove(&extension);
        self
    }

    /// The words CAPABILITY gives. Before the login STARTTLS is among them where `starttls` says that it can be had;
    /// `secure` tells whether the connection is encrypted.
    pub fn capabilities(&self, logged_in: bool, starttls: bool, secure: bool) -> Vec<String> {
        let mut words = vec!["IMAP4rev1".to_owned()];
        if !logged_in {
            if starttls && !secure {
                words.push("STARTTLS".to_owned());
            }
            if self.login_disabled_without_tls && !secure {
                words.push("LOGINDISABLED".to_owned());
            } else {
                words.extend(self.mechanisms.iter().map(|mechanism| format!("AUTH={}", mechanism.name())));
            }
        }
        for extension in &self.extensions {
            let hidden = *extension == Extension::Compress
                || self.quirks.short_before_login && !Extension::BEFORE_LOGIN.contains(extension);
            if !logged_in && hidden {
                continue;
            }
            match (extension, self.append_limit) {
                (Extension::AppendLimit, Some(limit)) => words.push(format!("APPENDLIMIT={limit}")),
                _ => words.push(extension.capability().to_owned()),
            }
        }
        words
    }
}
