//! One run over one account: the list of mailboxes, then what changed in each, then bodies.

mod begin;

pub use begin::enable;

use std::sync::Arc;

use super::bodies::{self, Bodies};
use super::conductor::{Ask, Conductor, Heard, Owner, ok, refused};
use super::control::Allowance;
use super::listing::Listing;
use super::plan::delta::{self, Abilities};
use super::plan::windows;
use super::report::{Note, Report, Stage};
use super::request::{Means, Request};
use super::spool::IncomingSpool;
use super::visit::{Next, Visit};
use super::{SyncError, gaps, items, mark};
use crate::imap::command::{self, Command};
use crate::imap::{Capabilities, StatusEntry, Untagged};
use crate::model::{Clock, MailboxId, MailboxRole, Uid};
use crate::store::{Mailbox, Store};

/// Commands that may be under way at once.
const MAX_OUTSTANDING: usize = 128;
/// Windows of messages that may be under way at once: the next is asked for while one arrives.
const MAX_WINDOWS: usize = 3;

struct Run<'s> {
    conductor: Conductor<'s>,
    store: Store,
    clock: Arc<dyn Clock>,
    request: Request,
    server: Capabilities,
    abilities: Abilities,
    /// Whether commands went out with the login, by what is remembered of the server.
    pipelined: bool,
    listing: Listing,
    visits: Vec<Visit>,
    notes: Vec<Note>,
    tell: &'s (dyn Fn(Note) + Send + Sync),
    report: Report,
}

/// Brings the mirror of one account up to date.
///
/// # Errors
/// [`SyncError`]; the report tells what was done even so.
pub async fn run(means: Means<'_>, request: Request) -> (Report, Result<(), SyncError>) {
    let allowance = Allowance::new(means.control, request.limits, means.traffic);
    let server = match (&request.login, &request.remembered) {
        (Some(_), Some(remembered)) => remembered.clone(),
        _ => means.session.capabilities().clone(),
    };
    let mut run = Run {
        conductor: Conductor::new(means.session, allowance),
        store: means.store,
        clock: means.clock,
        abilities: Abilities { qresync: server.qresync(), condstore: server.condstore() },
        server,
        request,
        pipelined: false,
        listing: Listing::default(),
        visits: Vec::new(),
        notes: Vec::new(),
        tell: means.tell,
        report: Report::default(),
    };
    let outcome = run.all(means.spool).await;
    for visit in &mut run.visits {
        // What arrived is kept, whatever became of the conversation.
        let _ = visit.settle(&run.store).await;
    }
    run.count();
    (run.report, outcome)
}

impl Run<'_> {
    async fn all(&mut self, spool: &IncomingSpool) -> Result<(), SyncError> {
        let mark = mark::begin(&self.store, self.request.account).await?;
        self.log_in().await?;
        self.enable()?;
        let early = if self.request.only_list { None } else { self.open_early().await? };
        let statuses = self.list_mailboxes().await?;
        if self.request.only_list {
            self.report.complete = true;
            return Ok(());
        }
        self.open_visits(statuses, early).await?;
        self.follow_visits().await?;
        let complete = self.visits.iter().all(|visit| visit.complete);
        if complete && self.request.mailboxes.is_empty() {
            mark::complete(&self.store, self.request.account, mark).await?;
        }
        self.fetch_bodies(spool).await?;
        self.report.complete = complete;
        Ok(())
    }

    async fn fetch_bodies(&mut self, spool: &IncomingSpool) -> Result<(), SyncError> {
        let Some(policy) = self.request.bodies else { return Ok(()) };
        let account = self.request.account;
        let mailboxes = self.store.read(move |view| view.mailboxes(account)).await?;
        let mut mailboxes = bodies::with_bodies(mailboxes, &self.request.mailboxes);
        if self.request.bodies_complete {
            let touched = |id| self.visits.iter().any(|visit| visit.id == id && visit.applied.new > 0);
            mailboxes.retain(|mailbox| touched(mailbox.id));
        }
        let bodies = Bodies::new(self.store.clone(), policy, spool.clone());
        let bodied = bodies.fetch(&mut self.conductor, mailboxes, self.tell).await?;
        (self.report.bodies_fetched, self.report.bodies_left) = (bodied.fetched, bodied.left);
        Ok(())
    }

    /// Opens the inbox, or the one mailbox that is wanted, in the first flight: most changes are there.
    async fn open_early(&mut self) -> Result<Option<MailboxId>, SyncError> {
        let account = self.request.account;
        let known = self.store.read(move |view| view.mailboxes(account)).await?;
        let wanted = match self.request.mailboxes.as_slice() {
            [] => known.iter().find(|mailbox| mailbox.naming.role == Some(MailboxRole::Inbox)),
            [only] => known.iter().find(|mailbox| mailbox.id == *only),
            _ => None,
        };
        let Some(mailbox) = wanted.filter(|mailbox| mailbox.state.uid_validity.is_some() && mailbox.naming.selectable)
        else {
            return Ok(None);
        };
        let id = mailbox.id;
        let list = if self.only_known(&known) { Vec::new() } else { Listing::ask(&self.server)? };
        // Where the list brings STATUS, the mailbox is opened before: Dovecot would look through a large Maildir once more
        // for the status of one that is not open.
        let (before, after) = if self.server.list_status() { (Vec::new(), list) } else { (list, Vec::new()) };
        self.ask_account(before);
        self.begin_visit(mailbox, None).await?;
        self.ask_account(after);
        Ok(Some(id))
    }

    /// Whether the run is about mailboxes that are all known: no list is needed then.
    fn only_known(&self, known: &[Mailbox]) -> bool {
        let wanted = &self.request.mailboxes;
        !wanted.is_empty() && wanted.iter().all(|id| known.iter().any(|mailbox| mailbox.id == *id))
    }

    async fn visit(&mut self, mailbox: &Mailbox) -> Result<Visit, SyncError> {
        let (id, now) = (mailbox.id, self.clock.now());
        let (lacking, known) = self
            .store
            .read(move |view| Ok((gaps::lacking(view, id, now)?, view.count_known(id, Uid::MIN, Uid::MAX)?)))
            .await?;
        Ok(Visit::new(mailbox, &lacking, known, self.abilities, now))
    }

    async fn begin_visit(&mut self, mailbox: &Mailbox, status: Option<&StatusEntry>) -> Result<(), SyncError> {
        let id = mailbox.id;
        let mut visit = self.visit(mailbox).await?;
        visit.choose_flags(&self.store, self.request.mailboxes.contains(&id)).await?;
        if let Some(status) = status {
            visit.told(status);
        }
        let index = self.visits.len();
        for (ask, command) in visit.open(&self.server, status)? {
            self.conductor.ask(Owner::Visit(index), ask, command);
        }
        self.conductor.select(Some(id));
        self.visits.push(visit);
        Ok(())
    }

    async fn list_mailboxes(&mut self) -> Result<Vec<(MailboxId, Option<StatusEntry>)>, SyncError> {
        let account = self.request.account;
        let known = self.store.read(move |view| view.mailboxes(account)).await?;
        if self.only_known(&known) {
            self.settle_account().await?;
            return Ok(self.request.mailboxes.iter().map(|id| (*id, None)).collect());
        }
        if self.visits.is_empty() {
            self.ask_account(Listing::ask(&self.server)?);
        }
        self.settle_account().await?;
        let statuses = self.listing.missing_statuses(&self.server);
        if !statuses.is_empty() {
            self.ask_account(statuses);
            self.settle_account().await?;
        }
        let ids = self.listing.missing_ids(&self.server, &self.store, account).await?;
        self.ask_account(ids);
        self.settle_account().await?;
        let listing = std::mem::take(&mut self.listing);
        let understood = listing.apply(&self.store, account, self.clock.now()).await?;
        if understood.doubtful {
            (self.tell)(Note::Inconsistent { mailbox: String::new() });
        }
        self.report.mailboxes_checked = understood.statuses.len() as u64;
        let wanted = &self.request.mailboxes;
        Ok(understood.statuses.into_iter().filter(|(id, _)| wanted.is_empty() || wanted.contains(id)).collect())
    }

    /// Opens each mailbox in which something may have changed, the inbox first.
    async fn open_visits(
        &mut self,
        statuses: Vec<(MailboxId, Option<StatusEntry>)>,
        early: Option<MailboxId>,
    ) -> Result<(), SyncError> {
        let account = self.request.account;
        let mut mailboxes = self.store.read(move |view| view.mailboxes(account)).await?;
        mailboxes.sort_by_key(|mailbox| mailbox.naming.role.map_or(usize::MAX, |role| role as usize));
        for mailbox in &mailboxes {
            let Some((_, status)) = statuses.iter().find(|(id, _)| *id == mailbox.id) else { continue };
            if early == Some(mailbox.id) {
                if let (Some(status), Some(visit)) = (status, self.visits.first_mut()) {
                    visit.told(status);
                }
                continue;
            }
            if let Some(status) = status
                && self.settled_by_status(mailbox, status).await?
            {
                continue;
            }
            while self.conductor.outstanding() > MAX_OUTSTANDING {
                self.hear().await?;
            }
            self.begin_visit(mailbox, status.as_ref()).await?;
        }
        Ok(())
    }

    /// Whether STATUS alone shows that there is nothing to do, or that the mailbox is empty.
    async fn settled_by_status(&mut self, mailbox: &Mailbox, status: &StatusEntry) -> Result<bool, SyncError> {
        let id = mailbox.id;
        let visit = self.visit(mailbox).await?;
        let settled = mailbox.state.stale_since.is_none() && mailbox.detached == 0;
        if settled && delta::untouched(visit.mirror(), status) {
            return Ok(true);
        }
        let empty = status.messages == Some(0)
            && visit.mirror().count == 0
            && status.uid_next.is_some()
            && mailbox.detached == 0;
        if !empty || status.uid_validity.is_none() {
            return Ok(false);
        }
        let mut state = mailbox.state.clone();
        if state.uid_validity != status.uid_validity {
            // It may be another mailbox of the same name.
            state.object_id = None;
        }
        state.uid_validity = status.uid_validity;
        state.uid_next = status.uid_next;
        state.highest_modseq = status.highest_modseq;
        state.backfill = Some(Uid::MIN);
        if state != mailbox.state {
            self.store.mirror(move |tx| tx.set_mailbox_state(id, &state)).await?;
        }
        Ok(true)
    }

    /// Works until every visit has finished.
    async fn follow_visits(&mut self) -> Result<(), SyncError> {
        loop {
            self.advance_idle().await?;
            self.top_up()?;
            if self.conductor.outstanding() == 0 {
                if self.visits.iter().all(Visit::is_finished) {
                    return Ok(());
                }
                continue;
            }
            // Only a command's end lets a visit go on: data alone needs no look at all of them.
            while !self.hear().await? {}
        }
    }

    /// Asks each visit that has nothing under way what comes next.
    async fn advance_idle(&mut self) -> Result<(), SyncError> {
        for index in 0..self.visits.len() {
            let owner = Owner::Visit(index);
            if self.visits[index].is_finished()
                || self.conductor.outstanding_of(owner) > 0
                || self.visits[index].has_windows()
            {
                continue;
            }
            let next = self.visits[index].advance(&self.store, &self.server, &mut self.notes).await?;
            for note in self.notes.drain(..) {
                (self.tell)(note);
            }
            if let Next::Round(round) = next {
                self.select(index)?;
                for (ask, command) in round {
                    self.conductor.ask(owner, ask, command);
                }
            }
        }
        Ok(())
    }

    /// Comes back to a visit's mailbox where another is selected.
    fn select(&mut self, index: usize) -> Result<(), SyncError> {
        let id = self.visits[index].id;
        if self.conductor.selected() != Some(id) {
            let examine = self.visits[index].reopen()?;
            self.conductor.ask(Owner::Visit(index), Ask::Reopen, examine);
            self.conductor.select(Some(id));
        }
        Ok(())
    }

    /// Keeps windows under way, one mailbox after the other.
    fn top_up(&mut self) -> Result<(), SyncError> {
        while self.conductor.outstanding() < MAX_WINDOWS {
            let Some(index) = self.visits.iter().position(Visit::has_windows) else { break };
            let (done, _) = self.visits[index].progress();
            let size = if done == 0 { windows::FIRST } else { windows::LATER };
            let Some((window, detail)) = self.visits[index].next_window(size) else { break };
            self.select(index)?;
            let modseqs = self.visits[index].has_modseqs(&self.server);
            let items = items::new_message(&self.server, modseqs, detail);
            let fetch = command::uid_fetch(&window, &items, None, false)?;
            self.conductor.ask(Owner::Visit(index), Ask::Window(window, detail), fetch);
        }
        Ok(())
    }

    fn ask_account(&mut self, round: Vec<(Ask, Command)>) {
        for (ask, command) in round {
            self.conductor.ask(Owner::Account, ask, command);
        }
    }

    /// Works until every command of the account itself is done.
    async fn settle_account(&mut self) -> Result<(), SyncError> {
        while self.conductor.outstanding_of(Owner::Account) > 0 {
            self.hear().await?;
        }
        Ok(())
    }

    /// Takes the server's next word to whoever asked. Returns whether it ended a command.
    async fn hear(&mut self) -> Result<bool, SyncError> {
        let ask = self.conductor.oldest().cloned();
        let (owner, heard) = self.conductor.hear().await?;
        let ended = matches!(heard, Heard::Done(..));
        match (owner, heard) {
            (Owner::Account, Heard::Data(data)) => self.listing.data(ask.as_ref(), data)?,
            // The list may come before what was asked for earlier (RFC 3501 section 5.5): nobody else asks for such data.
            (
                Owner::Visit(_),
                Heard::Data(data @ (Untagged::List(_) | Untagged::Status(_) | Untagged::Namespace(_))),
            ) => {
                self.listing.data(None, data)?;
            }
            (Owner::Account, Heard::Done(ask, condition)) => {
                if matches!(ask, Ask::Login) {
                    self.conductor.session().logged_in(&condition)?;
                    let unasked = self.pipelined && !self.request.quiet_login;
                    if unasked && !self.conductor.session().capabilities_known() {
                        self.conductor.ask(Owner::Account, Ask::Capabilities, command::capability());
                    }
                } else if matches!(ask, Ask::Capabilities) && !ok(&condition) {
                    return Err(refused("CAPABILITY", &condition));
                }
                self.listing.done(&ask, &condition);
            }
            (Owner::Bodies, _) => {}
            (Owner::Visit(index), Heard::Data(data)) => {
                if self.visits[index].data(ask.as_ref(), data) {
                    self.visits[index].flush(&self.store).await?;
                    self.tell_progress(index);
                }
            }
            (Owner::Visit(index), Heard::Done(ask, condition)) => {
                self.visits[index].done(ask, &condition);
                if self.visits[index].has_failed() {
                    self.conductor.select(None);
                }
            }
        }
        Ok(ended)
    }

    fn tell_progress(&self, index: usize) {
        let visit = &self.visits[index];
        let (done, total) = visit.progress();
        (self.tell)(Note::Progress { mailbox: visit.name.clone(), stage: Stage::Headers, done, total });
    }

    fn count(&mut self) {
        for visit in &self.visits {
            let applied = visit.applied;
            self.report.messages_new += applied.new;
            self.report.flags_changed += applied.flags;
            self.report.messages_removed += applied.removed;
            self.report.mailboxes_changed += u64::from(applied.new + applied.flags + applied.removed > 0);
        }
    }
}
