//! Lists, page by page from an index: a page costs the same however long the list is.

use std::fmt;
use std::str::FromStr;

use rusqlite::params;

use super::row::{COLUMNS, MessageRow, read};
use crate::model::{MailboxId, PlaceId, Timestamp};
use crate::store::{Snapshot, StoreError};

/// Where a list goes on: after the line with this date and id. Still good when that line is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The line's sort date.
    pub date: Timestamp,
    /// The line's id.
    pub place: PlaceId,
}

impl Cursor {
    /// Before the first line.
    pub const START: Cursor = Cursor { date: Timestamp(i64::MAX), place: PlaceId(i64::MAX) };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.date.0, self.place)
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parse = |text: &str| text.parse::<i64>().map_err(|_| StoreError::NotFound("cursor"));
        let (date, place) = text.split_once('.').ok_or(StoreError::NotFound("cursor"))?;
        Ok(Self { date: Timestamp(parse(date)?), place: PlaceId(parse(place)?) })
    }
}

/// Which lines of a list are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only what lacks `\Seen`.
    pub unread: bool,
    /// Only what has `\Flagged`.
    pub flagged: bool,
}

impl ListFilter {
    /// The condition, in the words of the partial indexes.
    pub(super) fn condition(self) -> &'static str {
        match (self.unread, self.flagged) {
            (false, false) => "",
            (true, false) => "AND p.shown_flags & 1 = 0",
            (false, true) => "AND p.shown_flags & 4 = 4",
            (true, true) => "AND p.shown_flags & 1 = 0 AND p.shown_flags & 4 = 4",
        }
    }
}

impl Snapshot<'_> {
    /// The next lines of a mailbox, newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn page(
        &self,
        mailbox: MailboxId,
        filter: ListFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let after = after.unwrap_or(Cursor::START);
        // CROSS JOIN: the order of the index, whatever the planner thinks.
        let sql = format!(
            "SELECT {COLUMNS} FROM places p CROSS JOIN messages m ON m.id = p.message
             WHERE p.shown_in = ?1 AND (p.date, p.id) < (?2, ?3) {}
             ORDER BY p.date DESC, p.id DESC LIMIT ?4",
            filter.condition()
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query(params![mailbox.0, after.date.0, after.place.0, limit])?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            page.push(read(row)?);
        }
        Ok(page)
    }
}
