//! By what a message is known again in a mailbox that it may have gone to.

use std::collections::BTreeSet;

use crate::imap::command::{self, FetchItem, Section};
use crate::imap::{Capabilities, Command, Fetch, Untagged};
use crate::journal::Found;
use crate::model::{Flags, Identity, PlaceId, Uid, UidSet};
use crate::mutants::mutant;
use crate::replay::ReplayError;
use crate::wire::Literal;

const MESSAGE_ID: &[&str] = &["MESSAGE-ID"];

/// A message that was added to a mailbox since.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) uid: Uid,
    identity: Identity,
    /// Its flags, where they were told.
    flags: Option<Flags>,
    /// Which place the mirror has there.
    pub(super) place: Option<PlaceId>,
    /// Whether it is taken for one that was looked for: it is no other then.
    pub(super) taken: bool,
}

impl Newcomer {
    /// Whether nothing is known against its having this size.
    pub(super) fn may_have_size(&self, size: Option<u64>) -> bool {
        self.identity.size.zip(size).is_none_or(|(one, other)| one == other)
    }
}

/// Asks for what was added from a UID on.
pub(super) fn ask(server: &Capabilities, from: Uid) -> Result<Command, ReplayError> {
    let mut items = vec![FetchItem::Uid, FetchItem::Flags, FetchItem::Rfc822Size, FetchItem::InternalDate];
    if server.object_id() {
        items.push(FetchItem::EmailId);
    }
    if server.gmail() {
        items.push(FetchItem::GmMsgId);
    }
    items.push(FetchItem::BodyPeek { section: Section::HeaderFields(MESSAGE_ID), partial: None });
    Ok(command::uid_fetch(&UidSet::range(from, Uid::MAX), &items, None, false)?)
}

/// What was told. `n:*` names the last message even where its UID is lower (RFC 3501 section 6.4.8): that one is left out.
pub(super) fn newcomers<'d>(data: impl Iterator<Item = &'d Untagged>, from: Uid) -> Vec<Newcomer> {
    let fetches = data.filter_map(|data| match data {
        Untagged::Fetch(fetch) if fetch.size.is_some() => Some(fetch.as_ref()),
        _ => None,
    });
    fetches.filter_map(|fetch| newcomer(fetch, from)).collect()
}

fn newcomer(fetch: &Fetch, from: Uid) -> Option<Newcomer> {
    let uid = fetch.uid.filter(|uid| *uid >= from)?;
    let header = fetch.bodies.iter().find_map(|body| body.data.as_ref());
    let bytes = header.map_or(&[] as &[u8], |header| match header {
        Literal::Memory(bytes) => bytes,
        Literal::Spooled { .. } => &[],
    });
    let identity = Identity {
        email_id: fetch.email_id.clone(),
        gm_msgid: fetch.gm_msgid,
        message_id: crate::mime::envelope(bytes).message_id,
        size: fetch.size,
        internal_date: fetch.internal_date,
    };
    Some(Newcomer { uid, identity, flags: fetch.flags.clone(), place: None, taken: false })
}

/// What is looked for.
pub(super) struct Sought<'i> {
    /// The place of the message.
    pub(super) place: PlaceId,
    /// The place of its original, where it is a copy and that is gone: the mirror may have taken the one for the other.
    pub(super) original: Option<PlaceId>,
    /// What it is known by.
    pub(super) identity: &'i Identity,
    /// The flags with which it went, where only such a newcomer is to be taken.
    pub(super) flags: Option<&'i Flags>,
    /// Whether only a newcomer of its date is to be taken.
    pub(super) date: bool,
    /// From which UID on it may be.
    pub(super) from: Uid,
    /// The newest place that was known before it was sent there.
    pub(super) newest: Option<PlaceId>,
    /// Newcomers that it was proved not to be.
    pub(super) not: &'i BTreeSet<Uid>,
}

impl Sought<'_> {
    /// Whether a newcomer is not taken for another message yet, by this probe or by the mirror before.
    fn may_be(&self, newcomer: &Newcomer) -> bool {
        let is_older = |place: PlaceId| self.newest.is_some_and(|newest| place <= newest);
        let is_other = !mutant!("older_is_a_newcomer")
            && newcomer
                .place
                .is_some_and(|place| place != self.place && Some(place) != self.original && is_older(place));
        let has_flags = self.flags.is_none_or(|flags| newcomer.flags.as_ref() == Some(flags));
        let has_date = !self.date || newcomer.identity.internal_date == self.identity.internal_date;
        let is_free = !newcomer.taken && !self.not.contains(&newcomer.uid);
        is_free && has_flags && has_date && (newcomer.uid >= self.from || mutant!("anyone_is_a_newcomer")) && !is_other
    }
}

/// Looks for a message that was appended: a server may have changed its size, never its Message-ID.
pub(super) fn find_appended(newcomers: &mut [Newcomer], sought: &Sought<'_>) -> (Found, Option<Uid>) {
    let wanted = sought.identity;
    match find(newcomers, sought) {
        (Found::Absent, _) if wanted.message_id.is_some() => {
            let named =
                |newcomer: &&mut Newcomer| sought.may_be(newcomer) && newcomer.identity.message_id == wanted.message_id;
            match newcomers.iter_mut().filter(named).min_by_key(|newcomer| newcomer.uid) {
                Some(newcomer) => {
                    newcomer.taken = !mutant!("newcomer_is_taken_twice");
                    (Found::Probably, Some(newcomer.uid))
                }
                None => (Found::Absent, None),
            }
        }
        found => found,
    }
}

/// Looks for a message among newcomers, and takes the one that it is. Several that look like it and are not told apart by the
/// server are the same in all that is known: the lowest is taken.
pub(super) fn find(newcomers: &mut [Newcomer], sought: &Sought<'_>) -> (Found, Option<Uid>) {
    let wanted = sought.identity;
    let free = newcomers.iter_mut().filter(|newcomer| sought.may_be(newcomer));
    let mut free: Vec<&mut Newcomer> = free.collect();
    free.sort_by_key(|newcomer| newcomer.uid);
    for (fits, found) in [
        (Identity::is_same as fn(&Identity, &Identity) -> bool, Found::Surely),
        (Identity::looks_same, Found::Probably),
    ] {
        if let Some(newcomer) = free.iter_mut().find(|newcomer| fits(wanted, &newcomer.identity)) {
            newcomer.taken = !mutant!("newcomer_is_taken_twice");
            return (found, Some(newcomer.uid));
        }
    }
    (Found::Absent, None)
}
