//! One session, many who ask: commands go out as soon as they are known, and each answer goes to whoever asked.
//!
//! A server finishes commands in the order given wherever order makes a difference (RFC 3501 section 5.5), and SELECT makes
//! one: so data belongs to whoever asked the oldest command that is not done. Within one mailbox, it may belong to any of
//! the commands under way; there, UIDs tell.

use std::collections::VecDeque;
use std::sync::Arc;

use super::SyncError;
use super::control::Allowance;
use super::items::Detail;
use crate::imap::command::Command;
use crate::imap::{Code, CommandId, Condition, Event, ImapError, Session, StatusKind, Untagged};
use crate::model::{MailboxId, Uid, UidSet};

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The account: login and the list of mailboxes.
    Account,
    /// The visit with this index.
    Visit(usize),
    /// Whoever fetches bodies.
    Bodies,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// LOGIN or AUTHENTICATE.
    Login,
    /// CAPABILITY after the login.
    Capabilities,
    /// ENABLE, ID, NAMESPACE: what may fail without harm.
    Optional,
    /// LIST.
    List,
    /// LSUB.
    Subscriptions,
    /// STATUS of one mailbox.
    Status,
    /// EXAMINE, to begin a visit.
    Open,
    /// EXAMINE, to come back to it.
    Reopen,
    /// SEARCH for all UIDs, or those from the given one on.
    Search(Option<Uid>),
    /// New messages in a range in which there may be none.
    Range(Arc<UidSet>),
    /// Messages that are known to be there.
    Window(Arc<UidSet>, Detail),
    /// Flags of known messages.
    Changes,
    /// SEARCH for what is not seen.
    Unseen,
    /// Small bodies, several at once.
    Bodies,
    /// The body of this message, or its rest.
    Body(Uid),
}

/// What the server said.
pub(super) enum Heard {
    /// Data for the oldest command.
    Data(Untagged),
    /// The oldest command is done.
    Done(Ask, Condition),
}

pub(super) struct Conductor<'s> {
    session: &'s mut Session,
    allowance: Allowance,
    asked: VecDeque<(CommandId, Owner, Ask)>,
    selected: Option<MailboxId>,
}

impl<'s> Conductor<'s> {
    pub(super) fn new(session: &'s mut Session, allowance: Allowance) -> Self {
        Self { session, allowance, asked: VecDeque::new(), selected: None }
    }

    pub(super) fn session(&mut self) -> &mut Session {
        self.session
    }

    /// Queues a command. It leaves with the next [`Conductor::hear`].
    pub(super) fn ask(&mut self, owner: Owner, ask: Ask, command: Command) {
        let id = self.session.submit(command);
        self.asked.push_back((id, owner, ask));
    }

    /// The mailbox that will be selected when everything queued is done.
    pub(super) fn selected(&self) -> Option<MailboxId> {
        self.selected
    }

    /// Notes that an EXAMINE of this mailbox was queued, or that none is selected for sure.
    pub(super) fn select(&mut self, mailbox: Option<MailboxId>) {
        self.selected = mailbox;
    }

    pub(super) fn outstanding(&self) -> usize {
        self.asked.len()
    }

    /// How many commands of one owner are not done.
    pub(super) fn outstanding_of(&self, owner: Owner) -> usize {
        self.asked.iter().filter(|(_, other, _)| *other == owner).count()
    }

    /// Waits for the server's next word.
    pub(super) async fn hear(&mut self) -> Result<(Owner, Heard), SyncError> {
        if let Some(stop) = self.allowance.exceeded() {
            return Err(SyncError::Stopped(stop));
        }
        let event = tokio::select! {
            biased;
            event = self.session.next() => event?,
            stop = self.allowance.stop() => return Err(SyncError::Stopped(stop)),
        };
        let Some((_, owner, _)) = self.asked.front() else {
            return Ok((Owner::Account, Heard::Data(Untagged::Other)));
        };
        match event {
            Event::Data(data) => Ok((*owner, Heard::Data(data))),
            Event::Continue => Ok((*owner, Heard::Data(Untagged::Other))),
            Event::Done { id, condition } => {
                let at = self.asked.iter().position(|(asked, _, _)| *asked == id);
                let Some((_, owner, ask)) = at.and_then(|at| self.asked.remove(at)) else { return Err(unasked()) };
                Ok((owner, Heard::Done(ask, condition)))
            }
        }
    }

    /// What the oldest command asked for.
    pub(super) fn oldest(&self) -> Option<&Ask> {
        self.asked.front().map(|(_, _, ask)| ask)
    }
}

fn unasked() -> SyncError {
    SyncError::Imap(ImapError::Protocol("an answer to nothing"))
}

/// A command that the server did not carry out.
pub(super) fn refused(command: &'static str, condition: &Condition) -> SyncError {
    SyncError::Refused { command, code: condition.code.as_ref().map(Code::name) }
}

/// Whether a command was carried out.
pub(super) fn ok(condition: &Condition) -> bool {
    condition.kind == StatusKind::Ok
}
