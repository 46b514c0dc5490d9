//! What is kept for a while only: mails that lie nowhere, ids of places that went, operations at their end and what they would
//! have made, blobs that no mail names, thread keys of mails long gone.

use rusqlite::Connection;

use crate::model::{MessageId, Timestamp};
use crate::store::{MirrorTx, Snapshot, StoreError, blobs, fulltext, incoming};

/// How long a mail is kept that lies nowhere, and the id of a place that went, in days.
pub const ORPHAN_DAYS: i64 = 30;

/// What was thrown away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GarbageReport {
    /// Mails that had no place for [`ORPHAN_DAYS`].
    pub messages: u64,
    /// Files with bytes that no mail names any more.
    pub files: u64,
}

impl Snapshot<'_> {
    /// Whether anything was kept for its time, so that [`MirrorTx::collect_garbage`] has something to do.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn has_garbage(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE orphaned <= ?1)
             OR EXISTS (SELECT 1 FROM departed WHERE since <= ?1)
             OR EXISTS (SELECT 1 FROM operations WHERE state >= 7 AND updated <= ?1)
             OR EXISTS (SELECT 1 FROM places WHERE {NEVER_MADE})
             OR EXISTS (SELECT 1 FROM mailboxes WHERE {NEVER_CREATED})"
        );
        Ok(self.prepare(&sql)?.query_row([before(now)], |row| row.get(0))?)
    }
}

/// Places of copies and appends that were taken back, or for which there was nothing to be done.
const NEVER_MADE: &str = "mailbox IS NULL AND NOT EXISTS (SELECT 1 FROM steps WHERE made = places.id AND state < 7)
    AND NOT EXISTS (SELECT 1 FROM steps WHERE place = places.id AND state < 7)";

/// Mailboxes whose making was taken back, and that nothing waits for.
const NEVER_CREATED: &str = "provisional = 1
    AND NOT EXISTS (SELECT 1 FROM operations WHERE operations.mailbox = mailboxes.id AND operations.state < 7)";

fn before(now: Timestamp) -> i64 {
    now.0 - ORPHAN_DAYS * 24 * 3600
}

impl MirrorTx<'_> {
    /// Throws away what is no longer needed. To be called now and then, outside of a hurry.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn collect_garbage(&mut self, now: Timestamp) -> Result<GarbageReport, StoreError> {
        let before = before(now);
        self.drop_what_was_never_made(before)?;
        let mut statement = self.prepare("SELECT id FROM messages WHERE orphaned <= ?1")?;
        let rows = statement.query_map([before], |row| row.get(0).map(MessageId))?;
        let orphans: Vec<MessageId> = rows.collect::<Result<_, _>>()?;
        for &orphan in &orphans {
            self.delete_orphan(orphan)?;
        }
        for &orphan in &orphans {
            fulltext::remove(self.conn(), orphan)?;
        }
        self.prepare("DELETE FROM departed WHERE since <= ?1")?.execute([before])?;
        let sql = "DELETE FROM place_aliases WHERE NOT EXISTS (SELECT 1 FROM places WHERE id = place)
                   AND NOT EXISTS (SELECT 1 FROM departed WHERE departed.place = place_aliases.place)";
        self.prepare(sql)?.execute([])?;
        let files = blobs::remove_unused(self.conn(), self.dir())?;
        let report = GarbageReport { messages: orphans.len() as u64, files: files.len() as u64 };
        files.into_iter().for_each(|path| self.remove_file(path));
        if report.messages > 0 {
            forget_dead_threads(self.conn())?;
        }
        Ok(report)
    }

    /// Operations at their end are kept for a while, so that the user can read what became of them.
    fn drop_what_was_never_made(&mut self, before: i64) -> Result<(), StoreError> {
        let mut statement = self.prepare(&format!("DELETE FROM places WHERE {NEVER_MADE} RETURNING message"))?;
        let rows = statement.query_map([], |row| row.get(0).map(MessageId))?;
        for message in rows.collect::<Result<Vec<_>, _>>()? {
            self.note_if_orphaned(message)?;
        }
        self.prepare(&format!("DELETE FROM mailboxes WHERE {NEVER_CREATED}"))?.execute([])?;
        self.prepare("DELETE FROM operations WHERE state >= 7 AND updated <= ?1")?.execute([before])?;
        Ok(())
    }

    pub(super) fn delete_orphan(&mut self, message: MessageId) -> Result<(), StoreError> {
        let mut statement = self.prepare("SELECT id FROM incoming WHERE message = ?1")?;
        let rows = statement.query_map([message.0], |row| row.get(0))?;
        for id in rows.collect::<Result<Vec<i64>, _>>()? {
            self.remove_file(incoming::path_of(self.dir(), id));
        }
        self.prepare("DELETE FROM messages WHERE id = ?1")?.execute([message.0])?;
        Ok(())
    }
}

/// Lets keys lead straight to their threads, then forgets merges and the keys of threads that hold no mail.
fn forget_dead_threads(conn: &Connection) -> Result<(), StoreError> {
    let follow = "UPDATE thread_keys SET thread = (SELECT winner FROM thread_merges WHERE loser = thread)
                  WHERE thread IN (SELECT loser FROM thread_merges)";
    // Each round shortens every chain by one; the longest chain bounds the rounds.
    while conn.prepare_cached(follow)?.execute([])? > 0 {}
    conn.prepare_cached("DELETE FROM thread_merges")?.execute([])?;
    let dead =
        "DELETE FROM thread_keys WHERE NOT EXISTS (SELECT 1 FROM places WHERE places.thread = thread_keys.thread)";
    conn.prepare_cached(dead)?.execute([])?;
    Ok(())
}
