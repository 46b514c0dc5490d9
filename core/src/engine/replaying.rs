//! A sync in both directions: what the user did goes out before what happened comes in (RFC 4549 section 3).

use std::sync::Arc;

use super::account_task::AccountTask;
use super::sessions::Chances;
use super::{Direction, Failure, SyncRequest};
use crate::journal;
use crate::replay::{self, ReplayError};
use crate::sync::{Control, Note, Report};
use crate::wire::Spent;

/// How many times it goes to and fro: what waits for a UID, or for a mailbox that was renumbered, can go out after a sync.
const TURNS: usize = 3;

/// What adds up over everything that one sync tries.
pub(super) struct Course<'c> {
    pub(super) spent: &'c mut Spent,
    pub(super) chances: &'c mut Chances,
    /// Operations that came to their end.
    pub(super) replayed: &'c mut u64,
}

/// One replay among those of a sync.
#[derive(Clone, Copy)]
struct Round {
    listed: bool,
    synced: bool,
    first: bool,
    only_asks: bool,
}

impl AccountTask {
    pub(super) async fn push_and_pull(
        &self,
        request: &SyncRequest,
        control: &Control,
        tell: &(dyn Fn(Note) + Send + Sync),
        course: &mut Course<'_>,
    ) -> Result<Report, Failure> {
        let only_asks = request.direction == Direction::Pull;
        let mut report = Report::default();
        let (mut listed, mut synced) = (false, false);
        for turn in 0..TURNS {
            let pushed = !request.only_list && self.has_work(synced, only_asks).await?;
            if pushed {
                let round = Round { listed, synced, first: turn == 0, only_asks };
                self.replay(control, course, round).await?;
            }
            if request.direction == Direction::Push {
                report.complete = true;
                return Ok(report);
            }
            // What was only asked changes nothing there.
            if turn > 0 && (!pushed || only_asks) {
                break;
            }
            let pulled = self.sync_once(request, control, tell, course).await?;
            listed = request.mailboxes.is_empty() && !request.only_list;
            synced = listed && pulled.complete;
            report.add(&pulled);
        }
        Ok(report)
    }

    /// Whether anything of the journal can go out now, or be asked about.
    async fn has_work(&self, synced: bool, only_asks: bool) -> Result<bool, Failure> {
        let (account, now) = (self.account, self.environment.clock.now());
        let work = self.store.read(move |view| {
            if !view.has_pending(account)? {
                return Ok(false);
            }
            if only_asks {
                return Ok(view.open_steps(account, now)?.iter().any(|step| step.state.is_open()));
            }
            let (steps, unreadable) = view.pending_steps(account, now)?;
            let lost = synced && !view.lost_steps(account)?.is_empty();
            let open = lost || steps.iter().any(|step| step.state.is_open() && step.is_due);
            Ok(open || !unreadable.is_empty() || !journal::plan(&steps).is_empty())
        });
        Ok(work.await?)
    }

    async fn replay(&self, control: &Control, course: &mut Course<'_>, round: Round) -> Result<(), Failure> {
        let using = self.sessions.begin();
        let mut link = self.logged_in(control, &using, course.chances).await?;
        let means = replay::Means {
            session: &mut link.session,
            store: self.store.clone(),
            clock: Arc::clone(&self.environment.clock),
            account: self.account,
            listed: round.listed,
            synced: round.synced,
            first: round.first,
            only_asks: round.only_asks,
        };
        let outcome = tokio::select! {
            biased;
            // Dropped wherever it is: what is under way is asked about next time.
            () = control.cancelled() => Err(Failure::Cancelled),
            outcome = replay::run(means) => {
                course.chances.interrupted = matches!(outcome, Err(ReplayError::Interrupted(_))) && !round.only_asks;
                outcome.map_err(Failure::from)
            }
        };
        course.chances.unserved = !link.session.has_served();
        *course.spent = course.spent.plus(&link.traffic.snapshot().since(&link.before));
        *course.replayed += match outcome {
            // What cannot be asked now does not keep away what happened: that comes over another session.
            Err(Failure::Imap(_)) if round.only_asks => return Ok(()),
            outcome => outcome?.done,
        };
        using.keep(link);
        Ok(())
    }
}
