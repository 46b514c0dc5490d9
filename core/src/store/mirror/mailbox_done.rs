//! What the server has made of mailboxes at the user's wish.

use rusqlite::{OptionalExtension, params};

use crate::model::{MailboxId, PlaceId, Uid};
use crate::store::{Mailbox, MailboxNaming, MailboxState, MirrorTx, ReplayTx, Snapshot, StoreError};

impl ReplayTx<'_> {
    /// A mailbox is on the server.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn mailbox_created(
        &mut self,
        id: MailboxId,
        raw: &[u8],
        object_id: Option<String>,
        subscribed: bool,
    ) -> Result<(), StoreError> {
        self.mirror(|tx| {
            let mailbox = tx.mailbox(id)?.ok_or(StoreError::NotFound("mailbox"))?;
            if !mailbox.provisional {
                // Sync was there before.
                return Ok(());
            }
            if let Some(other) = tx.mailbox_by_raw(id, raw)? {
                // The server had one of this name, and lists it no more.
                tx.remove_mailbox(other)?;
            }
            let state = MailboxState { object_id, ..mailbox.state };
            tx.set_mailbox_state(id, &state)?;
            tx.adopt_mailbox(id, &MailboxNaming { raw_name: raw.to_vec(), subscribed, ..mailbox.naming })
        })
    }

    /// A mailbox has another name, and what lies below it with it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn mailbox_renamed(&mut self, id: MailboxId, to: &[u8], name: &str) -> Result<(), StoreError> {
        self.mirror(|tx| {
            let namings = tx.renamed(id, to, name)?;
            for (id, naming) in &namings {
                // Sync saw it under its new name and did not know it again.
                if let Some(other) = tx.mailbox_by_raw(*id, &naming.raw_name)?
                    && !namings.iter().any(|(id, _)| *id == other)
                {
                    tx.remove_mailbox(other)?;
                }
            }
            tx.update_mailbox_namings(&namings)?;
            namings.iter().try_for_each(|(id, _)| tx.set_missing_since(*id, None))
        })
    }

    /// A mailbox is gone from the server with all mail in it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn mailbox_deleted(&mut self, id: MailboxId) -> Result<(), StoreError> {
        self.mirror(|tx| match tx.remove_mailbox(id) {
            Err(StoreError::NotFound(_)) => Ok(()),
            other => other,
        })
    }

    /// The user is subscribed to a mailbox, or is not.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn mailbox_subscribed(&mut self, id: MailboxId, subscribed: bool) -> Result<(), StoreError> {
        self.mirror(|tx| {
            let mailbox = tx.mailbox(id)?.ok_or(StoreError::NotFound("mailbox"))?;
            tx.update_mailbox_namings(&[(id, MailboxNaming { subscribed, ..mailbox.naming })])
        })
    }
}

impl MirrorTx<'_> {
    /// What a mailbox and those below it are called once it is called otherwise (RFC 3501 section 6.3.5).
    fn renamed(&self, id: MailboxId, to: &[u8], name: &str) -> Result<Vec<(MailboxId, MailboxNaming)>, StoreError> {
        let mailbox = self.mailbox(id)?.ok_or(StoreError::NotFound("mailbox"))?;
        let (old, old_name) = (mailbox.naming.raw_name.clone(), format!("{}/", mailbox.naming.name));
        let mut below = old.clone();
        below.extend(mailbox.naming.delimiter.map(String::from).unwrap_or_default().into_bytes());
        let has_below = below.len() > old.len();
        let children = self.mailboxes(mailbox.account)?.into_iter();
        let children: Vec<Mailbox> =
            children.filter(|other| has_below && other.naming.raw_name.starts_with(&below)).collect();
        let mut namings = vec![(id, MailboxNaming { raw_name: to.to_vec(), name: name.to_owned(), ..mailbox.naming })];
        for child in children.into_iter().filter(|child| child.id != id) {
            let tail = child.naming.raw_name.get(old.len()..).unwrap_or_default();
            let shown = match child.naming.name.strip_prefix(&old_name) {
                Some(tail) => format!("{name}/{tail}"),
                None => child.naming.name.clone(),
            };
            let naming = MailboxNaming { raw_name: [to, tail].concat(), name: shown, ..child.naming };
            namings.push((child.id, naming));
        }
        Ok(namings)
    }

    /// The other mailbox of the same account that has this raw name.
    fn mailbox_by_raw(&self, beside: MailboxId, raw: &[u8]) -> Result<Option<MailboxId>, StoreError> {
        let sql = "SELECT id FROM mailboxes WHERE raw_name = ?2 AND id <> ?1
                   AND account = (SELECT account FROM mailboxes WHERE id = ?1)";
        let mut statement = self.prepare(sql)?;
        Ok(statement.query_row(params![beside.0, raw], |row| row.get(0).map(MailboxId)).optional()?)
    }
}

impl Snapshot<'_> {
    /// Whether a mailbox that the server lists, other than this one, has this raw name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn is_raw_name_taken(&self, beside: MailboxId, raw: &[u8]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM mailboxes WHERE raw_name = ?2 AND id <> ?1
                   AND missing_since IS NULL AND account = (SELECT account FROM mailboxes WHERE id = ?1))";
        Ok(self.prepare(sql)?.query_row(params![beside.0, raw], |row| row.get(0))?)
    }

    /// The messages of a mailbox that operations of the user have put there, or left there as they took them away, from a UID on or
    /// without one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn places_put_there(&self, mailbox: MailboxId, from: Uid) -> Result<Vec<(PlaceId, Option<Uid>)>, StoreError> {
        let sql = "SELECT DISTINCT p.id, p.uid FROM places p WHERE p.mailbox = ?1 AND (p.uid >= ?2 OR p.uid IS NULL)
                   AND (p.hidden = 2 OR EXISTS (
                     SELECT 1 FROM operations o JOIN steps s ON s.operation = o.id
                     WHERE o.mailbox = ?1 AND s.state = 7 AND (s.place = p.id OR s.made = p.id)))";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([mailbox.0, from.get().into()], |row| {
            Ok((PlaceId(row.get(0)?), row.get::<_, Option<u32>>(1)?.and_then(Uid::new)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
