//! In which order operations on mailboxes and on what lies in them go out.

use std::collections::BTreeMap;

use super::{Action, PendingStep, StepKey};
use crate::model::{MailboxId, OperationId, PlaceId};
use crate::mutants::mutant;

/// Whether a step touches a mailbox: its message lies there, or goes there.
fn touches(step: &PendingStep, mailbox: MailboxId) -> bool {
    let lies_in = if mutant!("arriving_is_elsewhere") { step.location.map(|at| at.mailbox) } else { step.lies_in };
    lies_in == Some(mailbox) || step.action.mailbox() == Some(mailbox)
}

/// The order in which things are done: that in which they were asked for, but that what goes for good goes after all that was asked
/// of it, some of which may have been asked for while its deletion was set aside.
pub(super) struct Order(BTreeMap<StepKey, OperationId>);

impl Order {
    pub(super) fn of(about_mailboxes: &[&PendingStep], by_place: &BTreeMap<PlaceId, Vec<&PendingStep>>) -> Self {
        let mut later = BTreeMap::new();
        let last = |steps: &mut dyn Iterator<Item = &PendingStep>| steps.map(|step| step.key.operation).max();
        for steps in by_place.values() {
            let deletions = steps.iter().filter(|step| matches!(step.action, Action::Delete));
            later.extend(deletions.filter_map(|step| Some((step.key, last(&mut steps.iter().copied())?))));
        }
        for step in about_mailboxes.iter().filter(|step| matches!(step.action, Action::DeleteMailbox { .. })) {
            let Some(mailbox) = step.action.mailbox() else { continue };
            let of_it = last(&mut by_place.values().flatten().copied().filter(|other| touches(other, mailbox)));
            later.extend(of_it.filter(|of_it| *of_it > step.key.operation).map(|of_it| (step.key, of_it)));
        }
        if mutant!("retried_deletion_goes_first") {
            later.clear();
        }
        Self(later)
    }

    pub(super) fn at(&self, step: &PendingStep) -> OperationId {
        self.0.get(&step.key).copied().unwrap_or(step.key.operation)
    }

    /// Whether a step goes out before an operation on a mailbox that it touches.
    fn goes_first(&self, step: &PendingStep, about_mailbox: &PendingStep) -> Option<bool> {
        let touches = touches(step, about_mailbox.action.mailbox()?);
        touches.then(|| self.at(step) <= self.at(about_mailbox))
    }

    pub(super) fn is_held_up(&self, step: &PendingStep, about_mailboxes: &[&PendingStep]) -> bool {
        let waits = |other: &&PendingStep| self.goes_first(step, other) == Some(false);
        !mutant!("mailbox_steps_overtake") && about_mailboxes.iter().any(waits)
    }
}

/// The next operation on a mailbox, of those that may break the connection, or of the others. Names build on each other, so these
/// operations go out one after the other; one that cannot go now holds up only those that may build on it.
pub(super) fn next_about_mailbox(
    order: &Order,
    about_mailboxes: &[&PendingStep],
    by_place: &BTreeMap<PlaceId, Vec<&PendingStep>>,
    suspects: bool,
) -> Option<StepKey> {
    let waits = |next: &PendingStep| {
        next.action.mailbox().is_none()
            || by_place.values().flatten().any(|step| order.goes_first(step, next) == Some(true))
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
