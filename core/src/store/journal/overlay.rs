//! The columns of a place in which the journal says how it is shown: always what its steps add up to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, params};

use crate::journal::{Action, Effect, Overlay};
use crate::model::PlaceId;
use crate::store::StoreError;

/// Writes anew how places are shown, after their steps or they themselves changed.
pub(in crate::store) fn refresh_places(
    conn: &Connection,
    places: impl IntoIterator<Item = PlaceId>,
) -> Result<(), StoreError> {
    // The index of steps by place is of those below 7: SQLite uses it only where that very term stands.
    let mut steps = conn.prepare_cached(
        "SELECT operation, 0 AS made FROM steps WHERE place = ?1 AND state < 7 AND state < 5
         UNION ALL SELECT operation, 1 FROM steps WHERE made = ?1 AND state < 5 ORDER BY operation",
    )?;
    let mut update = conn.prepare_cached(
        "UPDATE places SET overlaid = ?2 OR hidden = 2 OR mailbox IS NULL, hidden = iif(hidden = 2, 2, ?3), moved_to = ?4,
         set_bits = ?5, clear_bits = ?6, set_words = ?7, clear_words = ?8 WHERE id = ?1",
    )?;
    let mut actions = Actions::default();
    for place in places {
        let rows = steps.query_map([place.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))?;
        let rows: Vec<(i64, bool)> = rows.collect::<Result<_, _>>()?;
        for (operation, _) in &rows {
            actions.load(conn, *operation)?;
        }
        let effects = rows.iter().filter_map(|(operation, made)| {
            let action = actions.get(*operation)?;
            let by_itself = matches!(action, Action::Append { .. });
            Some(if *made || by_itself { Effect::Made(action) } else { Effect::Own(action) })
        });
        let overlay = Overlay::fold(effects);
        update.execute(params![
            place.0,
            !overlay.is_empty(),
            overlay.hidden,
            overlay.moved_to.map(|mailbox| mailbox.0),
            overlay.set.bits(),
            overlay.cleared.bits(),
            words(&overlay.set),
            words(&overlay.cleared),
        ])?;
    }
    Ok(())
}

/// A place has got the id of another: so have its steps.
pub(in crate::store) fn follow_place(conn: &Connection, from: PlaceId, to: PlaceId) -> Result<(), StoreError> {
    // Of one operation on both, one step stays.
    conn.prepare_cached("UPDATE OR REPLACE steps SET place = ?2 WHERE place = ?1")?.execute([from.0, to.0])?;
    conn.prepare_cached("UPDATE steps SET made = ?2 WHERE made = ?1")?.execute([from.0, to.0])?;
    refresh_places(conn, [to])
}

fn words(flags: &crate::model::Flags) -> Option<String> {
    Some(flags.keyword_text()).filter(|text| !text.is_empty())
}

/// Actions that were read: one operation has many steps.
#[derive(Default)]
struct Actions(BTreeMap<i64, Option<Action>>);

impl Actions {
    fn load(&mut self, conn: &Connection, operation: i64) -> Result<(), StoreError> {
        if let Entry::Vacant(slot) = self.0.entry(operation) {
            let mut statement = conn.prepare_cached("SELECT action FROM operations WHERE id = ?1")?;
            let json: String = statement.query_row([operation], |row| row.get(0))?;
            // What cannot be read shows nothing; replay sets it aside.
            slot.insert(serde_json::from_str(&json).ok());
        }
        Ok(())
    }

    fn get(&self, operation: i64) -> Option<&Action> {
        self.0.get(&operation)?.as_ref()
    }
}
