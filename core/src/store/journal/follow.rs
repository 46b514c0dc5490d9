//! Two places turn out to be one message: what was asked of the one is asked of the other.

use rusqlite::params;

use super::labels::with_siblings;
use super::overlay::refresh_places;
use super::settle::{end_all_made, update_operations};
use crate::journal::{Reason, StepState};
use crate::model::{OperationId, PlaceId};
use crate::mutants::mutant;
use crate::store::StoreError;
use crate::store::tx::WriteTx;

/// A place has got the id of another: so have its steps that are not at their end. Those at their end keep the id under which they
/// were asked for, which leads here too.
pub(in crate::store) fn follow_place(tx: &mut WriteTx<'_>, from: PlaceId, to: PlaceId) -> Result<(), StoreError> {
    if mutant!("steps_stay_behind") {
        return refresh_places(tx.conn(), [to]);
    }
    let (mut operations, mut unmade) = (Vec::new(), Vec::new());
    for (gives_way, operation) in of_both(tx, from, to)? {
        let sql = "DELETE FROM steps WHERE operation = ?1 AND place = ?2
                   RETURNING (SELECT id FROM places WHERE id = made AND mailbox IS NULL)";
        let mut statement = tx.conn().prepare_cached(sql)?;
        let made: Option<i64> = statement.query_row(params![operation.0, gives_way.0], |row| row.get(0))?;
        unmade.extend(made.map(PlaceId));
        operations.push(operation);
    }
    let sql = "UPDATE steps SET place = ?2 WHERE place = ?1 AND state < 7";
    tx.conn().prepare_cached(sql)?.execute([from.0, to.0])?;
    tx.conn().prepare_cached("UPDATE steps SET made = ?2 WHERE made = ?1")?.execute([from.0, to.0])?;
    update_operations(tx, operations)?;
    let reason = Reason::new("gone", "two messages turned out to be one, and one copy was made");
    end_all_made(tx, unmade, StepState::Moot, Some(&reason))?;
    refresh_places(tx.conn(), with_siblings(tx.conn(), [to])?)
}

/// The operations that ask the same of both, and which of the two gives way: what is asked of one message is done once, and what
/// was done is not undone by what was not.
fn of_both(tx: &WriteTx<'_>, from: PlaceId, to: PlaceId) -> Result<Vec<(PlaceId, OperationId)>, StoreError> {
    // Two looks, each by the index of steps that are not at their end.
    let sql = "SELECT f.operation, f.state, t.state FROM steps f JOIN steps t ON t.operation = f.operation AND t.place = ?2
               WHERE f.place = ?1 AND f.state < 7
               UNION SELECT f.operation, f.state, t.state FROM steps t JOIN steps f ON f.operation = t.operation AND f.place = ?1
               WHERE t.place = ?2 AND t.state < 7";
    let mut statement = tx.conn().prepare_cached(sql)?;
    let rows = statement
        .query_map([from.0, to.0], |row| Ok((OperationId(row.get(0)?), row.get::<_, u8>(1)?, row.get::<_, u8>(2)?)))?;
    let done = StepState::Done as u8;
    let mut found = Vec::new();
    for row in rows {
        let (operation, from_state, to_state) = row?;
        match (from_state, to_state) {
            (open, state) if open < done && state == done => found.push((from, operation)),
            (open_or_done, _) if open_or_done <= done => found.push((to, operation)),
            // It came to nothing, under an id that is no longer shown.
            _ => {}
        }
    }
    Ok(found)
}
