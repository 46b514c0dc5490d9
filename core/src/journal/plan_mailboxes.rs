//! In which order operations on mailboxes and on what lies in them go out.

use std::collections::BTreeMap;

use super::{Action, PendingStep, StepKey};
use crate::model::{MailboxId, MessageId, OperationId, PlaceId};
use crate::mutants::mutant;

/// Whether a step touches a mailbox: its message lies there, or goes there.
fn touches(step: &PendingStep, mailbox: MailboxId) -> bool {
    let lies_in = if mutant!("arriving_is_elsewhere") { step.location.map(|at| at.mailbox) } else { step.lies_in };
    lies_in == Some(mailbox) || step.original_in == Some(mailbox) || step.action.mailbox() == Some(mailbox)
}

/// The operations on mailboxes, in the order in which things are done: that in which they were asked for, but that what goes for good
/// goes after all that was asked of it, some of which may have been asked for while its deletion was set aside.
pub(super) struct Order<'s> {
    about_mailboxes: Vec<&'s PendingStep>,
    /// After which operation those go that do not go in their turn.
    later: BTreeMap<StepKey, OperationId>,
}

impl<'s> Order<'s> {
    pub(super) fn of(steps: &'s [PendingStep], by_place: &BTreeMap<PlaceId, Vec<&'s PendingStep>>) -> Self {
        let mut about_mailboxes: Vec<&PendingStep> =
            steps.iter().filter(|step| step.action.is_about_mailbox()).collect();
        // With labels, of all that is asked of the mail.
        let mut of_mails: BTreeMap<MessageId, OperationId> = BTreeMap::new();
        for (mail, operation) in by_place.values().flatten().filter_map(|step| Some((step.mail?, step.key.operation))) {
            let last = of_mails.entry(mail).or_insert(operation);
            *last = operation.max(*last);
        }
        let of_messages = by_place.values().flat_map(|steps| {
            let deletions = steps.iter().filter(|step| matches!(step.action, Action::Delete));
            let of_mail = |step: &PendingStep| step.mail.and_then(|mail| of_mails.get(&mail).copied());
            deletions.map(move |step| (*step, last(steps.iter().copied()).max(of_mail(step)))).collect::<Vec<_>>()
        });
        let deletions = about_mailboxes.iter().filter(|step| matches!(step.action, Action::DeleteMailbox { .. }));
        let of_mailboxes = deletions.map(|step| {
            let touching = |other: &&PendingStep| step.action.mailbox().is_some_and(|mailbox| touches(other, mailbox));
            (*step, last(by_place.values().flatten().copied().filter(touching)))
        });
        let last = of_messages.chain(of_mailboxes).filter_map(|(step, last)| Some((step.key, last?)));
        let mut later: BTreeMap<StepKey, OperationId> = last.filter(|(key, last)| *last > key.operation).collect();
        if mutant!("retried_deletion_goes_first") {
            later.clear();
        }
        about_mailboxes.sort_by_key(|step| at(&later, step));
        Self { about_mailboxes, later }
    }

    /// Whether a step goes out before an operation on a mailbox that it touches.
    fn goes_first(&self, step: &PendingStep, about_mailbox: &PendingStep) -> Option<bool> {
        let touches = touches(step, about_mailbox.action.mailbox()?);
        touches.then(|| at(&self.later, step) <= at(&self.later, about_mailbox))
    }

    /// Whether a step about a message waits for an operation on a mailbox.
    pub(super) fn is_held_up(&self, step: &PendingStep) -> bool {
        let waits = |other: &&PendingStep| self.goes_first(step, other) == Some(false);
        !mutant!("mailbox_steps_overtake") && self.about_mailboxes.iter().any(waits)
    }

    /// The next operation on a mailbox, of those that may break the connection, or of the others. Names build on each other, so these
    /// operations go out one after the other; one that cannot go now holds up only those that may build on it.
    pub(super) fn next(&self, by_place: &BTreeMap<PlaceId, Vec<&PendingStep>>, suspects: bool) -> Option<StepKey> {
        let waits = |next: &PendingStep| {
            next.action.mailbox().is_none()
                || by_place.values().flatten().any(|step| self.goes_first(step, next) == Some(true))
        };
        let mut before: Vec<&PendingStep> = Vec::new();
        for next in &self.about_mailboxes {
            let wanted = suspects == (next.suspected > 0);
            let can_go = wanted && next.is_due && !next.state.is_open() && !waits(next);
            if can_go && before.iter().all(|earlier| may_overtake(&next.action, &earlier.action)) {
                return Some(next.key);
            }
            before.push(next);
        }
        None
    }
}

fn last<'s>(steps: impl Iterator<Item = &'s PendingStep>) -> Option<OperationId> {
    steps.map(|step| step.key.operation).max()
}

/// In whose turn a step goes.
fn at(later: &BTreeMap<StepKey, OperationId>, step: &PendingStep) -> OperationId {
    later.get(&step.key).copied().unwrap_or(step.key.operation)
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
