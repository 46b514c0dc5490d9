//! What became of steps, and what that changes of the mirror: written in one transaction.

use crate::journal::{Batch, Evidence, Item, Reason, Refusal, StepKey, Then, classify, delay};
use crate::model::{Flags, MailboxId, ModSeq, OperationId, PlaceId, Timestamp, Uid, UidSet, UidValidity};
use crate::replay::commands::Purpose;
use crate::replay::evidence::Proof;
use crate::store::{Outcome, ReplayTx, StoreError};

/// What the server's answers change of the mirror.
#[derive(Debug)]
pub(super) enum Write {
    /// Flags that were told.
    Flags(MailboxId, Vec<(Uid, Flags, Option<ModSeq>)>),
    /// A message lies in a mailbox now.
    Landed(PlaceId, MailboxId, Option<(UidValidity, Uid)>),
    /// Messages are gone.
    Gone(MailboxId, UidSet),
    /// A message is marked deleted and cannot be expunged alone: it is not shown any more.
    Marked(PlaceId),
    /// A message that was moved has left its original behind, marked deleted.
    Remnant(PlaceId),
    /// A mailbox is on the server: its raw name, its MAILBOXID, whether the user is subscribed.
    MailboxCreated(MailboxId, Vec<u8>, Option<String>, bool),
    /// A mailbox has another raw name, and another as shown.
    MailboxRenamed(MailboxId, Vec<u8>, String),
    /// A mailbox is gone.
    MailboxDeleted(MailboxId),
    /// Whether the user is subscribed to a mailbox.
    MailboxSubscribed(MailboxId, bool),
}

/// What is to be written down together.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    pub(super) writes: Vec<Write>,
    pub(super) outcomes: Vec<(StepKey, Outcome)>,
}

impl Verdicts {
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.outcomes.is_empty()
    }

    /// One step, with what it changes of the mirror.
    pub(super) fn of(key: StepKey, outcome: Outcome, write: Option<Write>) -> Self {
        Self { writes: write.into_iter().collect(), outcomes: vec![(key, outcome)] }
    }

    pub(super) fn settle(&mut self, item: &Item, outcome: &Outcome) {
        self.outcomes.extend(item.steps.iter().map(|key| (*key, outcome.clone())));
    }

    pub(super) fn write(&self, tx: &mut ReplayTx<'_>) -> Result<(), StoreError> {
        for write in &self.writes {
            match write {
                Write::Flags(mailbox, updates) => {
                    tx.flags_told(*mailbox, updates)?;
                }
                Write::Landed(place, to, at) => tx.landed(*place, *to, *at)?,
                Write::Gone(mailbox, uids) => {
                    tx.gone(*mailbox, uids)?;
                }
                Write::Marked(place) => tx.marked(*place)?,
                Write::Remnant(place) => tx.leave_remnant(*place)?,
                Write::MailboxCreated(id, raw, object_id, subscribed) => {
                    tx.mailbox_created(*id, raw, object_id.clone(), *subscribed)?;
                }
                Write::MailboxRenamed(id, to, name) => tx.mailbox_renamed(*id, to, name)?,
                Write::MailboxDeleted(id) => tx.mailbox_deleted(*id)?,
                Write::MailboxSubscribed(id, subscribed) => tx.mailbox_subscribed(*id, *subscribed)?,
            }
        }
        tx.settle(&self.outcomes)
    }
}

/// How a refusal counts, for messages that were refused `attempts` times before.
pub(super) fn refused(code: Option<&str>, operation: OperationId, attempts: u32, now: Timestamp) -> Outcome {
    match classify(code, attempts) {
        Refusal::Later(reason) => Outcome::Later(reason, try_again(operation, attempts, now)),
        Refusal::Park(reason) | Refusal::NoTarget(reason) | Refusal::Exists(reason) | Refusal::NotThere(reason) => {
            Outcome::Parked(reason)
        }
    }
}

/// When to try again.
fn try_again(operation: OperationId, attempts: u32, now: Timestamp) -> Timestamp {
    // Jitter only has to differ between operations and devices; that it comes from the time makes runs repeatable.
    let mut mixed = (operation.0 as u64) ^ (now.0 as u64).rotate_left(32) ^ u64::from(attempts);
    mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let fraction = (mixed >> 11) as f64 / (1u64 << 53) as f64;
    let wait = delay(attempts + 1, fraction).as_secs().max(1);
    Timestamp(now.0.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)))
}

pub(super) fn gone() -> Reason {
    Reason::new("gone", "the message is not on the server any more")
}

fn not_kept() -> Reason {
    Reason::new("not_kept", "the server does not keep this flag")
}

/// How often steps were refused before.
pub(super) type Attempts<'a> = &'a dyn Fn(StepKey) -> u32;

pub(super) struct Judge<'a> {
    pub(super) batch: &'a Batch,
    pub(super) proof: &'a Proof,
    pub(super) attempts: Attempts<'a>,
    pub(super) now: Timestamp,
}

impl Judge<'_> {
    pub(super) fn refuse(&self, item: &Item, code: Option<&str>, verdicts: &mut Verdicts) {
        for key in &item.steps {
            verdicts.outcomes.push((*key, refused(code, key.operation, (self.attempts)(*key), self.now)));
        }
    }

    /// What the server told of flags, for the mirror.
    pub(super) fn flags(&self, verdicts: &mut Verdicts) {
        let told = &self.proof.flags;
        if !told.is_empty() {
            let updates = told.iter().map(|(uid, (flags, modseq))| (*uid, flags.clone(), *modseq)).collect();
            verdicts.writes.push(Write::Flags(self.batch.mailbox, updates));
        }
    }

    /// Messages of which nothing is proved yet: they are to be looked for.
    pub(super) fn unproved(&self) -> UidSet {
        let unproved = self.batch.items.iter().filter(|item| {
            let flags_matter = !self.batch.add.is_empty() || !self.batch.remove.is_empty();
            self.proof.is_there(item.uid).is_none()
                && (flags_matter && self.proof.has_flags(item.uid, &self.batch.add, &self.batch.remove).is_none()
                    || self.batch.then != Then::Stay)
        });
        unproved.map(|item| item.uid).collect()
    }

    /// Flags alone. Returns what of the item's flags is proved: done, or why not.
    pub(super) fn flags_outcome(&self, item: &Item) -> Option<Outcome> {
        let (add, remove) = (&self.batch.add, &self.batch.remove);
        if add.is_empty() && remove.is_empty() {
            return Some(Outcome::Done);
        }
        match (self.proof.has_flags(item.uid, add, remove), self.proof.is_there(item.uid)) {
            (Some(true), _) => Some(Outcome::Done),
            (_, Some(false)) => Some(Outcome::Moot(gone())),
            (Some(false), _) if self.proof.refusal(item.uid, &[Purpose::Store]).is_none() => {
                Some(Outcome::Parked(not_kept()))
            }
            _ => None,
        }
    }

    /// Messages that stay where they are.
    pub(super) fn stay(&self, verdicts: &mut Verdicts) {
        for item in &self.batch.items {
            match self.flags_outcome(item) {
                Some(outcome) => {
                    if matches!(outcome, Outcome::Moot(_)) {
                        verdicts.writes.push(Write::Gone(self.batch.mailbox, UidSet::range(item.uid, item.uid)));
                    }
                    verdicts.settle(item, &outcome);
                }
                None => {
                    let code = self.proof.refusal(item.uid, &[Purpose::Store]).flatten();
                    self.refuse(item, code, verdicts);
                }
            }
        }
    }

    /// A message is where it was to go. What is to be expunged there goes on.
    fn arrived(&self, item: &Item, verdicts: &mut Verdicts) {
        verdicts.settle(item, &Outcome::Done);
        if let (Then::Discard(_), Some((_, last))) = (self.batch.then, verdicts.outcomes.last_mut()) {
            *last = Outcome::Again;
        }
    }

    /// Messages that MOVE moved (RFC 6851). What is proved of a message is that it was told under its new UID, or that it is
    /// gone from where it was and something went; of what is left the next probe decides.
    pub(super) fn moved(&self, to: MailboxId, verdicts: &mut Verdicts) {
        let went = self.batch.items.iter().filter(|item| self.proof.is_there(item.uid) == Some(false)).count();
        for item in &self.batch.items {
            let copy = self.proof.copies.get(&item.uid);
            let there = self.proof.is_there(item.uid);
            let expunged = self.proof.vanished.contains(item.uid) || self.proof.expunged >= went;
            let refusal = self.proof.refusal(item.uid, &[Purpose::Move]);
            if there != Some(true)
                && let Some(at) = copy
            {
                verdicts.writes.push(Write::Landed(item.place, to, Some(*at)));
                self.arrived(item, verdicts);
            } else if there == Some(true) {
                self.refuse(item, refusal.flatten(), verdicts);
            } else if there == Some(false) && self.proof.told_copies && refusal.is_none() {
                verdicts.writes.push(Write::Gone(self.batch.mailbox, UidSet::range(item.uid, item.uid)));
                verdicts.settle(item, &Outcome::Moot(gone()));
            } else if there == Some(false) && expunged && refusal.is_none() {
                verdicts.writes.push(Write::Landed(item.place, to, None));
                self.arrived(item, verdicts);
            } else {
                verdicts.settle(item, &Outcome::Unknown);
            }
        }
    }

    /// Where the copy of a message is, if the server made it; else what became of it.
    pub(super) fn copy_of(&self, item: &Item) -> Result<Option<(UidValidity, Uid)>, Option<Outcome>> {
        if let Some(at) = self.proof.copies.get(&item.uid) {
            return Ok(Some(*at));
        }
        if !self.proof.is_done(Purpose::Copy, item.uid) {
            return Err(None);
        }
        // COPY of a message that is not there succeeds and does nothing (RFC 4315 section 3).
        match self.proof.is_there(item.uid) {
            Some(true) if !self.proof.told_copies => Ok(None),
            Some(false) => Err(Some(Outcome::Moot(gone()))),
            _ => Err(Some(Outcome::Unknown)),
        }
    }

    /// Messages that were copied.
    pub(super) fn copied(&self, to: MailboxId, verdicts: &mut Verdicts) {
        for item in &self.batch.items {
            match self.copy_of(item) {
                Ok(at) => {
                    verdicts.writes.extend(item.made.map(|made| Write::Landed(made, to, at)));
                    verdicts.settle(item, &Outcome::Done);
                }
                Err(Some(outcome)) => verdicts.settle(item, &outcome),
                Err(None) => {
                    let code = self.proof.refusal(item.uid, &[Purpose::Copy]).flatten();
                    self.refuse(item, code, verdicts);
                }
            }
        }
    }

    /// Messages that were to be expunged.
    pub(super) fn deleted(&self, can_expunge: bool, verdicts: &mut Verdicts) {
        for item in &self.batch.items {
            match self.proof.is_there(item.uid) {
                Some(false) => {
                    verdicts.writes.push(Write::Gone(self.batch.mailbox, UidSet::range(item.uid, item.uid)));
                    verdicts.settle(item, &Outcome::Done);
                }
                Some(true) if !can_expunge && self.proof.is_done(Purpose::Mark, item.uid) => {
                    verdicts.writes.push(Write::Marked(item.place));
                    verdicts.settle(item, &Outcome::Done);
                }
                Some(true) => {
                    let code = self.proof.refusal(item.uid, &[Purpose::Mark, Purpose::Expunge]).flatten();
                    self.refuse(item, code, verdicts);
                }
                None => verdicts.settle(item, &Outcome::Unknown),
            }
        }
    }

    /// Messages that were copied, with what became of their originals.
    pub(super) fn finished(
        &self,
        to: MailboxId,
        copies: &[(Item, Option<(UidValidity, Uid)>)],
        can_expunge: bool,
        verdicts: &mut Verdicts,
    ) {
        for (item, at) in copies {
            match self.proof.is_there(item.uid) {
                Some(true) if !can_expunge && self.proof.is_done(Purpose::Mark, item.uid) => {
                    verdicts.writes.push(Write::Remnant(item.place));
                    verdicts.writes.push(Write::Landed(item.place, to, *at));
                    self.arrived(item, verdicts);
                }
                Some(false) => {
                    verdicts.writes.push(Write::Landed(item.place, to, *at));
                    self.arrived(item, verdicts);
                }
                Some(true) => {
                    let code = self.proof.refusal(item.uid, &[Purpose::Mark, Purpose::Expunge]).flatten();
                    self.refuse(item, code, verdicts);
                }
                None => verdicts.settle(item, &Outcome::Unknown),
            }
        }
    }
}

/// What is noted before the steps of a batch leave.
pub(super) fn evidence_of<'b>(
    batch: &'b Batch,
    evidence: impl Fn(&Item) -> Evidence + 'b,
) -> impl Iterator<Item = (StepKey, Evidence)> + 'b {
    batch.items.iter().flat_map(move |item| {
        let noted = evidence(item);
        item.steps.iter().map(move |key| (*key, noted.clone()))
    })
}
