//! How far replay has come with steps: each change with what it changes of the view, and of the mirror, in one transaction.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::halves::{show_original_of, unmarked_original};
use super::labels::with_siblings;
use super::mailbox_overlay::refresh_mailboxes;
use super::overlay::with_copies;
use super::read::known_state;
use super::refresh_places;
use crate::journal::{BREAKS, Evidence, Reason, StepKey, StepState};
use crate::model::{AccountId, MailboxId, OperationId, PlaceId, Timestamp};
use crate::mutants::mutant;
use crate::store::tx::WriteTx;
use crate::store::{JournalTx, ReplayTx, StoreError};

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server has done it.
    Done,
    /// There was nothing left to do.
    Moot(Reason),
    /// It was refused for now.
    Later(Reason, Timestamp),
    /// It broke the connection, and goes out again at this time.
    Broke(Reason, Timestamp),
    /// It was refused.
    Parked(Reason),
    /// Only the user can decide.
    NeedsUser(Reason),
    /// It did not reach the server, or did nothing there: it goes out again.
    Again,
    /// It left, and how it ended was not heard.
    Unknown,
    /// The server is being asked.
    Probing,
}

impl Outcome {
    fn state(&self) -> StepState {
        match self {
            Self::Done => StepState::Done,
            Self::Moot(_) => StepState::Moot,
            Self::Later(..) | Self::Broke(..) => StepState::Retry,
            Self::Parked(_) => StepState::Parked,
            Self::NeedsUser(_) => StepState::NeedsUser,
            Self::Again => StepState::Queued,
            Self::Unknown => StepState::Unknown,
            Self::Probing => StepState::Probing,
        }
    }

    fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Moot(reason)
            | Self::Later(reason, _)
            | Self::Broke(reason, _)
            | Self::Parked(reason)
            | Self::NeedsUser(reason) => Some(reason),
            Self::Done | Self::Again | Self::Unknown | Self::Probing => None,
        }
    }

    fn next_try(&self) -> Option<i64> {
        match self {
            Self::Later(_, time) | Self::Broke(_, time) => Some(time.0),
            _ => None,
        }
    }

    /// Whether the server answered, so that nothing is to be suspected any more.
    fn is_answer(&self) -> bool {
        matches!(self, Self::Later(..) | Self::NeedsUser(_))
            || matches!(self, Self::Parked(reason) if reason.code != BREAKS)
    }
}

impl ReplayTx<'_> {
    /// Notes that steps are about to leave, with what is so before. Returns whether all of them still wait for it: else, one
    /// having been taken back meanwhile, nothing is written, and nothing may leave.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn begin(&mut self, steps: &[(StepKey, Evidence)]) -> Result<bool, StoreError> {
        for (key, _) in steps {
            let sql = "SELECT count(*) FROM steps WHERE operation = ?1 AND place = ?2 AND state IN (0, 4)";
            let waiting: i64 = self.prepare(sql)?.query_row([key.operation.0, key.place.0], |row| row.get(0))?;
            if waiting == 0 && !mutant!("taken_back_leaves") {
                return Ok(false);
            }
        }
        let sql = "UPDATE steps SET state = ?3, evidence = ?4, next_try = NULL WHERE operation = ?1 AND place = ?2";
        let newest = Some(self.mirror(|tx| tx.newest_place())?);
        for (key, evidence) in steps {
            let evidence = if mutant!("evidence_forgotten") { Evidence::default() } else { evidence.clone() };
            let json = to_json(&Evidence { newest, ..evidence })?;
            self.prepare(sql)?.execute(params![
                key.operation.0,
                key.place.0,
                if mutant!("begin_not_noted") { StepState::Queued } else { StepState::InFlight } as u8,
                json
            ])?;
        }
        // The view shows them all along: only the operations change.
        let operations: BTreeSet<OperationId> = steps.iter().map(|(key, _)| key.operation).collect();
        update_operations(self.inner(), operations)?;
        Ok(true)
    }

    /// Notes what has become known of steps that are under way.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_evidence(&mut self, steps: &[(StepKey, Evidence)]) -> Result<(), StoreError> {
        let sql = "UPDATE steps SET evidence =
                       iif(json_valid(evidence), json_set(?3, '$.newest', json_extract(evidence, '$.newest')), ?3)
                   WHERE operation = ?1 AND place = ?2";
        for (key, evidence) in steps {
            self.prepare(sql)?.execute(params![key.operation.0, key.place.0, to_json(evidence)?])?;
        }
        // What is half done is shown otherwise.
        let places: BTreeSet<PlaceId> = steps.iter().map(|(key, _)| key.place).collect();
        let places = with_siblings(self.conn(), places)?;
        places_changed(self.inner(), &places)
    }

    /// Notes what became of steps.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn settle(&mut self, outcomes: &[(StepKey, Outcome)]) -> Result<(), StoreError> {
        // What goes out again begins anew: what was so before, or half done, says nothing any more. Of a deletion whose answer was lost
        // it stays: it may have been carried out.
        let sql = "UPDATE steps SET state = ?3, reason = ?4, next_try = ?5,
                          attempts = min(max(attempts, 0), 1000000) + ?6,
                          evidence = iif(?3 = 0 AND NOT (suspected > 0 AND coalesce(instr(evidence, '\"copied\":{'), 0) = 0
                              AND EXISTS (SELECT 1 FROM operations o WHERE o.id = operation AND o.kind = 'delete')), NULL, evidence),
                          suspected = iif(?7, 0, suspected), breaks = iif(?7, 0, breaks)
                   WHERE operation = ?1 AND place = ?2 AND state < 7 RETURNING made";
        let mut touched = Vec::new();
        for (key, _) in outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Moot(_))) {
            touched.extend(unmarked_original(self.inner(), *key)?);
        }
        for (key, outcome) in outcomes {
            let reason = outcome.reason().map(to_json).transpose()?;
            let refused = matches!(outcome, Outcome::Later(..) | Outcome::Parked(_));
            let (state, next_try, answered) = (outcome.state() as u8, outcome.next_try(), outcome.is_answer());
            let mut statement = self.prepare(sql)?;
            let rows = statement.query_map(
                params![key.operation.0, key.place.0, state, reason, next_try, refused, answered],
                |row| row.get::<_, Option<i64>>(0),
            )?;
            for made in rows {
                touched.push(key.place);
                touched.extend(made?.map(PlaceId));
            }
        }
        let operations: BTreeSet<OperationId> = outcomes.iter().map(|(key, _)| key.operation).collect();
        self.steps_changed(operations, touched)
    }

    /// Sets operations aside that cannot be read.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn set_aside(&mut self, operations: &[OperationId]) -> Result<(), StoreError> {
        set_aside(self.inner(), operations)
    }

    fn steps_changed(
        &mut self,
        operations: impl IntoIterator<Item = OperationId>,
        places: impl IntoIterator<Item = PlaceId>,
    ) -> Result<(), StoreError> {
        steps_changed(self.inner(), operations, places)
    }
}

impl JournalTx<'_> {
    pub(super) fn steps_changed(
        &mut self,
        operations: impl IntoIterator<Item = OperationId>,
        places: impl IntoIterator<Item = PlaceId>,
    ) -> Result<(), StoreError> {
        steps_changed(self.inner(), operations, places)
    }
}

/// Sets operations aside that cannot be read, of states that there are not among them.
pub(super) fn set_aside(tx: &mut WriteTx<'_>, operations: &[OperationId]) -> Result<(), StoreError> {
    let reason = to_json(&Reason::new("damaged", "what was noted of it cannot be read"))?;
    for operation in operations {
        let sql = "UPDATE steps SET state = ?2, reason = ?3, next_try = NULL
                   WHERE operation = ?1 AND (state < 5 OR state > 9) RETURNING place, made";
        let mut statement = tx.conn().prepare_cached(sql)?;
        let rows = statement.query_map(params![operation.0, StepState::Parked as u8, reason], |row| {
            Ok([Some(PlaceId(row.get(0)?)), row.get::<_, Option<i64>>(1)?.map(PlaceId)])
        })?;
        let touched: Vec<[Option<PlaceId>; 2]> = rows.collect::<Result<_, _>>()?;
        drop(statement);
        steps_changed(tx, [*operation], touched.into_iter().flatten().flatten())?;
    }
    Ok(())
}

/// Brings everything up to date that follows from steps: their operations, and how places are shown.
pub(super) fn steps_changed(
    tx: &mut WriteTx<'_>,
    operations: impl IntoIterator<Item = OperationId>,
    places: impl IntoIterator<Item = PlaceId>,
) -> Result<(), StoreError> {
    let mut operations: BTreeSet<OperationId> = operations.into_iter().collect();
    let mut places: BTreeSet<PlaceId> = places.into_iter().filter(|place| place.0 != 0).collect();
    note_mailboxes(tx, &places)?;
    if !mutant!("unmade_stays") {
        end_unmade(tx, &mut operations, &mut places)?;
    }
    let places = with_siblings(tx.conn(), with_copies(tx.conn(), places)?)?;
    if !mutant!("settle_shows_late") {
        places_changed(tx, &places)?;
    }
    for account in update_operations(tx, operations)? {
        refresh_mailboxes(tx, account)?;
    }
    Ok(())
}

/// Shows places by their steps anew.
pub(super) fn places_changed(tx: &mut WriteTx<'_>, places: &BTreeSet<PlaceId>) -> Result<(), StoreError> {
    note_mailboxes(tx, places)?;
    refresh_places(tx.conn(), places.iter().copied())?;
    note_mailboxes(tx, places)
}

/// The id of a place goes to a message that may be another: what was to be done to it waits for the user.
pub(in crate::store) fn hold_steps(tx: &mut WriteTx<'_>, place: PlaceId) -> Result<(), StoreError> {
    let reason = Reason::new("unsure", "the server has renumbered the mailbox, and several messages may be this one");
    let sql = "UPDATE steps SET state = ?2, reason = ?3 WHERE place = ?1 AND state < 7 AND state < 5 RETURNING operation, made";
    let mut statement = tx.conn().prepare_cached(sql)?;
    let rows = statement.query_map(params![place.0, StepState::NeedsUser as u8, to_json(&reason)?], |row| {
        Ok((OperationId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(PlaceId)))
    })?;
    let held: Vec<(OperationId, Option<PlaceId>)> = rows.collect::<Result<_, _>>()?;
    drop(statement);
    // Copies that are not to be made are shown nowhere.
    let made = held.iter().filter_map(|(_, made)| *made).filter(|_| !mutant!("held_copies_show"));
    let places = with_siblings(tx.conn(), with_copies(tx.conn(), made.chain([place]).collect())?)?;
    places_changed(tx, &places)?;
    show_original_of(tx, place)?;
    update_operations(tx, held.into_iter().map(|(operation, _)| operation))?;
    Ok(())
}

/// Messages that will never be made, as their copy came to nothing, go, and with them what was to be done to them.
fn end_unmade(
    tx: &mut WriteTx<'_>,
    operations: &mut BTreeSet<OperationId>,
    places: &mut BTreeSet<PlaceId>,
) -> Result<(), StoreError> {
    let unmade = "SELECT s.state, s.reason FROM steps s JOIN places p ON p.id = s.made
                  WHERE s.made = ?1 AND s.state IN (8, 9) AND p.mailbox IS NULL";
    let mut looked_at = places.clone();
    while let Some(place) = looked_at.pop_first() {
        let found = tx
            .conn()
            .prepare_cached(unmade)?
            .query_row([place.0], |row| Ok((row.get::<_, u8>(0)?, row.get::<_, Option<String>>(1)?)));
        let Some((state, reason)) = found.optional()? else { continue };
        for (operation, made) in end_made(tx, place, state, reason.as_deref())? {
            operations.insert(operation);
            looked_at.extend(made);
            places.extend(made);
        }
    }
    Ok(())
}

/// A message that will not be made goes, and what was to be done to it ends so. Gives the operations, and what they were to make.
fn end_made(
    tx: &mut WriteTx<'_>,
    place: PlaceId,
    state: u8,
    reason: Option<&str>,
) -> Result<Vec<(OperationId, Option<PlaceId>)>, StoreError> {
    let end = "UPDATE steps SET state = ?2, reason = ?3 WHERE place = ?1 AND state < 7 RETURNING operation, made";
    let orphan = "UPDATE messages SET orphaned = ?2
                  WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM places WHERE message = ?1)";
    let mut statement = tx.conn().prepare_cached(end)?;
    let rows = statement.query_map(params![place.0, state, reason], |row| {
        Ok((OperationId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(PlaceId)))
    })?;
    let ended: Vec<(OperationId, Option<PlaceId>)> = rows.collect::<Result<_, _>>()?;
    drop(statement);
    note_mailboxes(tx, &BTreeSet::from([place]))?;
    let gone = "DELETE FROM places WHERE id = ?1 RETURNING message";
    let message = tx.conn().prepare_cached(gone)?.query_row([place.0], |row| row.get::<_, i64>(0)).optional()?;
    let now = tx.now().0;
    tx.conn().prepare_cached(orphan)?.execute(params![message, now])?;
    Ok(ended)
}

/// Messages that will not be made go, with what was to be done to them and made of them: that ends in this state.
pub(super) fn end_all_made(
    tx: &mut WriteTx<'_>,
    gone: Vec<PlaceId>,
    state: StepState,
    reason: Option<&Reason>,
) -> Result<(), StoreError> {
    if gone.is_empty() {
        return Ok(());
    }
    let reason = reason.map(to_json).transpose()?;
    let (mut operations, mut places) = (BTreeSet::new(), BTreeSet::new());
    for place in gone {
        for (operation, made) in end_made(tx, place, state as u8, reason.as_deref())? {
            operations.insert(operation);
            places.extend(made);
        }
    }
    steps_changed(tx, operations, places)
}

/// The mailboxes in which places are shown have changed.
fn note_mailboxes(tx: &mut WriteTx<'_>, places: &BTreeSet<PlaceId>) -> Result<(), StoreError> {
    let mut statement = tx.conn().prepare_cached("SELECT shown_in FROM places WHERE id = ?1")?;
    for place in places {
        let mut rows = statement.query([place.0])?;
        if let Some(row) = rows.next()? {
            tx.change().mailboxes.extend(row.get::<_, Option<i64>>(0)?.map(MailboxId));
        }
    }
    Ok(())
}

/// What operations add up to. Returns the accounts in which any was about a mailbox.
pub(super) fn update_operations(
    tx: &mut WriteTx<'_>,
    operations: impl IntoIterator<Item = OperationId>,
) -> Result<BTreeSet<AccountId>, StoreError> {
    let mut of_mailboxes = BTreeSet::new();
    let now = tx.now().0;
    let mut read = tx.conn().prepare_cached("SELECT DISTINCT state FROM steps WHERE operation = ?1")?;
    let mut write =
        tx.conn().prepare_cached(
            "UPDATE operations SET state = ?2, updated = ?3 WHERE id = ?1 RETURNING account, kind >= 'mailbox_' AND kind < 'mailbox`'",
        )?;
    for operation in operations {
        let rows = read.query_map([operation.0], |row| row.get::<_, i64>(0))?;
        let states: Vec<i64> = rows.collect::<Result<_, _>>()?;
        let state = StepState::of_all(states.into_iter().map(|code| known_state(code).unwrap_or(StepState::Parked)));
        let params = params![operation.0, state as u8, now];
        let row = write.query_row(params, |row| Ok((AccountId(row.get(0)?), row.get(1)?)));
        // A step without its operation belongs to nobody.
        let Some((account, about_mailbox)) = row.optional()? else { continue };
        tx.change().accounts.insert(account);
        if about_mailbox {
            of_mailboxes.insert(account);
        }
    }
    Ok(of_mailboxes)
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Internal("no JSON".to_owned()))
}
