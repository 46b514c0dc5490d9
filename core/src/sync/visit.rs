//! One mailbox in one run: opened, compared, filled, and its state written with the last piece of what changed.

use std::sync::Arc;

use super::SyncError;
use super::batch::{self, Writes};
use super::conductor::{Ask, ok};
use super::items::{self, Detail};
use super::plan::delta::{self, Abilities, Method, Mirror, Selected, Verdict};
use super::plan::windows;
use super::report::Note;
use crate::imap::command::{self, Command, InvalidArgument, Resync};
use crate::imap::{Capabilities, Code, Condition, Fetch, StatusEntry, Untagged};
use crate::model::{Flags, MailboxId, ModSeq, Uid, UidSet};
use crate::store::{Mailbox, MailboxState, MirrorTx, NewMessage, Store, StoreError};

/// A mailbox with at most this many messages is fetched in the flight that opens it.
const WHOLE: u32 = 500;
/// Rows that are handed to the store in one transaction.
const ROWS: usize = 1_000;
/// Runs in which a message may stay unanswered before it is set aside.
const TRIES: u32 = 3;

/// What a transaction of a visit did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Applied {
    pub(super) new: u64,
    pub(super) flags: u64,
    pub(super) removed: u64,
}

/// What comes next.
pub(super) enum Next {
    /// These commands, in one flight.
    Round(Vec<(Ask, Command)>),
    /// Windows of messages, as [`Visit::next_window`] gives them.
    Windows,
    /// Nothing more.
    Finished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Listing,
    Filling,
    Finished,
}

pub(super) struct Visit {
    pub(super) id: MailboxId,
    pub(super) raw: Vec<u8>,
    pub(super) name: String,
    mirror: Mirror,
    state: MailboxState,
    method: Method,
    stage: Stage,
    selected: Selected,
    verdict: Verdict,
    /// EXISTS as it stands now, and as it stood when the mailbox was opened.
    exists: u32,
    opened_with: u32,
    failed: bool,
    range_end: Option<Uid>,
    vanished: UidSet,
    listed: UidSet,
    listed_all: bool,
    /// What FETCH commands under way ask for.
    awaited: Vec<Arc<UidSet>>,
    answered: UidSet,
    targets: UidSet,
    unanswered: UidSet,
    retry: Vec<(UidSet, Detail)>,
    rows: Vec<NewMessage>,
    flags: Vec<(Uid, Flags, Option<ModSeq>)>,
    writes: Writes<Applied>,
    pub(super) applied: Applied,
    pub(super) complete: bool,
    total_to_fill: u64,
    filled: u64,
}

impl Visit {
    pub(super) fn new(mailbox: &Mailbox, gaps: bool, known: u64, abilities: Abilities) -> Self {
        let state = mailbox.state.clone();
        let mirror = Mirror {
            uid_validity: state.uid_validity,
            uid_next: state.uid_next,
            highest_modseq: state.highest_modseq,
            complete: state.is_complete(),
            count: known,
            gaps,
        };
        Self {
            id: mailbox.id,
            raw: mailbox.naming.raw_name.clone(),
            name: mailbox.naming.name.clone(),
            method: delta::method(&mirror, abilities),
            mirror,
            state,
            stage: Stage::Opening,
            selected: Selected::default(),
            verdict: Verdict::Continues,
            exists: 0,
            opened_with: 0,
            failed: false,
            range_end: None,
            vanished: UidSet::new(),
            listed: UidSet::new(),
            listed_all: false,
            awaited: Vec::new(),
            answered: UidSet::new(),
            targets: UidSet::new(),
            unanswered: UidSet::new(),
            retry: Vec::new(),
            rows: Vec::new(),
            flags: Vec::new(),
            writes: Writes::default(),
            applied: Applied::default(),
            complete: false,
            total_to_fill: 0,
            filled: 0,
        }
    }

    /// The commands that open the mailbox and ask for what most likely changed, in one flight.
    pub(super) fn open(
        &mut self,
        server: &Capabilities,
        status: Option<&StatusEntry>,
    ) -> Result<Vec<(Ask, Command)>, InvalidArgument> {
        let mode = match self.method {
            Method::Qresync { from: (validity, modseq) } => {
                Some(Resync::Qresync { validity, modseq, known: None, matching: None })
            }
            _ if server.condstore() => Some(Resync::Condstore),
            _ => None,
        };
        let mut round = vec![(Ask::Open, command::examine(&self.raw, mode)?)];
        if let (Method::Condstore { since }, Some(before)) = (self.method, self.below_uid_next()) {
            round.push((Ask::Changes, command::uid_fetch(&before, &items::changes(server), Some(since), false)?));
        }
        if let (Method::Plain, Some(before)) = (self.method, self.below_uid_next())
            && self.mirror.count > 0
        {
            round.push((Ask::Changes, command::uid_fetch(&before, &items::changes(server), None, false)?));
        }
        if !self.mirror.complete || self.mirror.gaps {
            round.push((Ask::Search(None), items::search_all(server)?));
        }
        if let Some(range) = self.likely_new(status) {
            self.range_end = range.last();
            let fetch = command::uid_fetch(&range, &items::new_message(server, Detail::Usual), None, false)?;
            let range = Arc::new(range);
            self.awaited.push(Arc::clone(&range));
            round.push((Ask::Range(range), fetch));
        }
        Ok(round)
    }

    /// The command that comes back to the mailbox.
    pub(super) fn reopen(&self) -> Result<Command, InvalidArgument> {
        command::examine(&self.raw, None)
    }

    fn below_uid_next(&self) -> Option<UidSet> {
        let before = Uid::new(self.mirror.uid_next?.get() - 1)?;
        Some(UidSet::range(Uid::MIN, before))
    }

    fn likely_new(&self, status: Option<&StatusEntry>) -> Option<UidSet> {
        if self.mirror.complete {
            return delta::speculative(&self.mirror);
        }
        let status = status.filter(|_| self.method == Method::First)?;
        let top = Uid::new(status.uid_next?.get() - 1)?;
        let from = if status.messages? <= WHOLE { 1 } else { top.get().saturating_sub(delta::SPECULATIVE_UIDS - 1) };
        Some(UidSet::range(Uid::new(from).unwrap_or(Uid::MIN), top))
    }

    /// Takes what the server said. Returns whether rows should be flushed.
    pub(super) fn data(&mut self, ask: Option<&Ask>, data: Untagged) -> bool {
        match data {
            Untagged::Exists(count) => self.exists = count,
            Untagged::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Untagged::Vanished { earlier: true, uids } => self.vanished = self.vanished.union(&uids),
            Untagged::Vanished { earlier: false, uids } => {
                self.exists = self.exists.saturating_sub(u32::try_from(uids.len()).unwrap_or(u32::MAX));
            }
            Untagged::Search { uids, .. } => self.listed = self.listed.union(&uids),
            Untagged::Fetch(fetch) => self.fetched(*fetch),
            Untagged::Condition(Condition { code: Some(code), .. }) => self.code(code),
            _ => {}
        }
        // Before the mailbox is judged, nothing may be written: the UIDs may mean other messages.
        !matches!(ask, Some(Ask::Open)) && self.rows.len().max(self.flags.len()) >= ROWS
    }

    fn code(&mut self, code: Code) {
        match code {
            Code::UidValidity(validity) => self.selected.uid_validity = Some(validity),
            Code::UidNext(next) => self.selected.uid_next = Some(next),
            Code::HighestModSeq(modseq) => self.selected.highest_modseq = Some(modseq),
            Code::UidNotSticky => self.selected.uid_not_sticky = true,
            _ => {}
        }
    }

    /// Answers to several FETCH commands may come in one run before the first of them is done (Dovecot does so): what
    /// an answer is for is told by its UID, not by its place.
    fn fetched(&mut self, fetch: Fetch) {
        let asked_for = |uid: Uid| self.awaited.iter().any(|range| range.contains(uid));
        if let Some((uid, row)) = batch::new_message(&fetch).filter(|(uid, _)| asked_for(*uid)) {
            self.answered.insert(uid);
            self.filled += u64::from(self.stage == Stage::Filling);
            self.rows.push(row);
        } else if let (Some(uid), Some(flags)) = (fetch.uid, fetch.flags)
            && !asked_for(uid)
        {
            self.flags.push((uid, flags, fetch.modseq));
        }
    }

    /// Takes a command's end.
    pub(super) fn done(&mut self, ask: Ask, condition: &Condition) {
        if let Some(code) = condition.code.clone() {
            self.code(code);
        }
        match ask {
            Ask::Open if !ok(condition) => self.failed = true,
            Ask::Open => {
                self.selected.exists = Some(self.exists);
                self.opened_with = self.exists;
                self.verdict = delta::judge(&self.mirror, &self.selected);
            }
            Ask::Reopen if !ok(condition) || self.selected.uid_validity != self.expected_validity() => {
                self.failed = true
            }
            Ask::Search(from) => self.listed_all = ok(condition) && from.is_none(),
            Ask::Changes if !ok(condition) => self.failed = true,
            Ask::Range(range) => self.awaited.retain(|other| !Arc::ptr_eq(other, &range)),
            Ask::Window(window, detail) => {
                self.awaited.retain(|other| !Arc::ptr_eq(other, &window));
                let missing = window.difference(&self.answered);
                self.try_again(missing, detail, ok(condition));
            }
            _ => {}
        }
        if self.verdict == Verdict::NewValidity || self.failed {
            self.rows.clear();
            self.flags.clear();
        }
    }

    fn expected_validity(&self) -> Option<crate::model::UidValidity> {
        self.mirror.uid_validity.or(self.selected.uid_validity)
    }

    /// What was asked for and not answered is asked for again in smaller helpings, then with fewer items.
    fn try_again(&mut self, missing: UidSet, detail: Detail, carried_out: bool) {
        if missing.is_empty() {
            return;
        }
        let alone = missing.len() == 1;
        let next = if alone || carried_out && detail == Detail::Usual { detail.simpler() } else { Some(detail) };
        match next {
            Some(detail) => {
                let mut rest = missing;
                let helping = if alone { 1 } else { (rest.len() / 4).clamp(1, 64) };
                while !rest.is_empty() {
                    self.retry.push((rest.split_highest(helping), detail));
                }
            }
            None => self.unanswered = self.unanswered.union(&missing),
        }
    }

    /// The next messages to ask for, newest first.
    pub(super) fn next_window(&mut self, size: u64) -> Option<(Arc<UidSet>, Detail)> {
        if self.failed {
            return None;
        }
        let (window, detail) = match self.retry.pop() {
            Some(again) => again,
            None if self.targets.is_empty() => return None,
            None => (windows::take(&mut self.targets, size), Detail::Usual),
        };
        let window = Arc::new(window);
        self.awaited.push(Arc::clone(&window));
        Some((window, detail))
    }

    /// Whether there are windows to be asked for.
    pub(super) fn has_windows(&self) -> bool {
        self.stage == Stage::Filling && !self.failed && (!self.retry.is_empty() || !self.targets.is_empty())
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    pub(super) fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Waits until everything handed to the store is committed, however the run ended.
    pub(super) async fn settle(&mut self) -> Result<(), SyncError> {
        self.drain().await
    }

    /// How far the filling is: done and to do.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.filled, self.total_to_fill)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// Hands rows over to the store.
    pub(super) async fn flush(&mut self, store: &Store) -> Result<(), SyncError> {
        if self.rows.is_empty() && self.flags.is_empty() {
            return Ok(());
        }
        let (rows, flags) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.flags));
        let (mailbox, state, store) = (self.id, self.opened_state(), store.clone());
        self.writes
            .push(async move {
                store
                    .mirror(move |tx| {
                        if let Some(state) = &state {
                            tx.set_mailbox_state(mailbox, state)?;
                        }
                        let inserted = tx.insert_new(mailbox, &rows)?;
                        let changed = tx.update_flags(mailbox, &flags)?;
                        Ok(Applied { new: inserted.new, flags: changed.changed, removed: 0 })
                    })
                    .await
            })
            .await?;
        Ok(())
    }

    /// What a first visit writes with its first rows: from where a later run goes on.
    fn opened_state(&mut self) -> Option<MailboxState> {
        if self.mirror.uid_validity.is_some() || self.selected.uid_validity.is_none() {
            return None;
        }
        self.mirror.uid_validity = self.selected.uid_validity;
        self.mirror.highest_modseq = self.selected.highest_modseq;
        self.state.uid_validity = self.selected.uid_validity;
        self.state.highest_modseq = self.selected.highest_modseq;
        self.state.uid_next = None;
        self.state.backfill = None;
        Some(self.state.clone())
    }

    /// Decides what comes next, when every command of this visit is done.
    pub(super) async fn advance(
        &mut self,
        store: &Store,
        server: &Capabilities,
        notes: &mut Vec<Note>,
    ) -> Result<Next, SyncError> {
        if self.failed {
            notes.push(Note::MailboxRefused { mailbox: self.name.clone() });
            return self.give_up().await;
        }
        match self.stage {
            Stage::Opening => self.after_opening(store, server, notes).await,
            Stage::Listing => self.after_listing(store, notes).await,
            Stage::Filling => self.after_filling(store, notes).await,
            Stage::Finished => Ok(Next::Finished),
        }
    }

    async fn give_up(&mut self) -> Result<Next, SyncError> {
        self.drain().await?;
        self.stage = Stage::Finished;
        Ok(Next::Finished)
    }

    async fn drain(&mut self) -> Result<(), SyncError> {
        for applied in self.writes.drain().await? {
            self.applied.new += applied.new;
            self.applied.flags += applied.flags;
            self.applied.removed += applied.removed;
        }
        Ok(())
    }

    async fn after_opening(
        &mut self,
        store: &Store,
        server: &Capabilities,
        notes: &mut Vec<Note>,
    ) -> Result<Next, SyncError> {
        match self.verdict {
            Verdict::Unusable => {
                notes.push(Note::Inconsistent { mailbox: self.name.clone() });
                return self.give_up().await;
            }
            Verdict::NewValidity => {
                self.bind_anew(store, notes).await?;
                return self.list(server, false);
            }
            Verdict::Compare => return self.list(server, true),
            Verdict::Continues => {}
        }
        if self.listed_all {
            return self.after_listing(store, notes).await;
        }
        if self.method == Method::First {
            return self.list(server, false);
        }
        // More arrived than was asked for on trust: find out what, and fetch it newest first.
        let beyond = self.selected.uid_next.is_none_or(|next| self.range_end.is_none_or(|end| next > end));
        let empty_range = self.selected.uid_next == self.mirror.uid_next;
        if beyond && !empty_range {
            return self.list(server, false);
        }
        self.flush(store).await?;
        self.drain().await?;
        let (id, vanished) = (self.id, self.vanished.clone());
        let (known, gone) = store
            .read(move |view| {
                let known = view.count_known(id, Uid::MIN, Uid::MAX)?;
                // Only what VANISHED names: a no-op on a large mailbox reads no UID at all.
                let mut gone = UidSet::new();
                for range in
                    vanished.ranges().filter_map(|range| Some((Uid::new(*range.start())?, Uid::new(*range.end())?)))
                {
                    gone = gone.union(&view.known_uids(id, range.0, range.1)?);
                }
                Ok((known, gone))
            })
            .await?;
        if !delta::removal_agrees(known, gone.len(), self.opened_with) || delta::is_mass_removal(known, gone.len()) {
            return self.list(server, false);
        }
        self.finish(store, gone, true).await
    }

    /// Asks for the list of all UIDs, and for all flags where nothing else tells what changed.
    fn list(&mut self, server: &Capabilities, flags: bool) -> Result<Next, SyncError> {
        self.stage = Stage::Listing;
        self.listed = UidSet::new();
        let mut round = vec![(Ask::Search(None), items::search_all(server)?)];
        if flags {
            let all = UidSet::range(Uid::MIN, Uid::MAX);
            round.push((Ask::Changes, command::uid_fetch(&all, &items::changes(server), None, false)?));
        }
        Ok(Next::Round(round))
    }

    async fn bind_anew(&mut self, store: &Store, notes: &mut Vec<Note>) -> Result<(), SyncError> {
        notes.push(Note::UidValidityChanged { mailbox: self.name.clone() });
        let id = self.id;
        store.mirror(move |tx| tx.detach_all(id)).await?;
        self.state = MailboxState { object_id: self.state.object_id.clone(), ..MailboxState::default() };
        self.mirror = Mirror::default();
        self.method = Method::First;
        self.verdict = Verdict::Continues;
        self.vanished = UidSet::new();
        Ok(())
    }

    async fn after_listing(&mut self, store: &Store, notes: &mut Vec<Note>) -> Result<Next, SyncError> {
        self.flush(store).await?;
        self.drain().await?;
        let id = self.id;
        let (known, gaps) =
            store.read(move |view| Ok((view.known_uids(id, Uid::MIN, Uid::MAX)?, view.gaps(id)?))).await?;
        let quarantined: UidSet = gaps.into_iter().filter(|gap| gap.quarantined.is_some()).map(|gap| gap.uid).collect();
        // Two proofs: the list lacks them, and it is as long as the server says that the mailbox is.
        let trusted = self.listed_all && self.listed.len() == u64::from(self.exists);
        let gone = if trusted { known.difference(&self.listed) } else { UidSet::new() };
        if !trusted {
            notes.push(Note::Inconsistent { mailbox: self.name.clone() });
        }
        if delta::is_mass_removal(known.len(), gone.len()) {
            notes.push(Note::MassRemoval { mailbox: self.name.clone(), removed: gone.len() });
        }
        self.targets = self.listed.difference(&known).difference(&quarantined);
        self.total_to_fill = self.targets.len();
        self.complete = trusted;
        self.stage = Stage::Filling;
        let removed = gone.len();
        if removed > 0 {
            let set = gone;
            self.applied.removed += store.mirror(move |tx| tx.remove_uids(id, &set)).await?;
        }
        if self.targets.is_empty() { self.after_filling(store, notes).await } else { Ok(Next::Windows) }
    }

    async fn after_filling(&mut self, store: &Store, notes: &mut Vec<Note>) -> Result<Next, SyncError> {
        self.flush(store).await?;
        self.drain().await?;
        if !self.unanswered.is_empty() {
            let (id, uids) = (self.id, self.unanswered.clone());
            let quarantined = store.mirror(move |tx| set_aside(tx, id, &uids)).await?;
            if quarantined > 0 {
                notes.push(Note::Quarantined { mailbox: self.name.clone(), messages: quarantined });
            }
        }
        let complete = self.complete;
        self.finish(store, UidSet::new(), complete).await
    }

    /// Writes the last piece together with the state that says that it was the last.
    async fn finish(&mut self, store: &Store, gone: UidSet, complete: bool) -> Result<Next, SyncError> {
        self.stage = Stage::Finished;
        self.complete = complete && self.unanswered.is_empty();
        if self.selected.uid_validity.is_none() {
            return Ok(Next::Finished);
        }
        let mut state = self.state.clone();
        state.uid_validity = self.selected.uid_validity;
        state.backfill = complete.then_some(Uid::MIN);
        if complete {
            state.uid_next = self.selected.uid_next.or_else(|| self.after_highest());
            state.highest_modseq = self.selected.highest_modseq;
        }
        let (id, unchanged) = (self.id, state == self.state && gone.is_empty());
        if !unchanged {
            let written = state.clone();
            self.applied.removed += store
                .mirror(move |tx| {
                    let removed = tx.remove_uids(id, &gone)?;
                    tx.set_mailbox_state(id, &written)?;
                    if written.is_complete() {
                        tx.drop_detached(id)?;
                    }
                    Ok(removed)
                })
                .await?;
        }
        self.state = state;
        Ok(Next::Finished)
    }

    fn after_highest(&self) -> Option<Uid> {
        let highest = self.listed.last().or(self.answered.last())?;
        Uid::new(highest.get().saturating_add(1))
    }
}

/// Notes what a server lists and does not give, and sets aside what it has not given often enough. Returns how many.
fn set_aside(tx: &mut MirrorTx<'_>, mailbox: MailboxId, uids: &UidSet) -> Result<u64, StoreError> {
    tx.note_gaps(mailbox, uids)?;
    let mut count = 0;
    for gap in tx.gaps(mailbox)? {
        if gap.quarantined.is_none() && gap.tries >= TRIES {
            tx.quarantine(mailbox, gap.uid, "listed by the server and never given")?;
            count += 1;
        }
    }
    Ok(count)
}
