//! Which steps can go out now, and together with which others.

use std::collections::{BTreeMap, BTreeSet};

use super::plan_mailboxes::Order;
use super::{Action, Expunged, Location, PendingStep, StepKey};
use crate::model::{Flags, MailboxId, MessageId, OperationId, PlaceId, Uid};
use crate::mutants::mutant;

/// What becomes of the messages of a batch once their flags are as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Then {
    /// They stay.
    Stay,
    /// They go to another mailbox.
    Move(MailboxId),
    /// They are copied.
    Copy(MailboxId),
    /// They are expunged.
    Delete,
    /// They go to the trash, to be expunged there: with labels, what is expunged elsewhere only loses one.
    Discard(MailboxId),
}

/// What one step asks of flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagWish {
    /// To be set.
    pub add: Flags,
    /// To be cleared.
    pub remove: Flags,
}

/// One message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The message.
    pub place: PlaceId,
    /// Its UID.
    pub uid: Uid,
    /// The steps that the batch brings to their end, in order.
    pub steps: Vec<StepKey>,
    /// What those of them ask for that are about flags, as far as no later one of them asks for the contrary.
    pub flags: BTreeMap<StepKey, FlagWish>,
    /// The message that a copy makes.
    pub made: Option<PlaceId>,
}

/// Messages of one mailbox of which the same is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Where they are.
    pub mailbox: MailboxId,
    /// Flags to be set first.
    pub add: Flags,
    /// Flags to be cleared first.
    pub remove: Flags,
    /// What comes then.
    pub then: Then,
    /// The messages, by UID.
    pub items: Vec<Item>,
}

/// What can go out now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The next operation on a mailbox.
    pub mailbox: Option<StepKey>,
    /// Messages to be appended.
    pub appends: Vec<StepKey>,
    /// What is to be done to messages, by mailbox.
    pub batches: Vec<Batch>,
    /// In how many flights it was that ended with the connection, where it may break it.
    pub suspected: u32,
}

impl Plan {
    /// Whether there is nothing to be done now.
    pub fn is_empty(&self) -> bool {
        self.mailbox.is_none() && self.appends.is_empty() && self.batches.is_empty()
    }
}

/// Plans. Of each message, all that can be asked for at once is: flags up to their last wish, the last of several places. An
/// operation on a mailbox goes out when everything before it that touches the mailbox is done, and holds up what comes after it
/// there. What may break the connection goes out when nothing else can, the least suspected first and one flight at a time, each
/// time with fewer others. `steps` are in the order of their keys.
pub fn plan(steps: &[PendingStep]) -> Plan {
    let mut by_place: BTreeMap<PlaceId, Vec<&PendingStep>> = BTreeMap::new();
    for step in about_messages(steps) {
        by_place.entry(step.key.place).or_default().push(step);
    }
    by_place.values_mut().for_each(|steps| steps.sort_by_key(|step| step.turn()));
    let labels = Labels::of(&by_place);
    let order = Order::of(steps, &by_place);
    let mut plan = Plan { mailbox: order.next(&by_place, false), ..Plan::default() };
    let mut suspects = Suspects::default();
    let mut batches: BTreeMap<BatchKey, Vec<Item>> = BTreeMap::new();
    for (place, steps) in &by_place {
        let Some(first) = steps.first() else { continue };
        if steps.iter().any(|step| step.state.is_open()) && !mutant!("open_goes_out_again") {
            continue;
        }
        if matches!(first.action, Action::Append { .. }) {
            match first.is_due && !order.is_held_up(first) {
                true if first.suspected == 0 => plan.appends.push(first.key),
                true => suspects.add(first.suspected, || Plan { appends: vec![first.key], ..Plan::default() }),
                false => {}
            }
            continue;
        }
        let Some(location) = first.location else { continue };
        if let Some((key, item)) =
            Wish::of(location, steps, &order, labels.first_elsewhere(first)).into_item(*place, location)
        {
            batches.entry(key).or_default().push(item);
        }
    }
    for (key, mut items) in batches {
        items.sort_by_key(|item| item.uid);
        let batch = |items| Batch { mailbox: key.mailbox, add: key.add, remove: key.remove, then: key.then, items };
        if key.suspected == 0 {
            plan.batches.push(batch(items));
            continue;
        }
        items.truncate(together(key.suspected));
        suspects.add(key.suspected, || Plan { batches: vec![batch(items)], ..Plan::default() });
    }
    if !plan.is_empty() {
        return plan;
    }
    if let Some(key) = order.next(&by_place, true) {
        let suspected = steps.iter().find(|step| step.key == key).map_or(0, |step| step.suspected);
        suspects.add(suspected, || Plan { mailbox: Some(key), ..Plan::default() });
    }
    suspects.least.unwrap_or_default()
}

/// The steps about messages, but for those of a message that is nowhere, as the step that is to make it was set aside: they wait
/// for the user, and nothing waits for them.
fn about_messages(steps: &[PendingStep]) -> impl Iterator<Item = &PendingStep> {
    let mut coming: BTreeSet<PlaceId> = BTreeSet::new();
    steps.iter().filter(|step| !step.action.is_about_mailbox()).filter(move |step| {
        let is_append = matches!(step.action, Action::Append { .. });
        let can_go = step.lies_in.is_some() || step.state.is_open() || is_append || coming.contains(&step.key.place);
        if can_go {
            coming.extend(step.made.into_iter().chain(is_append.then_some(step.key.place)));
        }
        can_go
    })
}

/// What is asked of mails that have labels, under each of them.
struct Labels(BTreeMap<MessageId, BTreeMap<PlaceId, (bool, OperationId)>>);

impl Labels {
    fn of(by_place: &BTreeMap<PlaceId, Vec<&PendingStep>>) -> Self {
        let mut first: BTreeMap<MessageId, BTreeMap<PlaceId, (bool, OperationId)>> = BTreeMap::new();
        for (place, steps) in by_place {
            if let Some((step, mail)) = steps.first().and_then(|step| Some((step, step.mail?))) {
                first.entry(mail).or_default().insert(*place, step.turn());
            }
        }
        Self(first)
    }

    /// The first turn of what is asked of the same mail under another label.
    fn first_elsewhere(&self, step: &PendingStep) -> Option<(bool, OperationId)> {
        let all = self.0.get(&step.mail?)?;
        all.iter().filter(|(place, _)| **place != step.key.place).map(|(_, turn)| *turn).min()
    }
}

/// The flight that is suspected least of those that may break the connection.
#[derive(Default)]
struct Suspects {
    least: Option<Plan>,
}

impl Suspects {
    fn add(&mut self, suspected: u32, plan: impl FnOnce() -> Plan) {
        if self.least.as_ref().is_none_or(|least| suspected < least.suspected) {
            self.least = Some(Plan { suspected, ..plan() });
        }
    }
}

/// How many messages go out together that were so often in a flight that ended with the connection. Few connections are lost
/// until one stands alone, and few flights are needed where the link was to blame.
fn together(suspected: u32) -> usize {
    match suspected {
        1 => 512,
        2 => 32,
        _ => 1,
    }
}

/// What goes out together. What was refused before goes alone, so that it takes no other operation with it; where it was refused
/// several times, each message goes alone.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct BatchKey {
    mailbox: MailboxId,
    then: Then,
    add: Flags,
    remove: Flags,
    alone: Option<(OperationId, Option<PlaceId>)>,
    suspected: u32,
}

/// After so many refusals each message of an operation goes alone: it may be that only one of them is refused.
const EACH_ALONE: u32 = 2;

/// What the next steps of one message add up to.
#[derive(Default)]
struct Wish {
    steps: Vec<StepKey>,
    flags: BTreeMap<StepKey, FlagWish>,
    add: Flags,
    remove: Flags,
    then: Option<Then>,
    made: Option<PlaceId>,
    alone: Option<(OperationId, Option<PlaceId>)>,
    suspected: u32,
}

impl Wish {
    /// `elsewhere` is the first turn of what is asked of the same mail under another label.
    fn of(
        location: Location,
        steps: &[&PendingStep],
        order: &Order<'_>,
        elsewhere: Option<(bool, OperationId)>,
    ) -> Self {
        let mut wish = Self::default();
        let together = goes_before_its_deletion(steps);
        for (index, step) in steps.iter().enumerate() {
            let alone = step.was_refused() || step.suspected > 0 && index >= together;
            let waits = elsewhere.is_some_and(|turn| turn < step.turn()) || order.is_held_up(step);
            if !step.is_due || waits || alone && !wish.steps.is_empty() {
                break;
            }
            match &step.action {
                Action::Flags { add, remove } => {
                    if !mutant!("later_flag_loses") {
                        wish.add = wish.add.without(remove);
                        wish.remove = wish.remove.without(add);
                    }
                    wish.add = wish.add.with(add);
                    wish.remove = wish.remove.with(remove);
                    for earlier in wish.flags.values_mut() {
                        earlier.add = earlier.add.without(remove);
                        earlier.remove = earlier.remove.without(add);
                    }
                    wish.flags.insert(step.key, FlagWish { add: add.clone(), remove: remove.clone() });
                }
                Action::Move { .. } if mutant!("first_move_wins") && wish.then.is_some() => {}
                Action::Move { to } => {
                    wish.then = if *to == location.mailbox && !mutant!("move_home_is_sent") {
                        None
                    } else {
                        Some(Then::Move(*to))
                    };
                }
                // What is copied is what lies there then. Flags before it go out before it, and not in one flight: were they
                // refused, the copy would be without them.
                Action::Copy { to } if wish.steps.is_empty() || mutant!("copy_with_flags") && wish.then.is_none() => {
                    wish.then = Some(Then::Copy(*to));
                    wish.made = step.made;
                }
                Action::Delete => {
                    wish.then = Some(match step.expunged {
                        Expunged::Here => Then::Delete,
                        Expunged::In(trash) => Then::Discard(trash),
                        Expunged::Nowhere => break,
                    });
                }
                _ => break,
            }
            wish.steps.push(step.key);
            wish.suspected = wish.suspected.max(step.suspected);
            if step.was_refused() {
                let each = (step.attempts >= EACH_ALONE).then_some(step.key.place);
                wish.alone = Some((step.key.operation, each));
            }
            // Moved on from there at once, the mail would keep its labels.
            let loses_labels = step.takes_labels && wish.then.is_some();
            if alone
                || loses_labels
                || !mutant!("acts_after_copy")
                    && matches!(wish.then, Some(Then::Copy(_) | Then::Delete | Then::Discard(_)))
            {
                break;
            }
        }
        wish
    }

    fn into_item(self, place: PlaceId, location: Location) -> Option<(BatchKey, Item)> {
        if self.steps.is_empty() {
            return None;
        }
        let then = self.then.unwrap_or(Then::Stay);
        // Flags of what is expunged matter to nobody.
        let (add, remove) =
            if matches!(then, Then::Delete | Then::Discard(_)) { Default::default() } else { (self.add, self.remove) };
        let (alone, suspected) = (self.alone, self.suspected);
        let key = BatchKey { mailbox: location.mailbox, then, add, remove, alone, suspected };
        Some((key, Item { place, uid: location.uid, steps: self.steps, flags: self.flags, made: self.made }))
    }
}

/// How many of the first steps of a message leave as one with its deletion, even where they may have broken a connection as one:
/// they may have marked it by then, and what is moved or copied on carries the mark along.
fn goes_before_its_deletion(steps: &[&PendingStep]) -> usize {
    let ends = steps.iter().position(|step| matches!(step.action, Action::Delete)).map_or(0, |at| at + 1);
    let is_plain = |step: &&PendingStep| {
        step.is_due
            && step.attempts == 0
            && matches!(step.action, Action::Flags { .. } | Action::Move { .. } | Action::Delete)
    };
    if steps.iter().take(ends).all(is_plain) && !mutant!("suspects_are_split") { ends } else { 0 }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "plan_model_tests.rs"]
mod model_tests;
