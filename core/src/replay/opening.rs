//! Opening a mailbox, to do something there: by itself, or behind the last commands in the one before. Nothing leaves for its
//! messages before its answer has shown the UIDVALIDITY that the mirror knows.

use std::collections::{BTreeMap, BTreeSet};

use super::ReplayError;
use super::exchange::{Answer, ask, told};
use super::run::Run;
use super::settle::{self, Verdicts};
use crate::imap::command::{self, StatusItem};
use crate::imap::{Code, Command, StatusEntry, Untagged};
use crate::journal::{Batch, Reason, StepKey, Target, Then, Traits, is_missing};
use crate::model::{MailboxId, Uid, UidValidity};
use crate::mutants::mutant;
use crate::store::{Mailbox, Outcome};

/// What is to be done in one mailbox.
pub(super) struct Visit {
    pub(super) mailbox: Mailbox,
    pub(super) batches: Vec<Batch>,
    /// Where messages are to go from there.
    targets: Vec<Mailbox>,
}

/// The mailbox that comes next. It is opened in the last flight in the one before, where that is known to be the last.
pub(super) struct Ahead<'v> {
    visit: Option<&'v Visit>,
    /// What the server said, once it was asked.
    answers: Option<Vec<Answer>>,
}

/// Mailboxes that messages go to, as they are before.
pub(super) type Targets = BTreeMap<MailboxId, Before>;

/// A mailbox that messages go to, as it is before.
pub(super) struct Before {
    pub(super) name: Vec<u8>,
    pub(super) target: Target,
    /// UIDNEXT and the number of messages, as far as the server tells.
    pub(super) told: (Option<Uid>, Option<u32>),
}

/// Not MAILBOXID: Cyrus 3.6 may answer that with freed memory, line ends among it.
pub(super) const STATUS: [StatusItem; 3] = [StatusItem::UidNext, StatusItem::UidValidity, StatusItem::Messages];

impl Visit {
    /// A look at where messages are to go, and the mailbox itself opened.
    fn commands(&self) -> Result<Vec<Command>, ReplayError> {
        let mut commands = Vec::new();
        for target in &self.targets {
            commands.push(command::status(&target.naming.raw_name, &STATUS)?);
        }
        commands.push(command::select(&self.mailbox.naming.raw_name, None)?);
        Ok(commands)
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = StepKey> {
        self.batches.iter().flat_map(|batch| &batch.items).flat_map(|item| item.steps.iter().copied())
    }
}

impl<'v> Ahead<'v> {
    pub(super) fn new(visit: Option<&'v Visit>) -> Self {
        Self { visit, answers: None }
    }

    /// What opens it, if it is not open.
    pub(super) fn commands(&self) -> Result<Vec<Command>, ReplayError> {
        match self.visit {
            Some(visit) if self.answers.is_none() => visit.commands(),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = StepKey> {
        self.visit.into_iter().flat_map(Visit::steps)
    }

    /// It was asked for: the mailbox before is not selected any more. What was `told` in the flight until then may hold what STATUS
    /// said: servers end commands later than they answer them.
    pub(super) fn opened(&mut self, mut answers: Vec<Answer>, told: &[Untagged]) {
        if let Some(first) = answers.first_mut() {
            first.data.extend(told.iter().filter(|data| matches!(data, Untagged::Status(_))).cloned());
        }
        self.answers = Some(answers);
    }

    /// The mailbox before is to be selected once more. Tells whether it is not.
    pub(super) fn close(&mut self) -> bool {
        self.answers.take().is_some()
    }

    pub(super) fn into_answers(self) -> Option<Vec<Answer>> {
        self.answers
    }
}

impl Run<'_> {
    /// What is to be done in a mailbox; `None` where that is nothing, or nothing can be done there now. Batches whose target is not
    /// on the server are left out: their messages are set aside.
    pub(super) async fn visit(&mut self, id: MailboxId, batches: Vec<Batch>) -> Result<Option<Visit>, ReplayError> {
        if self.held.contains(&id) {
            return Ok(None);
        }
        let Some(mailbox) = self.store.read(move |view| view.mailbox(id)).await? else { return Ok(None) };
        self.note_source(&mailbox);
        let wanted: BTreeSet<MailboxId> = batches.iter().filter_map(target_of).collect();
        let targets = self
            .store
            .read(move |view| wanted.into_iter().map(|id| view.mailbox(id)).collect::<Result<Vec<_>, _>>())
            .await?;
        let targets: Vec<Mailbox> = targets.into_iter().flatten().filter(|target| !target.provisional).collect();
        let known = |to: MailboxId| targets.iter().any(|target| target.id == to);
        let (batches, lost): (Vec<Batch>, Vec<Batch>) =
            batches.into_iter().partition(|batch| target_of(batch).is_none_or(known));
        self.set_lost_aside(&lost).await?;
        Ok(Some(Visit { mailbox, batches, targets }).filter(|visit| !visit.batches.is_empty()))
    }

    async fn set_lost_aside(&self, lost: &[Batch]) -> Result<(), ReplayError> {
        let mut verdicts = Verdicts::default();
        let reason = Reason::no_mailbox();
        for item in lost.iter().flat_map(|batch| &batch.items) {
            // Flags before it have nothing to do with that: they go out alone.
            let together = item.flags.len() < item.steps.len() && !item.flags.is_empty();
            for key in &item.steps {
                let outcome = match item.flags.contains_key(key) {
                    true => Outcome::Again,
                    false if together => Outcome::Later(reason.clone(), self.now),
                    false => Outcome::Parked(reason.clone()),
                };
                verdicts.outcomes.push((*key, outcome));
            }
        }
        self.commit(verdicts).await
    }

    /// Selects the mailbox, unless that was done `ahead`, in one flight with a look at where messages are to go. `None` where nothing
    /// may be done here now. Targets that are out of reach are not among those that it gives.
    pub(super) async fn open(
        &mut self,
        visit: &Visit,
        ahead: Option<Vec<Answer>>,
    ) -> Result<Option<(UidValidity, Targets)>, ReplayError> {
        let Visit { mailbox, batches, targets } = visit;
        let answers = match ahead {
            Some(answers) => answers,
            None => ask(self.session, visit.commands()?).await?,
        };
        let Some(selected) = answers.last() else { return Ok(None) };
        if !selected.is_ok() {
            self.held.insert(mailbox.id);
            self.cannot_open(selected.refusal().as_deref(), batches).await?;
            return Ok(None);
        }
        let is_known = |validity: &UidValidity| Some(*validity) == mailbox.state.uid_validity;
        let validity = answers.iter().find_map(Answer::uid_validity);
        let Some(validity) = validity.filter(|validity| is_known(validity) || mutant!("validity_is_not_checked"))
        else {
            // The UIDs of the mirror mean nothing here: the next sync finds its messages again.
            self.held.insert(mailbox.id);
            return Ok(None);
        };
        if answers.iter().flat_map(Answer::codes).any(|code| *code == Code::ReadOnly) {
            let mut verdicts = Verdicts::default();
            let reason = Reason::new("no_permission", "the mailbox cannot be changed");
            for item in batches.iter().flat_map(|batch| &batch.items) {
                verdicts.settle(item, &Outcome::Parked(reason.clone()));
            }
            self.commit(verdicts).await?;
            return Ok(None);
        }
        let mut before = Targets::new();
        for target in targets {
            let status = status_of(&answers, &target.naming.raw_name);
            if status.is_some_and(|status| self.leads_elsewhere(target, &status.into())) {
                self.out_of_reach.insert(target.id);
            } else {
                before.insert(target.id, self.before(target, &answers).await?);
            }
        }
        Ok(Some((validity, before)))
    }

    /// Whether the name of a mailbox leads to another by now: the next list tells where the one is that the user means.
    pub(super) fn leads_elsewhere(&self, mailbox: &Mailbox, told: &Traits) -> bool {
        !self.listed && mailbox.traits().is_other_mailbox(told)
    }

    async fn before(&self, target: &Mailbox, answers: &[Answer]) -> Result<Before, ReplayError> {
        let status = status_of(answers, &target.naming.raw_name);
        let uid_next = status.and_then(|status| status.uid_next);
        let messages = status.and_then(|status| status.messages);
        let id = target.id;
        let validity = status.and_then(|status| status.uid_validity);
        let known = Target {
            mailbox: id,
            validity,
            uid_next: match uid_next {
                // Where the server does not tell, what the mirror holds was there before.
                None if validity == target.state.uid_validity => {
                    let last = self.store.read(move |view| view.nth_uid_below(id, Uid::MAX, 1)).await?;
                    last.and_then(|last| Uid::new(last.get().saturating_add(1)))
                }
                told => told,
            },
        };
        Ok(Before { name: target.naming.raw_name.clone(), target: known, told: (uid_next, messages) })
    }

    /// Settles what was to be done in a mailbox that cannot be opened. One that is gone is left to the next sync.
    async fn cannot_open(&mut self, code: Option<&str>, batches: &[Batch]) -> Result<(), ReplayError> {
        if code.is_some_and(is_missing) {
            return Ok(());
        }
        let mut verdicts = Verdicts::default();
        for key in batches.iter().flat_map(|batch| &batch.items).flat_map(|item| &item.steps) {
            let outcome = settle::refused(code, key.operation, (self.attempts)(*key), self.now);
            verdicts.outcomes.push((*key, outcome));
        }
        self.commit(verdicts).await
    }
}

/// What STATUS told of a mailbox.
pub(super) fn status_of<'a>(answers: &'a [Answer], name: &[u8]) -> Option<&'a StatusEntry> {
    told(answers).find_map(|data| match data {
        Untagged::Status(status) if status.name == name => Some(status),
        _ => None,
    })
}

/// Where the messages of a batch go.
pub(super) fn target_of(batch: &Batch) -> Option<MailboxId> {
    match batch.then {
        Then::Move(to) | Then::Copy(to) | Then::Discard(to) => Some(to),
        Then::Stay | Then::Delete => None,
    }
}
