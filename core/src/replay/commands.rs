//! The commands that carry a batch out, by what the server can do.

use super::ReplayError;
use crate::imap::command::{self, FetchItem, FlagChange, split_for_command};
use crate::imap::{Capabilities, Command, Session};
use crate::journal::{Batch, Then};
use crate::model::{Flags, SystemFlag, Uid, UidSet};
use crate::mutants::mutant;

/// What one command of a batch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Flags; the new ones are told.
    Store,
    /// The move itself.
    Move,
    /// The copy itself, or the first half of a move.
    Copy,
    /// Marks what is to be expunged.
    Mark,
    /// Expunges what is marked and named.
    Expunge,
    /// Asks which of the messages are there.
    Look,
}

/// One command and what it is for.
pub(super) struct Planned {
    pub(super) purpose: Purpose,
    pub(super) uids: UidSet,
    pub(super) command: Command,
}

pub(super) fn deleted() -> Flags {
    Flags::from_parts(SystemFlag::Deleted as u8, "")
}

/// The UIDs of a batch.
pub(super) fn uids_of(batch: &Batch) -> UidSet {
    batch.items.iter().map(|item| item.uid).collect()
}

/// Whether a move takes one command.
pub(super) fn moves_at_once(server: &Capabilities) -> bool {
    server.moves()
}

/// Whether the server names messages that go as they go (RFC 7162), and those that it copies: then it takes no look to know.
pub(super) fn tells_what_went(session: &Session) -> bool {
    let server = session.capabilities();
    server.uidplus() && server.qresync() && session.has_enabled()
}

/// Whether what is asked of a batch takes a second half, which builds on the answers to the first.
pub(super) fn takes_two(server: &Capabilities, batch: &Batch) -> bool {
    matches!(batch.then, Then::Move(_) | Then::Discard(_)) && !moves_at_once(server)
}

/// Whether nothing is left to be said of a batch after its first flight, as a rule: the answers prove what it did.
pub(super) fn first_is_last(session: &Session, batch: &Batch) -> bool {
    match batch.then {
        Then::Stay => true,
        Then::Copy(_) => session.capabilities().uidplus(),
        Then::Move(_) | Then::Discard(_) | Then::Delete => {
            tells_what_went(session) && !takes_two(session.capabilities(), batch)
        }
    }
}

/// The first flight: everything that does not build on an answer.
pub(super) fn first(server: &Capabilities, batch: &Batch, target: Option<&[u8]>) -> Result<Vec<Planned>, ReplayError> {
    let mut planned = Vec::new();
    for uids in split_for_command(&uids_of(batch)) {
        for (change, flags) in [
            (FlagChange::Add, &batch.add),
            (if mutant!("flags_are_cleared_wrong") { FlagChange::Add } else { FlagChange::Remove }, &batch.remove),
        ] {
            if !flags.is_empty() {
                let store = command::uid_store(&uids, None, change, flags, false)?;
                planned.push(Planned { purpose: Purpose::Store, uids: uids.clone(), command: store });
            }
        }
        match (batch.then, target) {
            (Then::Stay, _) => {}
            (Then::Move(_) | Then::Discard(_), Some(name)) if moves_at_once(server) => {
                let move_ = command::uid_move(&uids, name)?;
                planned.push(Planned { purpose: Purpose::Move, uids: uids.clone(), command: move_ });
            }
            (Then::Move(_) | Then::Discard(_) | Then::Copy(_), Some(name)) => {
                let copy = command::uid_copy(&uids, name)?;
                planned.push(Planned { purpose: Purpose::Copy, uids: uids.clone(), command: copy });
            }
            (Then::Move(_) | Then::Discard(_) | Then::Copy(_), None) => {}
            (Then::Delete, _) => planned.extend(expunge(server, &uids)?),
        }
    }
    Ok(planned)
}

/// Marks messages and expunges exactly these. Where the server has no UID EXPUNGE (RFC 4315), they stay marked: a plain EXPUNGE
/// would take what others marked.
pub(super) fn expunge(server: &Capabilities, uids: &UidSet) -> Result<Vec<Planned>, ReplayError> {
    let all = || UidSet::range(Uid::MIN, Uid::MAX);
    let expunged = if mutant!("wide_expunge") { all() } else { uids.clone() };
    let mark = command::uid_store(uids, None, FlagChange::Add, &deleted(), false)?;
    let mut planned = vec![Planned { purpose: Purpose::Mark, uids: uids.clone(), command: mark }];
    if server.uidplus() && !mutant!("mark_is_enough") {
        let expunge = command::uid_expunge(&expunged)?;
        planned.push(Planned { purpose: Purpose::Expunge, uids: uids.clone(), command: expunge });
    }
    Ok(planned)
}

/// Which of the messages are there. Not to be sent in one flight with anything else that tells of messages.
pub(super) fn look(uids: &UidSet) -> Result<Planned, ReplayError> {
    let command = command::uid_fetch(uids, &[FetchItem::Uid, FetchItem::Flags], None, false)?;
    Ok(Planned { purpose: Purpose::Look, uids: uids.clone(), command })
}
