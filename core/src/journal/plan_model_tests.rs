//! The planner against a server of plain maps that does what it is asked, refuses it, or loses the answer.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::journal::StepState;

/// How the server takes a message of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Luck {
    Ok,
    No,
    LostDone,
    LostUndone,
}

#[derive(Clone, Debug)]
enum Wanted {
    Flags(u8, u8),
    Move(i64),
    Copy(i64),
    Delete,
}

const MAILBOXES: i64 = 3;
const MESSAGES: i64 = 4;
/// These are one mail under two labels.
const LABELS: std::ops::RangeInclusive<i64> = 3..=4;
/// Refusals after which a step is set aside.
const PATIENCE: u32 = 4;

/// A message on the server: whose it is, and its flags.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mail {
    place: i64,
    flags: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Parked,
    Moot,
}

struct World {
    server: BTreeMap<(i64, u32), Mail>,
    /// Where the mirror has a place.
    known: BTreeMap<i64, Location>,
    pending: Vec<PendingStep>,
    /// Steps that left, with whether the server did it.
    lost: BTreeMap<StepKey, bool>,
    ends: BTreeMap<StepKey, End>,
    /// Steps by place in the order in which they were done.
    done: BTreeMap<i64, Vec<i64>>,
    /// The same of the mail that has labels.
    done_of_mail: Vec<i64>,
    next_uid: u32,
}

impl World {
    fn new(wanted: &[(i64, Wanted)]) -> Self {
        let mut world = Self {
            server: BTreeMap::new(),
            known: BTreeMap::new(),
            pending: Vec::new(),
            lost: BTreeMap::new(),
            ends: BTreeMap::new(),
            done: BTreeMap::new(),
            done_of_mail: Vec::new(),
            next_uid: 1,
        };
        for place in 1..=MESSAGES {
            world.put(place, 1, 0);
        }
        let mut places: Vec<i64> = (1..=MESSAGES).collect();
        for (number, (which, wanted)) in wanted.iter().enumerate() {
            let place = places[*which as usize % places.len()];
            let mut made = None;
            let action = match wanted {
                Wanted::Flags(add, remove) => Action::Flags { add: bits(*add & !*remove), remove: bits(*remove) },
                Wanted::Move(to) => Action::Move { to: MailboxId(*to) },
                Wanted::Copy(to) => {
                    let id = MESSAGES + 1 + places.len() as i64;
                    places.push(id);
                    made = Some(PlaceId(id));
                    Action::Copy { to: MailboxId(*to) }
                }
                Wanted::Delete => Action::Delete,
            };
            world.pending.push(PendingStep {
                original_in: None,
                expunged: Expunged::Here,
                mail: LABELS.contains(&place).then_some(MessageId(1)),
                takes_labels: false,
                key: StepKey { operation: OperationId(number as i64 + 1), place: PlaceId(place) },
                action,
                state: StepState::Queued,
                attempts: 0,
                missed: false,
                suspected: 0,
                is_due: true,
                made,
                location: None,
                lies_in: None,
            });
        }
        world
    }

    fn put(&mut self, place: i64, mailbox: i64, flags: u8) -> Location {
        let location = Location { mailbox: MailboxId(mailbox), uid: Uid::new(self.next_uid).unwrap() };
        self.server.insert((mailbox, self.next_uid), Mail { place, flags });
        self.next_uid += 1;
        self.known.insert(place, location);
        location
    }

    fn steps(&self) -> Vec<PendingStep> {
        let mut steps = self.pending.clone();
        for step in &mut steps {
            step.location = self.known.get(&step.key.place.0).copied();
            step.lies_in = step.location.map(|at| at.mailbox);
        }
        steps
    }

    fn end(&mut self, key: StepKey, end: End) {
        let Some(at) = self.pending.iter().position(|step| step.key == key) else { return };
        let step = self.pending.remove(at);
        assert!(self.ends.insert(key, end).is_none(), "a step ends once");
        if end == End::Done {
            self.done.entry(key.place.0).or_default().push(key.operation.0);
            self.done_of_mail.extend(LABELS.contains(&key.place.0).then_some(key.operation.0));
        } else if let Some(made) = step.made {
            self.end_all_of(made.0);
        }
    }

    /// What has no message any more has nothing left to do.
    fn end_all_of(&mut self, place: i64) {
        let keys: Vec<_> = self.pending.iter().map(|step| step.key).filter(|key| key.place.0 == place).collect();
        keys.into_iter().for_each(|key| self.end(key, End::Moot));
    }

    /// The server does what a batch asks of one message, which must be the one that is meant.
    fn apply(&mut self, batch: &Batch, item: &Item) {
        let at = (batch.mailbox.0, item.uid.get());
        let mail = self.server.get_mut(&at).unwrap();
        assert_eq!(mail.place, item.place.0, "the right message");
        mail.flags = (mail.flags | batch.add.bits()) & !batch.remove.bits();
        let mail = mail.clone();
        match batch.then {
            Then::Stay => {}
            Then::Move(to) | Then::Discard(to) => {
                self.server.remove(&at);
                self.put(mail.place, to.0, mail.flags);
            }
            Then::Copy(to) => {
                self.put(item.made.unwrap().0, to.0, mail.flags);
            }
            Then::Delete => {
                self.server.remove(&at);
                self.known.remove(&mail.place);
            }
        }
    }

    fn settle_done(&mut self, batch: &Batch, item: &Item) {
        item.steps.iter().for_each(|key| self.end(*key, End::Done));
        if batch.then == Then::Delete {
            self.end_all_of(item.place.0);
        }
    }

    /// One round. Returns whether there was anything to do.
    fn round(&mut self, tape: &mut impl Iterator<Item = Luck>) -> bool {
        // What was lost is asked about, and the truth is told.
        let lost = std::mem::take(&mut self.lost);
        let deleted: BTreeSet<i64> = lost
            .iter()
            .filter(|(key, done)| **done && !self.known.contains_key(&key.place.0))
            .map(|(key, _)| key.place.0)
            .collect();
        let is_delete =
            |key: &StepKey| self.pending.iter().any(|step| step.key == *key && matches!(step.action, Action::Delete));
        let (last, first): (Vec<_>, Vec<_>) = lost.iter().partition(|(key, _)| is_delete(key));
        for (key, done) in first.into_iter().chain(last) {
            if *done {
                self.end(*key, End::Done);
            } else if let Some(step) = self.pending.iter_mut().find(|step| step.key == *key) {
                step.state = StepState::Queued;
            }
        }
        deleted.into_iter().for_each(|place| self.end_all_of(place));
        let plan = plan(&self.steps());
        let mut seen = BTreeSet::new();
        for batch in &plan.batches {
            for item in &batch.items {
                assert!(seen.insert(item.place), "a message is in one batch");
                match tape.next().unwrap_or(Luck::Ok) {
                    Luck::Ok => {
                        self.apply(batch, item);
                        self.settle_done(batch, item);
                    }
                    Luck::No => {
                        for key in &item.steps {
                            let Some(step) = self.pending.iter_mut().find(|step| step.key == *key) else { continue };
                            step.attempts += 1;
                            if step.attempts >= PATIENCE {
                                self.end(*key, End::Parked);
                            }
                        }
                    }
                    luck => {
                        if luck == Luck::LostDone {
                            self.apply(batch, item);
                        }
                        for key in &item.steps {
                            self.lost.insert(*key, luck == Luck::LostDone);
                            let step = self.pending.iter_mut().find(|step| step.key == *key);
                            let step = step.unwrap();
                            step.state = StepState::Unknown;
                            step.suspected += u32::from(luck == Luck::LostUndone);
                        }
                    }
                }
            }
        }
        !plan.is_empty() || !lost.is_empty()
    }
}

fn bits(bits: u8) -> Flags {
    Flags::from_parts(bits, "")
}

fn luck() -> impl Strategy<Value = Luck> {
    prop_oneof![4 => Just(Luck::Ok), 2 => Just(Luck::No), 1 => Just(Luck::LostDone), 1 => Just(Luck::LostUndone)]
}

fn wanted() -> impl Strategy<Value = (i64, Wanted)> {
    let what = prop_oneof![
        4 => (0..8u8, 0..8u8).prop_map(|(add, remove)| Wanted::Flags(add, remove)),
        3 => (1..=MAILBOXES).prop_map(Wanted::Move),
        2 => (1..=MAILBOXES).prop_map(Wanted::Copy),
        1 => Just(Wanted::Delete),
    ];
    (0..8i64, what)
}

fn cases() -> u32 {
    std::env::var("POSTRIDER_PLAN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_server_says_all_that_was_wanted_comes_to_its_end_in_order(
        wanted in prop::collection::vec(wanted(), 1..12),
        tape in prop::collection::vec(luck(), 0..40),
    ) {
        let mut world = World::new(&wanted);
        // A deletion comes last, whenever it was asked for.
        let mut all = world.pending.clone();
        all.sort_by_key(|step| matches!(step.action, Action::Delete));
        let turn = |operation: &i64| all.iter().position(|step| step.key.operation.0 == *operation);
        let mut tape = tape.into_iter();
        let mut rounds = 0;
        while world.round(&mut tape) {
            rounds += 1;
            prop_assert!(rounds <= 200, "no fixed point");
        }
        prop_assert!(world.pending.is_empty(), "lost in the journal: {:?}", world.pending);
        prop_assert_eq!(world.ends.len(), all.len(), "each step has come to one end");
        for (place, done) in &world.done {
            prop_assert!(done.is_sorted_by_key(turn), "place {} in order: {:?}", place, done);
        }
        prop_assert!(world.done_of_mail.is_sorted_by_key(turn), "the mail in order: {:?}", world.done_of_mail);
        // The server holds what the steps that are done add up to, and nothing else.
        let mut expected: BTreeMap<i64, (i64, u8)> = (1..=MESSAGES).map(|place| (place, (1, 0))).collect();
        for step in all.iter().filter(|step| world.ends.get(&step.key) == Some(&End::Done)) {
            let place = step.key.place.0;
            let Some((mailbox, flags)) = expected.get(&place).copied() else {
                return Err(TestCaseError::fail(format!("{step:?} is done to what was not there")));
            };
            match &step.action {
                Action::Flags { add, remove } => {
                    expected.insert(place, (mailbox, (flags | add.bits()) & !remove.bits()));
                }
                Action::Move { to } => {
                    expected.insert(place, (to.0, flags));
                }
                Action::Copy { to } => {
                    expected.insert(step.made.unwrap().0, (to.0, flags));
                }
                _ => {
                    expected.remove(&place);
                }
            }
        }
        let held: BTreeMap<i64, (i64, u8)> =
            world.server.iter().map(|((mailbox, _), mail)| (mail.place, (*mailbox, mail.flags))).collect();
        prop_assert_eq!(world.server.len(), held.len(), "no doubles");
        prop_assert_eq!(held, expected);
    }
}
