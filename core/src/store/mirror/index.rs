//! Which mails the full-text index does not hold yet, and putting them there. To arrive is one thing, to be searchable
//! another: reading and cutting the words of a mail costs more than storing it, and can wait until nobody does.

use rusqlite::{OptionalExtension, params};

use crate::model::{Digest, MailboxId, MessageId, Part};
use crate::store::columns::{Rest, addresses_from_column, structure_from_column, structure_to_column};
use crate::store::fulltext::{self, Searchable};
use crate::store::{Body, MirrorTx, Snapshot, StoreError};

/// A mail that the index does not hold as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unindexed {
    /// The mail.
    pub message: MessageId,
    /// The whole of it, where it is here.
    pub body: Option<Body>,
}

/// How the index is brought up to date with one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToIndex {
    /// The mail.
    pub message: MessageId,
    /// Whether the whole mail was here when its digest was made: where it came since, the mail stays to be indexed.
    pub had_body: bool,
    /// What its bytes showed, where they could be read.
    pub digest: Option<Digest>,
}

struct Columns {
    subject: String,
    from: String,
    to: String,
    rest: String,
    structure: Option<String>,
    has_body: bool,
}

impl Snapshot<'_> {
    /// The next mails to be indexed, those of the first sync newest first: at most `limit`, and no more than it takes to
    /// pass `octets` of bodies.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn unindexed(&self, limit: u32, octets: u64) -> Result<Vec<Unindexed>, StoreError> {
        let mut statement = self.prepare("SELECT message FROM unindexed ORDER BY message LIMIT ?1")?;
        let rows = statement.query_map([limit], |row| row.get(0).map(MessageId))?;
        let mut found = Vec::new();
        let mut room = octets;
        for message in rows {
            let message = message?;
            let body = self.body(message, "")?;
            room = room.saturating_sub(body.as_ref().map_or(0, Body::size));
            found.push(Unindexed { message, body });
            if room == 0 {
                break;
            }
        }
        Ok(found)
    }

    /// How many mails the index does not hold as they are now.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn unindexed_count(&self) -> Result<u64, StoreError> {
        Ok(self.prepare("SELECT count(*) FROM unindexed")?.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }
}

impl MirrorTx<'_> {
    /// Makes mails searchable; gives those whose bytes were read their structure and their preview. Mails that are gone
    /// are passed over.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn index(&mut self, mails: &[ToIndex]) -> Result<(), StoreError> {
        let mut ready = Vec::new();
        for mail in mails {
            let Some(columns) = self.columns_to_index(mail)? else { continue };
            if let Some(digest) = &mail.digest {
                self.note_digest(mail.message, digest)?;
            }
            if !columns.has_body || mail.had_body {
                self.prepare("DELETE FROM unindexed WHERE message = ?1")?.execute([mail.message.0])?;
            } else {
                self.prepare("UPDATE unindexed SET known = 1 WHERE message = ?1")?.execute([mail.message.0])?;
            }
            ready.push((mail, columns));
        }
        // Last of all: any statement of several rows between makes FTS5 write out what it has gathered so far.
        for (mail, columns) in ready {
            self.write_words(mail, &columns)?;
        }
        Ok(())
    }

    /// What is searchable of a mail besides its text; its older state is taken out of the index.
    fn columns_to_index(&mut self, mail: &ToIndex) -> Result<Option<Columns>, StoreError> {
        let sql = "SELECT known, subject, from_list, to_list, more, structure, body_state
                   FROM unindexed JOIN messages ON id = message WHERE message = ?1";
        let read = self.prepare(sql)?.query_row([mail.message.0], |row| {
            let columns = Columns {
                subject: row.get(1)?,
                from: row.get(2)?,
                to: row.get(3)?,
                rest: row.get(4)?,
                structure: row.get(5)?,
                has_body: row.get::<_, i64>(6)? == 2,
            };
            Ok((row.get::<_, bool>(0)?, columns))
        });
        let Some((known, columns)) = read.optional()? else { return Ok(None) };
        if known {
            fulltext::remove(self.conn(), mail.message)?;
        }
        Ok(Some(columns))
    }

    fn write_words(&self, mail: &ToIndex, columns: &Columns) -> Result<(), StoreError> {
        // A column that makes no sense is the check's to report; it must not keep all other mail from being indexed.
        let from = addresses_from_column(&columns.from).unwrap_or_default();
        let to = addresses_from_column(&columns.to).unwrap_or_default();
        let rest = Rest::from_column(&columns.rest).unwrap_or_default();
        let told: Option<Part> = match &mail.digest {
            Some(_) => None,
            None => columns.structure.as_deref().and_then(|text| structure_from_column(text).ok()),
        };
        let searchable = Searchable {
            subject: &columns.subject,
            from: &from,
            recipients: [&to, &rest.cc, &rest.bcc],
            body: mail.digest.as_ref().map_or("", |digest| &digest.text),
            structure: mail.digest.as_ref().map(|digest| &digest.structure).or(told.as_ref()),
        };
        fulltext::insert(self.conn(), mail.message, &searchable)
    }

    fn note_digest(&mut self, message: MessageId, digest: &Digest) -> Result<(), StoreError> {
        let sql =
            "UPDATE messages SET structure = ?2, has_attachments = ?3, preview = coalesce(?4, preview) WHERE id = ?1";
        let has_attachments = !digest.structure.attachments().is_empty();
        let structure = structure_to_column(&digest.structure)?;
        self.prepare(sql)?.execute(params![message.0, structure, has_attachments, digest.preview])?;
        self.change().messages.insert(message);
        self.touch_places_of(message)
    }

    /// The index does not hold the mail as it is from now on.
    pub(in crate::store) fn to_be_indexed(&self, message: MessageId) -> Result<(), StoreError> {
        let sql = "INSERT INTO unindexed (message, known) VALUES (?1, 1) ON CONFLICT (message) DO NOTHING";
        self.prepare(sql)?.execute([message.0])?;
        Ok(())
    }

    /// Every mailbox that shows the mail has changed.
    pub(in crate::store) fn touch_places_of(&mut self, message: MessageId) -> Result<(), StoreError> {
        let mut statement = self.prepare("SELECT shown_in FROM places WHERE message = ?1")?;
        let rows = statement.query_map([message.0], |row| row.get::<_, Option<i64>>(0))?;
        let mailboxes: Vec<Option<i64>> = rows.collect::<Result<_, _>>()?;
        self.change().mailboxes.extend(mailboxes.into_iter().flatten().map(MailboxId));
        Ok(())
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
