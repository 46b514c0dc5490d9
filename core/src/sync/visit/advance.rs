//! What comes next in a visit, and what is written.

use super::{Applied, LOOKED_AT_AGAIN, Next, Step, Visit};
use crate::imap::Capabilities;
use crate::imap::command;
use crate::model::{Uid, UidSet};
use crate::store::{MailboxState, Store};
use crate::sync::conductor::Ask;
use crate::sync::plan::delta::{self, Method, Mirror, Verdict};
use crate::sync::report::Note;
use crate::sync::{SyncError, gaps, items};

impl Visit {
    /// Hands rows over to the store.
    pub(in crate::sync) async fn flush(&mut self, store: &Store) -> Result<(), SyncError> {
        if self.rows.is_empty() && self.flags.is_empty() {
            return Ok(());
        }
        self.octets = 0;
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
                        let conflicts = inserted.conflicting.len();
                        Ok(Applied { new: inserted.new, flags: changed.changed, removed: 0, conflicts })
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
    pub(in crate::sync) async fn advance(
        &mut self,
        store: &Store,
        server: &Capabilities,
        notes: &mut Vec<Note>,
    ) -> Result<Next, SyncError> {
        if self.failed {
            notes.push(Note::MailboxRefused { mailbox: self.name.clone() });
            return self.give_up().await;
        }
        let next = match self.stage {
            Step::Opening => self.after_opening(store, server, notes).await?,
            Step::Listing => self.after_listing(store, server, notes).await?,
            Step::Filling => self.after_filling(store, server, notes).await?,
            Step::Seen => return self.mend_seen(store, server).await,
            Step::Mending => return self.after_mending(store).await,
            Step::Finished => return Ok(Next::Finished),
        };
        if matches!(next, Next::Finished) { self.look_for_seen(store, server).await } else { Ok(next) }
    }

    /// Whether the server has shown an older state for so long that it must be the true one.
    fn is_overdue(&self) -> bool {
        self.state.stale_since.is_some_and(|since| self.now.0 - since.0 >= delta::STALE_SECONDS)
    }

    /// Takes nothing over, and notes since when.
    async fn leave_stale(&mut self, store: &Store) -> Result<Next, SyncError> {
        if self.state.stale_since.is_none() {
            self.state.stale_since = Some(self.now);
            let (id, state) = (self.id, self.state.clone());
            store.mirror(move |tx| tx.set_mailbox_state(id, &state)).await?;
        }
        self.give_up().await
    }

    async fn give_up(&mut self) -> Result<Next, SyncError> {
        self.drain().await?;
        self.stage = Step::Finished;
        Ok(Next::Finished)
    }

    pub(super) async fn drain(&mut self) -> Result<(), SyncError> {
        for applied in self.writes.drain().await? {
            self.applied.new += applied.new;
            self.applied.flags += applied.flags;
            self.applied.removed += applied.removed;
            self.applied.conflicts += applied.conflicts;
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
            Verdict::Stale if !self.is_overdue() => {
                notes.push(Note::Stale { mailbox: self.name.clone() });
                return self.leave_stale(store).await;
            }
            Verdict::Stale => {
                self.verdict = Verdict::Compare;
                return self.compare_flags(store, server).await;
            }
            // From here on mod-sequences tell what changes; what changed before, nothing but a look at all flags.
            Verdict::Compare | Verdict::Continues
                if self.method == Method::Plain
                    && self.mirror.highest_modseq.is_none()
                    && self.selected.highest_modseq.is_some()
                    && self.mirror.count > 0 =>
            {
                return self.compare_flags(store, server).await;
            }
            Verdict::Compare if self.is_unmoved_by_status() => {
                self.verdict = Verdict::Continues;
                self.selected.uid_next = self.mirror.uid_next;
            }
            Verdict::Compare => {
                let looked_at = !self.flag_windows.windows.is_empty() && self.mirror.highest_modseq.is_none();
                return if looked_at { self.list(server, false) } else { self.compare_flags(store, server).await };
            }
            // It has caught up, or numbers other mails and changes by now as it had numbered those that it lost.
            Verdict::Continues if self.state.stale_since.is_some() => return self.compare_flags(store, server).await,
            Verdict::Continues => {}
        }
        if self.listed_all {
            return self.after_listing(store, server, notes).await;
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
        let (id, vanished, now) = (self.id, self.vanished.clone(), self.now);
        let (known, gone) = store
            .read(move |view| {
                let known = view.count_known(id, Uid::MIN, Uid::MAX)? + gaps::lacking(view, id, now)?.resting.len();
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

    /// Asks for everything. Where the server counts anew, what it counted before says no more which flags are the later ones.
    async fn compare_flags(&mut self, store: &Store, server: &Capabilities) -> Result<Next, SyncError> {
        let counts_anew =
            self.selected.highest_modseq.is_some_and(|now| self.mirror.highest_modseq.is_none_or(|known| now < known));
        if counts_anew || self.state.stale_since.is_some() {
            let id = self.id;
            store.mirror(move |tx| tx.forget_modseqs(id)).await?;
        }
        self.list(server, true)
    }

    /// Asks for the list of all UIDs, and for all flags where nothing else tells what changed.
    fn list(&mut self, server: &Capabilities, flags: bool) -> Result<Next, SyncError> {
        self.stage = Step::Listing;
        self.listed = UidSet::new();
        let mut round = vec![(Ask::Search(None), items::search_all(server)?)];
        if flags {
            let all = UidSet::range(Uid::MIN, Uid::MAX);
            round.push((
                Ask::Changes,
                command::uid_fetch(&all, &items::changes(self.has_modseqs(server)), None, false)?,
            ));
        }
        Ok(Next::Round(round))
    }

    async fn bind_anew(&mut self, store: &Store, notes: &mut Vec<Note>) -> Result<(), SyncError> {
        notes.push(Note::UidValidityChanged { mailbox: self.name.clone() });
        self.bound_anew = true;
        let id = self.id;
        store.mirror(move |tx| tx.detach_all(id)).await?;
        self.state = MailboxState { object_id: self.state.object_id.clone(), ..MailboxState::default() };
        self.mirror = Mirror::default();
        self.method = Method::First;
        self.verdict = Verdict::Continues;
        self.vanished = UidSet::new();
        self.answered = UidSet::new();
        self.refused = UidSet::new();
        (self.refusals, self.put_off) = (0, false);
        Ok(())
    }

    async fn after_listing(
        &mut self,
        store: &Store,
        server: &Capabilities,
        notes: &mut Vec<Note>,
    ) -> Result<Next, SyncError> {
        self.flush(store).await?;
        self.drain().await?;
        let (id, now) = (self.id, self.now);
        let (known, lacking) = store
            .read(move |view| Ok((view.known_uids(id, Uid::MIN, Uid::MAX)?, gaps::lacking(view, id, now)?)))
            .await?;
        // Two proofs: the list lacks them, and it is as long as the server says that the mailbox is.
        let trusted = self.listed_all && self.listed.len() == u64::from(self.exists);
        let gone = if trusted { known.difference(&self.listed) } else { UidSet::new() };
        if !trusted {
            notes.push(Note::Inconsistent { mailbox: self.name.clone() });
        }
        if delta::is_mass_removal(known.len(), gone.len()) {
            notes.push(Note::MassRemoval { mailbox: self.name.clone(), removed: gone.len() });
        }
        self.targets = self.listed.difference(&known).difference(&lacking.resting);
        if self.state.stale_since.is_some() {
            // UIDs given again are the highest of those that both sides have.
            let looked_at = self.listed.intersection(&known).split_highest(LOOKED_AT_AGAIN);
            self.targets = self.targets.union(&looked_at);
        }
        self.total_to_fill = self.targets.len();
        self.complete = trusted;
        self.stage = Step::Filling;
        // What was never given is gone with what was; and what came by another way is no gap.
        let lacking = lacking.all();
        let closed =
            lacking.intersection(&known).union(&if trusted { lacking.difference(&self.listed) } else { UidSet::new() });
        if !gone.is_empty() || !closed.is_empty() {
            self.applied.removed += store
                .mirror(move |tx| {
                    tx.clear_gaps(id, &closed)?;
                    tx.remove_uids(id, &gone)
                })
                .await?;
        }
        if self.targets.is_empty() { self.after_filling(store, server, notes).await } else { Ok(Next::Windows) }
    }

    async fn after_filling(
        &mut self,
        store: &Store,
        server: &Capabilities,
        notes: &mut Vec<Note>,
    ) -> Result<Next, SyncError> {
        self.flush(store).await?;
        self.drain().await?;
        if self.applied.conflicts > 0 && !self.bound_anew {
            self.bind_anew(store, notes).await?;
            return self.list(server, false);
        }
        if self.put_off || !self.refused.is_empty() && self.answered.is_empty() {
            notes.push(Note::MailboxRefused { mailbox: self.name.clone() });
            self.complete = false;
            return self.give_up().await;
        }
        self.unanswered = self.unanswered.union(&self.refused);
        if !self.unanswered.is_empty() {
            let (id, uids, now) = (self.id, self.unanswered.clone(), self.now);
            let quarantined = store.mirror(move |tx| gaps::note(tx, id, &uids, now)).await?;
            if quarantined > 0 {
                notes.push(Note::Quarantined { mailbox: self.name.clone(), messages: quarantined });
            }
        }
        let complete = self.complete;
        self.finish(store, UidSet::new(), complete).await
    }

    /// Writes the last piece together with the state that says that it was the last.
    async fn finish(&mut self, store: &Store, gone: UidSet, complete: bool) -> Result<Next, SyncError> {
        self.stage = Step::Finished;
        self.complete = complete && self.unanswered.is_empty();
        if self.selected.uid_validity.is_none() {
            return Ok(Next::Finished);
        }
        let mut state = self.state.clone();
        state.uid_validity = self.selected.uid_validity;
        state.backfill = complete.then_some(Uid::MIN);
        state.stale_since = None;
        state.flags_cursor = self.flag_windows.next;
        if complete {
            state.uid_next = self.selected.uid_next.or_else(|| self.after_highest());
            state.highest_modseq = self.selected.highest_modseq;
        }
        let (id, unchanged) = (self.id, state == self.state && gone.is_empty() && self.detached == 0);
        if !unchanged {
            let written = state.clone();
            self.applied.removed += store
                .mirror(move |tx| {
                    let removed = tx.remove_uids(id, &gone)?;
                    tx.set_mailbox_state(id, &written)?;
                    // What is to be asked for again may be one of them.
                    if written.is_complete() && tx.gaps(id)?.iter().all(|gap| gap.quarantined.is_some()) {
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
