//! Searching on this device and on the server.

use jiff::civil::Date;

use super::messages::rows;
use super::{Core, CoreError, MessageRow};
use crate::model::{AccountId, MailboxId, MailboxRole, Timestamp};
use crate::search::{self, InvalidQuery, Query, Term};
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
        let mut search = conditions(&query)?;
        search.account = account;
        let limit = limit.clamp(1, MAX_RESULTS);
        self.read(move |view| {
            search.mailboxes = match mailboxes(view, &query, account)? {
                Some(none) if none.is_empty() => return Ok(Vec::new()),
                named => named.unwrap_or_default(),
            };
            rows(view, view.search(&search, None, limit)?)
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
        let named = query.clone();
        let mailboxes = self
            .read(move |view| match mailboxes(view, &named, Some(account))? {
                Some(named) => Ok(named),
                None => {
                    let all = view.mailboxes(account)?.into_iter();
                    let inbox = all.filter(|mailbox| mailbox.naming.role == Some(MailboxRole::Inbox));
                    Ok(inbox.map(|mailbox| mailbox.id).collect())
                }
            })
            .await?;
        let control = Control::default();
        let _guard = control.cancel_on_drop();
        let mut found = self.engine().search(account, mailboxes, query, control.clone()).await?;
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

fn conditions(query: &Query) -> Result<Search, InvalidQuery> {
    let mut search = Search { matcher: search::match_expression(query)?, ..Search::default() };
    let midnight = |day: &Date| {
        let zoned = day.to_zoned(jiff::tz::TimeZone::UTC);
        Timestamp(zoned.map_or(0, |zoned| zoned.timestamp().as_second()))
    };
    for (negated, term) in &query.terms {
        match term {
            Term::Text(_) | Term::In(_) => {}
            Term::Flag(flag) if *negated => search.without.push(*flag),
            Term::Flag(flag) => search.with.push(*flag),
            Term::Keyword(keyword) => search.keyword = Some(keyword.clone()),
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
    Ok(search)
}

/// The mailboxes that `in:` names, by name or role; `None` where the query has no `in:`.
fn mailboxes(
    view: &Snapshot<'_>,
    query: &Query,
    account: Option<AccountId>,
) -> Result<Option<Vec<MailboxId>>, StoreError> {
    let names: Vec<&String> =
        query.terms.iter().filter_map(|(_, term)| if let Term::In(name) = term { Some(name) } else { None }).collect();
    if names.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for row in view.accounts()? {
        if account.is_some_and(|only| only != row.id) {
            continue;
        }
        for mailbox in view.mailboxes(row.id)? {
            let fits = |name: &&String| {
                let role: Option<MailboxRole> = name.parse().ok();
                mailbox.naming.name.eq_ignore_ascii_case(name) || role.is_some() && role == mailbox.naming.role
            };
            if names.iter().any(fits) {
                found.push(mailbox.id);
            }
        }
    }
    Ok(Some(found))
}
