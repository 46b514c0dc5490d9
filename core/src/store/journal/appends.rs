//! Mails of the user's own that the server said it has stored, and has not.

use rusqlite::{OptionalExtension, params};

use super::read::json;
use super::settle::{steps_changed, to_json};
use crate::journal::{Evidence, Reason, StepState};
use crate::model::{MailboxId, OperationId, PlaceId, Uid};
use crate::store::StoreError;
use crate::store::tx::WriteTx;

/// The mod-sequence of a place that replay has put somewhere, until the server shows it there.
pub(in crate::store) const UNSEEN: i64 = -1;

/// A mail that the server was to have stored, and never showed, is the user's own again, as before it was appended, and waits for them.
/// Where it was to be known by its looks alone, only if nothing came to the mailbox since: it may have come otherwise than it went.
/// Returns whether it is such a one.
pub(in crate::store) fn take_back(
    tx: &mut WriteTx<'_>,
    place: PlaceId,
    mailbox: MailboxId,
    had_uid: bool,
) -> Result<bool, StoreError> {
    let sql = "SELECT o.id, s.evidence, b.uid_next FROM operations o JOIN steps s ON s.operation = o.id
               JOIN mailboxes b ON b.id = ?3
               WHERE o.state >= 7 AND o.kind = 'append' AND s.place = ?1 AND s.state = ?2 ORDER BY o.id DESC LIMIT 1";
    let found = tx.conn().prepare_cached(sql)?.query_row(params![place.0, StepState::Done as u8, mailbox.0], |row| {
        Ok((OperationId(row.get(0)?), json::<Evidence>(row, 1)?, row.get::<_, Option<u32>>(2)?))
    });
    let Some((operation, evidence, uid_next)) = found.optional()? else { return Ok(false) };
    let before = evidence.and_then(|evidence| evidence.target).and_then(|target| target.uid_next).map(Uid::get);
    if !had_uid && (before.is_none() || before != uid_next) {
        return Ok(false);
    }
    let sql = "UPDATE places SET mailbox = NULL, uid = NULL, modseq = NULL, hidden = 0, overlaid = 1, moved_to = ?2 WHERE id = ?1";
    tx.conn().prepare_cached(sql)?.execute([place.0, mailbox.0])?;
    let reason = Reason::new("not_stored", "the server said that it has stored this mail, and has not");
    let sql = "UPDATE steps SET state = ?3, reason = ?4, evidence = NULL, next_try = NULL WHERE operation = ?1 AND place = ?2";
    let params = params![operation.0, place.0, StepState::Parked as u8, to_json(&reason)?];
    tx.conn().prepare_cached(sql)?.execute(params)?;
    steps_changed(tx, [operation], [place])?;
    Ok(true)
}
