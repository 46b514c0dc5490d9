//! A mailbox: its messages, and what changed in it since when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::flags::Flags;
use super::message::{Content, Generator, Message, Place, Uid};

/// A mailbox of the world.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Identity that survives renames (MAILBOXID).
    pub id: u64,
    /// Name in the octets that go over the wire (modified UTF-7).
    pub name: Vec<u8>,
    /// Special uses and other LIST attributes that are kept, with the backslash (`\Sent`).
    pub attributes: BTreeSet<String>,
    /// A name only, that cannot be selected.
    pub noselect: bool,
    /// UIDVALIDITY.
    pub uidvalidity: u32,
    /// UIDNEXT.
    pub uidnext: Uid,
    /// HIGHESTMODSEQ; kept even where the profile has no CONDSTORE.
    pub highest_modseq: u64,
    /// Keeps no mod-sequences that a client may use (NOMODSEQ).
    pub nomodseq: bool,
    /// Can only be read (READ-ONLY at SELECT).
    pub read_only: bool,
    /// First UID that no session has seen as recent.
    pub(crate) recent_from: Uid,
    /// Below this mod-sequence the removals are forgotten.
    pub(crate) forgotten: u64,
    base: Option<Base>,
    places: BTreeMap<Uid, Arc<Place>>,
    by_modseq: BTreeMap<u64, BTreeSet<Uid>>,
    vanished: BTreeMap<u64, Vec<Uid>>,
}

/// Messages 1 to `count` that are made on demand and that nobody has touched yet.
#[derive(Clone)]
struct Base {
    count: Uid,
    generator: Arc<dyn Generator>,
    unseen_from: Uid,
    seen: Flags,
    gone: BTreeSet<Uid>,
    total_size: OnceLock<u64>,
}

impl Mailbox {
    pub(crate) fn new(id: u64, name: Vec<u8>, uidvalidity: u32) -> Self {
        Self {
            id,
            name,
            attributes: BTreeSet::new(),
            noselect: false,
            uidvalidity,
            uidnext: 1,
            highest_modseq: 1,
            nomodseq: false,
            read_only: false,
            recent_from: 1,
            forgotten: 0,
            base: None,
            places: BTreeMap::new(),
            by_modseq: BTreeMap::new(),
            vanished: BTreeMap::new(),
        }
    }

    /// How many messages there are.
    pub fn exists(&self) -> usize {
        self.places.len() + self.base.as_ref().map_or(0, |base| base.count as usize - base.gone.len())
    }

    /// All UIDs in ascending order.
    pub fn uids(&self) -> Vec<Uid> {
        let Some(base) = &self.base else { return self.places.keys().copied().collect() };
        let mut uids: Vec<Uid> = (1..=base.count).filter(|uid| !base.gone.contains(uid)).collect();
        uids.extend(self.places.keys());
        uids.sort_unstable();
        uids
    }

    /// The message with this UID.
    pub fn place(&self, uid: Uid) -> Option<Arc<Place>> {
        self.places.get(&uid).cloned().or_else(|| self.base.as_ref()?.place(self.id, uid).map(Arc::new))
    }

    /// Whether a message has this UID.
    pub fn contains(&self, uid: Uid) -> bool {
        self.places.contains_key(&uid) || self.base.as_ref().is_some_and(|base| base.contains(uid))
    }

    /// How many messages are not `\Seen`.
    pub fn unseen(&self) -> usize {
        let in_base = self.base.as_ref().map_or(0, |base| {
            let all = base.count.saturating_add(1).saturating_sub(base.unseen_from) as usize;
            all - base.gone.range(base.unseen_from..).count()
        });
        in_base + self.places.values().filter(|place| !place.flags.contains("\\Seen")).count()
    }

    /// The first message that is not `\Seen`.
    pub fn first_unseen(&self) -> Option<Uid> {
        let in_base =
            self.base.as_ref().and_then(|base| (base.unseen_from..=base.count).find(|uid| base.contains(*uid)));
        let placed = self.places.values().find(|place| !place.flags.contains("\\Seen")).map(|place| place.uid);
        in_base.into_iter().chain(placed).min()
    }

    /// How many messages are `\Deleted`.
    pub fn deleted(&self) -> usize {
        self.deleted_uids().len()
    }

    /// Octets of all messages together (RFC 8438).
    pub fn size(&self) -> u64 {
        let in_base = self.base.as_ref().map_or(0, |base| {
            let whole =
                *base.total_size.get_or_init(|| (1..=base.count).map(|uid| base.generator.size(uid)).sum::<u64>());
            whole - base.gone.iter().map(|uid| base.generator.size(*uid)).sum::<u64>()
        });
        in_base + self.places.values().map(|place| place.message.content.size()).sum::<u64>()
    }

    /// UIDs of the messages that are `\Deleted`, ascending.
    pub fn deleted_uids(&self) -> Vec<Uid> {
        self.places.values().filter(|place| place.flags.contains("\\Deleted")).map(|place| place.uid).collect()
    }

    /// How many messages no session has seen as recent yet.
    pub fn recent(&self) -> usize {
        let in_base = self.base.as_ref().map_or(0, |base| {
            let all = base.count.saturating_add(1).saturating_sub(self.recent_from) as usize;
            all - base.gone.range(self.recent_from..).count()
        });
        in_base + self.places.range(self.recent_from..).count()
    }

    /// Every keyword and flag in use.
    pub fn flags_in_use(&self) -> Flags {
        let mut all = Flags::new();
        for place in self.places.values() {
            all.extend(&place.flags);
        }
        all
    }

    /// UIDs of messages that changed after `modseq`, ascending.
    pub fn changed_since(&self, modseq: u64) -> BTreeSet<Uid> {
        let mut changed: BTreeSet<Uid> =
            self.by_modseq.range(modseq.saturating_add(1)..).flat_map(|(_, uids)| uids).copied().collect();
        if let Some(base) = &self.base
            && modseq == 0
        {
            changed.extend((1..=base.count).filter(|uid| base.contains(*uid)));
        }
        changed
    }

    /// UIDs that left the mailbox after `modseq`, ascending; `None` where that is no longer known.
    pub fn vanished_since(&self, modseq: u64) -> Option<BTreeSet<Uid>> {
        if modseq < self.forgotten {
            return None;
        }
        Some(self.vanished.range(modseq.saturating_add(1)..).flat_map(|(_, uids)| uids).copied().collect())
    }

    /// UIDs that left after `modseq` and are still remembered.
    pub(crate) fn vanished_remembered(&self, modseq: u64) -> impl Iterator<Item = Uid> {
        self.vanished.range(modseq.saturating_add(1)..).flat_map(|(_, uids)| uids).copied()
    }

    /// Forgets which UIDs left before now, as servers with a bounded log do.
    pub fn forget_vanished(&mut self) {
        self.forgotten = self.highest_modseq;
        self.vanished.clear();
    }

    pub(crate) fn set_generated(&mut self, count: Uid, unseen: Uid, generator: Arc<dyn Generator>) {
        self.base = Some(Base {
            count,
            generator,
            unseen_from: count.saturating_add(1).saturating_sub(unseen),
            seen: Flags::of(["\\Seen"]),
            gone: BTreeSet::new(),
            total_size: OnceLock::new(),
        });
        self.uidnext = self.uidnext.max(count.saturating_add(1));
    }

    /// Puts a message in or overwrites it; the mod-sequence index follows.
    pub(crate) fn put(&mut self, place: Place) {
        if let Some(old) = self.places.get(&place.uid) {
            self.unindex(old.modseq, place.uid);
        } else if let Some(base) = &mut self.base
            && place.uid <= base.count
        {
            base.gone.insert(place.uid);
        }
        self.by_modseq.entry(place.modseq).or_default().insert(place.uid);
        self.uidnext = self.uidnext.max(place.uid.saturating_add(1));
        self.places.insert(place.uid, Arc::new(place));
    }

    /// Takes a message out and remembers that it left at `modseq`.
    pub(crate) fn take(&mut self, uid: Uid, modseq: u64) -> Option<Arc<Place>> {
        let place = self.place(uid)?;
        if self.places.remove(&uid).is_some() {
            self.unindex(place.modseq, uid);
        } else if let Some(base) = &mut self.base {
            base.gone.insert(uid);
        }
        self.vanished.entry(modseq).or_default().push(uid);
        Some(place)
    }

    /// Gives every message a new UID, in order, under a new UIDVALIDITY, and forgets all history.
    pub(crate) fn renumber(&mut self, uidvalidity: u32, first: Uid) {
        let places: Vec<_> = self.uids().into_iter().filter_map(|uid| self.place(uid)).collect();
        self.base = None;
        self.places.clear();
        self.by_modseq.clear();
        self.vanished.clear();
        self.uidvalidity = uidvalidity;
        self.uidnext = first;
        self.recent_from = first;
        self.highest_modseq += 1;
        self.forgotten = self.highest_modseq;
        for place in places {
            self.put(Place { uid: self.uidnext, modseq: self.highest_modseq, ..Place::clone(&place) });
        }
    }

    fn unindex(&mut self, modseq: u64, uid: Uid) {
        if let Some(uids) = self.by_modseq.get_mut(&modseq) {
            uids.remove(&uid);
            if uids.is_empty() {
                self.by_modseq.remove(&modseq);
            }
        }
    }
}

impl Base {
    fn contains(&self, uid: Uid) -> bool {
        (1..=self.count).contains(&uid) && !self.gone.contains(&uid)
    }

    fn place(&self, mailbox: u64, uid: Uid) -> Option<Place> {
        self.contains(uid).then(|| {
            let internal_date = self.generator.internal_date(uid);
            let gm = (mailbox << 32) | u64::from(uid);
            Place {
                uid,
                flags: if uid < self.unseen_from { self.seen.clone() } else { Flags::new() },
                modseq: 1,
                saved: internal_date.seconds,
                message: Arc::new(Message {
                    email_id: format!("G{mailbox}-{uid}"),
                    thread_id: format!("GT{mailbox}-{uid}"),
                    gm_msgid: gm,
                    gm_thrid: gm,
                    internal_date,
                    content: Content::Generated(Arc::clone(&self.generator), uid),
                }),
            }
        })
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base").field("count", &self.count).field("gone", &self.gone.len()).finish_non_exhaustive()
    }
}
