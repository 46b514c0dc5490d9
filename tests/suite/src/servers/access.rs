//! What every private server offers to a test: ports, users, a certificate to trust, and the second client.

use super::{Certificate, ImapPeer, RawClient, RawError, User};

/// The way in to a running server.
pub struct Access {
    /// Where it speaks IMAP in plain text.
    pub(super) imap_port: u16,
    /// Where it speaks IMAP over TLS.
    pub(super) imaps_port: u16,
    /// Who may log in.
    pub(super) users: Vec<User>,
    /// What it shows over TLS, if it speaks TLS.
    pub(super) certificate: Option<Certificate>,
}

impl Access {
    /// Where it speaks IMAP in plain text, with STARTTLS if it has a certificate. On 127.0.0.1, as all ports.
    pub fn imap_port(&self) -> u16 {
        self.imap_port
    }

    /// Where it speaks IMAP over TLS. Nobody listens there unless the options say `tls`.
    pub fn imaps_port(&self) -> u16 {
        self.imaps_port
    }

    /// The authority to trust for its certificate, in PEM, if it has one.
    pub fn ca_pem(&self) -> Option<&str> {
        self.certificate.as_ref().map(|certificate| certificate.ca_pem.as_str())
    }

    /// One of its users, by position in the options.
    ///
    /// # Panics
    /// Where it has no such user.
    pub fn user(&self, position: usize) -> &User {
        &self.users[position]
    }

    /// A second client, logged in as this user.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn client(&self, user: &User) -> Result<RawClient, RawError> {
        RawClient::log_in(self.imap_port, &user.name, &user.password)
    }

    /// A second client that speaks in whole deeds, logged in as this user.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn peer(&self, user: &User) -> Result<ImapPeer, RawError> {
        ImapPeer::new(self.client(user)?)
    }

    /// Puts a mail into a mailbox, by its name on the server.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn deliver(&self, user: &User, mailbox: &str, mail: &[u8]) -> Result<(), RawError> {
        self.client(user)?.append(mailbox, "", mail)
    }
}
