//! The selected mailbox as a session sees it, which lags behind the world until news may be told.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::parse::Set;
use crate::world::{Flags, Mailbox, Place, State, Stored, Uid};

/// The selected mailbox.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) mailbox: u64,
    pub(crate) uidvalidity: u32,
    pub(crate) read_only: bool,
    pub(crate) nomodseq: bool,
    /// UIDs by sequence number, the first being number 1.
    pub(crate) uids: Vec<Uid>,
    /// Ranges of UIDs that are recent in this session, and in no other.
    recent: Vec<(Uid, Uid)>,
    /// Flags that the client was told of.
    pub(crate) keywords: Flags,
    uidnext: Uid,
    told_flags: u64,
    told_expunges: u64,
    /// Changes this session made and has been told of.
    quiet: BTreeSet<u64>,
}

/// What happened since the session was last told.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// The mailbox is not what it was: deleted, or under another UIDVALIDITY.
    pub(crate) lost: bool,
    /// Messages that left: their numbers, each as it is when the ones before it in this list have left.
    pub(crate) expunged: Vec<u32>,
    /// The same by UID, ascending.
    pub(crate) vanished: Vec<Uid>,
    /// The number of messages, if new ones came.
    pub(crate) exists: Option<usize>,
    /// New messages by UID.
    pub(crate) arrived: Vec<Uid>,
    /// Messages whose flags changed.
    pub(crate) changed: Vec<(u32, Arc<Place>)>,
}

impl View {
    pub(crate) fn new(mailbox: &Mailbox, read_only: bool) -> Self {
        Self {
            mailbox: mailbox.id,
            uidvalidity: mailbox.uidvalidity,
            read_only,
            nomodseq: mailbox.nomodseq,
            uids: mailbox.uids(),
            recent: vec![(mailbox.recent_from, mailbox.uidnext.saturating_sub(1))],
            keywords: known_flags(mailbox),
            uidnext: mailbox.uidnext,
            told_flags: mailbox.highest_modseq,
            told_expunges: mailbox.highest_modseq,
            quiet: BTreeSet::new(),
        }
    }

    /// The sequence number of a UID.
    pub(crate) fn number(&self, uid: Uid) -> Option<u32> {
        self.uids.binary_search(&uid).ok().and_then(|index| u32::try_from(index + 1).ok())
    }

    /// Up to which mod-sequence the session knows all changes of flags.
    pub(crate) fn told(&self) -> u64 {
        self.told_flags
    }

    /// How many messages the session knows of.
    pub(crate) fn exists(&self) -> u32 {
        u32::try_from(self.uids.len()).unwrap_or(u32::MAX)
    }

    /// How many of them are recent.
    pub(crate) fn recent(&self) -> usize {
        let below = |limit: Uid| self.uids.partition_point(|uid| *uid < limit);
        self.recent.iter().map(|(first, last)| below(last.saturating_add(1)).saturating_sub(below(*first))).sum()
    }

    /// Whether a message is recent in this session.
    pub(crate) fn is_recent(&self, uid: Uid) -> bool {
        self.recent.iter().any(|(first, last)| (*first..=*last).contains(&uid))
    }

    /// UIDs behind a set of UIDs.
    pub(crate) fn by_uid(&self, set: &Set, star_echo: bool) -> Vec<Uid> {
        let largest = self.uids.last().copied().unwrap_or(0);
        if star_echo {
            return set.select(&self.uids, largest);
        }
        let above = |(first, last): &(Option<u32>, Option<u32>)| {
            (last.is_none() && first.is_some_and(|uid| uid > largest))
                || (first.is_none() && last.is_some_and(|uid| uid > largest))
        };
        Set(set.0.iter().copied().filter(|range| !above(range)).collect()).select(&self.uids, largest)
    }

    /// UIDs behind a set of sequence numbers; `None` where one of them was never announced.
    pub(crate) fn by_number(&self, set: &Set) -> Option<Vec<Uid>> {
        let exists = self.exists();
        let beyond = |bound: Option<u32>| bound.unwrap_or(exists) > exists || exists == 0;
        if set.0.iter().any(|(first, last)| beyond(*first) || beyond(*last)) {
            return None;
        }
        let mut uids = Vec::new();
        for (first, last) in set.ranges(exists) {
            uids.extend_from_slice(self.uids.get(first as usize - 1..last as usize).unwrap_or_default());
        }
        uids.sort_unstable();
        uids.dedup();
        Some(uids)
    }

    /// The session made this change and knows of it.
    pub(crate) fn knows(&mut self, stored: &Stored) {
        if !stored.changed.is_empty() {
            self.quiet.insert(stored.modseq);
        }
    }

    /// Catches up with the world.
    pub(crate) fn catch_up(&mut self, state: &mut State, user: &str, expunges: bool) -> News {
        let mut news = News::default();
        let mailbox = state.account_mut(user).and_then(|account| account.by_id_mut(self.mailbox));
        let Some(mailbox) = mailbox.filter(|mailbox| mailbox.uidvalidity == self.uidvalidity && !mailbox.noselect)
        else {
            return News { lost: true, ..news };
        };
        let highest = mailbox.highest_modseq;
        if highest == self.told_flags && highest == self.told_expunges {
            return news;
        }
        if expunges {
            self.drop_expunged(mailbox, &mut news);
            self.told_expunges = highest;
        }
        if highest > self.told_flags {
            self.note_changes(mailbox, &mut news);
            self.told_flags = highest;
        }
        news
    }

    fn drop_expunged(&mut self, mailbox: &Mailbox, news: &mut News) {
        let left: BTreeSet<Uid> =
            mailbox.vanished_remembered(self.told_expunges).filter(|uid| !mailbox.contains(*uid)).collect();
        let left: Vec<Uid> = if self.told_expunges < mailbox.forgotten {
            self.uids.iter().copied().filter(|uid| !mailbox.contains(*uid)).collect()
        } else {
            left.into_iter().filter(|uid| self.uids.binary_search(uid).is_ok()).collect()
        };
        if left.is_empty() {
            return;
        }
        news.expunged = left.iter().rev().filter_map(|uid| self.number(*uid)).collect();
        self.uids.retain(|uid| left.binary_search(uid).is_err());
        news.vanished = left;
    }

    fn note_changes(&mut self, mailbox: &mut Mailbox, news: &mut News) {
        let changed = mailbox.changed_since(self.told_flags);
        for uid in changed {
            let Some(place) = mailbox.place(uid) else { continue };
            if uid >= self.uidnext {
                self.uids.push(uid);
                news.arrived.push(uid);
            } else if !self.quiet.contains(&place.modseq)
                && let Some(number) = self.number(uid)
            {
                news.changed.push((number, place));
            }
        }
        if !news.arrived.is_empty() {
            news.exists = Some(self.uids.len());
            if !self.read_only {
                self.recent.push((mailbox.recent_from.max(self.uidnext), mailbox.uidnext.saturating_sub(1)));
                mailbox.recent_from = mailbox.uidnext;
            }
        }
        self.uidnext = self.uidnext.max(mailbox.uidnext);
        self.quiet.clear();
    }
}

/// The system flags, and the keywords in use.
fn known_flags(mailbox: &Mailbox) -> Flags {
    let mut flags = Flags::of(["\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"]);
    flags.extend(&mailbox.flags_in_use());
    flags
}
