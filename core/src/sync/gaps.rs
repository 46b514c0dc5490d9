//! Messages that a server lists and does not give: how often they are asked for.

use crate::imap::Condition;
use crate::model::{MailboxId, Timestamp, UidSet};
use crate::store::{Gap, MirrorTx, Snapshot, StoreError};

/// Runs in which a message may stay unanswered before it is set aside.
const TRIES: u32 = 3;
/// For so many seconds what was set aside is not asked for: what kept the server from giving it may be mended by then.
const REST: i64 = 24 * 3600;
/// The server cannot do it just now, whatever was asked for (RFC 5530 section 3): that tells nothing about a message.
const NOT_NOW: [&str; 3] = ["UNAVAILABLE", "INUSE", "LIMIT"];

/// What a mailbox lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lacking {
    /// What is to be asked for in this run.
    pub(super) due: UidSet,
    /// What is set aside for now.
    pub(super) resting: UidSet,
}

impl Lacking {
    pub(super) fn all(&self) -> UidSet {
        self.due.union(&self.resting)
    }
}

/// What a mailbox lacks now.
pub(super) fn lacking(view: &Snapshot<'_>, mailbox: MailboxId, now: Timestamp) -> Result<Lacking, StoreError> {
    let (resting, due): (Vec<_>, Vec<_>) = view.gaps(mailbox)?.into_iter().partition(|gap| rests(gap, now));
    let uids = |gaps: Vec<Gap>| gaps.into_iter().map(|gap| gap.uid).collect();
    Ok(Lacking { due: uids(due), resting: uids(resting) })
}

fn rests(gap: &Gap, now: Timestamp) -> bool {
    gap.quarantined.is_some() && (0..REST).contains(&(now.0 - gap.asked_at.0))
}

/// Notes what was asked for in vain, and sets aside what was so often enough. Returns how many of these had not been set aside before.
pub(super) fn note(
    tx: &mut MirrorTx<'_>,
    mailbox: MailboxId,
    uids: &UidSet,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.note_gaps(mailbox, uids, now)?;
    let mut count = 0;
    for gap in tx.gaps(mailbox)? {
        if gap.quarantined.is_none() && gap.tries >= TRIES {
            tx.quarantine(mailbox, gap.uid, "listed by the server and never given")?;
            count += 1;
        }
    }
    Ok(count)
}

/// Whether a command was refused for what will pass.
pub(super) fn is_for_now(condition: &Condition) -> bool {
    condition.code.as_ref().is_some_and(|code| NOT_NOW.contains(&code.name().as_str()))
}
