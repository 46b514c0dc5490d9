//! One replay of one account's journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::ReplayError;
use super::exchange::ask;
use super::opening::{Ahead, Visit};
use super::probe::Unfinished;
use super::settle::{Verdicts, gone};
use crate::imap::{ImapError, Session, command};
use crate::journal::{Action, Batch, Expunged, PendingStep, Plan, Reason, StepKey, plan};
use crate::model::{AccountId, Clock, MailboxId, Timestamp, UidValidity};
use crate::store::{Mailbox, Outcome, Store};

/// How many times it is planned anew: each time, something was done that something else waited for.
const ROUNDS: usize = 64;
/// The same, of what goes out with few others, since it may break the connection.
const CAREFUL_ROUNDS: usize = 2048;
/// How long a server is given to end what a session asked for that was cut. Seconds.
const AT_WORK: i64 = 3;

/// What a replay works with.
pub struct Means<'s> {
    /// A session that is logged in.
    pub session: &'s mut Session,
    /// The store.
    pub store: Store,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// The account.
    pub account: AccountId,
    /// Whether the list of mailboxes was read right before: what has a name now is what the user sees under it.
    pub listed: bool,
    /// Whether all mailboxes were synced right before: what the mirror does not hold now is not on the server.
    pub synced: bool,
    /// Whether it is the first replay of a sync.
    pub first: bool,
    /// Whether it sends nothing new, and only asks what became of what was sent before: what a sync finds of it would be taken for
    /// something else. Subscriptions follow a mailbox that turns out to be made or renamed.
    pub only_asks: bool,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Operations that came to their end.
    pub done: u64,
    /// Operations that go on later.
    pub left: u64,
}

pub(super) struct Run<'s> {
    pub(super) session: &'s mut Session,
    pub(super) store: Store,
    pub(super) account: AccountId,
    pub(super) now: Timestamp,
    /// Mailboxes in which nothing can be done before the next sync.
    pub(super) held: BTreeSet<MailboxId>,
    /// Mailboxes whose names lead nowhere, or to others: nothing is put into them before the list is read.
    pub(super) out_of_reach: BTreeSet<MailboxId>,
    /// Whether the list of mailboxes was read right before.
    pub(super) listed: bool,
    /// Whether all mailboxes were synced right before.
    pub(super) synced: bool,
    /// Operations on mailboxes that wait for what the next sync tells.
    pub(super) waiting: BTreeSet<StepKey>,
    /// Steps that were asked about.
    pub(super) probed: BTreeSet<StepKey>,
    /// Moves of which the second half is left.
    pub(super) unfinished: Vec<Unfinished>,
    /// Whether nothing new is sent.
    pub(super) only_asks: bool,
    /// Steps that nothing has left of yet, for which a mailbox is being opened.
    pub(super) opening: Vec<StepKey>,
    /// Whether a look was needed where the answers were to prove it all: no mailbox is opened before that is known any more.
    pub(super) looks_again: bool,
    /// UIDVALIDITY of the mailboxes of the mirror.
    pub(super) sources: BTreeMap<MailboxId, UidValidity>,
    pub(super) attempts: Box<dyn Fn(StepKey) -> u32 + Send + Sync>,
}

/// Brings what is pending to the server, as far as it goes. What was left under way by an earlier run is asked about first.
///
/// # Errors
/// [`ReplayError`]. What the server refuses is none.
pub async fn run(means: Means<'_>) -> Result<Report, ReplayError> {
    let account = means.account;
    let open = |store: Store| async move { store.read(move |view| view.open_operations(account)).await };
    let before = open(means.store.clone()).await?;
    let mut run = Run {
        now: means.clock.now(),
        session: means.session,
        store: means.store.clone(),
        account,
        held: BTreeSet::new(),
        out_of_reach: BTreeSet::new(),
        listed: means.listed,
        synced: means.synced,
        waiting: BTreeSet::new(),
        probed: BTreeSet::new(),
        unfinished: Vec::new(),
        only_asks: means.only_asks,
        opening: Vec::new(),
        looks_again: false,
        sources: BTreeMap::new(),
        attempts: Box::new(|_| 0),
    };
    if means.synced {
        run.end_lost().await?;
    } else if means.first {
        run.wait_for_the_cut_session(&*means.clock).await?;
    }
    let outcome = if means.only_asks { run.probe().await } else { run.all().await };
    let outcome = run.note_break(outcome).await;
    let left = open(means.store).await?;
    outcome?;
    Ok(Report { done: before.saturating_sub(left), left })
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), ReplayError> {
        let (mut last, mut rounds, mut careful) = (None, 0, 0);
        while rounds < ROUNDS && careful < CAREFUL_ROUNDS {
            self.probe().await?;
            let (account, now) = (self.account, self.now);
            let (mut steps, unreadable) = self.store.read(move |view| view.pending_steps(account, now)).await?;
            if !unreadable.is_empty() {
                self.store.replay(move |tx| tx.set_aside(&unreadable)).await?;
            }
            self.set_hidden_aside(&mut steps).await?;
            steps.iter_mut().filter(|step| self.waits(step)).for_each(|step| step.is_due = false);
            let attempts: BTreeMap<StepKey, u32> = steps.iter().map(|step| (step.key, step.attempts)).collect();
            self.attempts = Box::new(move |key| attempts.get(&key).copied().unwrap_or(0));
            // Where nothing changed there is nothing more to be done now.
            let plan = if last.as_ref() == Some(&steps) { Plan::default() } else { plan(&steps) };
            last = Some(steps);
            let is_careful = plan.is_empty() || plan.suspected > 0;
            *(if is_careful { &mut careful } else { &mut rounds }) += 1;
            if is_careful && let Some((mailbox, moves)) = self.next_unfinished() {
                self.finish(mailbox, moves).await?;
            } else if plan.is_empty() {
                return Ok(());
            } else {
                self.carry_out(plan).await?;
            }
        }
        Ok(())
    }

    /// Whether nothing can be done for a step before the next sync.
    fn waits(&self, step: &PendingStep) -> bool {
        let goes_to = match (&step.action, step.expunged) {
            (Action::Delete, Expunged::In(trash)) => Some(trash),
            (action, _) => action.mailbox().filter(|_| !action.is_about_mailbox()),
        };
        self.waiting.contains(&step.key)
            || step.location.is_some_and(|at| self.held.contains(&at.mailbox))
            || goes_to.is_some_and(|to| self.out_of_reach.contains(&to))
    }

    /// A mail with labels is not deleted for ever where the trash is hidden: it would lose a label, and stay.
    async fn set_hidden_aside(&self, steps: &mut Vec<PendingStep>) -> Result<(), ReplayError> {
        let nowhere = |step: &PendingStep| step.expunged == Expunged::Nowhere && !step.state.is_open();
        let parked = |step: &PendingStep| (step.key, Outcome::Parked(Reason::no_mailbox()));
        let outcomes: Vec<_> = steps.iter().filter(|step| nowhere(step)).map(parked).collect();
        steps.retain(|step| !nowhere(step));
        self.commit(Verdicts { outcomes, ..Verdicts::default() }).await
    }

    async fn carry_out(&mut self, plan: Plan) -> Result<(), ReplayError> {
        if let Some(key) = plan.mailbox {
            if plan.suspected > 0 {
                // That a connection was dead before says nothing about what is sent next.
                ask(self.session, vec![command::noop()]).await?;
            }
            self.on_mailbox(key).await?;
        }
        for key in plan.appends {
            self.append(key).await?;
        }
        self.batches(plan.batches).await
    }

    /// Notes what may have broken the connection.
    async fn note_break(&mut self, outcome: Result<(), ReplayError>) -> Result<(), ReplayError> {
        let Err(ReplayError::Imap(error)) = outcome else { return outcome };
        if matches!(error, ImapError::Argument(_)) {
            return Err(error.into());
        }
        let (account, left, opening) = (self.account, self.session.has_left(), std::mem::take(&mut self.opening));
        let suspected = self.store.replay(move |tx| tx.connection_broke(account, left, &opening)).await?;
        Err(if suspected { ReplayError::Interrupted(error) } else { error.into() })
    }

    /// A server may be at work on a command whose session is gone. What is asked about it before it is done gets an answer that is
    /// soon wrong, and what is then sent again is done twice.
    async fn wait_for_the_cut_session(&mut self, clock: &dyn Clock) -> Result<(), ReplayError> {
        let (account, now) = (self.account, self.now);
        let last = self.store.read(move |view| view.last_cut_off(account, now)).await?;
        let passed = last.map_or(AT_WORK, |last| self.now.0.saturating_sub(last.0).clamp(0, AT_WORK));
        if passed < AT_WORK {
            clock.wait(Duration::from_secs((AT_WORK - passed).unsigned_abs())).await;
            self.now = clock.now();
        }
        Ok(())
    }

    /// What was to be done to messages that are gone has nothing left to do.
    async fn end_lost(&self) -> Result<(), ReplayError> {
        let account = self.account;
        let lost = self.store.read(move |view| view.lost_steps(account)).await?;
        let outcome = |deleted| if deleted { Outcome::Done } else { Outcome::Moot(gone()) };
        let outcomes = lost.into_iter().map(|(key, deleted)| (key, outcome(deleted))).collect();
        self.commit(Verdicts { outcomes, ..Verdicts::default() }).await
    }

    async fn batches(&mut self, batches: Vec<Batch>) -> Result<(), ReplayError> {
        let mut by_mailbox: BTreeMap<MailboxId, Vec<Batch>> = BTreeMap::new();
        for batch in batches {
            by_mailbox.entry(batch.mailbox).or_default().push(batch);
        }
        let mut coming = by_mailbox.into_iter();
        let (mut visit, mut opened) = (self.next_visit(&mut coming).await?, None);
        while let Some(current) = visit {
            let following = self.next_visit(&mut coming).await?;
            self.opening = current.steps().collect();
            let mut next = Ahead::new(following.as_ref());
            self.mailbox(current, opened, &mut next).await?;
            self.opening.clear();
            opened = next.into_answers();
            visit = following;
        }
        Ok(())
    }

    async fn next_visit(
        &mut self,
        coming: &mut impl Iterator<Item = (MailboxId, Vec<Batch>)>,
    ) -> Result<Option<Visit>, ReplayError> {
        for (id, batches) in coming {
            if let Some(visit) = self.visit(id, batches).await? {
                return Ok(Some(visit));
            }
        }
        Ok(None)
    }

    pub(super) fn note_source(&mut self, mailbox: &Mailbox) {
        if let Some(validity) = mailbox.state.uid_validity {
            self.sources.insert(mailbox.id, validity);
        }
    }

    /// Writes down what became of steps.
    pub(super) async fn commit(&self, verdicts: Verdicts) -> Result<(), ReplayError> {
        if !verdicts.is_empty() {
            self.store.replay(move |tx| verdicts.write(tx)).await?;
        }
        Ok(())
    }
}
