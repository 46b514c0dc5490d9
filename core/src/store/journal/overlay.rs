//! The columns of a place in which the journal says how it is shown: always what its steps add up to.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::labels::{flags_elsewhere, has_labels, is_doubled, is_swept};
use crate::journal::{Action, Effect, Overlay};
use crate::model::{Flags, MailboxId, PlaceId};
use crate::mutants::mutant;
use crate::store::StoreError;

/// Writes anew how places are shown, after their steps or they themselves changed.
pub(in crate::store) fn refresh_places(
    conn: &Connection,
    places: impl IntoIterator<Item = PlaceId>,
) -> Result<(), StoreError> {
    let mut update = conn.prepare_cached(
        "UPDATE places SET overlaid = ?2 OR hidden = 2 OR mailbox IS NULL, hidden = iif(hidden = 2, 2, ?3), moved_to = ?4,
         set_bits = ?5, clear_bits = ?6, set_words = ?7, clear_words = ?8 WHERE id = ?1",
    )?;
    let mut actions = Actions::default();
    let places: Vec<PlaceId> = places.into_iter().collect();
    // What hides a place is how others of its mail are shown: these first without that.
    let looks: &[Look] = match has_labels(conn)? {
        true if places.len() > 1 => &[Look::Alone, Look::Swept, Look::Once],
        true => &[Look::Once],
        false => &[Look::Unlabelled],
    };
    for (look, place) in looks.iter().flat_map(|look| places.iter().map(|place| (*look, *place))) {
        let overlay = overlay_of(conn, place, look, &mut actions)?;
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

/// What is looked at of the other places of a mail, on a server with labels.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// Nothing: the server has none.
    Unlabelled,
    /// What is asked of its flags there.
    Alone,
    /// What takes all labels, too.
    Swept,
    /// Whether it is shown in the same mailbox already, too.
    Once,
}

/// What a step is to a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Own,
    /// Of a move, the first half is done: the message is where it was to go.
    Arrived,
    Made,
    Elsewhere,
}

/// What the steps of a place that are not at their end add up to.
fn overlay_of(conn: &Connection, place: PlaceId, look: Look, actions: &mut Actions) -> Result<Overlay, StoreError> {
    // The index of steps by place is of those below 7: SQLite uses it only where that very term stands. A mail of the user's own that
    // the server refuses stays where they put it: nobody else has it.
    let refused = if mutant!("refusal_is_hidden") { 7 } else { 5 };
    let mut steps = conn.prepare_cached(
        "SELECT operation, 0 AS made, coalesce(instr(evidence, '\"copied\":{'), 0) FROM steps
         WHERE place = ?1 AND state < 7
         AND (state < ?2 OR EXISTS (SELECT 1 FROM operations o WHERE o.id = operation AND o.kind = 'append'))
         UNION ALL SELECT operation, 1, 0 FROM steps WHERE made = ?1 AND state < ?2 ORDER BY operation",
    )?;
    let rows = steps.query_map([place.0, refused], |row| {
        let step = match (row.get(1)?, row.get(2)?) {
            (true, _) => Step::Made,
            (false, true) => Step::Arrived,
            (false, false) => Step::Own,
        };
        Ok((row.get::<_, i64>(0)?, step))
    })?;
    let mut rows: Vec<(i64, Step)> = rows.collect::<Result<_, _>>()?;
    if look >= Look::Alone {
        rows.extend(flags_elsewhere(conn, place)?.into_iter().map(|operation| (operation, Step::Elsewhere)));
        rows.sort_unstable();
        // What one operation asks of the mail in several mailboxes it asks of it here.
        rows.dedup_by_key(|(operation, _)| *operation);
    }
    for (operation, _) in &rows {
        actions.load(conn, *operation)?;
    }
    let effects = rows.iter().filter_map(|(operation, step)| {
        let action = actions.get(*operation)?;
        Some(match step {
            Step::Made if mutant!("copies_show_late") => return None,
            Step::Arrived if matches!(action, Action::Move { .. }) => return None,
            Step::Own if matches!(action, Action::Append { .. }) => Effect::Made(action),
            Step::Own | Step::Arrived => Effect::Own(action),
            Step::Made => Effect::Made(action),
            Step::Elsewhere => Effect::Elsewhere(action),
        })
    });
    let effects: Vec<Effect<'_>> = effects.collect();
    // What is neither on the server nor on its way there is nowhere, whatever else is asked of it.
    let is_somewhere = effects.is_empty() || mutant!("copies_of_nothing_show") || is_somewhere(conn, place)?;
    let mut overlay = Overlay::fold(effects.into_iter().filter(|_| is_somewhere));
    overlay.hidden |= look >= Look::Swept && is_swept(conn, place)?
        || look >= Look::Once && is_doubled(conn, place, overlay.moved_to)?;
    Ok(overlay)
}

/// Whether a message is on the server or on its way there: to be appended, or a copy of one that is. One that went may come
/// back: until it is known to be lost, it counts.
fn is_somewhere(conn: &Connection, place: PlaceId) -> Result<bool, StoreError> {
    let on_server = "SELECT mailbox IS NOT NULL FROM places WHERE id = ?1";
    if conn.prepare_cached(on_server)?.query_row([place.0], |row| row.get(0)).optional()?.unwrap_or(true) {
        return Ok(true);
    }
    let sql = "WITH RECURSIVE sources (id) AS (
                   SELECT ?1
                   UNION SELECT s.place FROM steps s JOIN sources ON s.made = sources.id WHERE s.state < 5)
               SELECT EXISTS (SELECT 1 FROM sources LEFT JOIN places p ON p.id = sources.id
                              WHERE p.id IS NULL OR p.mailbox IS NOT NULL)
                   OR EXISTS (SELECT 1 FROM sources JOIN steps s ON s.place = sources.id AND s.state < 7
                              JOIN operations o ON o.id = s.operation WHERE o.kind = 'append')";
    Ok(conn.prepare_cached(sql)?.query_row([place.0], |row| row.get(0))?)
}

/// These places, and the copies that are to be made of them, and of those.
pub(super) fn with_copies(conn: &Connection, places: BTreeSet<PlaceId>) -> Result<BTreeSet<PlaceId>, StoreError> {
    let sql = "SELECT made FROM steps WHERE place = ?1 AND state < 7 AND made IS NOT NULL";
    let mut statement = conn.prepare_cached(sql)?;
    let (mut all, mut looked_at) = (places.clone(), places);
    while let Some(place) = looked_at.pop_first() {
        let rows = statement.query_map([place.0], |row| row.get(0).map(PlaceId))?;
        for made in rows {
            let made = made?;
            if all.insert(made) {
                looked_at.insert(made);
            }
        }
    }
    Ok(all)
}

/// Places that are shown otherwise than their steps have it.
pub(in crate::store) fn wrongly_shown(conn: &Connection) -> Result<Vec<PlaceId>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT id, hidden, moved_to, set_bits, clear_bits, coalesce(set_words, ''), coalesce(clear_words, ''), overlaid,
         hidden = 2 OR mailbox IS NULL FROM places WHERE overlaid
         OR id IN (SELECT place FROM steps WHERE state < 5 UNION SELECT made FROM steps WHERE state < 5)",
    )?;
    let mut rows = statement.query([])?;
    let (mut actions, mut wrong) = (Actions::default(), Vec::new());
    let look = if has_labels(conn)? { Look::Once } else { Look::Unlabelled };
    while let Some(row) = rows.next()? {
        let place = PlaceId(row.get(0)?);
        let flags = |bits, words| -> Result<Flags, StoreError> {
            Ok(Flags::from_parts(row.get(bits)?, &row.get::<_, String>(words)?))
        };
        let shown = Overlay {
            hidden: row.get::<_, i64>(1)? == 1,
            moved_to: row.get::<_, Option<i64>>(2)?.map(MailboxId),
            set: flags(3, 5)?,
            cleared: flags(4, 6)?,
        };
        let (overlaid, besides): (bool, bool) = (row.get(7)?, row.get(8)?);
        let mut expected = overlay_of(conn, place, look, &mut actions)?;
        // What is hidden for good stays so, whatever the steps.
        expected.hidden &= row.get::<_, i64>(1)? != 2;
        if shown != expected || overlaid != (besides || !expected.is_empty()) {
            wrong.push(place);
        }
    }
    Ok(wrong)
}

fn words(flags: &Flags) -> Option<String> {
    Some(flags.keyword_text()).filter(|text| !text.is_empty())
}

/// Actions that were read: one operation has many steps.
#[derive(Default)]
struct Actions(BTreeMap<i64, Option<Action>>);

impl Actions {
    fn load(&mut self, conn: &Connection, operation: i64) -> Result<(), StoreError> {
        if let Entry::Vacant(entry) = self.0.entry(operation) {
            let mut statement = conn.prepare_cached("SELECT action FROM operations WHERE id = ?1")?;
            let read = |row: &rusqlite::Row<'_>| {
                Ok(row.get_ref(0)?.as_bytes().ok().and_then(|json| serde_json::from_slice(json).ok()))
            };
            // What cannot be read shows nothing; replay sets it aside.
            entry.insert(statement.query_row([operation], read).optional()?.flatten());
        }
        Ok(())
    }

    fn get(&self, operation: i64) -> Option<&Action> {
        self.0.get(&operation)?.as_ref()
    }
}
