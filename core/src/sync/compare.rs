//! The mirror held against the server, message by message: the list of all UIDs and the flags of each. Nothing is changed.

use std::collections::BTreeMap;

use super::conductor::ok;
use super::plan::windows;
use super::talk::Talk;
use super::{Control, SyncError};
use crate::imap::command::{self, FetchItem, SearchProgram};
use crate::imap::{Session, Untagged};
use crate::model::{Flags, MailboxId, Uid, UidSet};
use crate::store::{Mailbox, Store};

/// How the mirror of one mailbox stands to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// How many messages the server has and the mirror too.
    pub agreeing: u64,
    /// What does not agree; `None` where all does.
    pub difference: Option<Difference>,
}

/// What does not agree in a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The server does not open it.
    NotOpened,
    /// Its UIDVALIDITY is another one.
    Renumbered,
    /// Messages.
    Messages {
        /// On the server and not in the mirror.
        missing: u64,
        /// In the mirror and not on the server.
        extra: u64,
        /// With other flags.
        flags: u64,
    },
}

/// Compares these mailboxes. What is in quarantine is not missing: the server does not give it.
///
/// # Errors
/// [`SyncError`].
pub async fn compare(
    session: &mut Session,
    store: &Store,
    control: &Control,
    mailboxes: &[Mailbox],
) -> Result<Vec<Comparison>, SyncError> {
    let mut talk = Talk { session, control };
    let mut compared = Vec::new();
    for mailbox in mailboxes {
        compared.push(one(&mut talk, store, mailbox).await?);
    }
    Ok(compared)
}

async fn one(talk: &mut Talk<'_>, store: &Store, mailbox: &Mailbox) -> Result<Comparison, SyncError> {
    let id = mailbox.id;
    let differs = |difference| Comparison { mailbox: id, agreeing: 0, difference: Some(difference) };
    let (opened, validity) = talk.run(command::examine(&mailbox.naming.raw_name, None)?, |_| Ok(())).await?;
    if !ok(&opened) {
        return Ok(differs(Difference::NotOpened));
    }
    // Both `None` is a mailbox that no server numbers: it has no mirror.
    if validity != mailbox.state.uid_validity {
        return Ok(differs(Difference::Renumbered));
    }
    let listed = talk.search(&SearchProgram::default()).await?;
    let (known, gaps) = store.read(move |view| Ok((view.known_uids(id, Uid::MIN, Uid::MAX)?, view.gaps(id)?))).await?;
    let quarantined: UidSet = gaps.into_iter().filter(|gap| gap.quarantined.is_some()).map(|gap| gap.uid).collect();
    let missing = listed.difference(&known).difference(&quarantined).len();
    let extra = known.difference(&listed).len();
    let both = listed.intersection(&known);
    let flags = other_flags(talk, store, id, both.clone()).await?;
    let agree = missing == 0 && extra == 0 && flags == 0;
    Ok(Comparison {
        mailbox: id,
        agreeing: both.len() - flags,
        difference: (!agree).then_some(Difference::Messages { missing, extra, flags }),
    })
}

/// How many of these messages have other flags on the server. Window by window: a mailbox may be large.
async fn other_flags(
    talk: &mut Talk<'_>,
    store: &Store,
    mailbox: MailboxId,
    mut uids: UidSet,
) -> Result<u64, SyncError> {
    let mut differing = 0;
    while !uids.is_empty() {
        let window = windows::take(&mut uids, windows::LATER);
        let mut told: BTreeMap<Uid, Flags> = BTreeMap::new();
        let take = |data| {
            if let Untagged::Fetch(fetch) = data
                && let (Some(uid), Some(flags)) = (fetch.uid, fetch.flags)
                && window.contains(uid)
            {
                told.insert(uid, flags);
            }
            Ok(())
        };
        talk.run(command::uid_fetch(&window, &[FetchItem::Uid, FetchItem::Flags], None, false)?, take).await?;
        let (Some(first), Some(last)) = (window.first(), window.last()) else { continue };
        let known = store.read(move |view| view.known_flags(mailbox, first, last)).await?;
        differing += window.iter().filter(|uid| told.get(uid) != known.get(uid)).count() as u64;
    }
    Ok(differing)
}
