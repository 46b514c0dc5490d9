//! Mails of the user's own that the server said it has stored, and has not.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::settle::{steps_changed, to_json};
use crate::journal::{Reason, StepKey, StepState};
use crate::model::{MailboxId, OperationId, PlaceId};
use crate::store::StoreError;
use crate::store::tx::WriteTx;

/// Mails that were appended to a mailbox since its account was last synced as a whole: no sync has seen them there yet.
pub(in crate::store) fn unseen_appends(
    conn: &Connection,
    mailbox: MailboxId,
) -> Result<BTreeMap<PlaceId, OperationId>, StoreError> {
    let sql = "SELECT s.place, o.id FROM mailboxes b JOIN accounts a ON a.id = b.account
               JOIN operations o ON o.state >= 7 AND o.updated >= coalesce(a.sync_completed, 0)
               JOIN steps s ON s.operation = o.id AND s.state = ?2
               WHERE b.id = ?1 AND o.account = a.id AND o.kind = 'append'";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![mailbox.0, StepState::Done as u8], |row| {
        Ok((PlaceId(row.get(0)?), OperationId(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A mail is not on the server after all: it is the user's own again, as before it was appended, and waits for them.
pub(in crate::store) fn take_back(tx: &mut WriteTx<'_>, key: StepKey, mailbox: MailboxId) -> Result<(), StoreError> {
    let sql = "UPDATE places SET mailbox = NULL, uid = NULL, modseq = NULL, hidden = 0, overlaid = 1, moved_to = ?2 WHERE id = ?1";
    tx.conn().prepare_cached(sql)?.execute([key.place.0, mailbox.0])?;
    let reason = Reason::new("not_stored", "the server said that it has stored this mail, and has not");
    let sql = "UPDATE steps SET state = ?3, reason = ?4, evidence = NULL, next_try = NULL WHERE operation = ?1 AND place = ?2";
    let params = params![key.operation.0, key.place.0, StepState::Parked as u8, to_json(&reason)?];
    tx.conn().prepare_cached(sql)?.execute(params)?;
    steps_changed(tx, [key.operation], [key.place])
}
