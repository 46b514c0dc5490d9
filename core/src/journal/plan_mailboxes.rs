//! In which order operations on mailboxes and on what lies in them go out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, PendingStep, StepKey};
use crate::model::PlaceId;
use crate::mutants::mutant;

/// Whether a step has to go out before an operation on a mailbox, of one that touches it: its message lies there, or goes there.
/// They go out in the order in which they were asked for. But what lies in a mailbox that goes was to be done to it before, whenever
/// it was asked for: nothing is asked of it after, unless the deletion was set aside meanwhile.
fn goes_first(step: &PendingStep, about_mailbox: &PendingStep) -> Option<bool> {
    let mailbox = about_mailbox.action.mailbox()?;
    let lies_in = if mutant!("arriving_is_elsewhere") { step.location.map(|at| at.mailbox) } else { step.lies_in };
    let lies_there = lies_in == Some(mailbox);
    let goes = matches!(about_mailbox.action, Action::DeleteMailbox { .. }) && !mutant!("retried_deletion_goes_first");
    (lies_there || step.action.mailbox() == Some(mailbox))
        .then_some(step.key.operation < about_mailbox.key.operation || lies_there && goes)
}

pub(super) fn is_held_up(step: &PendingStep, about_mailboxes: &[&PendingStep]) -> bool {
    if mutant!("mailbox_steps_overtake") {
        return false;
    }
    let mut deleted = BTreeSet::new();
    for other in about_mailboxes.iter().filter(|other| other.action.mailbox().is_some()) {
        match goes_first(step, other) {
            // What goes out before its mailbox is deleted waits for nothing that was asked of that since.
            Some(false) if !deleted.contains(&other.action.mailbox()) => return true,
            Some(true) if matches!(other.action, Action::DeleteMailbox { .. }) => {
                deleted.insert(other.action.mailbox());
            }
            _ => {}
        }
    }
    false
}

/// The next operation on a mailbox, of those that may break the connection, or of the others. Names build on each other, so these
/// operations go out one after the other; one that cannot go now holds up only those that may build on it.
pub(super) fn next_about_mailbox(
    about_mailboxes: &[&PendingStep],
    by_place: &BTreeMap<PlaceId, Vec<&PendingStep>>,
    suspects: bool,
) -> Option<StepKey> {
    let waits = |next: &PendingStep| {
        next.action.mailbox().is_none() || by_place.values().flatten().any(|step| goes_first(step, next) == Some(true))
    };
    let mut before: Vec<&PendingStep> = Vec::new();
    for next in about_mailboxes {
        let wanted = suspects == (next.suspected > 0);
        let can_go = wanted && next.is_due && !next.state.is_open() && !waits(next);
        if can_go && before.iter().all(|earlier| may_overtake(&next.action, &earlier.action)) {
            return Some(next.key);
        }
        before.push(next);
    }
    None
}

/// Whether an operation on a mailbox cannot build on one on another that was asked for before.
fn may_overtake(later: &Action, earlier: &Action) -> bool {
    if later.mailbox() == earlier.mailbox() {
        return false;
    }
    match (later, earlier) {
        (Action::Subscribe { .. }, _) | (_, Action::Subscribe { .. }) => true,
        // What lies below goes first.
        (Action::DeleteMailbox { .. }, Action::CreateMailbox { .. } | Action::RenameMailbox { .. }) => true,
        (Action::CreateMailbox { raw, .. }, Action::CreateMailbox { raw: other, .. }) => {
            !raw.starts_with(other) && !other.starts_with(raw)
        }
        // A name may be one that the earlier gives free, or lie below it.
        _ => false,
    }
}
