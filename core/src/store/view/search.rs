//! Search on this device: by full text, by what lists know, or both; newest first.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use super::matches::Matches;
use super::row::{COLUMNS, MessageRow, read};
use super::walk::{Condition, Step, Walk};
use crate::model::{AccountId, Keyword, MailboxId, MessageId, PlaceId, SystemFlag, Timestamp};
use crate::store::mirror::IS_SHOWN;
use crate::store::{Cursor, Snapshot, StoreError};

/// So many steps down the lists cost no more than to ask for all that a common word matches.
const STEPS: usize = 8192;

/// What is searched for. All of it must hold; what is empty asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// A match string of FTS5 over the columns `subject`, `sender`, `recipients`, `body` and `attachments`. Chinese, Japanese
    /// and Korean are indexed as pairs of characters.
    pub matcher: Option<String>,
    /// Only mail of this account.
    pub account: Option<AccountId>,
    /// Only mail in one of these mailboxes.
    pub mailboxes: Vec<MailboxId>,
    /// Only mail with all of these flags.
    pub with: Vec<SystemFlag>,
    /// Only mail with none of these flags.
    pub without: Vec<SystemFlag>,
    /// Only mail that this match string does not match.
    pub unmatched: Option<String>,
    /// Only mail with all of these keywords.
    pub with_keywords: Vec<Keyword>,
    /// Only mail with none of these keywords.
    pub without_keywords: Vec<Keyword>,
    /// Only mail with, or without, attachments.
    pub has_attachments: Option<bool>,
    /// Only mail of this time or later.
    pub since: Option<Timestamp>,
    /// Only mail of before this time.
    pub before: Option<Timestamp>,
    /// Only mail of more than this many octets.
    pub larger: Option<u64>,
    /// Only mail of fewer than this many octets.
    pub smaller: Option<u64>,
}

impl Search {
    fn condition(&self) -> Condition {
        let mut condition = Condition::default();
        let bits = |flags: &[SystemFlag]| flags.iter().fold(0, |bits, flag| bits | i64::from(*flag as u8));
        // The two that have an index of their own are named as the index names them.
        if self.without.contains(&SystemFlag::Seen) {
            condition.and("p.shown_flags & 1 = 0");
        }
        if self.with.contains(&SystemFlag::Flagged) {
            condition.and("p.shown_flags & 4 = 4");
        }
        if !self.with.is_empty() {
            condition.and_value("~p.shown_flags & ? = 0", bits(&self.with));
        }
        if !self.without.is_empty() {
            condition.and_value("p.shown_flags & ? = 0", bits(&self.without));
        }
        // No keyword holds a space, so that one stands between spaces and nowhere else.
        let between_spaces = |keyword: &Keyword| format!(" {} ", keyword.as_str().to_ascii_lowercase());
        let within = |column: &str| format!("instr(' ' || lower({column}) || ' ', ?)");
        let has_keyword = format!(
            "(coalesce({}, 0) OR {} AND NOT coalesce({}, 0))",
            within("p.set_words"),
            within("p.keywords"),
            within("p.clear_words")
        );
        for keyword in &self.with_keywords {
            condition.and_value(&has_keyword, between_spaces(keyword));
        }
        for keyword in &self.without_keywords {
            condition.and_value(&format!("NOT {has_keyword}"), between_spaces(keyword));
        }
        if let Some(unmatched) = &self.unmatched {
            let sql = "p.message NOT IN (SELECT rowid FROM fulltext WHERE fulltext MATCH ?)";
            condition.and_value(sql, unmatched.clone());
        }
        if let Some(since) = self.since {
            condition.and_value("p.date >= ?", since.0);
        }
        if let Some(before) = self.before {
            condition.and_value("p.date < ?", before.0);
        }
        self.add_message_conditions(&mut condition);
        condition
    }

    fn add_message_conditions(&self, condition: &mut Condition) {
        let octets = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        if let Some(has) = self.has_attachments {
            condition.and_value("m.has_attachments = ?", has);
        }
        if let Some(size) = self.larger {
            condition.and_value("m.size > ?", octets(size));
        }
        if let Some(size) = self.smaller {
            condition.and_value("m.size < ?", octets(size));
        }
        condition.on_messages = self.has_attachments.is_some() || self.larger.is_some() || self.smaller.is_some();
    }
}

impl Snapshot<'_> {
    /// The next mails that are found, newest first. A mail that lies in several mailboxes is shown once.
    ///
    /// # Errors
    /// Where the database cannot be read, or the match string is not one.
    pub fn search(&self, search: &Search, after: Option<Cursor>, limit: u32) -> Result<Vec<MessageRow>, StoreError> {
        let mailboxes = self.searched_mailboxes(search)?;
        let condition = search.condition();
        let mut after = after.unwrap_or(Cursor::START);
        if let Some(before) = search.before {
            // Straight to the right place of the index.
            after = after.min(Cursor { date: before, place: PlaceId(i64::MIN) });
        }
        let limit = limit as usize;
        let found = match &search.matcher {
            None => {
                let mut walk = Walk::new(self, &mailboxes, &condition, after)?;
                let mut collected = Collected::default();
                while collected.found.len() < limit
                    && let Some(step) = walk.next()?
                {
                    collected.add(step);
                }
                collected.found
            }
            Some(matcher) => self.search_text(matcher, &mailboxes, &condition, after, limit)?,
        };
        self.rows(&found)
    }

    fn searched_mailboxes(&self, search: &Search) -> Result<Vec<MailboxId>, StoreError> {
        let sql = format!("SELECT id FROM mailboxes WHERE coalesce(account = ?1, 1) AND {IS_SHOWN} ORDER BY id");
        let mut statement = self.prepare(&sql)?;
        let rows = statement.query_map([search.account.map(|account| account.0)], |row| row.get(0).map(MailboxId))?;
        let mut mailboxes: Vec<MailboxId> = rows.collect::<Result<_, _>>()?;
        if !search.mailboxes.is_empty() {
            mailboxes.retain(|mailbox| search.mailboxes.contains(mailbox));
        }
        Ok(mailboxes)
    }

    /// Two ways: to sort all that the text matches, which is dear where much does; or to walk down the lists until enough
    /// of it was met, which is dear where little does. The second is given as many steps as the first would take.
    fn search_text(
        &self,
        matcher: &str,
        mailboxes: &[MailboxId],
        condition: &Condition,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<PlaceId>, StoreError> {
        let mut matches = Matches::new(self, matcher)?;
        if matches.few().is_none_or(|count| count > 4 * limit) {
            let mut walk = Walk::new(self, mailboxes, condition, after)?;
            let mut collected = Collected::default();
            // How many there are is only asked for where many steps did not do.
            if matches.few().is_none() && collected.fill(&mut walk, &mut matches, limit, STEPS)? {
                return Ok(collected.found);
            }
            let steps = matches.all()?.len();
            if collected.fill(&mut walk, &mut matches, limit, steps)? {
                return Ok(collected.found);
            }
        }
        self.sort_matches(matches.all()?, mailboxes, condition, after, limit)
    }

    fn sort_matches(
        &self,
        matches: &[MessageId],
        mailboxes: &[MailboxId],
        condition: &Condition,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<PlaceId>, StoreError> {
        let sql = format!(
            "SELECT p.date, p.id, p.shown_in FROM {} WHERE p.message = ?1 AND p.shown_in IS NOT NULL AND (p.date, p.id) < (?2, ?3) {}
             ORDER BY p.date DESC, p.id DESC LIMIT ?4",
            condition.tables(),
            condition.sql
        );
        let mut statement = self.prepare(&sql)?;
        let mut found = BTreeSet::new();
        for message in matches {
            let own = [message.0, after.date.0, after.place.0, -1].map(Value::Integer);
            let mut rows = statement.query(params_from_iter(own.iter().chain(&condition.values)))?;
            while let Some(row) = rows.next()? {
                if mailboxes.binary_search(&MailboxId(row.get(2)?)).is_ok() {
                    found.insert(Cursor { date: Timestamp(row.get(0)?), place: PlaceId(row.get(1)?) });
                    break;
                }
            }
            if found.len() > limit {
                found.pop_first();
            }
        }
        Ok(found.into_iter().rev().map(|cursor| cursor.place).collect())
    }

    fn rows(&self, places: &[PlaceId]) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM places p CROSS JOIN messages m ON m.id = p.message WHERE p.id = ?1");
        let mut statement = self.prepare(&sql)?;
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let row = statement.query_row([place.0], |row| Ok(read(row))).optional()?;
            found.extend(row.transpose()?);
        }
        Ok(found)
    }
}

/// What a walk has found so far.
#[derive(Default)]
struct Collected {
    found: Vec<PlaceId>,
    seen: BTreeSet<MessageId>,
    taken: usize,
}

impl Collected {
    /// Walks on until enough is found or the lists end; false where the steps, counted from the beginning, ran out before.
    fn fill(
        &mut self,
        walk: &mut Walk<'_, '_>,
        matches: &mut Matches<'_, '_>,
        limit: usize,
        steps: usize,
    ) -> Result<bool, StoreError> {
        while self.found.len() < limit {
            if self.taken >= steps {
                return Ok(false);
            }
            let Some(step) = walk.next()? else { break };
            self.taken += 1;
            if matches.contains(step.message)? {
                self.add(step);
            }
        }
        Ok(true)
    }

    fn add(&mut self, step: Step) {
        if self.seen.insert(step.message) {
            self.found.push(step.cursor.place);
        }
    }
}
