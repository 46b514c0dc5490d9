//! Several mailboxes as one list, newest first, by merging their indexes: each gives its next lines in chunks.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::types::Value;

use crate::model::{MailboxId, MessageId, PlaceId, Timestamp};
use crate::store::{Cursor, Snapshot, StoreError};

/// How many lines of a mailbox are read at once.
const CHUNK: u32 = 128;

/// A line as far as a walk needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) cursor: Cursor,
    pub(super) message: MessageId,
}

/// A condition on `places p` and, where it says so, on `messages m`, with the values of its `?` from 5 on.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) on_messages: bool,
}

impl Condition {
    pub(super) fn and(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
    }

    pub(super) fn and_value(&mut self, sql: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.and(&sql.replace('?', &format!("?{}", self.values.len() + 4)));
    }

    /// The tables it is on.
    pub(super) fn tables(&self) -> &'static str {
        if self.on_messages { "places p CROSS JOIN messages m ON m.id = p.message" } else { "places p" }
    }
}

pub(super) struct Walk<'s, 'a> {
    snapshot: &'s Snapshot<'a>,
    sql: String,
    values: &'s [Value],
    /// The next line of each mailbox, by where it stands.
    heads: BTreeMap<(Cursor, MailboxId), MessageId>,
    chunks: BTreeMap<MailboxId, VecDeque<Step>>,
}

impl<'s, 'a> Walk<'s, 'a> {
    pub(super) fn new(
        snapshot: &'s Snapshot<'a>,
        mailboxes: &[MailboxId],
        condition: &'s Condition,
        after: Cursor,
    ) -> Result<Self, StoreError> {
        let sql = format!(
            "SELECT p.date, p.id, p.message FROM {} WHERE p.shown_in = ?1 AND (p.date, p.id) < (?2, ?3) {}
             ORDER BY p.date DESC, p.id DESC LIMIT ?4",
            condition.tables(),
            condition.sql
        );
        let values = &condition.values;
        let mut walk = Self { snapshot, sql, values, heads: BTreeMap::new(), chunks: BTreeMap::new() };
        for &mailbox in mailboxes {
            walk.refill(mailbox, after)?;
        }
        Ok(walk)
    }

    pub(super) fn next(&mut self) -> Result<Option<Step>, StoreError> {
        let Some(((cursor, mailbox), message)) = self.heads.pop_last() else { return Ok(None) };
        match self.chunks.get_mut(&mailbox).and_then(VecDeque::pop_front) {
            Some(step) => {
                self.heads.insert((step.cursor, mailbox), step.message);
            }
            None => self.refill(mailbox, cursor)?,
        }
        Ok(Some(Step { cursor, message }))
    }

    fn refill(&mut self, mailbox: MailboxId, after: Cursor) -> Result<(), StoreError> {
        let own = [mailbox.0, after.date.0, after.place.0, CHUNK.into()].map(Value::Integer);
        let mut statement = self.snapshot.prepare(&self.sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(own.iter().chain(self.values)))?;
        let mut chunk = VecDeque::new();
        while let Some(row) = rows.next()? {
            let cursor = Cursor { date: Timestamp(row.get(0)?), place: PlaceId(row.get(1)?) };
            chunk.push_back(Step { cursor, message: MessageId(row.get(2)?) });
        }
        if let Some(first) = chunk.pop_front() {
            self.heads.insert((first.cursor, mailbox), first.message);
        }
        self.chunks.insert(mailbox, chunk);
        Ok(())
    }
}
