//! A run from its first deed to its end.

use std::time::Duration;

use postrider::api::{Direction, OperationState, SyncOptions, SyncSummary};

use super::situations::{Situations, Stage};
use super::tape::{Deed, Tape};
use super::world::{Checked, Sim};

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// A number that two runs of the same tape share.
    pub hash: u64,
    /// What was wrong, and after which deed.
    pub violation: Option<String>,
    /// What it has met.
    pub situations: Situations,
    /// What happened, in words, where that was asked for.
    pub trace: Vec<String>,
}

/// Longer than any sync may take, in the world's time.
const PATIENCE: Duration = Duration::from_secs(4 * 3600);

/// Plays a tape. A panic of the product counts as a violation.
pub fn play(tape: &Tape) -> Verdict {
    play_traced(tape, false)
}

/// As [`play`], and writes down what happens.
pub fn play_traced(tape: &Tape, traced: bool) -> Verdict {
    let run = std::panic::AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        match runtime {
            Ok(runtime) => runtime.block_on(run(tape, traced)),
            Err(error) => broken(format!("no runtime: {error}")),
        }
    });
    std::panic::catch_unwind(run).unwrap_or_else(|_| broken("a panic".to_owned()))
}

fn broken(violation: String) -> Verdict {
    Verdict { hash: 0, violation: Some(violation), situations: Situations::default(), trace: Vec::new() }
}

async fn run(tape: &Tape, traced: bool) -> Verdict {
    let mut sim = match Sim::new(tape, traced).await {
        Ok(sim) => sim,
        Err(error) => return broken(format!("at the beginning: {error}")),
    };
    let mut violation = None;
    for (index, deed) in tape.workload.iter().enumerate() {
        let gap = tape.schedule.gaps.get(index).copied().unwrap_or(0);
        if gap > 0 {
            tokio::time::sleep(Duration::from_millis(u64::from(gap))).await;
        } else {
            tokio::task::yield_now().await;
        }
        sim.hash.tell(|| format!("== {index} {deed:?}"));
        if let Err(what) = sim.deed(deed).await {
            violation = Some(format!("after deed {index}, {deed:?}: {what}"));
            break;
        }
    }
    sim.hash.tell(|| "== the end".to_owned());
    if violation.is_none()
        && let Err(what) = sim.finale().await
    {
        violation = Some(format!("at the end: {what}"));
    }
    if violation.is_some() {
        [Some(&sim), sim.second.as_deref()].into_iter().flatten().for_each(|phone| phone.tell_store("the store:"));
    }
    let mut situations = sim.met_at_all();
    if let Some(second) = &sim.second {
        situations.add(&second.met_at_all());
        situations.met_if(second.ghost.met(&sim.ghost), "both phones acted on one mail");
    }
    Verdict { hash: sim.hash.value(), violation, situations, trace: sim.hash.words() }
}

impl Sim {
    async fn deed(&mut self, deed: &Deed) -> Checked {
        if let Deed::Second(deed) = deed {
            let Some(mut second) = self.second.take() else { return Ok(()) };
            let done = Box::pin(second.deed(deed)).await.map_err(|what| format!("the second phone: {what}"));
            self.second = Some(second);
            return done.and_then(|()| self.follow());
        }
        self.rise().await?;
        match deed {
            Deed::User(act) => self.user(act).await?,
            Deed::Rival(act) => self.rivals(act)?,
            Deed::Sync => self.begin_sync(Direction::Both).await?,
            Deed::Look => {
                let unknown = self.ghost.any_step(OperationState::Unknown);
                self.situations.met_if(unknown, "a sync that only looks while an outcome is unknown");
                self.begin_sync(Direction::Pull).await?;
            }
            Deed::Finish => {
                self.finish_sync().await?;
            }
            Deed::Wait(seconds) => tokio::time::sleep(Duration::from_secs(u64::from(*seconds))).await,
            Deed::Restart => {
                if self.sync.is_none() {
                    self.begin_anew().await?;
                    let pending = self.any_pending(None);
                    self.situations.met_if(pending, "a phone opened again with operations pending");
                }
            }
            Deed::Die { power } => {
                self.doom.strike(*power);
                self.situations.met("a death on the wire");
                self.situations.met_if(self.sync.is_some(), "a death while a sync is under way");
            }
            Deed::Second(_) => {}
        }
        self.rise().await?;
        self.check().await
    }

    /// The situations that this phone was in.
    fn met_at_all(&self) -> Situations {
        let mut situations = self.situations.clone();
        situations.met_if(self.network.broken() > 0, "a connection that broke");
        situations.met_if(self.doom.lost() > 0, "a power cut that took part of the log");
        situations
    }

    /// Where the phone has died, it is switched on again.
    pub(super) async fn rise(&mut self) -> Checked {
        // It may die while it starts.
        while self.doom.left().is_some() {
            self.situations.met("a death at a transaction");
            self.begin_anew().await?;
            let states = self.core.operations(self.account, false).await.map_err(|error| format!("I8: {error}"))?;
            let in_flight = states.iter().any(|one| one.state == OperationState::InFlight);
            self.situations.met_if(in_flight, "an operation left in flight by a death");
            for one in states.iter().filter(|one| one.state == OperationState::InFlight) {
                self.situations.met_kind(&one.kind, Stage::Death);
            }
            self.deaths += 1;
            self.situations.met_if(self.deaths > 1, "a phone that died twice");
            self.situations.met_if(!states.is_empty(), "a phone opened again with operations pending");
        }
        Ok(())
    }

    pub(super) async fn begin_sync(&mut self, direction: Direction) -> Checked {
        if self.sync.is_none() {
            let options = SyncOptions { direction, ..SyncOptions::default() };
            self.sync = Some(self.core.sync(self.account, options).await.map_err(super::world::in_words)?);
        }
        Ok(())
    }

    /// Waits for the sync. `None` where there is none, or it failed, or the phone died.
    pub(super) async fn finish_sync(&mut self) -> Checked<Option<SyncSummary>> {
        let Some(handle) = self.sync.take() else { return Ok(None) };
        let doom = self.doom.clone();
        let outcome = tokio::select! {
            biased;
            () = doom.struck() => return Ok(None),
            outcome = tokio::time::timeout(PATIENCE, handle.wait()) => outcome,
        };
        let Ok(outcome) = outcome else { return Err("a sync without an end".to_owned()) };
        if self.doom.left().is_some() {
            return Ok(None);
        }
        self.learn_mailboxes().await?;
        match outcome {
            Ok(summary) => {
                self.hash.add(&format!("{summary:?}"));
                self.situations.met_if(summary.complete, "a sync that was complete");
                Ok(Some(summary))
            }
            Err(error) => {
                self.hash.add(&error.to_string());
                self.situations.met("a sync that failed");
                self.last_error = error.to_string();
                Ok(None)
            }
        }
    }
}
