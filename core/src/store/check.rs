//! The doctor: whether what is stored agrees with itself, and what can be put right here. What is damaged beyond that is
//! fetched again from the server: see [`Store::salvage`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::blobs::{BLOBS, file_path, hash_file};
use super::incoming::{INCOMING, path_of};
use super::{MirrorTx, Snapshot, Store, StoreError, journal, schema};
use crate::model::{MailboxId, OperationId, PlaceId};

/// What is wrong with a store. Holds no user data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What SQLite says of the file: damaged pages, indexes that disagree with their tables. At most 20 lines.
    pub database: Vec<String>,
    /// Rows that name a row which is not there.
    pub broken_references: u64,
    /// Mailboxes whose counts differ from their messages.
    pub wrong_counts: Vec<MailboxId>,
    /// Messages that are shown otherwise than the journal has it.
    pub wrongly_shown: Vec<PlaceId>,
    /// Operations that cannot be read, or are not whole: they are set aside, and can be taken back.
    pub damaged_operations: Vec<OperationId>,
    /// Bodies whose file is missing or has other bytes than it was stored with.
    pub damaged_bodies: u64,
    /// Files that no row names.
    pub stray_files: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// Checks everything: slow, for it reads all there is.
    ///
    /// # Errors
    /// Where the check itself cannot be made. What it finds is no error.
    pub async fn check(&self) -> Result<CheckReport, StoreError> {
        self.read(check).await
    }

    /// Puts right what can be: indexes, the full-text index among them (mail is indexed again), counts, bodies that are
    /// damaged (they are fetched again), files that nothing names. Returns what is still wrong after it: where that is
    /// the database itself, only [`Store::salvage`] helps.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn repair(&self) -> Result<CheckReport, StoreError> {
        if !self.read(|view| schema::is_as_made(view.conn())).await? {
            return self.check().await;
        }
        self.mirror(|tx| tx.repair()).await?;
        self.check().await
    }
}

fn check(snapshot: &Snapshot<'_>) -> Result<CheckReport, StoreError> {
    let conn = snapshot.conn();
    // FTS5 checks what it remembers of the index, which another connection may have changed since: a query makes it forget.
    let _ = count(conn, "SELECT count(*) FROM fulltext WHERE fulltext MATCH '\"\"'");
    let mut database = texts(conn, "PRAGMA integrity_check(20)")?;
    database.retain(|line| line != "ok");
    if !schema::is_as_made(conn)? {
        // What else is wrong cannot be asked for.
        database.push("the schema is not the one that was made".to_owned());
        return Ok(CheckReport { database, ..CheckReport::default() });
    }
    let broken_references = count(conn, "SELECT count(*) FROM pragma_foreign_key_check")?;
    let wrong_counts = wrong_counts(conn)?.into_iter().map(|(mailbox, ..)| mailbox).collect();
    let damaged_bodies = damaged_blobs(conn, snapshot.dir())?.len() as u64;
    let stray_files = stray_files(conn, snapshot.dir())?.len() as u64;
    let wrongly_shown = journal::wrongly_shown(conn)?;
    let damaged_operations = journal::damaged_operations(conn)?;
    Ok(CheckReport {
        database,
        broken_references,
        wrong_counts,
        wrongly_shown,
        damaged_operations,
        damaged_bodies,
        stray_files,
    })
}

impl MirrorTx<'_> {
    fn repair(&mut self) -> Result<(), StoreError> {
        let conn = self.conn();
        conn.execute_batch("REINDEX")?;
        if texts(conn, "PRAGMA integrity_check('fulltext')")?.iter().any(|line| line != "ok") {
            self.forget_index()?;
        }
        for (mailbox, total, unread, detached) in wrong_counts(conn)? {
            let sql = "UPDATE mailboxes SET total = ?2, unread = ?3, detached = ?4 WHERE id = ?1";
            self.prepare(sql)?.execute([mailbox.0, total, unread, detached])?;
            self.change().mailboxes.insert(mailbox);
        }
        self.repair_journal()?;
        let conn = self.conn();
        journal::refresh_places(conn, journal::wrongly_shown(conn)?)?;
        for blob in damaged_blobs(conn, self.dir())? {
            self.forget_blob(blob)?;
        }
        for path in stray_files(conn, self.dir())? {
            self.remove_file(path);
        }
        Ok(())
    }

    /// Every mail waits to be indexed again.
    fn forget_index(&mut self) -> Result<(), StoreError> {
        self.conn().execute_batch(
            "INSERT INTO fulltext (fulltext) VALUES ('delete-all');
             INSERT OR IGNORE INTO unindexed (message, known) SELECT id, 0 FROM messages;
             UPDATE unindexed SET known = 0",
        )?;
        Ok(())
    }

    /// The mails that had these bytes have them no more, and want them again.
    fn forget_blob(&mut self, blob: i64) -> Result<(), StoreError> {
        let mut statement = self.prepare("DELETE FROM parts WHERE blob = ?1 RETURNING message")?;
        let rows = statement.query_map([blob], |row| row.get(0))?;
        let messages: Vec<i64> = rows.collect::<Result<_, _>>()?;
        self.prepare("DELETE FROM blobs WHERE id = ?1")?.execute([blob])?;
        let sql = "UPDATE messages SET body_state = CASE
                     WHEN EXISTS (SELECT 1 FROM parts WHERE message = ?1 AND section = '') THEN 2
                     ELSE EXISTS (SELECT 1 FROM parts WHERE message = ?1) END
                   WHERE id = ?1";
        for message in messages {
            self.prepare(sql)?.execute(params![message])?;
            self.touch_places_of(crate::model::MessageId(message))?;
        }
        Ok(())
    }
}

/// Mailboxes with wrong counts, and the right ones: total, unread, detached.
fn wrong_counts(conn: &Connection) -> Result<Vec<(MailboxId, i64, i64, i64)>, StoreError> {
    let sql = "SELECT b.id, count(p.id) AS t, count(p.id) FILTER (WHERE p.flags & 1 = 0) AS u,
               count(p.id) FILTER (WHERE p.uid IS NULL) AS d
               FROM mailboxes b LEFT JOIN places p ON p.mailbox = b.id
               GROUP BY b.id HAVING (t, u, d) <> (b.total, b.unread, b.detached)";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((MailboxId(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn damaged_blobs(conn: &Connection, dir: &Path) -> Result<Vec<i64>, StoreError> {
    let mut statement = conn.prepare("SELECT id, hash, size FROM blobs WHERE data IS NULL")?;
    let mut rows = statement.query([])?;
    let mut damaged = Vec::new();
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(1)?;
        let size: i64 = row.get(2)?;
        let found = hash_file(&file_path(dir, &hash));
        if !found.is_ok_and(|(real, length)| real[..] == hash[..] && length == size.cast_unsigned()) {
            damaged.push(row.get(0)?);
        }
    }
    Ok(damaged)
}

fn stray_files(conn: &Connection, dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut named: BTreeSet<PathBuf> = BTreeSet::new();
    let mut statement = conn.prepare("SELECT hash FROM blobs WHERE data IS NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        named.insert(file_path(dir, &row.get::<_, Vec<u8>>(0)?));
    }
    let mut statement = conn.prepare("SELECT id FROM incoming")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        named.insert(path_of(dir, row.get(0)?));
    }
    let mut strays = Vec::new();
    for folder in [BLOBS, INCOMING] {
        for entry in std::fs::read_dir(dir.join(folder))? {
            let path = entry?.path();
            if !named.contains(&path) {
                strays.push(path);
            }
        }
    }
    Ok(strays)
}

fn texts(conn: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count(conn: &Connection, sql: &str) -> Result<u64, StoreError> {
    Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
