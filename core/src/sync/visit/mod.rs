//! One mailbox in one run: opened, compared, filled, and its state written with the last piece of what changed.

mod advance;
mod answers;
mod plain;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SyncError;
use super::batch::Writes;
use super::conductor::Ask;
use super::gaps::Lacking;
use super::gathered::Gathered;
use super::items::{self, Detail};
use super::plan::delta::{self, Abilities, Method, Mirror, Selected, Verdict};
use super::plan::flag_windows::FlagWindows;
use super::plan::windows;
use crate::imap::command::{self, Command, InvalidArgument, Resync};
use crate::imap::{Capabilities, StatusEntry};
use crate::model::{Flags, MailboxId, ModSeq, Timestamp, Uid, UidSet};
use crate::store::{Mailbox, MailboxState, NewMessage, Store};

/// A mailbox with at most this many messages is fetched in the flight that opens it.
const WHOLE: u32 = 500;
/// Rows that are handed to the store in one transaction.
const ROWS: usize = 1_000;
/// And octets of what they were read from, about.
const OCTETS: usize = 1024 * 1024;
/// Changed flags that are held before it is known whether they mean anything here.
const HELD: usize = 10_000;
/// A server that would not give so many helpings for now, one after the other and each smaller, gives nothing.
const REFUSALS: u32 = 8;
/// Of a server that had shown an older state, so many of the newest mails are looked at again: their UIDs may be others' now.
const LOOKED_AT_AGAIN: u64 = 50;

/// What a transaction of a visit did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Applied {
    pub(super) new: u64,
    pub(super) flags: u64,
    pub(super) removed: u64,
    /// UIDs under which the server has another mail than the mirror.
    pub(super) conflicts: u64,
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
enum Step {
    Opening,
    Listing,
    Filling,
    Seen,
    Mending,
    Finished,
}

pub(super) struct Visit {
    pub(super) id: MailboxId,
    pub(super) raw: Vec<u8>,
    pub(super) name: String,
    mirror: Mirror,
    state: MailboxState,
    /// Messages whose UID is not known.
    detached: u64,
    method: Method,
    stage: Step,
    selected: Selected,
    verdict: Verdict,
    /// EXISTS as it stands now, and as it stood when the mailbox was opened.
    exists: u32,
    opened_with: u32,
    failed: bool,
    /// Whether the mirror's rows lost their UIDs in this run: it happens once.
    bound_anew: bool,
    now: Timestamp,
    /// What STATUS told in this run.
    told: Option<StatusEntry>,
    /// Whose flags are looked at, where the server cannot tell which changed.
    flag_windows: FlagWindows,
    /// What lacks `\Seen` on the server, where that was asked.
    unseen: Option<UidSet>,
    range_end: Option<Uid>,
    vanished: UidSet,
    vanishing: Gathered,
    listed: UidSet,
    listing: Gathered,
    listed_all: bool,
    /// What FETCH commands under way ask for.
    awaited: Vec<Arc<UidSet>>,
    answered: UidSet,
    targets: UidSet,
    unanswered: UidSet,
    /// What it would not give for now, each asked for alone.
    refused: UidSet,
    /// How many helpings it would not give for now, since it gave one.
    refusals: u32,
    /// Whether it will give nothing more for now.
    put_off: bool,
    /// News of the flags of what is awaited, before that came.
    early: BTreeMap<Uid, (Flags, Option<ModSeq>)>,
    retry: Vec<(UidSet, Detail)>,
    rows: Vec<NewMessage>,
    octets: usize,
    flags: Vec<(Uid, Flags, Option<ModSeq>)>,
    /// Whether changed flags had to be forgotten: then all are compared.
    forgot: bool,
    writes: Writes<Applied>,
    pub(super) applied: Applied,
    pub(super) complete: bool,
    total_to_fill: u64,
    filled: u64,
}

impl Visit {
    pub(super) fn new(mailbox: &Mailbox, lacking: &Lacking, known: u64, abilities: Abilities, now: Timestamp) -> Self {
        let state = mailbox.state.clone();
        let mirror = Mirror {
            uid_validity: state.uid_validity,
            uid_next: state.uid_next,
            highest_modseq: state.highest_modseq,
            complete: state.is_complete(),
            count: known + lacking.resting.len(),
            gaps: !lacking.due.is_empty(),
        };
        Self {
            id: mailbox.id,
            raw: mailbox.naming.raw_name.clone(),
            name: mailbox.naming.name.clone(),
            method: delta::method(&mirror, abilities),
            mirror,
            state,
            detached: mailbox.detached,
            stage: Step::Opening,
            selected: Selected::default(),
            verdict: Verdict::Continues,
            exists: 0,
            opened_with: 0,
            failed: false,
            bound_anew: false,
            now,
            told: None,
            flag_windows: FlagWindows::default(),
            unseen: None,
            range_end: None,
            vanished: UidSet::new(),
            vanishing: Gathered::default(),
            listed: UidSet::new(),
            listing: Gathered::default(),
            listed_all: false,
            awaited: Vec::new(),
            answered: UidSet::new(),
            targets: UidSet::new(),
            unanswered: UidSet::new(),
            refused: UidSet::new(),
            refusals: 0,
            put_off: false,
            early: BTreeMap::new(),
            retry: Vec::new(),
            rows: Vec::new(),
            octets: 0,
            flags: Vec::new(),
            forgot: false,
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
        if let Method::Condstore { since } = self.method
            && self.mirror.count > 0
        {
            // Any may have changed: visits cut short and moves to the mailbox have mirrored mail beyond the UIDNEXT that was noted.
            let all = UidSet::range(Uid::MIN, Uid::MAX);
            round.push((
                Ask::Changes,
                command::uid_fetch(&all, &items::changes(self.has_modseqs(server)), Some(since), false)?,
            ));
        }
        for window in &self.flag_windows.windows {
            round.push((
                Ask::Changes,
                command::uid_fetch(window, &items::changes(self.has_modseqs(server)), None, false)?,
            ));
        }
        if !self.mirror.complete || self.mirror.gaps {
            round.push((Ask::Search(None), items::search_all(server)?));
        }
        if let Some(range) = self.likely_new(status) {
            self.range_end = range.last();
            let fetch = command::uid_fetch(
                &range,
                &items::new_message(server, self.has_modseqs(server), Detail::Newest),
                None,
                false,
            )?;
            let range = Arc::new(range);
            self.awaited.push(Arc::clone(&range));
            round.push((Ask::Range(range), fetch));
        }
        Ok(round)
    }

    /// Whether the mailbox has mod-sequences, as far as is known yet.
    pub(super) fn has_modseqs(&self, server: &Capabilities) -> bool {
        let likely = match (self.method, &self.told) {
            (Method::Plain, _) => false,
            (Method::First, Some(told)) => told.highest_modseq.is_some(),
            _ => true,
        };
        let known = self.selected.exists.map(|_| self.selected.highest_modseq.is_some());
        server.condstore() && known.unwrap_or(likely)
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

    /// The next messages to ask for, newest first.
    pub(super) fn next_window(&mut self, size: u64) -> Option<(Arc<UidSet>, Detail)> {
        if self.failed {
            return None;
        }
        let (window, detail) = match self.retry.pop() {
            Some(again) => again,
            None if self.targets.is_empty() => return None,
            None if size == windows::FIRST => (windows::take(&mut self.targets, size), Detail::Newest),
            None => (windows::take(&mut self.targets, size), Detail::Usual),
        };
        let window = Arc::new(window);
        self.awaited.push(Arc::clone(&window));
        Some((window, detail))
    }

    /// Whether there are windows to be asked for.
    pub(super) fn has_windows(&self) -> bool {
        self.stage == Step::Filling && !self.failed && (!self.retry.is_empty() || !self.targets.is_empty())
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    pub(super) fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Keeps what arrived and waits until it is committed, however the run ended: the next one goes on from there.
    pub(super) async fn settle(&mut self, store: &Store) -> Result<(), SyncError> {
        let judged = self.selected.exists.is_some() && self.verdict == Verdict::Continues && !self.failed;
        if judged {
            self.flush(store).await?;
        }
        self.drain().await
    }

    /// How far the filling is: done and to do.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.filled, self.total_to_fill)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.stage == Step::Finished
    }
}
