//! What becomes of a step that broke the connection when it went out alone.

use super::settle::try_again;
use crate::journal::{MOST_BREAKS, StepState, breaks, in_both};
use crate::model::Timestamp;
use crate::store::{OpenStep, Outcome};

/// What becomes of a step that was not done, where that broke the connection: it waits, and is set aside in the end. `None` where
/// it may go out.
pub(super) fn after_break(step: &OpenStep, now: Timestamp) -> Option<Outcome> {
    let was_lost = matches!(step.state, StepState::InFlight | StepState::Unknown | StepState::Probing);
    match step.breaks {
        0 => None,
        _ if !was_lost => None,
        MOST_BREAKS.. => Some(Outcome::Parked(breaks())),
        before => Some(Outcome::Broke(breaks(), try_again(step.key.operation, before - 1, now))),
    }
}

/// The same of a step whose message was copied and not yet removed.
pub(super) fn after_break_in_between(step: &OpenStep, now: Timestamp) -> Option<Outcome> {
    after_break(step, now).map(|outcome| match outcome {
        Outcome::Parked(reason) => Outcome::Parked(in_both(&reason)),
        outcome => outcome,
    })
}
