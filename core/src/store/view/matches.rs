//! Which mails a text matches, asked for as little as is needed: a common word, or the first letters of one, are in most. The
//! index keeps lists for up to three letters; for more of them it merges those of the words that begin so, which are few.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::model::MessageId;
use crate::store::{Snapshot, StoreError};

/// Up to so many are asked for at once.
const FEW: usize = 2048;
/// How many ids make a window: what is asked for around one id when there are more.
const WINDOW: i64 = 1024;
/// After so many windows it is cheaper to ask for all.
const MANY_WINDOWS: usize = 24;

pub(super) struct Matches<'s, 'a> {
    snapshot: &'s Snapshot<'a>,
    matcher: &'s str,
    found: Found,
}

enum Found {
    /// All, ascending.
    All(Vec<MessageId>),
    /// Those of some windows.
    Windows(BTreeMap<i64, Vec<MessageId>>),
}

impl<'s, 'a> Matches<'s, 'a> {
    pub(super) fn new(snapshot: &'s Snapshot<'a>, matcher: &'s str) -> Result<Self, StoreError> {
        let mut matches = Self { snapshot, matcher, found: Found::Windows(BTreeMap::new()) };
        let few = matches.query(i64::MIN, i64::MAX, FEW as i64)?;
        if few.len() < FEW {
            matches.found = Found::All(few);
        }
        Ok(matches)
    }

    /// All of them, if it is known that they are few.
    pub(super) fn few(&self) -> Option<usize> {
        match &self.found {
            Found::All(all) => Some(all.len()),
            Found::Windows(_) => None,
        }
    }

    /// All of them, ascending.
    pub(super) fn all(&mut self) -> Result<&[MessageId], StoreError> {
        if let Found::Windows(_) = self.found {
            self.found = Found::All(self.query(i64::MIN, i64::MAX, -1)?);
        }
        match &self.found {
            Found::All(all) => Ok(all),
            Found::Windows(_) => Ok(&[]),
        }
    }

    pub(super) fn contains(&mut self, message: MessageId) -> Result<bool, StoreError> {
        if let Found::Windows(windows) = &self.found {
            let window = message.0.div_euclid(WINDOW);
            if let Some(there) = windows.get(&window) {
                return Ok(there.binary_search(&message).is_ok());
            }
            if windows.len() < MANY_WINDOWS {
                let found = self.query(window * WINDOW, window * WINDOW + WINDOW - 1, -1)?;
                let is_there = found.binary_search(&message).is_ok();
                if let Found::Windows(windows) = &mut self.found {
                    windows.insert(window, found);
                }
                return Ok(is_there);
            }
        }
        Ok(self.all()?.binary_search(&message).is_ok())
    }

    fn query(&self, first: i64, last: i64, limit: i64) -> Result<Vec<MessageId>, StoreError> {
        let sql = "SELECT rowid FROM fulltext WHERE fulltext MATCH ?1 AND rowid BETWEEN ?2 AND ?3
                   ORDER BY rowid LIMIT ?4";
        let mut statement = self.snapshot.prepare(sql)?;
        let rows = statement.query_map(params![self.matcher, first, last, limit], |row| row.get(0).map(MessageId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
