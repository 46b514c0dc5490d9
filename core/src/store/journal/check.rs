//! The doctor's look at the journal: operations that cannot be read, or are not whole.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};

use super::read::{MOST, known_state};
use super::settle::{set_aside, to_json, update_operations};
use crate::journal::{Action, Evidence, Reason};
use crate::model::OperationId;
use crate::store::tx::WriteTx;
use crate::store::{MirrorTx, StoreError};

/// What is wrong with one operation that is not at its end.
#[derive(Default)]
struct Damage {
    /// What it asks for cannot be read, or how far it has come: it can only be set aside.
    unreadable: bool,
    /// What was noted beside that cannot be read.
    notes: bool,
    /// It asks nothing of anything.
    empty: bool,
}

impl Damage {
    fn is_none(&self) -> bool {
        !(self.unreadable || self.notes || self.empty)
    }
}

/// Operations that cannot be read, or are not whole. Those that were set aside for it are among them until they are taken back.
pub(in crate::store) fn damaged_operations(conn: &Connection) -> Result<Vec<OperationId>, StoreError> {
    Ok(damages(conn)?.into_iter().map(|(operation, _)| operation).collect())
}

fn damages(conn: &Connection) -> Result<Vec<(OperationId, Damage)>, StoreError> {
    let mut operations = conn.prepare("SELECT id, action FROM operations WHERE state < 7 OR state > 9 ORDER BY id")?;
    let mut steps = conn.prepare(
        "SELECT state, evidence, reason, min(attempts, suspected, breaks) < 0 OR max(attempts, suspected, breaks) > ?2
         FROM steps WHERE operation = ?1",
    )?;
    let mut rows = operations.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = OperationId(row.get(0)?);
        let mut damage = Damage { unreadable: !reads::<Action>(row, 1)?, empty: true, notes: false };
        let mut rows = steps.query([id.0, MOST])?;
        while let Some(row) = rows.next()? {
            damage.empty = false;
            damage.unreadable |= known_state(row.get(0)?).is_none();
            damage.notes |= !reads::<Evidence>(row, 1)? || !reads::<Reason>(row, 2)? || row.get::<_, bool>(3)?;
        }
        if !damage.is_none() {
            found.push((id, damage));
        }
    }
    Ok(found)
}

/// Whether a column holds nothing, or what can be read.
fn reads<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<bool> {
    let value = row.get_ref(index)?;
    let text = value.as_bytes_or_null().ok().flatten();
    Ok(matches!(value, rusqlite::types::ValueRef::Null)
        || text.is_some_and(|text| serde_json::from_slice::<T>(text).is_ok()))
}

impl MirrorTx<'_> {
    /// Sets aside what cannot be read, forgets what was noted of it, and ends what asks nothing of anything.
    pub(in crate::store) fn repair_journal(&mut self) -> Result<(), StoreError> {
        repair(self.inner())
    }
}

fn repair(tx: &mut WriteTx<'_>) -> Result<(), StoreError> {
    // A step whose operation is lost: nobody knows what was wanted.
    let sql = "DELETE FROM steps WHERE operation NOT IN (SELECT id FROM operations)";
    tx.conn().prepare_cached(sql)?.execute([])?;
    let forget = "UPDATE steps SET evidence = NULL, reason = ?2, attempts = 0, suspected = 0, breaks = 0
                  WHERE operation = ?1 AND state < 7";
    let noted = to_json(&Reason::new("damaged", "what was noted of it could not be read"))?;
    let mut unreadable = Vec::new();
    let mut operations = BTreeSet::new();
    for (operation, damage) in damages(tx.conn())? {
        if damage.notes {
            tx.conn().prepare_cached(forget)?.execute(rusqlite::params![operation.0, noted])?;
        }
        if damage.unreadable {
            unreadable.push(operation);
        }
        operations.insert(operation);
    }
    set_aside(tx, &unreadable)?;
    update_operations(tx, operations)?;
    Ok(())
}
