//! A mail that leaves one place and turns up in another keeps the id of its place, whichever of the two is seen first.
//!
//! Gone first: the id is remembered, and given to the newcomer ([`MirrorTx::returning`]). Come first: when the place goes,
//! what arrived since the sync that last saw it there is looked through ([`MirrorTx::follow`]). A mail that arrived in the
//! same sync as the one that goes is a copy and has an id of its own.

use rusqlite::{OptionalExtension, params};

use super::likeness::{COLUMNS, Likeness, MAX_COMPARED};
use crate::model::{AccountId, MailboxId, MailboxRole, MessageId, PlaceId, ThreadId};
use crate::store::journal::follow_place;
use crate::store::{MirrorTx, StoreError, fulltext};

/// A place that went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone {
    pub(super) place: PlaceId,
    pub(super) message: MessageId,
    pub(super) thread: ThreadId,
}

/// A place that came lately.
struct Came {
    place: PlaceId,
    message: MessageId,
    mailbox: MailboxId,
    body_state: u8,
    is_view: bool,
    like: Likeness,
}

/// Of `departed d`: whether a copy was sent whose answer was lost. What turns up may be that, and is not the original.
const IN_DOUBT: &str = "EXISTS (SELECT 1 FROM steps t WHERE t.place = d.place AND t.state < 7
                                AND t.state IN (1, 2, 3) AND t.made IS NOT NULL)";

/// Which departed place a new mail is.
#[derive(Clone)]
pub(super) struct Returning {
    pub(super) place: PlaceId,
    pub(super) message: MessageId,
    /// What it is known by, where that is only its looks.
    pub(super) like: Option<Likeness>,
}

/// Whether a mailbox shows mail that lies elsewhere too, so that nothing is ever moved there: labels of Gmail.
fn is_view(role: Option<&str>) -> bool {
    let role: Option<MailboxRole> = role.and_then(|role| role.parse().ok());
    matches!(role, Some(MailboxRole::All | MailboxRole::Flagged | MailboxRole::Important))
}

impl MirrorTx<'_> {
    /// Whether any place is remembered that went.
    pub(super) fn any_departed(&self) -> Result<bool, StoreError> {
        Ok(self.prepare("SELECT EXISTS (SELECT 1 FROM departed)")?.query_row([], |row| row.get(0))?)
    }

    /// Whether the mailbox shows mail that lies elsewhere, on a server with labels.
    pub(super) fn is_view_mailbox(&self, mailbox: MailboxId) -> Result<bool, StoreError> {
        let role: Option<String> =
            self.prepare("SELECT role FROM mailboxes WHERE id = ?1")?.query_row([mailbox.0], |row| row.get(0))?;
        Ok(is_view(role.as_deref()))
    }

    /// The departed place of a mail that the server names as one with a message of the mirror.
    pub(super) fn departed_place(&self, message: MessageId) -> Result<Option<PlaceId>, StoreError> {
        let sql = format!(
            "SELECT d.place FROM departed d WHERE d.message = ?1 AND NOT {IN_DOUBT} ORDER BY d.since DESC, d.place LIMIT 1"
        );
        Ok(self.prepare(&sql)?.query_row([message.0], |row| row.get(0).map(PlaceId)).optional()?)
    }

    /// The message of a place that went.
    pub(super) fn departed_message(&self, place: PlaceId) -> Result<Option<MessageId>, StoreError> {
        let sql = "SELECT message FROM departed WHERE place = ?1";
        Ok(self.prepare(sql)?.query_row([place.0], |row| row.get(0).map(MessageId)).optional()?)
    }

    /// The departed mails that lie nowhere but in copies that are still to be made.
    pub(super) fn waiting(&self, account: AccountId) -> Result<Vec<Returning>, StoreError> {
        // By what is open, which is less than what went.
        let sql = format!(
            "SELECT DISTINCT d.place, m.id, {COLUMNS} FROM steps s INDEXED BY steps_place
             CROSS JOIN departed d ON d.place = s.place CROSS JOIN messages m ON m.id = d.message
             WHERE s.state < 7 AND s.made IS NOT NULL AND m.account = ?1 AND NOT {IN_DOUBT}
             AND NOT EXISTS (SELECT 1 FROM places p WHERE p.message = m.id AND p.mailbox IS NOT NULL)"
        );
        let mut statement = self.prepare(&sql)?;
        let rows = statement.query_map([account.0], |row| {
            let (place, message) = (PlaceId(row.get(0)?), MessageId(row.get(1)?));
            Ok(Returning { place, message, like: Some(Likeness::read(row, 2)?) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The one departed mail that looks like this one, and lies nowhere now, or only `waiting`. Two that do prove nothing.
    pub(super) fn returning(
        &self,
        account: AccountId,
        message_id: &str,
        waiting: &[Returning],
        looks: impl Fn(&Likeness) -> bool,
    ) -> Result<Option<Returning>, StoreError> {
        let sql = format!(
            "SELECT d.place, m.id, {COLUMNS} FROM messages m JOIN departed d ON d.message = m.id
             WHERE m.account = ?1 AND m.message_id = ?2 AND m.orphaned IS NOT NULL LIMIT ?3"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query(params![account.0, message_id, MAX_COMPARED])?;
        let alike = |one: &&Returning| one.like.as_ref().is_some_and(&looks);
        let mut found: Vec<Returning> = waiting.iter().filter(alike).cloned().collect();
        while let Some(row) = rows.next()? {
            let like = Likeness::read(row, 2)?;
            if looks(&like) {
                let (place, message) = (PlaceId(row.get(0)?), MessageId(row.get(1)?));
                found.push(Returning { place, message, like: Some(like) });
            }
            if found.len() > 1 {
                return Ok(None);
            }
        }
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// The place is no longer away.
    pub(super) fn has_returned(&self, place: PlaceId) -> Result<(), StoreError> {
        self.prepare("DELETE FROM departed WHERE place = ?1")?.execute([place.0])?;
        Ok(())
    }

    /// Looks for what went among what came before it was seen to go, and gives it its id back.
    pub(super) fn follow(&mut self, account: AccountId, gone: &[Gone]) -> Result<(), StoreError> {
        let marks = self.marks(account)?;
        if marks.first().is_none_or(|oldest| self.newest_place().is_ok_and(|newest| newest <= *oldest)) {
            return Ok(());
        }
        let mut by_thread = gone.to_vec();
        by_thread.sort_unstable_by_key(|gone| (gone.thread, gone.place));
        let mut emptied = Vec::new();
        for gone in by_thread.chunk_by(|one, other| one.thread == other.thread) {
            let Some(thread) = gone.first().map(|gone| gone.thread) else { continue };
            let came = self.came_since(thread, marks.first().copied().unwrap_or(PlaceId(i64::MAX)))?;
            if !came.is_empty() {
                self.follow_in_thread(&marks, gone, came, &mut emptied)?;
            }
        }
        for message in emptied {
            fulltext::remove(self.conn(), message)?;
        }
        Ok(())
    }

    /// What came in a thread since a mark. What the user's own copy made is none of it: it was never anywhere else.
    fn came_since(&self, thread: ThreadId, mark: PlaceId) -> Result<Vec<Came>, StoreError> {
        let sql = format!(
            "SELECT p.id, p.message, p.mailbox, m.body_state, b.role, {COLUMNS}
             FROM places p JOIN messages m ON m.id = p.message JOIN mailboxes b ON b.id = p.mailbox
             WHERE p.thread = ?1 AND p.id > ?2 AND p.uid IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM steps WHERE made = p.id) LIMIT ?3"
        );
        let mut statement = self.prepare(&sql)?;
        let rows = statement.query_map(params![thread.0, mark.0, MAX_COMPARED], |row| {
            let like = Likeness::read(row, 5)?;
            Ok(Came {
                place: PlaceId(row.get(0)?),
                message: MessageId(row.get(1)?),
                mailbox: MailboxId(row.get(2)?),
                body_state: row.get(3)?,
                is_view: like.is_labelled() && is_view(row.get::<_, Option<String>>(4)?.as_deref()),
                like,
            })
        })?;
        let mut came: Vec<Came> = rows.collect::<Result<_, _>>()?;
        came.retain(|came| !came.is_view);
        came.sort_unstable_by_key(|came| came.place);
        Ok(came)
    }

    fn follow_in_thread(
        &mut self,
        marks: &[PlaceId],
        gone: &[Gone],
        mut came: Vec<Came>,
        emptied: &mut Vec<MessageId>,
    ) -> Result<(), StoreError> {
        let later = |gone: &Gone, came: &Came| marks.iter().any(|mark| gone.place <= *mark && *mark < came.place);
        let mut left = Vec::new();
        let in_doubt = format!("SELECT {IN_DOUBT} FROM (SELECT ?1 AS place) d");
        for gone in gone {
            if self.prepare(&in_doubt)?.query_row([gone.place.0], |row| row.get(0))? {
                continue;
            }
            match came.iter().position(|came| came.message == gone.message && later(gone, came)) {
                Some(at) => self.take_over(gone, &came.remove(at), gone.message, emptied)?,
                None => left.push((*gone, self.likeness(gone.message)?)),
            }
        }
        for (gone, like) in &left {
            let fits: Vec<usize> = (0..came.len())
                .filter(|at| came.get(*at).is_some_and(|came| came.like.is_like(like) && later(gone, came)))
                .collect();
            let alone = left.iter().filter(|(_, other)| other.is_like(like)).count() == 1;
            let ([at], true) = (fits.as_slice(), alone) else { continue };
            let came = came.remove(*at);
            let body_state: u8 = self
                .prepare("SELECT body_state FROM messages WHERE id = ?1")?
                .query_row([gone.message.0], |row| row.get(0))?;
            let in_doubt = self.has_double(gone.thread, gone.message, like, Some(came.message))?;
            let keep = if in_doubt || came.body_state > body_state { came.message } else { gone.message };
            self.take_over(gone, &came, keep, emptied)?;
        }
        Ok(())
    }

    /// A place that went, and whose row is gone, is the one that was seen elsewhere.
    pub(super) fn become_one(&mut self, gone: &Gone, seen: PlaceId) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT p.message, p.mailbox, m.body_state, {COLUMNS} FROM places p JOIN messages m ON m.id = p.message
             WHERE p.id = ?1"
        );
        let came = self.prepare(&sql)?.query_row([seen.0], |row| {
            Ok(Came {
                place: seen,
                message: MessageId(row.get(0)?),
                mailbox: MailboxId(row.get(1)?),
                body_state: row.get(2)?,
                is_view: false,
                like: Likeness::read(row, 3)?,
            })
        })?;
        let body_state: u8 = self
            .prepare("SELECT body_state FROM messages WHERE id = ?1")?
            .query_row([gone.message.0], |row| row.get(0))?;
        let keep = if came.body_state > body_state { came.message } else { gone.message };
        let mut emptied = Vec::new();
        self.take_over(gone, &came, keep, &mut emptied)?;
        if keep != gone.message {
            self.note_if_orphaned(gone.message)?;
        }
        for message in emptied {
            fulltext::remove(self.conn(), message)?;
        }
        Ok(())
    }

    /// The place that came gets the id of the one that went, and shows the message that is kept.
    fn take_over(
        &mut self,
        gone: &Gone,
        came: &Came,
        keep: MessageId,
        emptied: &mut Vec<MessageId>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE places SET id = ?2, message = ?3 WHERE id = ?1";
        self.prepare(sql)?.execute([came.place.0, gone.place.0, keep.0])?;
        self.prepare("UPDATE place_aliases SET place = ?2 WHERE place = ?1")?.execute([came.place.0, gone.place.0])?;
        let sql = "INSERT OR REPLACE INTO place_aliases (alias, place) VALUES (?1, ?2)";
        self.prepare(sql)?.execute([came.place.0, gone.place.0])?;
        self.has_returned(gone.place)?;
        follow_place(self.inner(), came.place, gone.place)?;
        self.prepare("UPDATE messages SET orphaned = NULL WHERE id = ?1")?.execute([keep.0])?;
        if keep != came.message {
            let sql = "UPDATE messages SET email_id = coalesce(messages.email_id, other.email_id),
                       gm_msgid = coalesce(messages.gm_msgid, other.gm_msgid)
                       FROM messages AS other WHERE messages.id = ?1 AND other.id = ?2";
            self.prepare(sql)?.execute([keep.0, came.message.0])?;
            if self.delete_unplaced(came.message)? {
                emptied.push(came.message);
            }
        }
        self.change().mailboxes.insert(came.mailbox);
        Ok(())
    }

    /// Deletes a mail that lies nowhere. Returns whether it was deleted: the full text is then to follow.
    fn delete_unplaced(&mut self, message: MessageId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM places WHERE message = ?1)";
        if self.prepare(sql)?.query_row([message.0], |row| row.get(0))? {
            return Ok(false);
        }
        self.delete_orphan(message)?;
        Ok(true)
    }
}
