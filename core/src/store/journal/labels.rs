//! Mails on a server with labels (X-GM-EXT-1): one mail lies in many mailboxes, and what is done to it in one shows in the
//! others.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::settle::{places_changed, update_operations};
use crate::model::{MailboxId, MailboxRole, MessageId, OperationId, PlaceId, Uid, UidValidity};
use crate::store::tx::WriteTx;
use crate::store::{JournalTx, Snapshot, StoreError};

/// Which messages `m` have labels: the extension alone does not say that mailboxes are labels; a mailbox of all mail does.
pub(in crate::store) const LABELLED: &str = "m.gm_msgid IS NOT NULL
    AND EXISTS (SELECT 1 FROM mailboxes a WHERE a.account = m.account AND a.role = 'all')";

/// These places, and the others of the same mails where the server has labels.
pub(super) fn with_siblings(
    conn: &Connection,
    places: impl IntoIterator<Item = PlaceId>,
) -> Result<BTreeSet<PlaceId>, StoreError> {
    let mut places: BTreeSet<PlaceId> = places.into_iter().filter(|place| place.0 != 0).collect();
    if !has_labels(conn)? {
        return Ok(places);
    }
    let sql = format!(
        "SELECT q.id FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
               WHERE p.id = ?1 AND {LABELLED} AND q.id <> p.id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    for place in places.clone() {
        let rows = statement.query_map([place.0], |row| row.get(0).map(PlaceId))?;
        places.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(places)
}

pub(in crate::store) fn has_labels(conn: &Connection) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE gm_msgid IS NOT NULL)
         AND EXISTS (SELECT 1 FROM mailboxes WHERE role = 'all')",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Operations that ask for flags of the mail of a place where it lies in other mailboxes.
pub(super) fn flags_elsewhere(conn: &Connection, place: PlaceId) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT s.operation FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
         JOIN steps s ON s.place = q.id AND s.state < 7 AND s.state < 5 JOIN operations o ON o.id = s.operation
         WHERE p.id = ?1 AND {LABELLED} AND q.id <> p.id AND o.kind = 'flag'"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([place.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether another place of the same mail is shown where this one is to go.
pub(super) fn is_doubled(conn: &Connection, place: PlaceId, moved_to: Option<MailboxId>) -> Result<bool, StoreError> {
    let Some(to) = moved_to else { return Ok(false) };
    let sql = format!("SELECT EXISTS (SELECT 1 FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
               WHERE p.id = ?1 AND {LABELLED} AND q.id <> p.id AND q.hidden = 0
               AND (q.mailbox = ?2 AND q.moved_to IS NULL OR q.moved_to = ?2 AND q.id < p.id))");
    Ok(conn.prepare_cached(&sql)?.query_row(params![place.0, to.0], |row| row.get(0))?)
}

/// Whether another place of the same mail is to go to the trash, to the spam, or for ever, which takes every label.
pub(super) fn is_swept(conn: &Connection, place: PlaceId) -> Result<bool, StoreError> {
    // What is asked of the place itself after that, it is shown for.
    let sql = format!("SELECT EXISTS (SELECT 1 FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
               JOIN steps s ON s.place = q.id AND s.state < 7 AND s.state < 5 JOIN operations o ON o.id = s.operation
               LEFT JOIN mailboxes b ON b.id = o.mailbox
               WHERE p.id = ?1 AND {LABELLED} AND q.id <> p.id
               AND o.id > (SELECT coalesce(max(t.operation), 0) FROM steps t JOIN operations n ON n.id = t.operation
                           WHERE (t.place = p.id OR t.made = p.id) AND t.state < 7 AND t.state < 5
                           AND n.kind IN ('move', 'copy') AND NOT (t.place = p.id AND n.kind = 'copy'))
               AND (o.kind = 'delete' OR o.kind = 'move' AND b.role IN ('trash', 'junk')))");
    Ok(conn.prepare_cached(&sql)?.query_row([place.0], |row| row.get(0))?)
}

/// Places of the same mail that are to go to the same mailbox as one that is shown there, with UIDVALIDITY of where they lie: what leaves
/// it takes them along.
pub(super) fn hidden_with(conn: &Connection, place: PlaceId) -> Result<Vec<(PlaceId, Option<u32>)>, StoreError> {
    let sql = format!(
        "SELECT q.id, b.uid_validity FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
         LEFT JOIN mailboxes b ON b.id = q.mailbox
         WHERE p.id = ?1 AND {LABELLED} AND q.id <> p.id AND q.hidden = 1 AND q.moved_to = p.shown_in"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([place.0], |row| Ok((PlaceId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an expunge would take but the label under which a place lies, the trash not being shown.
pub(super) fn only_loses_label(conn: &Connection, place: PlaceId) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM places p JOIN messages m ON m.id = p.message LEFT JOIN mailboxes b ON b.id = p.mailbox
         WHERE p.id = ?1 AND {LABELLED} AND b.role IS NOT 'trash' AND b.role IS NOT 'junk'
         AND NOT EXISTS (SELECT 1 FROM mailboxes t WHERE t.account = m.account AND t.role = 'trash'
                         AND t.missing_since IS NULL AND NOT t.provisional AND t.selectable))"
    );
    Ok(conn.prepare_cached(&sql)?.query_row([place.0], |row| row.get(0))?)
}

/// Shows anew what the journal makes of all places of a mail, after it got a label or lost one.
pub(in crate::store) fn labels_changed(tx: &mut WriteTx<'_>, message: MessageId) -> Result<(), StoreError> {
    let mut statement = tx.conn().prepare_cached("SELECT id FROM places WHERE message = ?1")?;
    let places: BTreeSet<PlaceId> =
        statement.query_map([message.0], |row| row.get(0).map(PlaceId))?.collect::<Result<_, _>>()?;
    drop(statement);
    places_changed(tx, &places)
}

/// A mail lost a label to somebody else. What was asked of the mail, and not of the label, is asked of it where it lies still: flags, the
/// trash, the spam, and that it goes for ever.
pub(in crate::store) fn label_went(tx: &mut WriteTx<'_>, place: PlaceId, message: MessageId) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT q.id FROM places q JOIN messages m ON m.id = q.message JOIN mailboxes b ON b.id = q.mailbox
         WHERE q.message = ?1 AND {LABELLED} AND q.uid IS NOT NULL
         ORDER BY b.role IS 'trash' DESC, b.role IS 'all' DESC, q.id LIMIT 1"
    );
    let other = tx.conn().prepare_cached(&sql)?.query_row([message.0], |row| row.get::<_, i64>(0)).optional()?;
    if let Some(other) = other {
        // What is asked of the mail there too is asked once.
        let sql = "UPDATE OR IGNORE steps SET place = ?2, state = 0, next_try = NULL, reason = NULL, evidence = NULL
                   WHERE place = ?1 AND state < 7 AND state IN (0, 4) AND operation IN (
                       SELECT o.id FROM steps s JOIN operations o ON o.id = s.operation LEFT JOIN mailboxes b ON b.id = o.mailbox
                       WHERE s.place = ?1 AND s.state < 7
                       AND (o.kind IN ('flag', 'delete') OR o.kind = 'move' AND b.role IN ('trash', 'junk')))
                   RETURNING operation";
        let mut statement = tx.conn().prepare_cached(sql)?;
        let rows = statement.query_map([place.0, other], |row| row.get(0).map(OperationId))?;
        let operations: BTreeSet<OperationId> = rows.collect::<Result<_, _>>()?;
        drop(statement);
        update_operations(tx, operations)?;
    }
    labels_changed(tx, message)
}

impl Snapshot<'_> {
    /// Whether a message lies in a mailbox that shows mail which lies elsewhere too, on a server with labels: All Mail,
    /// Starred. Nothing can be moved out of there but to the trash and the spam.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn is_in_label_view(&self, place: PlaceId) -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM places p JOIN messages m ON m.id = p.message JOIN mailboxes b ON b.id = p.shown_in
                   WHERE p.id = coalesce((SELECT place FROM place_aliases WHERE alias = ?1), ?1)
                   AND {LABELLED} AND b.role IN ('all', 'flagged', 'important'))");
        Ok(self.prepare(&sql)?.query_row([place.0], |row| row.get(0))?)
    }
}

impl Snapshot<'_> {
    /// Under which UID the mail of a message has another label, on a server with labels: a move there makes no message.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn label_in(&self, place: PlaceId, mailbox: MailboxId) -> Result<Option<(UidValidity, Uid)>, StoreError> {
        let sql = format!(
            "SELECT b.uid_validity, q.uid FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
             JOIN mailboxes b ON b.id = q.mailbox
             WHERE p.id = ?1 AND {LABELLED} AND q.id <> p.id AND q.mailbox = ?2 AND q.uid IS NOT NULL"
        );
        let mut statement = self.prepare(&sql)?;
        let found =
            statement.query_row(params![place.0, mailbox.0], |row| Ok((row.get::<_, Option<u32>>(0)?, row.get(1)?)));
        let found = found.optional()?.and_then(|(validity, uid)| Some((UidValidity::new(validity?)?, Uid::new(uid)?)));
        Ok(found)
    }
}

impl JournalTx<'_> {
    /// What it takes to archive messages on a server with labels: to take their mails out of the inbox. `None` where a
    /// message is of another server. Those that are not in the inbox are archived already.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where a message is not shown.
    pub fn labelled_in_inbox(&self, places: &[PlaceId]) -> Result<Option<(MailboxId, Vec<PlaceId>)>, StoreError> {
        if !has_labels(self.conn())? {
            return Ok(None);
        }
        let sql = format!(
            "SELECT q.id FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
                   JOIN mailboxes b ON b.id = q.shown_in
                   WHERE p.id = ?1 AND {LABELLED} AND b.role = 'inbox'"
        );
        let mut statement = self.prepare(&sql)?;
        let (mut inbox, mut all_mail) = (BTreeSet::new(), None);
        for place in places {
            let row = self.message(*place)?.ok_or(StoreError::NotFound("message"))?.row;
            let Some(all) = self.role_mailbox_of(row.id, MailboxRole::All)? else { return Ok(None) };
            // A label that happens to be named so is none to archive to.
            if self.identity(row.id)?.is_none_or(|one| one.gm_msgid.is_none()) {
                return Ok(None);
            }
            all_mail = Some(all);
            let rows = statement.query_map([row.id.0], |row| row.get(0).map(PlaceId))?;
            inbox.extend(rows.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(all_mail.map(|all| (all, inbox.into_iter().collect())))
    }
}
