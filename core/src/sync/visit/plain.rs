//! Servers without mod-sequences: which flags are looked at, and finding what was read elsewhere.

use super::{Method, Next, Step, Visit};
use crate::imap::command::{self, SearchKey, SearchProgram};
use crate::imap::{Capabilities, StatusEntry};
use crate::model::{SystemFlag, Uid};
use crate::store::Store;
use crate::sync::SyncError;
use crate::sync::conductor::Ask;
use crate::sync::items;
use crate::sync::plan::flag_windows::{self, FlagWindows};
use crate::sync::plan::windows;

/// Commands for flags of what was read elsewhere, in one run.
const MENDING: usize = 8;

impl Visit {
    /// Chooses whose flags are looked at; those of all messages where the person asked for this very mailbox.
    pub(in crate::sync) async fn choose_flags(&mut self, store: &Store, all: bool) -> Result<(), SyncError> {
        let (Method::Plain, Some(before)) = (self.method, self.below_uid_next()) else { return Ok(()) };
        let (Some(last), true) = (before.last(), self.mirror.count > 0) else { return Ok(()) };
        if all {
            self.flag_windows.windows = vec![before];
            return Ok(());
        }
        let (id, count, cursor) = (self.id, self.mirror.count, self.state.flags_cursor);
        self.flag_windows = store
            .read(move |view| {
                flag_windows::choose(count, last, cursor, &|end, count| view.nth_uid_below(id, end, count))
            })
            .await?;
        Ok(())
    }

    /// Notes what STATUS told.
    pub(in crate::sync) fn told(&mut self, status: &StatusEntry) {
        self.told = Some(status.clone());
    }

    /// Where EXAMINE does not tell UIDNEXT: whether STATUS did, and the mailbox holds exactly what the mirror holds.
    pub(super) fn is_unmoved_by_status(&self) -> bool {
        let told = self.told.as_ref().and_then(|status| status.uid_next);
        self.selected.uid_next.is_none()
            && self.mirror.highest_modseq.is_none()
            && self.selected.uid_validity == self.mirror.uid_validity
            && told.is_some()
            && told == self.mirror.uid_next
            && self.mirror.complete
            && u64::from(self.opened_with) == self.mirror.count
    }

    /// When all else is done: whether something was read elsewhere whose flags were not looked at, by the number of unseen
    /// messages. Asks which they are then.
    pub(super) async fn look_for_seen(&mut self, store: &Store, server: &Capabilities) -> Result<Next, SyncError> {
        let told = self.told.as_ref().and_then(|status| status.unseen);
        let (Some(told), true, true) = (told, self.flag_windows.partial, self.complete) else {
            return Ok(Next::Finished);
        };
        self.flag_windows = FlagWindows::default();
        let id = self.id;
        let mailbox = store.read(move |view| view.mailbox(id)).await?;
        if mailbox.is_none_or(|mailbox| mailbox.unread == u64::from(told)) {
            return Ok(Next::Finished);
        }
        self.stage = Step::Seen;
        let unseen = SearchProgram { keys: vec![SearchKey::NotFlag(SystemFlag::Seen)] };
        Ok(Next::Round(vec![(Ask::Unseen, command::uid_search(&unseen, items::search_returns(server), false)?)]))
    }

    /// Asks for the flags of what is seen here and not there, or the other way round.
    pub(super) async fn mend_seen(&mut self, store: &Store, server: &Capabilities) -> Result<Next, SyncError> {
        self.stage = Step::Mending;
        let Some(there) = self.unseen.take() else { return self.after_mending(store).await };
        let id = self.id;
        let (here, known) =
            store.read(move |view| Ok((view.unseen_uids(id)?, view.known_uids(id, Uid::MIN, Uid::MAX)?))).await?;
        let mut differ = here.difference(&there).union(&there.difference(&here).intersection(&known));
        let mut round = Vec::new();
        while !differ.is_empty() && round.len() < MENDING {
            let window = windows::take(&mut differ, windows::LATER);
            round.push((
                Ask::Changes,
                command::uid_fetch(&window, &items::changes(self.has_modseqs(server)), None, false)?,
            ));
        }
        if round.is_empty() { self.after_mending(store).await } else { Ok(Next::Round(round)) }
    }

    pub(super) async fn after_mending(&mut self, store: &Store) -> Result<Next, SyncError> {
        self.flush(store).await?;
        self.drain().await?;
        self.stage = Step::Finished;
        Ok(Next::Finished)
    }
}
