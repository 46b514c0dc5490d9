//! What a LIST means for the mailboxes that are known: which are new, which were renamed, which are gone. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::imap::{ListEntry, StatusEntry};
use crate::model::{MailboxId, MailboxRole, Timestamp, Uid, UidValidity};

use super::names::{Naming, is_inbox};
use super::roles;

/// The most mailboxes of one account that are mirrored; a server that lists more has the rest ignored.
pub const MAX_MAILBOXES: usize = 10_000;
/// The longest raw name of a mailbox that is mirrored, in bytes.
pub const MAX_NAME: usize = 1_000;
/// A mailbox that vanished from LIST is hidden at once, and dropped with its mail when a LIST this many seconds later
/// still lacks it.
pub const GRACE_SECONDS: i64 = 60;

/// A mailbox as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The raw name.
    pub raw: Vec<u8>,
    /// The name as shown.
    pub display: String,
    /// The hierarchy delimiter.
    pub delimiter: Option<char>,
    /// What it is for.
    pub role: Option<MailboxRole>,
    /// Whether it can be selected.
    pub selectable: bool,
    /// Whether the person subscribed to it.
    pub subscribed: bool,
    /// What STATUS told of it.
    pub status: Option<StatusEntry>,
    /// The name that the server says it had before.
    pub old_name: Option<Vec<u8>>,
}

/// A mailbox as the mirror knows it.
#[derive(Clone, Debug)]
pub struct Known {
    /// Our id.
    pub id: MailboxId,
    /// The raw name.
    pub raw: Vec<u8>,
    /// MAILBOXID (RFC 8474).
    pub object_id: Option<String>,
    /// UIDVALIDITY of the mirror.
    pub uid_validity: Option<UidValidity>,
    /// UIDNEXT of the mirror.
    pub uid_next: Option<Uid>,
    /// Whether it could be selected.
    pub selectable: bool,
    /// Since when LIST has lacked it.
    pub missing_since: Option<Timestamp>,
}

impl Known {
    /// Whether this entry is but a name that remains of it, for others lie below (RFC 3501 section 6.3.4). The inbox is never gone.
    fn left_name(&self, entry: &Listed) -> bool {
        self.selectable && !entry.selectable && !is_inbox(&entry.raw)
    }

    /// Whether LIST has lacked it for so long that it is gone.
    fn is_gone(&self, now: Timestamp) -> bool {
        self.missing_since.is_some_and(|since| now.0 - since.0 >= GRACE_SECONDS)
    }
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPlan {
    /// Mailboxes to make.
    pub insert: Vec<Listed>,
    /// Mailboxes that are there, under the same name or another.
    pub update: Vec<(MailboxId, Listed)>,
    /// Mailboxes that LIST lacks for the first time: to be hidden.
    pub missing: Vec<MailboxId>,
    /// Mailboxes that LIST lacked before and lacks still: to be dropped.
    pub remove: Vec<MailboxId>,
    /// Whether the list cannot be believed (no INBOX in it): nothing is removed by it.
    pub doubtful: bool,
}

/// Turns LIST entries into mailboxes: duplicates merged, roles given, names made fit to show.
pub fn listed(
    entries: &[ListEntry],
    statuses: &[StatusEntry],
    naming: &Naming,
    subscribed: &BTreeSet<Vec<u8>>,
) -> Vec<Listed> {
    let statuses: BTreeMap<Vec<u8>, &StatusEntry> = statuses.iter().map(|status| (key(&status.name), status)).collect();
    let mut seen = BTreeSet::new();
    let mut attributes = Vec::new();
    let mut found = Vec::new();
    for entry in entries {
        let has = |word: &str| entry.attributes.iter().any(|attribute| attribute == word);
        // A name with a NUL cannot be said back, not even as a literal (RFC 3501 section 9, CHAR8).
        let sayable = !entry.name.is_empty() && !entry.name.contains(&0);
        let fits = sayable && entry.name.len() <= MAX_NAME && found.len() < MAX_MAILBOXES;
        if !fits || !seen.insert(key(&entry.name)) {
            continue;
        }
        found.push(Listed {
            display: naming.display(&entry.name, entry.delimiter),
            delimiter: entry.delimiter,
            role: None,
            selectable: !has("\\noselect") && !has("\\nonexistent"),
            subscribed: has("\\subscribed") || subscribed.contains(&key(&entry.name)),
            status: statuses.get(&key(&entry.name)).map(|status| (*status).clone()),
            old_name: entry.old_name.clone(),
            raw: entry.name.clone(),
        });
        attributes.push(entry.attributes.as_slice());
    }
    let candidates: Vec<roles::Candidate<'_>> = found
        .iter()
        .zip(attributes)
        .map(|(listed, attributes)| roles::Candidate {
            display: &listed.display,
            attributes,
            selectable: listed.selectable,
        })
        .collect();
    let assigned = roles::assign(&candidates);
    for (listed, role) in found.iter_mut().zip(assigned) {
        listed.role = role;
    }
    found
}

/// Compares what is listed with what is known.
pub fn plan(known: &[Known], listed: Vec<Listed>, now: Timestamp) -> ListPlan {
    let doubtful = !listed.iter().any(|entry| is_inbox(&entry.raw));
    let mut result = ListPlan { doubtful, ..ListPlan::default() };
    let mut unmatched: BTreeMap<MailboxId, &Known> = known.iter().map(|mailbox| (mailbox.id, mailbox)).collect();
    let mut open: Vec<Listed> = listed;
    let index = Index::new(known, &open);
    for (same, likely) in PROOFS {
        let mut rest = Vec::new();
        for entry in open {
            let candidates = likely(&index, &entry).iter().filter_map(|id| unmatched.get(id));
            let mut fitting = candidates.filter(|mailbox| same(mailbox, &entry) && !mailbox.left_name(&entry));
            match (fitting.next(), fitting.next()) {
                // Two that fit prove nothing.
                (Some(mailbox), None) => {
                    let id = mailbox.id;
                    unmatched.remove(&id);
                    result.update.push((id, entry));
                }
                _ => rest.push(entry),
            }
        }
        open = rest;
    }
    // A name that is left of a mailbox takes its place once it is certain that it is gone.
    let awaited: BTreeMap<Vec<u8>, &Known> = unmatched
        .values()
        .filter(|mailbox| doubtful || !mailbox.is_gone(now))
        .map(|mailbox| (key(&mailbox.raw), *mailbox))
        .collect();
    open.retain(|entry| !awaited.get(&key(&entry.raw)).is_some_and(|mailbox| mailbox.left_name(entry)));
    // Where a name now belongs to another mailbox, the one that had it is gone: its id says so.
    let found_again = result.update.iter().map(|(_, entry)| entry);
    let taken: BTreeSet<Vec<u8>> = open.iter().chain(found_again).map(|entry| key(&entry.raw)).collect();
    let replaced: Vec<MailboxId> =
        unmatched.values().filter(|mailbox| taken.contains(&key(&mailbox.raw))).map(|mailbox| mailbox.id).collect();
    for id in replaced {
        unmatched.remove(&id);
        result.remove.push(id);
    }
    result.insert = open;
    if !doubtful {
        for mailbox in unmatched.values() {
            match mailbox.missing_since {
                None => result.missing.push(mailbox.id),
                Some(_) if mailbox.is_gone(now) => result.remove.push(mailbox.id),
                Some(_) => {}
            }
        }
    }
    result
}

/// What shows that a listed mailbox is a known one, the best proof first, and which of the known ones it can hold for.
type Proof = (fn(&Known, &Listed) -> bool, for<'i> fn(&'i Index, &Listed) -> &'i [MailboxId]);

const PROOFS: [Proof; 4] = [
    (same_object, |index, listed| {
        let id = listed.status.as_ref().and_then(|status| status.mailbox_id.as_ref());
        found(id.and_then(|id| index.by_object.get(id)))
    }),
    (same_name, |index, listed| found(index.by_name.get(&key(&listed.raw)))),
    (was_named, |index, listed| found(listed.old_name.as_ref().and_then(|old| index.by_name.get(&key(old))))),
    (same_uids, |index, listed| {
        let status = listed.status.as_ref();
        found(status.and_then(|status| index.by_uids.get(&(status.uid_validity?, status.uid_next?))))
    }),
];

/// The known mailboxes by what they are recognised by: a list of ten thousand must not be compared with each of them.
#[derive(Default)]
struct Index {
    by_object: BTreeMap<String, Vec<MailboxId>>,
    by_name: BTreeMap<Vec<u8>, Vec<MailboxId>>,
    by_uids: BTreeMap<(UidValidity, Uid), Vec<MailboxId>>,
}

impl Index {
    fn new(known: &[Known], listed: &[Listed]) -> Self {
        let mut index = Self::default();
        // Servers that give several mailboxes the same UIDVALIDITY prove nothing by it.
        let mut validities: BTreeMap<UidValidity, (usize, usize)> = BTreeMap::new();
        for validity in known.iter().filter_map(|mailbox| mailbox.uid_validity) {
            validities.entry(validity).or_default().0 += 1;
        }
        for validity in listed.iter().filter_map(|entry| entry.status.as_ref()?.uid_validity) {
            validities.entry(validity).or_default().1 += 1;
        }
        for mailbox in known {
            if let Some(object) = &mailbox.object_id {
                index.by_object.entry(object.clone()).or_default().push(mailbox.id);
            }
            if let (Some(validity), Some(next)) = (mailbox.uid_validity, mailbox.uid_next)
                && validities.get(&validity) == Some(&(1, 1))
            {
                index.by_uids.entry((validity, next)).or_default().push(mailbox.id);
            }
            index.by_name.entry(key(&mailbox.raw)).or_default().push(mailbox.id);
        }
        index
    }
}

fn found(ids: Option<&Vec<MailboxId>>) -> &[MailboxId] {
    ids.map_or(&[], Vec::as_slice)
}

fn same_object(known: &Known, listed: &Listed) -> bool {
    let now = listed.status.as_ref().and_then(|status| status.mailbox_id.as_ref());
    known.object_id.is_some() && known.object_id.as_ref() == now
}

fn same_name(known: &Known, listed: &Listed) -> bool {
    let now = listed.status.as_ref().and_then(|status| status.mailbox_id.as_ref());
    let another = known.object_id.is_some() && now.is_some() && known.object_id.as_ref() != now;
    // A mailbox made anew under the old name is another, except the inbox, which is always the same to people.
    key(&known.raw) == key(&listed.raw) && (!another || is_inbox(&listed.raw))
}

fn was_named(known: &Known, listed: &Listed) -> bool {
    listed.old_name.as_ref().is_some_and(|old| key(old) == key(&known.raw))
}

/// Renamed on a server that gives no ids: UIDVALIDITY and UIDNEXT both agree, and mail was there to make them telling.
fn same_uids(known: &Known, listed: &Listed) -> bool {
    let Some(status) = &listed.status else { return false };
    known.object_id.is_none()
        && known.uid_validity.is_some()
        && known.uid_validity == status.uid_validity
        && known.uid_next.is_some_and(|next| next > Uid::MIN)
        && known.uid_next == status.uid_next
}

/// What names are compared by: bytes, but INBOX in any case is one.
fn key(raw: &[u8]) -> Vec<u8> {
    if is_inbox(raw) { b"INBOX".to_vec() } else { raw.to_vec() }
}

#[cfg(test)]
#[path = "mailbox_list_tests.rs"]
mod tests;
