//! One session, many who ask: commands go out as soon as they are known, and each answer goes to whoever asked.
//!
//! A server answers in the order of the commands wherever order matters (RFC 3501 section 5.5), and SELECT makes it
//! matter: so untagged data belongs to the oldest command that is not done.

use std::collections::VecDeque;

use super::SyncError;
use super::control::Allowance;
use super::items::Detail;
use crate::imap::command::Command;
use crate::imap::{CommandId, Condition, Event, Session, StatusKind, Untagged};
use crate::model::{PlaceId, Uid, UidSet};

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The account: login and the list of mailboxes.
    Account,
    /// The visit with this index.
    Visit(usize),
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
    Range(UidSet),
    /// Messages that are known to be there.
    Window(UidSet, Detail),
    /// Flags of known messages.
    Changes,
    /// Whole messages or their rest.
    Bodies(Vec<BodyAsk>),
}

/// One body that is asked for.
#[derive(Clone, Debug)]
pub(super) struct BodyAsk {
    pub(super) place: PlaceId,
    pub(super) uid: Uid,
    /// How many octets are here already.
    pub(super) offset: u64,
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
    selected: Option<usize>,
}

impl<'s> Conductor<'s> {
    pub(super) fn new(session: &'s mut Session, allowance: Allowance) -> Self {
        Self { session, allowance, asked: VecDeque::new(), selected: None }
    }

    pub(super) fn session(&mut self) -> &mut Session {
        self.session
    }

    pub(super) fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Queues a command. It leaves with the next [`Conductor::hear`].
    pub(super) fn ask(&mut self, owner: Owner, ask: Ask, command: Command) {
        if let (Owner::Visit(visit), Ask::Open | Ask::Reopen) = (owner, &ask) {
            self.selected = Some(visit);
        }
        let id = self.session.submit(command);
        self.asked.push_back((id, owner, ask));
    }

    /// The visit whose mailbox will be selected when everything queued is done.
    pub(super) fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// Forgets the selection: the next command of any visit begins with an EXAMINE.
    pub(super) fn unselected(&mut self) {
        self.selected = None;
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
        let Some((oldest, owner, _)) = self.asked.front() else {
            return Ok((Owner::Account, Heard::Data(Untagged::Other)));
        };
        match event {
            Event::Data(data) => Ok((*owner, Heard::Data(data))),
            Event::Continue(_) => Ok((*owner, Heard::Data(Untagged::Other))),
            Event::Done { id, condition } if id == *oldest => {
                let owner = *owner;
                let Some((_, _, ask)) = self.asked.pop_front() else { return Err(out_of_order()) };
                Ok((owner, Heard::Done(ask, condition)))
            }
            Event::Done { .. } => Err(out_of_order()),
        }
    }

    /// What the oldest command asked for.
    pub(super) fn oldest(&self) -> Option<&Ask> {
        self.asked.front().map(|(_, _, ask)| ask)
    }
}

fn out_of_order() -> SyncError {
    SyncError::Imap(crate::imap::ImapError::protocol("answers out of order"))
}

/// A command that the server did not carry out.
pub(super) fn refused(command: &'static str, condition: &Condition) -> SyncError {
    SyncError::Refused { command, code: condition.code.as_ref().map(crate::imap::Code::name) }
}

/// Whether a command was carried out.
pub(super) fn ok(condition: &Condition) -> bool {
    condition.kind == StatusKind::Ok
}
