//! The list of mailboxes: asked in one turn, compared with what is known, written.

use std::collections::{BTreeMap, BTreeSet};

use super::SyncError;
use super::conductor::{Ask, ok, refused};
use super::plan::mailbox_list::{self, Known, ListPlan, Listed, MAX_MAILBOXES};
use super::plan::names::Naming;
use crate::imap::command::{self, Command, InvalidArgument, ListReturn, StatusItem};
use crate::imap::{Capabilities, Condition, ListEntry, Namespaces, StatusEntry, Untagged};
use crate::model::{AccountId, MailboxId, Timestamp};
use crate::store::{Mailbox, MailboxNaming, MailboxState, MirrorTx, Store, StoreError};

/// Names that are asked for their ids at once.
const MAX_IDS: usize = 500;

/// Collects the answers to LIST, LSUB, STATUS and NAMESPACE.
#[derive(Default)]
pub(super) struct Listing {
    entries: Vec<ListEntry>,
    /// By name: there may be as many as there are mailboxes.
    statuses: BTreeMap<Vec<u8>, StatusEntry>,
    subscribed: BTreeSet<Vec<u8>>,
    namespaces: Option<Namespaces>,
    failed: Option<SyncError>,
}

/// The list as it was understood.
pub(super) struct Understood {
    /// What each mailbox's STATUS told, by our id.
    pub(super) statuses: Vec<(MailboxId, Option<StatusEntry>)>,
    /// Whether the list lacks the INBOX.
    pub(super) doubtful: bool,
}

impl Listing {
    /// The commands of the first flight. Where STATUS does not come with LIST, [`Listing::missing_statuses`] asks for it
    /// later.
    pub(super) fn ask(server: &Capabilities) -> Result<Vec<(Ask, Command)>, InvalidArgument> {
        let mut round = Vec::new();
        if server.namespace() {
            round.push((Ask::Optional, command::namespace()));
        }
        if server.list_status() || server.list_extended() {
            let items = status_items(server);
            let mut returns = vec![ListReturn::Subscribed];
            if server.list_status() {
                returns.push(ListReturn::Status(&items));
            }
            if server.special_use() {
                returns.push(ListReturn::SpecialUse);
            }
            round.push((Ask::List, command::list_extended(&[], b"", &[b"*"], &returns)?));
        } else {
            round.push((Ask::List, command::list(b"", b"*")?));
            round.push((Ask::Subscriptions, command::lsub(b"", b"*")?));
        }
        Ok(round)
    }

    /// Takes an answer. What exceeds the mailboxes that are mirrored is dropped at once: a server may go on for ever.
    pub(super) fn data(&mut self, ask: Option<&Ask>, data: Untagged) {
        match data {
            Untagged::List(entry) if matches!(ask, Some(Ask::Subscriptions)) => {
                let full = self.subscribed.len() >= MAX_MAILBOXES;
                let _ = full || self.subscribed.insert(entry.name);
            }
            Untagged::List(entry) if self.entries.len() < MAX_MAILBOXES => self.entries.push(entry),
            Untagged::Status(status) => self.status(status),
            Untagged::Namespace(namespaces) => self.namespaces = Some(namespaces),
            _ => {}
        }
    }

    /// A second answer about a mailbox adds to the first.
    fn status(&mut self, status: StatusEntry) {
        let key = mailbox_list::key(&status.name);
        let full = self.statuses.len() >= MAX_MAILBOXES;
        match self.statuses.get_mut(&key) {
            Some(known) if status.mailbox_id.is_some() && status.messages.is_none() => {
                known.mailbox_id = status.mailbox_id;
            }
            None if full => {}
            _ => drop(self.statuses.insert(key, status)),
        }
    }

    pub(super) fn done(&mut self, ask: &Ask, condition: &Condition) {
        if matches!(ask, Ask::List) && !ok(condition) {
            self.failed = Some(refused("LIST", condition));
        }
    }

    /// STATUS of each mailbox that LIST named and did not tell the status of. Empty where all is known.
    pub(super) fn missing_statuses(&self, server: &Capabilities) -> Vec<(Ask, Command)> {
        if server.list_status() {
            // What such a server leaves out cannot be selected, or it said why.
            return Vec::new();
        }
        let selectable =
            |entry: &&ListEntry| !entry.attributes.iter().any(|a| a == "\\noselect" || a == "\\nonexistent");
        self.entries
            .iter()
            .filter(selectable)
            .filter(|entry| !entry.name.is_empty() && !self.statuses.contains_key(&mailbox_list::key(&entry.name)))
            .filter_map(|entry| command::status(&entry.name, &status_items(server)).ok())
            .map(|command| (Ask::Status, command))
            .collect()
    }

    /// STATUS with MAILBOXID of each name that the mirror does not know, where something that it knows is missing: one may be
    /// the other, renamed. Not asked together with LIST: Cyrus 3.6 answers that with freed memory.
    pub(super) async fn missing_ids(
        &self,
        server: &Capabilities,
        store: &Store,
        account: AccountId,
    ) -> Result<Vec<(Ask, Command)>, SyncError> {
        let known = store.read(move |view| view.mailboxes(account)).await?;
        let listed = |mailbox: &&Mailbox| self.entries.iter().any(|e| same_name(&e.name, &mailbox.naming.raw_name));
        if !server.object_id() || known.iter().all(|mailbox| listed(&mailbox)) {
            return Ok(Vec::new());
        }
        let unknown = |entry: &&ListEntry| !known.iter().any(|m| same_name(&entry.name, &m.naming.raw_name));
        let ask = |entry: &ListEntry| command::status(&entry.name, &[StatusItem::MailboxId]).ok();
        let asks = self.entries.iter().filter(unknown).take(MAX_IDS).filter_map(ask);
        Ok(asks.map(|command| (Ask::Status, command)).collect())
    }

    /// Compares the list with the mirror and writes what changed.
    pub(super) async fn apply(
        mut self,
        store: &Store,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Understood, SyncError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let naming = self.namespaces.as_ref().map(Naming::from_namespaces).unwrap_or_default();
        let listed = mailbox_list::listed(&self.entries, &self.statuses, &naming, &self.subscribed);
        let mailboxes = store.read(move |view| view.mailboxes(account)).await?;
        let known: Vec<Known> = mailboxes.iter().map(known).collect();
        let plan = mailbox_list::plan(&known, listed, now);
        let doubtful = plan.doubtful;
        let unchanged: BTreeSet<MailboxId> = plan
            .update
            .iter()
            .filter(|(id, listed)| mailboxes.iter().any(|mailbox| mailbox.id == *id && !differs(mailbox, listed)))
            .map(|(id, _)| *id)
            .collect();
        let statuses = store.mirror(move |tx| write(tx, account, plan, &unchanged, now)).await?;
        Ok(Understood { statuses, doubtful })
    }
}

fn status_items(server: &Capabilities) -> Vec<StatusItem> {
    let mut items = vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity, StatusItem::Unseen];
    if server.condstore() {
        items.push(StatusItem::HighestModSeq);
    }
    items
}

/// The same name, INBOX in any case being one.
fn same_name(a: &[u8], b: &[u8]) -> bool {
    mailbox_list::key(a) == mailbox_list::key(b)
}

fn known(mailbox: &Mailbox) -> Known {
    Known {
        id: mailbox.id,
        raw: mailbox.naming.raw_name.clone(),
        object_id: mailbox.state.object_id.clone(),
        uid_validity: mailbox.state.uid_validity,
        uid_next: mailbox.state.uid_next,
        missing_since: mailbox.missing_since,
    }
}

fn naming(listed: &Listed) -> MailboxNaming {
    MailboxNaming {
        raw_name: listed.raw.clone(),
        name: listed.display.clone(),
        delimiter: listed.delimiter,
        role: listed.role,
        selectable: listed.selectable,
        subscribed: listed.subscribed,
    }
}

/// Whether anything about a known mailbox must be written.
fn differs(mailbox: &Mailbox, listed: &Listed) -> bool {
    let object_id = listed.status.as_ref().and_then(|status| status.mailbox_id.as_ref());
    let counts = listed.status.as_ref().is_some_and(|status| {
        mailbox.server_total.map(u64::from) != status.messages.map(u64::from)
            || mailbox.server_unseen.map(u64::from) != status.unseen.map(u64::from)
    });
    naming(listed) != mailbox.naming
        || mailbox.missing_since.is_some()
        || counts
        || object_id.is_some() && object_id != mailbox.state.object_id.as_ref()
}

type Statuses = Vec<(MailboxId, Option<StatusEntry>)>;

fn write(
    tx: &mut MirrorTx<'_>,
    account: AccountId,
    plan: ListPlan,
    unchanged: &BTreeSet<MailboxId>,
    now: Timestamp,
) -> Result<Statuses, StoreError> {
    let mut statuses = Vec::new();
    for id in plan.remove {
        tx.remove_mailbox(id)?;
    }
    for id in plan.missing {
        tx.set_missing_since(id, Some(now))?;
    }
    let changed: Vec<(MailboxId, MailboxNaming)> = plan
        .update
        .iter()
        .filter(|(id, _)| !unchanged.contains(id))
        .map(|(id, listed)| (*id, naming(listed)))
        .collect();
    tx.update_mailbox_namings(&changed)?;
    for (id, _) in &changed {
        tx.set_missing_since(*id, None)?;
    }
    for (id, listed) in plan.update {
        if !unchanged.contains(&id) {
            note_status(tx, id, listed.status.as_ref())?;
        }
        if listed.selectable {
            statuses.push((id, listed.status));
        }
    }
    for listed in plan.insert {
        let id = tx.insert_mailbox(account, &naming(&listed))?;
        note_status(tx, id, listed.status.as_ref())?;
        if listed.selectable {
            statuses.push((id, listed.status));
        }
    }
    Ok(statuses)
}

fn note_status(tx: &mut MirrorTx<'_>, id: MailboxId, status: Option<&StatusEntry>) -> Result<(), StoreError> {
    let Some(status) = status else { return Ok(()) };
    tx.set_server_counts(id, status.messages, status.unseen)?;
    let state = tx.mailbox_state(id)?;
    if status.mailbox_id.is_some() && state.object_id != status.mailbox_id {
        tx.set_mailbox_state(id, &MailboxState { object_id: status.mailbox_id.clone(), ..state })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_end_is_kept_in_bounds() {
        let mut listing = Listing::default();
        for number in 0..3 * MAX_MAILBOXES {
            let name = format!("Folder {number}").into_bytes();
            let entry = || ListEntry { name: name.clone(), ..ListEntry::default() };
            listing.data(Some(&Ask::List), Untagged::List(entry()));
            listing.data(Some(&Ask::Subscriptions), Untagged::List(entry()));
            let status = StatusEntry { name: name.clone(), messages: Some(1), ..StatusEntry::default() };
            listing.data(Some(&Ask::List), Untagged::Status(status));
        }
        let kept = [listing.entries.len(), listing.subscribed.len(), listing.statuses.len()];
        assert_eq!(kept, [MAX_MAILBOXES; 3]);
    }

    #[test]
    fn a_second_status_adds_the_id_to_the_first() {
        let mut listing = Listing::default();
        let first = StatusEntry { name: b"INBOX".to_vec(), messages: Some(7), ..StatusEntry::default() };
        let second =
            StatusEntry { name: b"inbox".to_vec(), mailbox_id: Some("a1".to_owned()), ..StatusEntry::default() };
        listing.data(None, Untagged::Status(first));
        listing.data(None, Untagged::Status(second));
        let known: Vec<_> =
            listing.statuses.values().map(|status| (status.messages, status.mailbox_id.clone())).collect();
        assert_eq!(known, [(Some(7), Some("a1".to_owned()))]);
    }
}
