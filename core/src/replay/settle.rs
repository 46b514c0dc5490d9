//! What became of steps, and what that changes of the mirror: written in one transaction.

use std::collections::BTreeMap;

use crate::journal::{Batch, Evidence, FlagWish, Item, Reason, Refusal, StepKey, Then, classify, is_missing};
use crate::model::{Flags, MailboxId, ModSeq, OperationId, PlaceId, Timestamp, Uid, UidSet, UidValidity};
use crate::replay::breaks::{not_found, try_again};
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
    /// Messages are gone because the user had them deleted for ever.
    Expunged(MailboxId, UidSet),
    /// A message is marked deleted and cannot be expunged alone: it is not shown any more.
    Marked(PlaceId),
    /// A message that was copied away has left its original behind, not in sight: marked deleted for good, or still to go.
    Original(PlaceId, MailboxId, Uid, bool),
    /// An original that does not go is in sight again.
    InSight(MailboxId, Uid),
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
                Write::Expunged(mailbox, uids) => {
                    tx.expunged(*mailbox, uids)?;
                }
                Write::Marked(place) => tx.marked(*place)?,
                Write::Original(place, mailbox, uid, marked) => tx.leave_original(*place, *mailbox, *uid, *marked)?,
                Write::InSight(mailbox, uid) => tx.original_stays(*mailbox, *uid)?,
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

pub(super) fn gone() -> Reason {
    Reason::new("gone", "the message is not on the server any more")
}

fn not_kept() -> Reason {
    Reason::new("not_kept", "the server does not keep this flag")
}

/// What became of a message that is where it was to go. What is to be expunged there goes on.
pub(super) fn arrived(batch: &Batch) -> Outcome {
    if matches!(batch.then, Then::Discard(_)) { Outcome::Again } else { Outcome::Done }
}

/// Messages that were copied, and where the copies are.
pub(super) type Copies = Vec<(Item, Option<(UidValidity, Uid)>)>;

/// What is asked of a message's place came to this.
pub(super) enum Placed<'p> {
    /// An end, or none that is known.
    Is(Outcome),
    /// A refusal with this response code.
    Refused(Option<&'p str>),
    /// It was not there.
    NotFound,
}

/// Whether a mailbox that messages were to go to has got any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It has what it had before.
    Nothing,
    /// It may have got something.
    Maybe,
}

/// How often steps were refused before.
pub(super) type Attempts<'a> = &'a dyn Fn(StepKey) -> u32;

pub(super) struct Judge<'a> {
    pub(super) batch: &'a Batch,
    pub(super) proof: &'a Proof,
    pub(super) attempts: Attempts<'a>,
    pub(super) now: Timestamp,
    /// Whether the mailbox that messages go to was not found under its name, and the list may tell of another.
    pub(super) target_is_lost: bool,
}

impl Judge<'_> {
    /// Settles an item, what is asked of its place having come to this. Of its flags is settled what is proved of each.
    pub(super) fn settle(&self, item: &Item, place: &Placed<'_>, verdicts: &mut Verdicts) {
        let mut of_flags = self.flags_outcomes(item, place);
        for key in &item.steps {
            let outcome = match (of_flags.remove(key), place) {
                (Some(outcome), _) => outcome,
                (None, Placed::Is(outcome)) => outcome.clone(),
                (None, Placed::NotFound) => not_found(*key, (self.attempts)(*key), self.now),
                (None, Placed::Refused(code)) => self.refused(*key, *code, item.steps.len() > 1),
            };
            verdicts.outcomes.push((*key, outcome));
        }
    }

    /// Settles what an item asks of flags, and nothing else of it.
    pub(super) fn settle_flags(&self, item: &Item, verdicts: &mut Verdicts) {
        verdicts.outcomes.extend(self.flags_outcomes(item, &Placed::Is(Outcome::Unknown)));
    }

    /// What became of what the steps of an item ask of flags. After what goes out again, what was wanted later does, to have the last word.
    fn flags_outcomes(&self, item: &Item, place: &Placed<'_>) -> BTreeMap<StepKey, Outcome> {
        let mut goes_again = false;
        let mut outcome = |key, wish| match self.flags_outcome(key, item, wish, place) {
            Outcome::Done if goes_again => Outcome::Again,
            outcome => {
                goes_again |= matches!(outcome, Outcome::Again | Outcome::Later(..));
                outcome
            }
        };
        item.flags.iter().map(|(key, wish)| (*key, outcome(*key, wish))).collect()
    }

    /// A refusal. What was refused together with something else is tried alone at once.
    fn refused(&self, key: StepKey, code: Option<&str>, together: bool) -> Outcome {
        if self.target_is_lost && code.is_some_and(is_missing) {
            return Outcome::Again;
        }
        let attempts = (self.attempts)(key);
        match refused(code, key.operation, attempts, self.now) {
            Outcome::Later(reason, _) | Outcome::Parked(reason) if together && attempts == 0 => {
                Outcome::Later(reason, self.now)
            }
            outcome => outcome,
        }
    }

    /// What became of what one step asks of flags.
    fn flags_outcome(&self, key: StepKey, item: &Item, wish: &FlagWish, place: &Placed<'_>) -> Outcome {
        let refusal = self.proof.refusal(item.uid, &[Purpose::Store]);
        if matches!(self.batch.then, Then::Delete | Then::Discard(_)) {
            // Flags of what is expunged matter to nobody.
            return match place {
                Placed::Is(outcome) => outcome.clone(),
                Placed::Refused(_) | Placed::NotFound => Outcome::Again,
            };
        }
        let went = self.batch.then == Then::Stay && self.proof.is_there(item.uid) == Some(false);
        match (self.proof.has_flags(item.uid, &wish.add, &wish.remove), refusal) {
            (Some(true), _) => Outcome::Done,
            _ if went => not_found(key, (self.attempts)(key), self.now),
            (Some(false), None) if self.batch.then == Then::Stay => Outcome::Parked(not_kept()),
            (_, Some(code)) => self.refused(key, code, item.steps.len() > 1),
            (None, None) if wish.add.is_empty() && wish.remove.is_empty() => Outcome::Done,
            // Where it lies now it is asked for again: what was told may be what was so between two commands.
            (_, None) => Outcome::Again,
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
                    || self.batch.then != Then::Stay && !self.proof.is_copied(item.uid))
        });
        unproved.map(|item| item.uid).collect()
    }

    /// Messages that stay where they are.
    pub(super) fn stay(&self, verdicts: &mut Verdicts) {
        for item in &self.batch.items {
            self.settle(item, &Placed::Is(Outcome::Done), verdicts);
        }
    }

    /// Messages that MOVE moved (RFC 6851). What is proved of a message is that it was told under its new UID, or that it is
    /// gone from where it was, that something went, and that the mailbox may have got it; of what is left the next probe decides,
    /// and of all that a server does not name which `tells_copies` (UIDPLUS). Gives those that were copied and are still where they
    /// were.
    pub(super) fn moved(&self, to: MailboxId, added: Added, tells_copies: bool, verdicts: &mut Verdicts) -> Copies {
        let mut halves = Copies::new();
        let went = self.batch.items.iter().filter(|item| self.proof.is_there(item.uid) == Some(false)).count();
        for item in &self.batch.items {
            let copy = self.proof.copies.get(&item.uid);
            let there = self.proof.is_there(item.uid);
            let expunged = self.proof.vanished.contains(item.uid) || self.proof.expunged >= went;
            let refusal = self.proof.refusal(item.uid, &[Purpose::Move]);
            // A copy alone does not tell that the original went: MOVE may have come to no end, and nobody looked.
            let was_told = there.is_some() || self.proof.is_done(Purpose::Move, item.uid);
            let placed = if let Some(at) = copy.filter(|_| was_told) {
                if there == Some(true) {
                    halves.push((item.clone(), Some(*at)));
                    continue;
                }
                verdicts.writes.push(Write::Landed(item.place, to, Some(*at)));
                Placed::Is(arrived(self.batch))
            } else if there == Some(true) && added == Added::Nothing {
                Placed::Refused(refusal.flatten())
            } else if there == Some(false) && refusal.is_none() && (self.proof.told_copies || added == Added::Nothing) {
                // Somebody else's expunge may be told between our own answers.
                Placed::NotFound
            } else if there == Some(false) && refusal.is_none() && expunged && !tells_copies {
                verdicts.writes.push(Write::Landed(item.place, to, None));
                Placed::Is(arrived(self.batch))
            } else {
                Placed::Is(Outcome::Unknown)
            };
            self.settle(item, &placed, verdicts);
        }
        halves
    }

    /// Where the copy of a message is, if the server made it; else what became of it.
    pub(super) fn copy_of(&self, item: &Item, added: Added) -> Result<Option<(UidValidity, Uid)>, Option<Placed<'_>>> {
        if let Some(at) = self.proof.copies.get(&item.uid) {
            return Ok(Some(*at));
        }
        if !self.proof.is_done(Purpose::Copy, item.uid) {
            return Err(None);
        }
        // COPY of a message that is not there succeeds and does nothing (RFC 4315 section 3).
        match self.proof.is_there(item.uid) {
            Some(true) if !self.proof.told_copies => Ok(None),
            Some(false) if self.proof.told_copies || added == Added::Nothing => Err(Some(Placed::NotFound)),
            _ => Err(Some(Placed::Is(Outcome::Unknown))),
        }
    }

    /// What became of a message that was not copied.
    pub(super) fn not_copied(&self, item: &Item, placed: Option<Placed<'_>>, added: Added, verdicts: &mut Verdicts) {
        let placed = match placed {
            Some(placed) => placed,
            None if added == Added::Nothing => {
                Placed::Refused(self.proof.refusal(item.uid, &[Purpose::Copy]).flatten())
            }
            // It said no, but something came.
            None => Placed::Is(Outcome::Unknown),
        };
        self.settle(item, &placed, verdicts);
    }

    /// Messages that were copied.
    pub(super) fn copied(&self, to: MailboxId, added: Added, verdicts: &mut Verdicts) {
        for item in &self.batch.items {
            match self.copy_of(item, added) {
                Ok(at) => {
                    verdicts.writes.extend(item.made.map(|made| Write::Landed(made, to, at)));
                    self.settle(item, &Placed::Is(Outcome::Done), verdicts);
                }
                Err(outcome) => self.not_copied(item, outcome, added, verdicts),
            }
        }
    }

    /// The messages that were copied as the first half of a move; of the others is settled what became of them.
    pub(super) fn halves(&self, added: Added, verdicts: &mut Verdicts) -> Copies {
        let mut halves = Copies::new();
        for item in &self.batch.items {
            match self.copy_of(item, added) {
                Ok(at) => halves.push((item.clone(), at)),
                Err(outcome) => self.not_copied(item, outcome, added, verdicts),
            }
        }
        halves
    }

    fn is_expunged(&self, uid: Uid) -> bool {
        self.proof.is_done(Purpose::Expunge, uid) || self.proof.vanished.contains(uid)
    }

    /// Messages that were to be expunged.
    pub(super) fn deleted(&self, can_expunge: bool, verdicts: &mut Verdicts) {
        for item in &self.batch.items {
            let placed = match self.proof.is_there(item.uid) {
                // It did so, or told so: that it is not there now is the second proof.
                Some(false) if self.is_expunged(item.uid) => {
                    verdicts.writes.push(Write::Expunged(self.batch.mailbox, UidSet::range(item.uid, item.uid)));
                    Placed::Is(Outcome::Done)
                }
                Some(false) => Placed::NotFound,
                Some(true) if !can_expunge && self.proof.is_done(Purpose::Mark, item.uid) => {
                    verdicts.writes.push(Write::Marked(item.place));
                    Placed::Is(Outcome::Done)
                }
                Some(true) => match self.proof.refusal(item.uid, &[Purpose::Mark, Purpose::Expunge]) {
                    // It said yes and did nothing, as Dovecot does where EXPUNGE follows STORE closely: once more, at once.
                    None if item.steps.iter().all(|key| (self.attempts)(*key) == 0) => {
                        let reason = Reason::new("refused", "the server did not remove it");
                        Placed::Is(Outcome::Later(reason, self.now))
                    }
                    refusal => Placed::Refused(refusal.flatten()),
                },
                None => Placed::Is(Outcome::Unknown),
            };
            self.settle(item, &placed, verdicts);
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
