//! The view, computed a second time: from the rows of the mirror and of the journal, by code that shares nothing with the core.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use serde_json::Value;

/// Messages as they should be shown: by mailbox and id, with their flags.
pub(super) type View = BTreeMap<(i64, i64), BTreeSet<String>>;

const NAMES: [(i64, &str); 5] = [(1, "seen"), (2, "answered"), (4, "flagged"), (8, "deleted"), (16, "draft")];

/// A connection of the simulation's own to a store.
pub(super) struct Folder(Connection);

#[derive(Default)]
struct Overlay {
    place: Option<i64>,
    made: bool,
    /// The message of which it is to be a copy.
    source: Option<i64>,
    hidden: bool,
    set: BTreeSet<String>,
    cleared: BTreeSet<String>,
}

impl Folder {
    pub(super) fn open(dir: &Path) -> rusqlite::Result<Self> {
        Connection::open_with_flags(dir.join("postrider.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).map(Self)
    }

    /// A number that is another after each commit to the store.
    pub(super) fn version(&self) -> rusqlite::Result<i64> {
        self.0.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }

    /// What is to be shown.
    pub(super) fn view(&self) -> rusqlite::Result<View> {
        let overlays = self.overlays()?;
        let none = Overlay::default();
        let mut statement = self.0.prepare_cached("SELECT id, mailbox, flags, keywords, hidden FROM places")?;
        let mut rows = statement.query([])?;
        let mut view = View::new();
        while let Some(row) = rows.next()? {
            let (id, mailbox): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            let overlay = overlays.get(&id).unwrap_or(&none);
            let marked = row.get::<_, i64>(4)? == 2;
            let somewhere = mailbox.is_some() || overlay.made && self.comes_to_be(overlay, &overlays)?;
            let visible = somewhere && !marked && !overlay.hidden;
            let Some(mailbox) = overlay.place.or(mailbox).filter(|_| visible) else { continue };
            let mut flags = bits(row.get(2)?);
            flags.extend(row.get::<_, String>(3)?.split_whitespace().map(str::to_owned));
            flags.retain(|flag| !overlay.cleared.contains(flag));
            flags.extend(overlay.set.iter().cloned());
            view.insert((mailbox, id), flags);
        }
        Ok(view)
    }

    /// Operations that the journal has given up.
    pub(super) fn given_up(&self) -> rusqlite::Result<BTreeSet<i64>> {
        let mut statement = self.0.prepare_cached("SELECT id FROM operations WHERE state IN (5, 6, 8, 9)")?;
        statement.query_map([], |row| row.get(0))?.collect()
    }

    /// What is set aside, by operation and place.
    pub(super) fn aside(&self) -> rusqlite::Result<BTreeSet<(i64, i64)>> {
        let mut statement = self.0.prepare_cached("SELECT operation, place FROM steps WHERE state IN (5, 6)")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// Where appends are to go that do not go where the user wanted, for want of that.
    pub(super) fn appends(&self) -> rusqlite::Result<BTreeMap<i64, i64>> {
        let sql = "SELECT id, mailbox FROM operations WHERE kind = 'append'";
        let mut statement = self.0.prepare_cached(sql)?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// The journal and the places as they stand there, for whoever looks for a fault.
    pub(super) fn rows(&self) -> rusqlite::Result<Vec<String>> {
        let mut all = Vec::new();
        for sql in [
            "SELECT operation, place, made, state, attempts, reason, next_try, evidence FROM steps ORDER BY operation, place",
            "SELECT id, message, mailbox, uid, shown_in, hidden, moved_to, flags, modseq FROM places ORDER BY id",
            "SELECT id, name, uid_validity, uid_next, highest_modseq, backfill, provisional, removed FROM mailboxes ORDER BY id",
        ] {
            let mut statement = self.0.prepare_cached(sql)?;
            let width = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let values = (0..width).map(|column| row.get::<_, rusqlite::types::Value>(column));
                all.push(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?));
            }
        }
        Ok(all)
    }

    /// Whether a message that is to be made has a source that is somewhere.
    fn comes_to_be(&self, overlay: &Overlay, overlays: &BTreeMap<i64, Overlay>) -> rusqlite::Result<bool> {
        let mut next = Some(overlay);
        while let Some(Some(source)) = next.map(|overlay| overlay.source) {
            let mut statement = self.0.prepare_cached("SELECT mailbox FROM places WHERE id = ?1")?;
            // One that went may come back.
            if statement.query_row([source], |row| row.get(0)).optional()?.is_none_or(|at: Option<i64>| at.is_some()) {
                return Ok(true);
            }
            next = overlays.get(&source).filter(|overlay| overlay.made);
        }
        Ok(next.is_some())
    }

    fn overlays(&self) -> rusqlite::Result<BTreeMap<i64, Overlay>> {
        let sql = "SELECT s.place, s.made, o.action, s.evidence FROM steps s JOIN operations o ON o.id = s.operation
                   WHERE s.state < 5 OR s.state < 7 AND o.kind = 'append' ORDER BY o.id";
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut overlays: BTreeMap<i64, Overlay> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (place, made): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            let action: Value = serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or_default();
            let to = action["to"].as_i64();
            match action["action"].as_str().unwrap_or_default() {
                "flags" => {
                    let overlay = overlays.entry(place).or_default();
                    let (add, remove) = (flags(&action["add"]), flags(&action["remove"]));
                    overlay.set = overlay.set.difference(&remove).chain(&add).cloned().collect();
                    overlay.cleared = overlay.cleared.difference(&add).chain(&remove).cloned().collect();
                }
                // Its message is there already, and may be moved on.
                "move" if evidence(row)?["copied"].is_object() => {}
                "move" => overlays.entry(place).or_default().place = to,
                kind @ ("copy" | "append") => {
                    let overlay = overlays.entry(if kind == "copy" { made.unwrap_or(0) } else { place }).or_default();
                    (overlay.place, overlay.made) = (to, true);
                    overlay.source = (kind == "copy").then_some(place);
                }
                "delete" => overlays.entry(place).or_default().hidden = true,
                _ => {}
            }
        }
        Ok(overlays)
    }
}

fn evidence(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text: Option<String> = row.get(3)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn bits(bits: i64) -> BTreeSet<String> {
    NAMES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| (*name).to_owned()).collect()
}

fn flags(json: &Value) -> BTreeSet<String> {
    let mut flags = bits(json["system"].as_i64().unwrap_or(0));
    let words = json["keywords"].as_array().into_iter().flatten().filter_map(Value::as_str);
    flags.extend(words.map(str::to_owned));
    flags
}
