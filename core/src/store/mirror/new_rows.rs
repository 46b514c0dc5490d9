//! Rows for messages that a mailbox did not hold, a batch at a time. Statements are kept at hand, and what goes to tables
//! of another order is gathered and written at the end: the store's cache is small.

use rusqlite::{CachedStatement, Connection, OptionalExtension, ToSql, params};

use super::NewMessage;
use super::departed::Returning;
use super::likeness::Likeness;
use super::mailboxes::Counts;
use super::threads::AccountThreads;
use crate::model::{AccountId, MailboxId, MessageId, PlaceId, SystemFlag, ThreadId};
use crate::store::columns::{Rest, addresses_to_column, structure_to_column};
use crate::store::journal::{has_labels, labels_changed, refresh_places};
use crate::store::threading::{self, ThreadKeys};
use crate::store::{MirrorTx, StoreError};

pub(super) struct NewRows<'t, 'a, 'm> {
    tx: &'t mut MirrorTx<'a>,
    account: AccountId,
    mailbox: MailboxId,
    /// With the id that the place gets, where that is known.
    messages: &'m [(&'m NewMessage, Option<PlaceId>)],
    keys: Vec<ThreadKeys>,
    threads: AccountThreads<'a>,
    /// Whether any place is remembered that went and may come back here.
    any_departed: bool,
    /// Whether something is asked of mails that another label may concern.
    relabels: bool,
    /// Those that lie nowhere but in copies that are still to be made.
    waiting: Vec<Returning>,
    insert_message: CachedStatement<'a>,
    insert_place: CachedStatement<'a>,
    insert_unindexed: CachedStatement<'a>,
}

impl<'t, 'a, 'm> NewRows<'t, 'a, 'm> {
    pub(super) fn open(
        tx: &'t mut MirrorTx<'a>,
        account: AccountId,
        mailbox: MailboxId,
        messages: &'m [(&'m NewMessage, Option<PlaceId>)],
    ) -> Result<Self, StoreError> {
        let key = |(m, _): &(&NewMessage, _)| ThreadKeys::of(m.thread_id.as_deref(), m.gm_thrid, &m.envelope);
        let keys: Vec<ThreadKeys> = messages.iter().map(key).collect();
        let threads = AccountThreads::open(tx.conn(), account, &keys)?;
        let insert_message = tx.prepare(
            "INSERT INTO messages (account, subject, from_list, to_list, date, size, has_attachments, body_state,
             sender_unclear, preview, internal_date, message_id, email_id, gm_msgid, more, structure)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        let insert_place = tx.prepare(
            "INSERT INTO places (mailbox, message, thread, uid, modseq, flags, date, keywords, id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let insert_unindexed = tx.prepare("INSERT INTO unindexed (message, known) VALUES (?1, 0)")?;
        let any_departed = tx.any_departed()?;
        let waiting = if any_departed { tx.waiting(account)? } else { Vec::new() };
        let open = "SELECT EXISTS (SELECT 1 FROM operations WHERE account = ?1 AND state < 7)";
        let relabels = has_labels(tx.conn())? && tx.prepare(open)?.query_row([account.0], |row| row.get(0))?;
        let rows = Self {
            tx,
            account,
            mailbox,
            messages,
            keys,
            threads,
            any_departed,
            relabels,
            waiting,
            insert_message,
            insert_place,
            insert_unindexed,
        };
        Ok(rows)
    }

    pub(super) fn insert(mut self, counts: &mut Counts) -> Result<(), StoreError> {
        for (index, &(message, place)) in self.messages.iter().enumerate() {
            let shared = shared_message(self.tx.conn(), self.account, message)?;
            let may_return = self.any_departed && place.is_none();
            let returning = if may_return { self.returning(shared, message)? } else { None };
            let (place, message_row) = match returning {
                Some(returning) => {
                    self.waiting.retain(|waiting| waiting.place != returning.place);
                    (Some(returning.place), self.body_of(returning, index)?)
                }
                None => (place, shared),
            };
            let (id, thread) = match message_row {
                Some(id) => (id, self.adopt(id, index)?),
                None => {
                    let id = self.insert_message(message)?;
                    (id, self.join_thread(id, index)?)
                }
            };
            self.insert_place(id, thread, message, place)?;
            counts.total += 1;
            counts.unread += i64::from(!message.flags.contains(SystemFlag::Seen));
        }
        self.threads.write()?;
        self.tx.change().mailboxes.append(&mut self.threads.touched);
        Ok(())
    }

    /// A mail that lies nowhere yet.
    pub(super) fn insert_unplaced(mut self) -> Result<(MessageId, ThreadId), StoreError> {
        let Some(&(message, _)) = self.messages.first() else { return Err(StoreError::NotFound("message")) };
        let id = self.insert_message(message)?;
        let thread = self.join_thread(id, 0)?;
        self.threads.write()?;
        self.tx.change().mailboxes.append(&mut self.threads.touched);
        Ok((id, thread))
    }

    fn insert_message(&mut self, message: &NewMessage) -> Result<MessageId, StoreError> {
        let envelope = &message.envelope;
        let structure = message.structure.as_ref();
        self.insert_message.execute(params![
            self.account.0,
            envelope.subject,
            addresses_to_column(&envelope.from)?,
            addresses_to_column(&envelope.to)?,
            envelope.date.map(|date| date.clamped().0),
            message.size.map(u64::cast_signed),
            structure.is_some_and(|part| !part.attachments().is_empty()),
            envelope.sender_unclear,
            message.preview,
            message.internal_date.map(|date| date.clamped().0),
            envelope.message_id,
            message.email_id,
            message.gm_msgid.map(u64::cast_signed),
            Rest::of(envelope).to_column()?,
            structure.map(structure_to_column).transpose()?,
        ])?;
        let id = self.tx.conn().last_insert_rowid();
        self.insert_unindexed.execute([id])?;
        Ok(MessageId(id))
    }

    /// The place that the mail had before it came here, where that is gone.
    fn returning(&self, shared: Option<MessageId>, message: &NewMessage) -> Result<Option<Returning>, StoreError> {
        if message.gm_msgid.is_some() && self.tx.is_view_mailbox(self.mailbox)? {
            return Ok(None);
        }
        if let Some(id) = shared {
            let place = self.tx.departed_place(id)?;
            return Ok(place.map(|place| Returning { place, message: id, like: None }));
        }
        let Some(message_id) = &message.envelope.message_id else { return Ok(None) };
        let looks = Likeness::of(message)?;
        self.tx.returning(self.account, message_id, &self.waiting, |other| other.is_like(&looks))
    }

    /// The message of a place that came back. None where it cannot be told from others that look the same: its body may be
    /// another's then, and is fetched again.
    fn body_of(&mut self, returning: Returning, index: usize) -> Result<Option<MessageId>, StoreError> {
        let Some(like) = &returning.like else { return Ok(Some(returning.message)) };
        let thread = self.join_thread(returning.message, index)?;
        let message_id = &self.messages[index].0.envelope.message_id;
        let mut others = self.messages.iter().enumerate().filter(|(other, _)| *other != index);
        let twin = others.any(|(_, (other, _))| {
            &other.envelope.message_id == message_id && Likeness::of(other).is_ok_and(|other| other.is_like(like))
        });
        let in_doubt = twin || self.tx.has_double(thread, returning.message, like, None)?;
        Ok((!in_doubt).then_some(returning.message))
    }

    fn insert_place(
        &mut self,
        id: MessageId,
        thread: ThreadId,
        message: &NewMessage,
        place: Option<PlaceId>,
    ) -> Result<(), StoreError> {
        self.insert_place.execute(params![
            self.mailbox.0,
            id.0,
            thread.0,
            message.uid.get(),
            message.modseq.map(|modseq| modseq.get().cast_signed()),
            message.flags.bits(),
            message.sort_date().0,
            message.flags.keyword_text(),
            place.map(|place| place.0),
        ])?;
        if self.relabels {
            labels_changed(self.tx.inner(), id)?;
        }
        place.map_or(Ok(()), |place| {
            // What was asked of it while it was away shows again.
            refresh_places(self.tx.conn(), [place])?;
            self.tx.has_returned(place)
        })
    }

    /// Gives a mail that is here one more place: fills in what was not known of it, and finds its thread.
    fn adopt(&mut self, id: MessageId, index: usize) -> Result<ThreadId, StoreError> {
        self.tx.complete(id, self.messages[index].0)?;
        let mut statement = self.tx.prepare("SELECT thread FROM places WHERE message = ?1 LIMIT 1")?;
        match statement.query_row([id.0], |row| row.get(0).map(ThreadId)).optional()? {
            Some(thread) => Ok(thread),
            // An orphan: its thread may have been merged or forgotten since.
            None => self.join_thread(id, index),
        }
    }

    fn join_thread(&mut self, id: MessageId, index: usize) -> Result<ThreadId, StoreError> {
        threading::join(&mut self.threads, &self.keys[index], ThreadId(id.0))
    }
}

/// The row of the same mail in another mailbox of the account, by the server's own word. Where the Message-IDs say
/// otherwise, the server's word is not good.
fn shared_message(
    conn: &Connection,
    account: AccountId,
    message: &NewMessage,
) -> Result<Option<MessageId>, StoreError> {
    let find = |sql, id: &dyn ToSql| {
        let mut statement = conn.prepare_cached(sql)?;
        let params = params![account.0, id, message.envelope.message_id];
        statement.query_row(params, |row| row.get(0).map(MessageId)).optional()
    };
    let found = match (&message.email_id, message.gm_msgid) {
        (Some(email_id), _) => {
            find("SELECT id FROM messages WHERE account = ?1 AND email_id = ?2 AND message_id IS ?3 LIMIT 1", email_id)
        }
        (None, Some(gm_msgid)) => find(
            "SELECT id FROM messages WHERE account = ?1 AND gm_msgid = ?2 AND message_id IS ?3 LIMIT 1",
            &gm_msgid.cast_signed(),
        ),
        (None, None) => Ok(None),
    };
    Ok(found?)
}
