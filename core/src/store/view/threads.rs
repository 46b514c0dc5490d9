//! Conversations.

use rusqlite::params;

use super::row::{COLUMNS, MessageRow, read};
use crate::model::{MailboxId, ThreadId};
use crate::store::{Cursor, ListFilter, Snapshot, StoreError};

impl Snapshot<'_> {
    /// The next conversations of a mailbox, each by its newest mail there that the filter lets through, newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn page_threads(
        &self,
        mailbox: MailboxId,
        filter: ListFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let after = after.unwrap_or(Cursor::START);
        let shown = filter.condition();
        let newer_shown = shown.replace("p.", "newer.");
        let sql = format!(
            "SELECT {COLUMNS} FROM places p CROSS JOIN messages m ON m.id = p.message
             WHERE p.shown_in = ?1 AND (p.date, p.id) < (?2, ?3) {shown}
             AND NOT EXISTS (SELECT 1 FROM places newer WHERE newer.thread = p.thread AND newer.shown_in = p.shown_in
                             AND (newer.date, newer.id) > (p.date, p.id) {newer_shown})
             ORDER BY p.date DESC, p.id DESC LIMIT ?4"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query(params![mailbox.0, after.date.0, after.place.0, limit])?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            page.push(read(row)?);
        }
        Ok(page)
    }

    /// All mails of a conversation wherever they lie, oldest first; copies in other mailboxes included. The id of one that
    /// was merged into another leads to that, until [`crate::store::MirrorTx::collect_garbage`] forgets old ids.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn thread(&self, thread: ThreadId) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM places p CROSS JOIN messages m ON m.id = p.message
             WHERE p.thread IN (
                 WITH RECURSIVE merged (thread) AS (
                     SELECT ?1 UNION SELECT winner FROM thread_merges JOIN merged ON loser = thread)
                 SELECT thread FROM merged)
             AND EXISTS (SELECT 1 FROM mailboxes WHERE id = p.shown_in AND NOT removed)
             ORDER BY p.date, p.id"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([thread.0])?;
        let mut members = Vec::new();
        while let Some(row) = rows.next()? {
            members.push(read(row)?);
        }
        Ok(members)
    }
}
