//! How a run begins: the login, and what is switched on.

use std::time::Duration;

use super::Run;
use crate::imap::command;
use crate::imap::{Capabilities, Event, Session};
use crate::sync::SyncError;
use crate::sync::conductor::{Ask, Owner};
use crate::sync::plan::delta::Abilities;

/// From this distance on, a network is taken for the bottleneck, and not the processor: compression pays there.
const FAR: Duration = Duration::from_millis(10);

impl Run<'_> {
    /// Sends the login. Where the server's abilities are remembered, the commands after it go out with it; but where much
    /// is to come from afar, the connection is compressed before.
    pub(super) async fn log_in(&mut self) -> Result<(), SyncError> {
        let compresses = self.request.expects_much && self.conductor.session().distance() >= FAR;
        let Some(login) = self.request.login.take() else {
            return self.leave_mailbox();
        };
        self.conductor.ask(Owner::Account, Ask::Login, login);
        if self.request.remembered.is_some() && !compresses {
            self.pipelined = true;
            if self.request.quiet_login {
                self.conductor.ask(Owner::Account, Ask::Capabilities, command::capability());
            }
            return Ok(());
        }
        self.settle_account().await?;
        if !self.conductor.session().capabilities_known() {
            self.conductor.ask(Owner::Account, Ask::Capabilities, command::capability());
            self.settle_account().await?;
        }
        self.server = self.conductor.session().capabilities().clone();
        self.abilities = Abilities { qresync: self.server.qresync(), condstore: self.server.condstore() };
        if compresses {
            self.conductor.session().compress().await?;
        }
        Ok(())
    }

    pub(super) fn enable(&mut self) -> Result<(), SyncError> {
        if self.conductor.session().has_enabled() || self.conductor.session().is_selected() {
            return Ok(());
        }
        let wanted = extensions(&self.server);
        if !wanted.is_empty() {
            self.conductor.ask(Owner::Account, Ask::Optional, command::enable(&wanted)?);
        }
        Ok(())
    }

    /// Leaves what a kept session had selected: Dovecot's STATUS of that one is as old as its last look at it.
    fn leave_mailbox(&mut self) -> Result<(), SyncError> {
        if self.conductor.session().is_selected() {
            let elsewhere = command::examine(b"INBOX", None)?;
            let leave = if self.server.unselect() { command::unselect() } else { elsewhere };
            self.conductor.ask(Owner::Account, Ask::Optional, leave);
        }
        Ok(())
    }
}

/// The extensions to be switched on (RFC 5161), where the server has them.
fn extensions(server: &Capabilities) -> Vec<&'static str> {
    let mut wanted = Vec::new();
    if !server.enable() && !server.qresync() {
        return wanted;
    }
    if server.qresync() {
        wanted.push("QRESYNC");
    } else if server.condstore() {
        wanted.push("CONDSTORE");
    }
    if server.utf8_accept() {
        wanted.push("UTF8=ACCEPT");
    }
    wanted
}

/// Switches on what a sync needs, on a session that is logged in and selects a mailbox for something else first: later it
/// has no place (RFC 5161 section 3.1).
///
/// # Errors
/// Where the conversation ends. That the server refuses is none.
pub async fn enable(session: &mut Session) -> Result<(), SyncError> {
    let wanted = extensions(session.capabilities());
    if wanted.is_empty() || session.has_enabled() || session.is_selected() {
        return Ok(());
    }
    let asked = session.submit(command::enable(&wanted)?);
    while !matches!(session.next().await?, Event::Done { id, .. } if id == asked) {}
    Ok(())
}
