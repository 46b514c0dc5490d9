//! Moves of which only the first half is done: the message lies in both mailboxes on the server, and is shown in one.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::settle::places_changed;
use crate::journal::{Evidence, Source, StepKey, StepState};
use crate::model::{MailboxId, OperationId, PlaceId, SystemFlag, Uid};
use crate::store::journal::refresh_places;
use crate::store::tx::WriteTx;
use crate::store::{JournalTx, ReplayTx, StoreError};

const DELETED: u8 = SystemFlag::Deleted as u8;

impl ReplayTx<'_> {
    /// A message was copied away from under this UID: what it leaves there is a place of its own that is not shown. `marked` tells
    /// whether it stays so for good, marked deleted; else it is still to go. Where it was left before, only that changes.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn leave_original(
        &mut self,
        place: PlaceId,
        mailbox: MailboxId,
        uid: Uid,
        marked: bool,
    ) -> Result<(), StoreError> {
        let is_there = self.mirror_location(place)? == Some((mailbox, Some(uid)));
        let sql = "SELECT coalesce(max(flags), 0) FROM places WHERE mailbox = ?1 AND uid = ?2";
        let at = params![mailbox.0, uid.get()];
        let before: u8 = self.prepare(sql)?.query_row(at, |row| row.get(0))?;
        if is_there {
            self.leave_remnant(place)?;
        }
        let flags = if marked { before | DELETED } else { before };
        let sql = "UPDATE places SET hidden = 2, overlaid = 1, flags = ?3 WHERE mailbox = ?1 AND uid = ?2";
        self.prepare(sql)?.execute(params![mailbox.0, uid.get(), flags])?;
        self.change().mailboxes.insert(mailbox);
        Ok(())
    }

    /// What was left under this UID stays there, and is in sight again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn original_stays(&mut self, mailbox: MailboxId, uid: Uid) -> Result<(), StoreError> {
        let sql = "UPDATE places SET hidden = 0 WHERE mailbox = ?1 AND uid = ?2 AND hidden = 2 RETURNING id";
        let at = params![mailbox.0, uid.get()];
        let original = self.prepare(sql)?.query_row(at, |row| row.get(0).map(PlaceId)).optional()?;
        refresh_places(self.conn(), original)?;
        self.change().mailboxes.insert(mailbox);
        Ok(())
    }
}

impl JournalTx<'_> {
    /// The second half of moves goes on: what is still to go is out of sight again. What was acted on meanwhile is a message of its
    /// own, and stays in sight.
    pub(super) fn hide_originals(&mut self, operation: OperationId) -> Result<(), StoreError> {
        set_hidden(self.inner(), ("operation = ?1", operation.0), StepState::Queued, (0, 2))
    }

    /// The second half of moves is taken back: what was to go stays, and is in sight.
    pub(super) fn show_originals(&mut self, operation: OperationId) -> Result<(), StoreError> {
        show_originals_of(self.inner(), operation, StepState::Cancelled)
    }
}

/// The second half of moves has come to this state and does not go on: what was to go stays, and is in sight.
pub(super) fn show_originals_of(
    tx: &mut WriteTx<'_>,
    operation: OperationId,
    state: StepState,
) -> Result<(), StoreError> {
    set_hidden(tx, ("operation = ?1", operation.0), state, (2, 0))
}

/// What was to be done to a message waits for the user: what a move of it has left behind stays, and is in sight.
pub(super) fn show_original_of(tx: &mut WriteTx<'_>, place: PlaceId) -> Result<(), StoreError> {
    set_hidden(tx, ("place = ?1 AND state < 7", place.0), StepState::NeedsUser, (2, 0))
}

/// A move of which the first half was done is about a message that is gone: what it left behind stays, and is in sight, unless it
/// was marked deleted. Gives its place.
pub(super) fn unmarked_original(tx: &mut WriteTx<'_>, step: StepKey) -> Result<Option<PlaceId>, StoreError> {
    let sql = "WITH half AS (SELECT iif(json_valid(evidence), evidence, '{}') AS known FROM steps
                             WHERE operation = ?1 AND place = ?2 AND state < 7)
               UPDATE places SET hidden = 0 FROM half JOIN mailboxes b
               ON b.id = known ->> '$.source.mailbox' AND b.uid_validity = known ->> '$.source.validity'
               WHERE known ->> '$.copied' IS NOT NULL AND places.mailbox = b.id AND places.uid = known ->> '$.source.uid'
               AND places.hidden = 2 AND NOT places.flags & ?3 RETURNING places.id";
    let params = params![step.operation.0, step.place.0, DELETED];
    Ok(tx.conn().prepare_cached(sql)?.query_row(params, |row| row.get(0).map(PlaceId)).optional()?)
}

fn set_hidden(
    tx: &mut WriteTx<'_>,
    (which, value): (&str, i64),
    of: StepState,
    (from, to): (u8, u8),
) -> Result<(), StoreError> {
    // Several moves of one message may have left as one: then it goes as long as the last of them that is to be done goes to where it was
    // copied. Taken up again it goes only for one that does.
    let sql = format!(
        "WITH halves AS (SELECT operation, place, evidence,
                                iif(json_valid(evidence), evidence ->> '$.target.mailbox', NULL) AS target
                         FROM steps WHERE {which} AND state = ?2 AND instr(evidence, '\"copied\":{{'))
         SELECT s.place, s.evidence FROM halves s
         WHERE (SELECT o.mailbox FROM steps t JOIN operations o ON o.id = t.operation
                WHERE t.place = s.place AND t.operation <> s.operation AND t.state < 7 AND t.state < 5
                AND t.evidence = s.evidence ORDER BY t.operation DESC LIMIT 1) IS NOT s.target
         AND (?3 OR (SELECT mailbox FROM operations WHERE id = s.operation) = s.target)"
    );
    let mut statement = tx.conn().prepare_cached(&sql)?;
    let rows = statement.query_map(params![value, of as u8, from > to], |row| {
        let text: Vec<u8> = row.get_ref(1)?.as_bytes().map(<[u8]>::to_vec).unwrap_or_default();
        let evidence: Option<Evidence> = serde_json::from_slice(&text).ok();
        Ok((PlaceId(row.get(0)?), evidence.and_then(|evidence| evidence.source), text))
    })?;
    let halves: Vec<(PlaceId, Option<Source>, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
    drop(statement);
    let sql = "UPDATE places SET hidden = ?5 WHERE mailbox = ?1 AND uid = ?2 AND hidden = ?4 AND id <> ?3
               AND EXISTS (SELECT 1 FROM mailboxes WHERE id = ?1 AND uid_validity = ?6)
               AND NOT EXISTS (SELECT 1 FROM steps WHERE place = places.id AND state < 7 AND state < 5) RETURNING id";
    // What left with one that is taken back, and goes elsewhere, begins anew from where it was copied to.
    let others = "UPDATE steps SET evidence = NULL WHERE place = ?1 AND state < 7 AND evidence = CAST(?2 AS TEXT)";
    for (place, source, evidence) in halves {
        if of == StepState::Cancelled && tx.conn().prepare_cached(others)?.execute(params![place.0, evidence])? > 0 {
            places_changed(tx, &BTreeSet::from([place]))?;
        }
        let Some(Source { mailbox, validity, uid }) = source else { continue };
        let at = params![mailbox.0, uid.get(), place.0, from, to, validity.get()];
        let original = tx.conn().prepare_cached(sql)?.query_row(at, |row| row.get(0).map(PlaceId)).optional()?;
        refresh_places(tx.conn(), original)?;
        tx.change().mailboxes.insert(mailbox);
    }
    Ok(())
}
