//! Which detached places messages are, that a server lists: by their keys ([`MirrorTx::add_rebind_keys`]), and then by how they look.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::NewMessage;
use super::likeness::{COLUMNS, Likeness};
use crate::model::{MailboxId, MessageId, PlaceId, SystemFlag, ThreadId, Uid, UidSet, UidValidity};
use crate::store::{MirrorTx, StoreError};

/// How many places with the same Message-ID, size and date are looked at for one that is not another mail.
const CANDIDATES: u32 = 16;

/// A detached place that a message gets.
pub(super) struct Rebinding {
    /// The message, by its index.
    pub(super) index: usize,
    /// The place.
    pub(super) place: PlaceId,
    /// Whether it is the place's mail beyond doubt. Else only the id goes over: the body may be another's.
    pub(super) same_mail: bool,
}

/// The key of a place of which the server told under which UID it is.
pub(super) fn told_key(validity: UidValidity, uid: Uid) -> String {
    format!("{}{}", told_under(validity, ':'), uid.get())
}

fn told_under(validity: UidValidity, end: char) -> String {
    format!("u{}{end}", validity.get())
}

struct Candidate {
    place: PlaceId,
    message: MessageId,
    thread: ThreadId,
}

/// A message that is looked for.
struct Listed<'m> {
    index: usize,
    message: &'m NewMessage,
    like: Likeness,
}

impl MirrorTx<'_> {
    /// Which detached place each message is, by its index, ascending. Those are looked for first of which the server told the UID;
    /// then strong identities, all of them, so that none is lost to a weak one; then those that look the same in all, so that none is
    /// lost to one that was put there at another time.
    pub(super) fn plan_rebinding(
        &self,
        mailbox: MailboxId,
        messages: &[NewMessage],
        known: &UidSet,
    ) -> Result<Vec<Rebinding>, StoreError> {
        let validity = self.mailbox_state(mailbox)?.uid_validity;
        let mut search = Search { tx: self, mailbox, validity, taken: BTreeSet::new() };
        let mut alike: BTreeMap<_, u32> = BTreeMap::new();
        let mut left = Vec::new();
        for (index, message) in messages.iter().enumerate().filter(|(_, message)| !known.contains(message.uid)) {
            *alike.entry((&message.envelope.message_id, message.size)).or_default() += 1;
            left.push(Listed { index, message, like: Likeness::of(message)? });
        }
        let mut plan = Vec::new();
        for step in [Search::told, Search::strong, Search::exact, Search::weak] {
            let mut rest = Vec::new();
            for listed in left {
                let Some((found, sure)) = step(&search, &listed)? else {
                    rest.push(listed);
                    continue;
                };
                search.taken.insert(found.place);
                let message = listed.message;
                let alone = alike.get(&(&message.envelope.message_id, message.size)) == Some(&1);
                let same_mail = match sure {
                    Sure::Surely => true,
                    Sure::Alone => alone && !self.has_double(found.thread, found.message, &listed.like, None)?,
                    Sure::Hardly => false,
                };
                plan.push(Rebinding { index: listed.index, place: found.place, same_mail });
            }
            left = rest;
        }
        plan.sort_unstable_by_key(|rebinding| rebinding.index);
        Ok(plan)
    }
}

/// How sure it is that a place's mail is the message.
#[derive(Clone, Copy)]
enum Sure {
    Surely,
    /// Where no other looks like it.
    Alone,
    Hardly,
}

struct Search<'t, 'c> {
    tx: &'t MirrorTx<'c>,
    mailbox: MailboxId,
    validity: Option<UidValidity>,
    taken: BTreeSet<PlaceId>,
}

impl Search<'_, '_> {
    /// By the UID that the server told when it was put there.
    fn told(&self, listed: &Listed<'_>) -> Result<Option<(Candidate, Sure)>, StoreError> {
        let key = self.validity.map(|validity| told_key(validity, listed.message.uid));
        self.by_keys(key, listed)
    }

    /// By the server's own ids.
    fn strong(&self, listed: &Listed<'_>) -> Result<Option<(Candidate, Sure)>, StoreError> {
        let email_id = listed.message.email_id.as_ref().map(|id| format!("e{id}"));
        let gm_msgid = listed.message.gm_msgid.map(|id| format!("g{}", id.cast_signed()));
        self.by_keys(email_id.into_iter().chain(gm_msgid), listed)
    }

    fn by_keys(
        &self,
        keys: impl IntoIterator<Item = String>,
        listed: &Listed<'_>,
    ) -> Result<Option<(Candidate, Sure)>, StoreError> {
        for key in keys {
            if let Some(found) = self.candidate(&key, listed.message, |other| other.agrees_with(&listed.like))? {
                return Ok(Some((found, Sure::Surely)));
            }
        }
        Ok(None)
    }

    /// By Message-ID, size, dates, and the header fields.
    fn exact(&self, listed: &Listed<'_>) -> Result<Option<(Candidate, Sure)>, StoreError> {
        self.by_looks(listed, |other| other.is_like(&listed.like), Sure::Alone)
    }

    /// The same, whenever it arrived.
    fn weak(&self, listed: &Listed<'_>) -> Result<Option<(Candidate, Sure)>, StoreError> {
        self.by_looks(listed, |other| other.has_fields_of(&listed.like), Sure::Hardly)
    }

    fn by_looks(
        &self,
        listed: &Listed<'_>,
        fits: impl Fn(&Likeness) -> bool,
        sure: Sure,
    ) -> Result<Option<(Candidate, Sure)>, StoreError> {
        let message = listed.message;
        let (Some(message_id), Some(size)) = (&message.envelope.message_id, message.size) else { return Ok(None) };
        let date = message.envelope.date.or(message.internal_date).unwrap_or_default().clamped();
        let key = format!("m{size}:{}:{message_id}", date.0);
        Ok(self.candidate(&key, message, fits)?.map(|found| (found, sure)))
    }

    /// Of places that are the same otherwise, one that is out of sight for being marked deleted is taken for a message that is marked.
    /// One of which the server told another UID is not taken.
    fn candidate(
        &self,
        key: &str,
        message: &NewMessage,
        fits: impl Fn(&Likeness) -> bool,
    ) -> Result<Option<Candidate>, StoreError> {
        let sql = format!(
            "SELECT k.place, p.message, p.thread, {COLUMNS} FROM rebind_keys k
             JOIN places p ON p.id = k.place JOIN messages m ON m.id = p.message
             WHERE k.mailbox = ?1 AND k.key = ?2 AND NOT EXISTS (SELECT 1 FROM rebind_keys t
                 WHERE t.place = k.place AND t.mailbox = ?1 AND t.key >= ?5 AND t.key < ?6 AND t.key <> ?7)
             ORDER BY (p.hidden = 2) <> ?4, k.place LIMIT ?3"
        );
        let mut statement = self.tx.prepare(&sql)?;
        // Those taken earlier in this batch still have their keys.
        let most = i64::from(CANDIDATES) + self.taken.len() as i64;
        let marked = message.flags.bits() & SystemFlag::Deleted as u8 != 0;
        // What follows a colon in ASCII is a semicolon.
        let told = self
            .validity
            .map(|validity| [told_under(validity, ':'), told_under(validity, ';'), told_key(validity, message.uid)]);
        let [from, to, its] = told.unwrap_or_default();
        let mut rows = statement.query(params![self.mailbox.0, key, most, marked, from, to, its])?;
        while let Some(row) = rows.next()? {
            let place = PlaceId(row.get(0)?);
            if !self.taken.contains(&place) && fits(&Likeness::read(row, 3)?) {
                let (message, thread) = (MessageId(row.get(1)?), ThreadId(row.get(2)?));
                return Ok(Some(Candidate { place, message, thread }));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
#[path = "recognise_tests.rs"]
mod tests;
