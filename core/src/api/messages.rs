//! Pages of messages and of conversations, and one message in full.

use std::collections::BTreeMap;

use super::{Core, CoreError, ListFilter, MessageDetail, MessagePage, MessageRow, ThreadPage, ThreadRow, convert};
use crate::model::{MailboxId, PlaceId};
use crate::store::{self, Cursor, Snapshot, StoreError};

/// The most messages on one page.
pub(super) const MAX_PAGE: u32 = 1_000;

impl Core {
    /// A page of a mailbox, newest first. Costs the same in a mailbox of a thousand and of a million.
    ///
    /// # Errors
    /// [`CoreError::NotFound`] where there is no such mailbox; [`CoreError::InvalidInput`] where `after` is not what a page
    /// ended with.
    pub async fn messages(
        &self,
        mailbox: MailboxId,
        filter: ListFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<MessagePage, CoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let after = cursor(after)?;
        self.read(move |view| {
            let name = mailbox_name(view, mailbox)?;
            let mut rows = view.page(mailbox, to_store(filter), after, limit + 1)?;
            let next = next_cursor(&mut rows, limit);
            let messages = rows.into_iter().map(|row| shown(view, row, &name)).collect::<Result<_, _>>()?;
            Ok(MessagePage { messages, next })
        })
        .await
    }

    /// A page of the conversations of a mailbox, by their newest message there.
    ///
    /// # Errors
    /// As [`Core::messages`].
    pub async fn threads(
        &self,
        mailbox: MailboxId,
        filter: ListFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<ThreadPage, CoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let after = cursor(after)?;
        self.read(move |view| {
            let name = mailbox_name(view, mailbox)?;
            let mut rows = view.page_threads(mailbox, to_store(filter), after, limit + 1)?;
            let next = next_cursor(&mut rows, limit);
            let mut threads = Vec::new();
            for row in rows {
                let here: Vec<_> =
                    view.thread(row.thread)?.into_iter().filter(|member| member.mailbox == mailbox).collect();
                let unread = here.iter().filter(|member| is_unread(member)).count() as u64;
                threads.push(ThreadRow { newest: shown(view, row, &name)?, count: here.len() as u64, unread });
            }
            Ok(ThreadPage { threads, next })
        })
        .await
    }

    /// One message in full, as far as it is here.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn message(&self, id: PlaceId) -> Result<MessageDetail, CoreError> {
        self.read(move |view| {
            let detail = view.message(id)?.ok_or(StoreError::NotFound("message"))?;
            let name = mailbox_name(view, detail.row.mailbox)?;
            Ok(MessageDetail {
                sender_unclear: detail.row.sender_unclear,
                row: shown(view, detail.row, &name)?,
                cc: detail.cc,
                bcc: detail.bcc,
                reply_to: detail.reply_to,
                message_id: detail.message_id,
                structure: detail.structure.as_ref().map(convert::parts),
            })
        })
        .await
    }

    /// The conversation that a message belongs to, across mailboxes, oldest first.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn thread(&self, id: PlaceId) -> Result<Vec<MessageRow>, CoreError> {
        self.read(move |view| {
            let detail = view.message(id)?.ok_or(StoreError::NotFound("message"))?;
            rows(view, view.thread(detail.row.thread)?)
        })
        .await
    }
}

fn to_store(filter: ListFilter) -> store::ListFilter {
    store::ListFilter { unread: filter.unread, flagged: filter.flagged }
}

fn is_unread(row: &store::MessageRow) -> bool {
    !row.flags.contains(crate::model::SystemFlag::Seen)
}

fn cursor(after: Option<String>) -> Result<Option<Cursor>, CoreError> {
    let parsed = after.map(|text| text.parse()).transpose();
    parsed.map_err(|_| CoreError::invalid_input("this is not what a page ended with"))
}

/// Cuts the row that only told whether there is more.
fn next_cursor(rows: &mut Vec<store::MessageRow>, limit: u32) -> Option<String> {
    if rows.len() <= limit as usize {
        return None;
    }
    rows.truncate(limit as usize);
    rows.last().map(store::MessageRow::cursor).map(|cursor: Cursor| cursor.to_string())
}

pub(super) fn mailbox_name(view: &Snapshot<'_>, id: MailboxId) -> Result<String, StoreError> {
    Ok(view.shown_mailbox(id)?.ok_or(StoreError::NotFound("mailbox"))?.naming.name)
}

/// A row as the API shows it, with what is pending on it.
fn shown(view: &Snapshot<'_>, row: store::MessageRow, mailbox: &str) -> Result<MessageRow, StoreError> {
    let pending = if row.overlaid { view.pending_kinds(row.id)? } else { Vec::new() };
    Ok(convert::row(row, mailbox, pending))
}

/// Rows of several mailboxes, each with its mailbox's name.
pub(super) fn rows(view: &Snapshot<'_>, found: Vec<store::MessageRow>) -> Result<Vec<MessageRow>, StoreError> {
    let mut names: BTreeMap<MailboxId, String> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        if let std::collections::btree_map::Entry::Vacant(e) = names.entry(row.mailbox) {
            e.insert(mailbox_name(view, row.mailbox)?);
        }
        let name = names.get(&row.mailbox).map(String::as_str).unwrap_or_default();
        rows.push(shown(view, row, name)?);
    }
    Ok(rows)
}
