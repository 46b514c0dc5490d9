//! Steps whose connection broke, and which of them is to blame for it.

use std::collections::BTreeSet;

use rusqlite::params;

use super::settle::update_operations;
use crate::journal::{Evidence, StepKey, StepState};
use crate::model::{AccountId, OperationId, PlaceId};
use crate::store::{ReplayTx, StoreError};

impl ReplayTx<'_> {
    /// The connection broke. Steps that were under way are unknown, and suspected where anything of them had `left`: they go out
    /// after everything else then, with fewer others each time. One that was suspected before, and the only one, has broken the
    /// connection. Where it broke without such a step, it breaks by itself, and nothing that was noted of others holds. Those
    /// for which a mailbox was being opened, `opening`, go out later too, but are not to blame. Returns whether anything goes out
    /// later now than before.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn connection_broke(
        &mut self,
        account: AccountId,
        left: bool,
        opening: &[StepKey],
    ) -> Result<bool, StoreError> {
        let sql = "SELECT s.operation, s.place, s.suspected FROM operations o JOIN steps s ON s.operation = o.id
                   WHERE o.account = ?1 AND o.state < 7 AND s.state = 1";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([account.0], |row| {
            Ok((OperationId(row.get(0)?), PlaceId(row.get(1)?), row.get::<_, i64>(2)?))
        })?;
        let under_way: Vec<(OperationId, PlaceId, i64)> = rows.collect::<Result<_, _>>()?;
        drop(statement);
        // Several moves of one message leave as one.
        let alone = under_way.first().is_some_and(|(_, first, _)| {
            under_way.len() == 1 || first.0 != 0 && under_way.iter().all(|(_, place, _)| place == first)
        });
        let blamed = left && alone && under_way.iter().all(|(_, _, suspected)| *suspected > 0);
        if !blamed {
            let sql = "UPDATE steps SET breaks = 0 WHERE breaks > 0 AND state < 5
                       AND operation IN (SELECT id FROM operations WHERE account = ?1 AND state < 7)";
            self.prepare(sql)?.execute([account.0])?;
        }
        let sql =
            "UPDATE steps SET state = ?3, suspected = min(suspected, 1000000) + ?4, breaks = min(breaks, 1000000) + ?5
                   WHERE operation = ?1 AND place = ?2";
        for (operation, place, _) in &under_way {
            let unknown = StepState::Unknown as u8;
            self.prepare(sql)?.execute(params![operation.0, place.0, unknown, left, blamed])?;
        }
        let operations: BTreeSet<OperationId> = under_way.iter().map(|(operation, ..)| *operation).collect();
        update_operations(self.inner(), operations)?;
        if !left {
            return Ok(false);
        }
        let sql = "UPDATE steps SET suspected = 1
                   WHERE operation = ?1 AND place = ?2 AND suspected = 0 AND state IN (0, 4)";
        let mut suspected = under_way.len();
        for key in opening {
            suspected += self.prepare(sql)?.execute([key.operation.0, key.place.0])?;
        }
        Ok(suspected > 0)
    }

    /// Notes that the second half of what steps ask for is about to leave, with what is known of the first.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn go_on(&mut self, steps: &[(StepKey, Evidence)]) -> Result<(), StoreError> {
        let sql = "UPDATE steps SET state = ?3, next_try = NULL WHERE operation = ?1 AND place = ?2 AND state < 5";
        for (key, _) in steps {
            self.prepare(sql)?.execute(params![key.operation.0, key.place.0, StepState::InFlight as u8])?;
        }
        self.note_evidence(steps)?;
        let operations: BTreeSet<OperationId> = steps.iter().map(|(key, _)| key.operation).collect();
        update_operations(self.inner(), operations)?;
        Ok(())
    }

    /// Steps were under way when their replay was cut off, by its end or that of the process: what they did to the connection is
    /// not known.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn cut_off(&mut self, steps: &[StepKey]) -> Result<(), StoreError> {
        let sql = "UPDATE steps SET suspected = min(suspected, 1000000) + 1 WHERE operation = ?1 AND place = ?2";
        for key in steps {
            self.prepare(sql)?.execute([key.operation.0, key.place.0])?;
        }
        Ok(())
    }
}
