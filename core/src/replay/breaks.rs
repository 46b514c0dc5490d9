//! What is tried again later: a step that broke the connection when it went out alone, or whose message was not found.

use crate::journal::{MISSED, MOST_BREAKS, Reason, StepKey, StepState, breaks, delay, in_both};
use crate::model::{OperationId, Timestamp};
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
    after_break(step, now).map(in_between)
}

/// How the second half of a move ends, where the first is done: what is set aside then lies in both mailboxes, and says so.
pub(super) fn in_between(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Parked(cause) => Outcome::Parked(in_both(&cause)),
        outcome => outcome,
    }
}

/// What becomes of a step whose message one look at the mailbox did not find: that is no proof, and the next sync looks closer. Where
/// it is gone, so are its steps then; where it is there, they go out again.
pub(super) fn not_found(key: StepKey, attempts: u32, now: Timestamp) -> Outcome {
    let reason = Reason::new(MISSED, "the server does not show the message now");
    Outcome::Later(reason, try_again(key.operation, attempts, now))
}

/// When to try again.
pub(super) fn try_again(operation: OperationId, attempts: u32, now: Timestamp) -> Timestamp {
    // Jitter only has to differ between operations and devices; that it comes from the time makes runs repeatable.
    let mut mixed = (operation.0 as u64) ^ (now.0 as u64).rotate_left(32) ^ u64::from(attempts);
    mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let fraction = (mixed >> 11) as f64 / (1u64 << 53) as f64;
    let wait = delay(attempts + 1, fraction).as_secs().max(1);
    Timestamp(now.0.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)))
}
