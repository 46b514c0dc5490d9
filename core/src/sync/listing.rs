//! The list of mailboxes: asked in one turn, compared with what is known, written.

use std::collections::{BTreeMap, BTreeSet};

use super::SyncError;
use super::conductor::{Ask, ok, refused};
use super::plan::mailbox_list::{self, Known, ListPlan, Listed};
use super::plan::names::{Naming, is_inbox};
use crate::imap::command::{self, Command, InvalidArgument, ListReturn, StatusItem};
use crate::imap::{Capabilities, Condition, ImapError, ListEntry, Namespaces, StatusEntry, Untagged};
use crate::model::{AccountId, MailboxId, Timestamp, UidValidity};
use crate::store::{Mailbox, MailboxNaming, MailboxState, Store, StoreError};

/// Names that are asked for their ids at once.
const MAX_IDS: usize = 500;
/// Answers about mailboxes after which a server is taken for one that will not stop.
const ENDLESS: usize = 400_000;

/// Answers of each kind that are taken: beyond them nothing is mirrored.
const MAX_ANSWERS: usize = mailbox_list::MAX_MAILBOXES;

/// Collects the answers to LIST, LSUB, STATUS and NAMESPACE.
#[derive(Default)]
pub(super) struct Listing {
    entries: Vec<ListEntry>,
    statuses: Vec<StatusEntry>,
    /// Where in `statuses` a mailbox stands.
    status_of: BTreeMap<Vec<u8>, usize>,
    subscribed: BTreeSet<Vec<u8>>,
    namespaces: Option<Namespaces>,
    failed: Option<SyncError>,
    /// Whether there were more mailboxes than are taken: then one that is not among them may be there all the same.
    too_many: bool,
    answers: usize,
}

/// The list as it was understood.
pub(super) struct Understood {
    /// What each mailbox's STATUS told, by our id.
    pub(super) statuses: Vec<(MailboxId, Option<StatusEntry>)>,
    /// Whether the list lacks the INBOX, or was too long.
    pub(super) doubtful: bool,
}

impl Listing {
    /// The commands of the first flight. Where STATUS does not come with LIST, [`Listing::missing_statuses`] asks for it later.
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

    /// Takes what the server said.
    ///
    /// # Errors
    /// Where it does not stop naming mailboxes.
    pub(super) fn data(&mut self, ask: Option<&Ask>, data: Untagged) -> Result<(), SyncError> {
        self.answers += usize::from(matches!(data, Untagged::List(_) | Untagged::Status(_)));
        if self.answers > ENDLESS {
            return Err(SyncError::Imap(ImapError::Protocol("mailboxes without end")));
        }
        match data {
            Untagged::List(entry) if matches!(ask, Some(Ask::Subscriptions)) => {
                let fitting = (self.subscribed.len() < MAX_ANSWERS).then_some(entry.name);
                self.subscribed.extend(fitting);
            }
            Untagged::List(_) if self.entries.len() >= MAX_ANSWERS => self.too_many = true,
            Untagged::List(entry) => self.entries.push(entry),
            Untagged::Status(status) => self.status(status),
            Untagged::Namespace(namespaces) => self.namespaces = Some(namespaces),
            _ => {}
        }
        Ok(())
    }

    /// A second answer about a mailbox adds to the first.
    fn status(&mut self, status: StatusEntry) {
        let room = self.statuses.len() < MAX_ANSWERS;
        match self.status_of.get(&key(&status.name)).and_then(|at| self.statuses.get_mut(*at)) {
            Some(known) if status.mailbox_id.is_some() && status.messages.is_none() => {
                known.mailbox_id = status.mailbox_id;
            }
            Some(known) => *known = status,
            None if room => {
                self.status_of.insert(key(&status.name), self.statuses.len());
                self.statuses.push(status);
            }
            None => {}
        }
    }

    pub(super) fn done(&mut self, ask: &Ask, condition: &Condition) {
        if matches!(ask, Ask::List) && !ok(condition) {
            self.failed = Some(refused("LIST", condition));
        }
    }

    /// STATUS of each mailbox that LIST named and did not tell the status of. Empty where all is known.
    pub(super) fn missing_statuses(&self, server: &Capabilities) -> Vec<(Ask, Command)> {
        let known: BTreeSet<&[u8]> = self.statuses.iter().map(|status| status.name.as_slice()).collect();
        if server.list_status() {
            // What such a server leaves out cannot be selected, or it said why.
            return Vec::new();
        }
        let selectable =
            |entry: &&ListEntry| !entry.attributes.iter().any(|a| a == "\\noselect" || a == "\\nonexistent");
        self.entries
            .iter()
            .filter(selectable)
            .filter(|entry| !known.contains(entry.name.as_slice()) && !entry.name.is_empty())
            .take(mailbox_list::MAX_MAILBOXES)
            .filter_map(|entry| command::status(&entry.name, &status_items(server)).ok())
            .map(|command| (Ask::Status, command))
            .collect()
    }

    /// STATUS with MAILBOXID of each name that the mirror does not know, or knows under another UIDVALIDITY: it may be a mailbox that it
    /// knows, renamed, whose name another may have by now. Not asked together with LIST: Cyrus 3.6 answers that with freed memory.
    pub(super) async fn missing_ids(
        &self,
        server: &Capabilities,
        store: &Store,
        account: AccountId,
    ) -> Result<Vec<(Ask, Command)>, SyncError> {
        let known = store.read(move |view| view.mailboxes(account)).await?;
        let known: BTreeMap<Vec<u8>, Option<UidValidity>> =
            known.iter().map(|mailbox| (key(&mailbox.naming.raw_name), mailbox.state.uid_validity)).collect();
        // The first sync knows none.
        if !server.object_id() || known.is_empty() {
            return Ok(Vec::new());
        }
        let told = |entry: &ListEntry| self.statuses.get(*self.status_of.get(&key(&entry.name))?)?.uid_validity;
        let unknown = |entry: &&ListEntry| match known.get(&key(&entry.name)) {
            Some(known) => known.zip(told(entry)).is_some_and(|(known, told)| known != told),
            None => true,
        };
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
        // Ten thousand mailboxes need not be held twice.
        (self.entries, self.statuses, self.status_of) = Default::default();
        let mailboxes = store.read(move |view| view.mailboxes(account)).await?;
        let mut known: Vec<Known> = mailboxes.iter().map(known).collect();
        let too_many = self.too_many || listed.len() >= mailbox_list::MAX_MAILBOXES;
        if too_many {
            known.iter_mut().for_each(|mailbox| mailbox.missing_since = None);
        }
        let mut plan = mailbox_list::plan(&known, listed, now);
        if too_many {
            plan.missing.clear();
        }
        let doubtful = plan.doubtful || too_many;
        let by_id: BTreeMap<MailboxId, &Mailbox> = mailboxes.iter().map(|mailbox| (mailbox.id, mailbox)).collect();
        let told = self.namespaces.is_some();
        if !told {
            keep_names(&mut plan, &by_id);
        }
        let unchanged: BTreeSet<MailboxId> = plan
            .update
            .iter()
            .filter(|(id, listed)| by_id.get(id).is_some_and(|mailbox| !differs(mailbox, listed)))
            .map(|(id, _)| *id)
            .collect();
        let statuses = store
            .mirror(move |tx| {
                if told {
                    tx.set_personal_namespace(account, &naming.prefix, naming.delimiter)?;
                }
                write(tx, account, plan, &unchanged, now)
            })
            .await?;
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

/// What names are compared by: bytes, but INBOX in any case is one.
fn key(raw: &[u8]) -> Vec<u8> {
    if is_inbox(raw) { b"INBOX".to_vec() } else { raw.to_vec() }
}

fn known(mailbox: &Mailbox) -> Known {
    Known {
        id: mailbox.id,
        raw: mailbox.naming.raw_name.clone(),
        object_id: mailbox.state.object_id.clone(),
        uid_validity: mailbox.state.uid_validity,
        uid_next: mailbox.state.uid_next,
        selectable: mailbox.naming.selectable,
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

/// A server that for once does not tell its namespaces has renamed nothing: what it lists under the same raw name is shown
/// as before.
fn keep_names(plan: &mut ListPlan, known: &BTreeMap<MailboxId, &Mailbox>) {
    let roles: BTreeSet<_> = plan.update.iter().filter_map(|(_, listed)| listed.role).collect();
    for (id, listed) in &mut plan.update {
        if let Some(mailbox) = known.get(id).filter(|mailbox| mailbox.naming.raw_name == listed.raw) {
            listed.display.clone_from(&mailbox.naming.name);
            listed.role = listed.role.or(mailbox.naming.role.filter(|role| !roles.contains(role)));
        }
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
    tx: &mut crate::store::MirrorTx<'_>,
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

fn note_status(
    tx: &mut crate::store::MirrorTx<'_>,
    id: MailboxId,
    status: Option<&StatusEntry>,
) -> Result<(), StoreError> {
    let Some(status) = status else { return Ok(()) };
    tx.set_server_counts(id, status.messages, status.unseen)?;
    let state = tx.mailbox_state(id)?;
    if status.mailbox_id.is_some() && state.object_id != status.mailbox_id {
        tx.set_mailbox_state(id, &MailboxState { object_id: status.mailbox_id.clone(), ..state })?;
    }
    Ok(())
}
