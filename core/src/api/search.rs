//! Searching on this device and on the server.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::messages::rows;
use super::{Core, CoreError, MessageRow};
use crate::model::{AccountId, MailboxId, MailboxRole, Timestamp};
use crate::search::{self, InvalidQuery, Matching, Query, Term, Terms};
use crate::store::{Search, Snapshot, StoreError};
use crate::sync::Control;

/// The most results of one search.
const MAX_RESULTS: u32 = 1_000;

impl Core {
    /// Searches what is on this device, newest first: `from:ann subject:"two words" is:unread before:2026-01-01`. A mail that
    /// lies in several mailboxes is shown once. Mail becomes searchable moments after it arrived:
    /// [`Core::finish_indexing`] waits for it, [`Core::unindexed`] tells how many are not yet.
    ///
    /// # Errors
    /// [`CoreError::InvalidInput`] where the query makes no sense, in words for whoever typed it.
    pub async fn search(
        &self,
        query: &str,
        account: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, CoreError> {
        let query = Query::parse(query)?;
        let limit = limit.clamp(1, MAX_RESULTS);
        self.read(move |view| {
            let mut found = Vec::new();
            for terms in &query.alternatives {
                let Some(mut search) = conditions(terms) else { continue };
                search.account = account;
                search.mailboxes = match mailboxes(view, terms, account)? {
                    Some(none) if none.is_empty() => continue,
                    named => named.unwrap_or_default(),
                };
                found.extend(view.search(&search, None, limit)?);
            }
            if query.alternatives.len() > 1 {
                found.sort_by_key(|row| std::cmp::Reverse(row.cursor()));
                let mut seen = BTreeSet::new();
                found.retain(|row| seen.insert(row.message));
                found.truncate(limit as usize);
            }
            rows(view, found)
        })
        .await
    }

    /// How many mails that are here cannot be found by their words yet.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn unindexed(&self) -> Result<u64, CoreError> {
        self.read(|view| view.unindexed_count()).await
    }

    /// Makes all mail that is here searchable, and waits for it. It happens by itself too; this hurries.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn finish_indexing(&self) -> Result<(), CoreError> {
        Ok(self.engine().finish_indexing().await?)
    }

    /// Lets the server search, in the mailboxes named by `in:`, or in the inbox. Returns what it found and this device has.
    ///
    /// # Errors
    /// As [`Core::search`], and what a conversation may meet.
    pub async fn search_server(
        &self,
        account: AccountId,
        query: &str,
        limit: u32,
    ) -> Result<Vec<MessageRow>, CoreError> {
        let query = Query::parse(query)?;
        let asked = self.read(move |view| by_mailboxes(view, query, account)).await?;
        let control = Control::default();
        let _guard = control.cancel_on_drop();
        let mut found = Vec::new();
        for (mailboxes, query) in asked {
            found.extend(self.engine().search(account, mailboxes, query, control.clone()).await?);
        }
        let mut seen = BTreeSet::new();
        found.retain(|place| seen.insert(*place));
        found.truncate(limit.clamp(1, MAX_RESULTS) as usize);
        self.read(move |view| {
            let details = found.into_iter().map(|place| view.message(place)).collect::<Result<Vec<_>, _>>()?;
            rows(view, details.into_iter().flatten().map(|detail| detail.row).collect())
        })
        .await
    }
}

impl From<InvalidQuery> for CoreError {
    fn from(error: InvalidQuery) -> Self {
        Self::invalid_input(error.to_string())
    }
}

/// What the store is asked for terms that must all hold; `None` where they contradict each other.
fn conditions(terms: &Terms) -> Option<Search> {
    let Matching { wanted, unwanted } = search::matching(terms);
    let mut search = Search { matcher: wanted, unmatched: unwanted, ..Search::default() };
    let midnight = |day: &Date| {
        let zoned = day.to_zoned(jiff::tz::TimeZone::UTC);
        Timestamp(zoned.map_or(0, |zoned| zoned.timestamp().as_second()))
    };
    for (negated, term) in terms {
        match term {
            Term::Text(_) | Term::In(_) => {}
            Term::Flag(flag) if *negated => search.without.push(*flag),
            Term::Flag(flag) => search.with.push(*flag),
            Term::Keyword(keyword) if *negated => search.without_keywords.push(keyword.clone()),
            Term::Keyword(keyword) => search.with_keywords.push(keyword.clone()),
            Term::HasAttachment if search.has_attachments == Some(*negated) => return None,
            Term::HasAttachment => search.has_attachments = Some(!negated),
            Term::Since(day) => search.since = search.since.max(Some(midnight(day))),
            Term::Before(day) => {
                let day = midnight(day);
                search.before = Some(search.before.map_or(day, |other| other.min(day)));
            }
            Term::Larger(octets) => search.larger = search.larger.max(Some(*octets)),
            Term::Smaller(octets) => {
                search.smaller = Some(search.smaller.map_or(*octets, |other| other.min(*octets)));
            }
        }
    }
    Some(search)
}

/// What the server is asked, by the mailboxes that it is asked in: those named by `in:`, or the inbox.
fn by_mailboxes(
    view: &Snapshot<'_>,
    query: Query,
    account: AccountId,
) -> Result<Vec<(Vec<MailboxId>, Query)>, StoreError> {
    let mut asked: Vec<(Vec<MailboxId>, Query)> = Vec::new();
    for terms in query.alternatives {
        let mailboxes = match mailboxes(view, &terms, Some(account))? {
            Some(named) => named,
            None => {
                let all = view.shown_mailboxes(account)?.into_iter();
                let inbox = all.filter(|mailbox| mailbox.naming.role == Some(MailboxRole::Inbox));
                inbox.map(|mailbox| mailbox.id).collect()
            }
        };
        match asked.iter_mut().find(|(known, _)| *known == mailboxes) {
            Some((_, query)) => query.alternatives.push(terms),
            None => asked.push((mailboxes, Query { alternatives: vec![terms] })),
        }
    }
    Ok(asked)
}

/// The mailboxes that `in:` names or leaves out, by name or role; `None` where there is no `in:`.
fn mailboxes(
    view: &Snapshot<'_>,
    terms: &Terms,
    account: Option<AccountId>,
) -> Result<Option<Vec<MailboxId>>, StoreError> {
    let named = terms.iter().filter_map(|(negated, term)| match term {
        Term::In(name) => Some((*negated, name)),
        _ => None,
    });
    let names: Vec<(bool, &String)> = named.collect();
    if names.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for row in view.accounts()? {
        if account.is_some_and(|only| only != row.id) {
            continue;
        }
        for mailbox in view.shown_mailboxes(row.id)? {
            let fits = |name: &str| {
                let role: Option<MailboxRole> = name.parse().ok();
                mailbox.naming.name.eq_ignore_ascii_case(name) || role.is_some() && role == mailbox.naming.role
            };
            // A mail lies in one place: several names are several places to look in.
            let wanted =
                names.iter().all(|(negated, _)| *negated) || names.iter().any(|(negated, name)| !negated && fits(name));
            if wanted && !names.iter().any(|(negated, name)| *negated && fits(name)) {
                found.push(mailbox.id);
            }
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
