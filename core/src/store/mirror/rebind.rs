//! After a change of UIDVALIDITY: places lose their UID but stay, and are found again when the server lists their mails
//! under new UIDs, so that ids and bodies survive.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, params};

use super::NewMessage;
use super::flags::loses_mark;
use super::likeness::{COLUMNS, Likeness};
use super::mailboxes::Counts;
use crate::model::{MailboxId, MessageId, PlaceId, SystemFlag, ThreadId, UidSet};
use crate::store::journal::{hold_steps, refresh_places};
use crate::store::{MirrorTx, StoreError};

/// How many places with the same Message-ID, size and date are looked at for one that is not another mail.
const CANDIDATES: u32 = 16;

const MARK: u8 = SystemFlag::Deleted as u8;

/// A detached place that a message gets.
pub(super) struct Rebinding {
    /// The message, by its index.
    pub(super) index: usize,
    /// The place.
    pub(super) place: PlaceId,
    /// Whether it is the place's mail beyond doubt. Else only the id goes over: the body may be another's.
    pub(super) same_mail: bool,
}

struct Candidate {
    place: PlaceId,
    message: MessageId,
    thread: ThreadId,
}

impl MirrorTx<'_> {
    /// The mailbox's UIDs mean nothing any more: all its messages are detached, and its state is reset but for its object
    /// id. They stay listed until [`MirrorTx::drop_detached`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn detach_all(&mut self, mailbox: MailboxId) -> Result<u64, StoreError> {
        self.add_rebind_keys("p.uid IS NOT NULL AND p.mailbox", mailbox.0)?;
        let sql = "UPDATE places SET uid = NULL, modseq = NULL WHERE mailbox = ?1 AND uid IS NOT NULL";
        let count = self.prepare(sql)?.execute([mailbox.0])? as u64;
        // What was still to go cannot be told any more: it stays, in sight. What is marked deleted stays out of it.
        let sql = "UPDATE places SET hidden = 0 WHERE mailbox = ?1 AND hidden = 2 AND NOT flags & ?2 RETURNING id";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map(params![mailbox.0, MARK], |row| row.get(0).map(PlaceId))?;
        let stay: Vec<PlaceId> = rows.collect::<Result<_, _>>()?;
        drop(statement);
        refresh_places(self.conn(), stay)?;
        self.prepare("DELETE FROM gaps WHERE mailbox = ?1")?.execute([mailbox.0])?;
        let sql = "UPDATE mailboxes SET uid_validity = NULL, uid_next = NULL, highest_modseq = NULL, backfill = NULL,
                   flags_cursor = NULL, stale_since = NULL
                   WHERE id = ?1";
        self.prepare(sql)?.execute([mailbox.0])?;
        self.adjust_counts(mailbox, &Counts { detached: count.cast_signed(), ..Counts::default() })?;
        self.change().mailboxes.insert(mailbox);
        Ok(count)
    }

    /// Notes how the places can be recognised of which a column has a value.
    pub(super) fn add_rebind_keys(&mut self, column: &str, value: i64) -> Result<(), StoreError> {
        for (key, known) in [
            ("'e' || m.email_id", "m.email_id"),
            ("'g' || m.gm_msgid", "m.gm_msgid"),
            ("'m' || m.size || ':' || coalesce(m.date, m.internal_date, 0) || ':' || m.message_id", "m.message_id"),
        ] {
            let sql = format!(
                // IGNORE also passes over keys that are NULL, for want of a size.
                "INSERT OR IGNORE INTO rebind_keys (mailbox, key, place)
                 SELECT p.mailbox, {key}, p.id FROM places p JOIN messages m ON m.id = p.message
                 WHERE {column} = ?1 AND {known} IS NOT NULL"
            );
            self.prepare(&sql)?.execute([value])?;
        }
        Ok(())
    }

    /// Which detached place each message is, by its index, ascending. Strong identities are looked for first, all of them,
    /// so that none is lost to a weak one; then those that look the same in all, so that none is lost to one that was put
    /// there at another time.
    pub(super) fn plan_rebinding(
        &self,
        mailbox: MailboxId,
        messages: &[NewMessage],
        known: &UidSet,
    ) -> Result<Vec<Rebinding>, StoreError> {
        let mut taken = BTreeSet::new();
        let mut plan = Vec::new();
        let mut left = Vec::new();
        let mut alike: BTreeMap<_, u32> = BTreeMap::new();
        for (index, message) in messages.iter().enumerate().filter(|(_, message)| !known.contains(message.uid)) {
            *alike.entry((&message.envelope.message_id, message.size)).or_default() += 1;
            match self.strong_candidate(mailbox, message, &taken)? {
                Some(place) => {
                    taken.insert(place);
                    plan.push(Rebinding { index, place, same_mail: true });
                }
                None => left.push((index, message, Likeness::of(message)?)),
            }
        }
        for exact in [true, false] {
            let mut rest = Vec::new();
            for (index, message, like) in left {
                let Some(found) = self.weak_candidate(mailbox, message, &like, exact, &taken)? else {
                    rest.push((index, message, like));
                    continue;
                };
                taken.insert(found.place);
                let alone = alike.get(&(&message.envelope.message_id, message.size)) == Some(&1);
                let same_mail = exact && alone && !self.has_double(found.thread, found.message, &like, None)?;
                plan.push(Rebinding { index, place: found.place, same_mail });
            }
            left = rest;
        }
        plan.sort_unstable_by_key(|rebinding| rebinding.index);
        Ok(plan)
    }

    fn strong_candidate(
        &self,
        mailbox: MailboxId,
        message: &NewMessage,
        taken: &BTreeSet<PlaceId>,
    ) -> Result<Option<PlaceId>, StoreError> {
        let email_id = message.email_id.as_ref().map(|id| format!("e{id}"));
        let gm_msgid = message.gm_msgid.map(|id| format!("g{}", id.cast_signed()));
        for key in email_id.into_iter().chain(gm_msgid) {
            let like = Likeness::of(message)?;
            if let Some(found) = self.candidate(mailbox, &key, message, |other| other.agrees_with(&like), taken)? {
                return Ok(Some(found.place));
            }
        }
        Ok(None)
    }

    /// By Message-ID, size and date, and the header fields must be the same; `exact`: the time of arrival too.
    fn weak_candidate(
        &self,
        mailbox: MailboxId,
        message: &NewMessage,
        like: &Likeness,
        exact: bool,
        taken: &BTreeSet<PlaceId>,
    ) -> Result<Option<Candidate>, StoreError> {
        let (Some(message_id), Some(size)) = (&message.envelope.message_id, message.size) else { return Ok(None) };
        let date = message.envelope.date.or(message.internal_date).unwrap_or_default().clamped();
        let key = format!("m{size}:{}:{message_id}", date.0);
        self.candidate(
            mailbox,
            &key,
            message,
            |other| if exact { other.is_like(like) } else { other.has_fields_of(like) },
            taken,
        )
    }

    /// Of places that are the same otherwise, one that is out of sight for being marked deleted is taken for a message that is marked.
    fn candidate(
        &self,
        mailbox: MailboxId,
        key: &str,
        message: &NewMessage,
        fits: impl Fn(&Likeness) -> bool,
        taken: &BTreeSet<PlaceId>,
    ) -> Result<Option<Candidate>, StoreError> {
        let sql = format!(
            "SELECT k.place, p.message, p.thread, {COLUMNS} FROM rebind_keys k
             JOIN places p ON p.id = k.place JOIN messages m ON m.id = p.message
             WHERE k.mailbox = ?1 AND k.key = ?2 ORDER BY (p.hidden = 2) <> ?4, k.place LIMIT ?3"
        );
        let mut statement = self.prepare(&sql)?;
        // Those taken earlier in this batch still have their keys.
        let most = i64::from(CANDIDATES) + taken.len() as i64;
        let mut rows = statement.query(params![mailbox.0, key, most, message.flags.bits() & MARK != 0])?;
        while let Some(row) = rows.next()? {
            let place = PlaceId(row.get(0)?);
            if !taken.contains(&place) && fits(&Likeness::read(row, 3)?) {
                let (message, thread) = (MessageId(row.get(1)?), ThreadId(row.get(2)?));
                return Ok(Some(Candidate { place, message, thread }));
            }
        }
        Ok(None)
    }

    /// Takes a detached place away whose id goes to a mail that may have other bytes.
    pub(super) fn vacate(&mut self, place: PlaceId, counts: &mut Counts) -> Result<(), StoreError> {
        let sql = "DELETE FROM places WHERE id = ?1 RETURNING message, flags";
        let gone = self.prepare(sql)?.query_row([place.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (message, flags): (i64, u8) = gone.ok_or(StoreError::NotFound("place"))?;
        self.note_if_orphaned(MessageId(message))?;
        hold_steps(self.inner(), place)?;
        counts.total -= 1;
        counts.unread -= i64::from(flags & SystemFlag::Seen as u8 == 0);
        counts.detached -= 1;
        Ok(())
    }

    /// Gives a detached place its new UID.
    pub(super) fn rebind(
        &mut self,
        place: PlaceId,
        message: &NewMessage,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        let old: Option<(i64, u8)> = self
            .prepare("SELECT message, flags FROM places WHERE id = ?1")?
            .query_row([place.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (id, flags) = old.ok_or(StoreError::NotFound("place"))?;
        let loses_mark = loses_mark(flags, &message.flags);
        let sql = "UPDATE places SET uid = ?2, modseq = ?3, flags = ?4, keywords = ?5,
                   hidden = iif(hidden = 2 AND ?6, 0, hidden) WHERE id = ?1";
        self.prepare(sql)?.execute(params![
            place.0,
            message.uid.get(),
            message.modseq.map(|modseq| modseq.get().cast_signed()),
            message.flags.bits(),
            message.flags.keyword_text(),
            loses_mark,
        ])?;
        if loses_mark {
            refresh_places(self.conn(), [place])?;
        }
        self.prepare("DELETE FROM rebind_keys WHERE place = ?1")?.execute([place.0])?;
        self.complete(MessageId(id), message)?;
        let unread = |bits: u8| i64::from(bits & SystemFlag::Seen as u8 == 0);
        counts.unread += unread(message.flags.bits()) - unread(flags);
        counts.detached -= 1;
        Ok(())
    }
}
