//! What is to be done to the messages of one mailbox: opened under a known UIDVALIDITY, noted, sent, settled.

use std::collections::BTreeMap;

use super::ReplayError;
use super::commands::{self, Planned, Purpose};
use super::evidence::Proof;
use super::exchange::{Answer, ask, exchange, told};
use super::halves;
use super::run::Run;
use super::settle::{self, Added, Copies, Judge, Verdicts};
use crate::imap::command::{self, StatusItem};
use crate::imap::{Code, StatusEntry, Untagged};
use crate::journal::{Batch, Copied, Evidence, Item, Reason, Refusal, Source, StepKey, Target, Then, classify};
use crate::model::{MailboxId, Uid, UidSet, UidValidity};
use crate::mutants::mutant;
use crate::store::{Mailbox, Outcome};

/// Mailboxes that messages go to, as they are before.
type Targets = BTreeMap<MailboxId, Before>;

/// A mailbox that messages go to, as it is before.
struct Before {
    name: Vec<u8>,
    target: Target,
    /// UIDNEXT and the number of messages, as far as the server tells.
    told: (Option<Uid>, Option<u32>),
}

const STATUS: [StatusItem; 3] = [StatusItem::UidNext, StatusItem::UidValidity, StatusItem::Messages];

impl Run<'_> {
    /// Carries batches out that are all about one mailbox.
    pub(super) async fn mailbox(&mut self, mailbox: &Mailbox, batches: Vec<Batch>) -> Result<(), ReplayError> {
        let (batches, targets) = self.with_targets(batches).await?;
        let Some((validity, targets)) = self.open(mailbox, targets, &batches).await? else { return Ok(()) };
        let note = |batch: &Batch, item: &Item| Evidence {
            source: Some(Source { mailbox: mailbox.id, validity, uid: item.uid }),
            target: target_of(batch).and_then(|to| targets.get(&to)).map(|before| before.target.clone()),
            ..Evidence::default()
        };
        let noted: Vec<(StepKey, Evidence)> =
            batches.iter().flat_map(|batch| settle::evidence_of(batch, move |item| note(batch, item))).collect();
        if !self.store.replay(move |tx| tx.begin(&noted)).await? {
            return Ok(());
        }
        let mut planned = Vec::new();
        for (index, batch) in batches.iter().enumerate() {
            let name = target_of(batch).and_then(|to| targets.get(&to)).map(|before| before.name.as_slice());
            let first = commands::first(self.session.capabilities(), batch, name)?;
            planned.extend(first.into_iter().map(|planned| (index, planned)));
        }
        let mut proofs: Vec<Proof> = batches.iter().map(|_| Proof::default()).collect();
        let (complete, outcome) = self.send(planned, &mut proofs).await;
        let complete: Vec<bool> =
            (0..batches.len()).map(|index| complete.get(&index).copied().unwrap_or(true)).collect();
        let settled = self.conclude(batches, proofs, complete, &targets, outcome.is_ok()).await;
        outcome.and(settled)
    }

    /// Leaves out batches whose target is not on the server: their messages are set aside.
    async fn with_targets(&mut self, batches: Vec<Batch>) -> Result<(Vec<Batch>, Vec<Mailbox>), ReplayError> {
        let wanted: std::collections::BTreeSet<MailboxId> = batches.iter().filter_map(target_of).collect();
        let targets = self
            .store
            .read(move |view| wanted.into_iter().map(|id| view.mailbox(id)).collect::<Result<Vec<_>, _>>())
            .await?;
        let targets: Vec<Mailbox> = targets.into_iter().flatten().filter(|target| !target.provisional).collect();
        let known = |to: MailboxId| targets.iter().any(|target| target.id == to);
        let (kept, lost): (Vec<Batch>, Vec<Batch>) =
            batches.into_iter().partition(|batch| target_of(batch).is_none_or(known));
        let mut verdicts = Verdicts::default();
        let reason = Reason::new("no_mailbox", "the mailbox it was to go to is not there");
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
        self.commit(verdicts).await?;
        Ok((kept, targets))
    }

    /// Selects the mailbox, in one flight with a look at where messages are to go. `None` where nothing may be done here now.
    async fn open(
        &mut self,
        mailbox: &Mailbox,
        targets: Vec<Mailbox>,
        batches: &[Batch],
    ) -> Result<Option<(UidValidity, Targets)>, ReplayError> {
        if batches.is_empty() {
            return Ok(None);
        }
        let mut commands = Vec::new();
        for target in &targets {
            commands.push(command::status(&target.naming.raw_name, &STATUS)?);
        }
        commands.push(command::select(&mailbox.naming.raw_name, None)?);
        let answers = ask(self.session, commands).await?;
        let Some(selected) = answers.last() else { return Ok(None) };
        if !selected.is_ok() {
            self.held.insert(mailbox.id);
            self.cannot_open(selected.refusal().as_deref(), batches).await?;
            return Ok(None);
        }
        let validity = answers.iter().find_map(Answer::uid_validity);
        let is_known = |validity: &UidValidity| Some(*validity) == mailbox.state.uid_validity;
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
            let name = target.naming.raw_name;
            before.insert(id, Before { name, target: known, told: (uid_next, messages) });
        }
        Ok(Some((validity, before)))
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

    /// Which of the mailboxes that messages were to go to have got nothing, of those that matter.
    async fn added(
        &mut self,
        batches: &[Batch],
        proofs: &[Proof],
        targets: &Targets,
    ) -> Result<BTreeMap<MailboxId, Added>, ReplayError> {
        let mut asked: BTreeMap<MailboxId, &Before> = BTreeMap::new();
        for (batch, proof) in batches.iter().zip(proofs) {
            let doubtful = |item: &Item| {
                let there = proof.is_there(item.uid) == Some(true);
                !(proof.copies.contains_key(&item.uid) || proof.is_done(Purpose::Copy, item.uid) && there)
            };
            if let Some((to, before)) = target_of(batch).and_then(|to| Some((to, targets.get(&to)?)))
                && batch.items.iter().any(doubtful)
            {
                asked.insert(to, before);
            }
        }
        let commands: Result<Vec<_>, _> = asked.values().map(|before| command::status(&before.name, &STATUS)).collect();
        let answers = ask(self.session, commands?).await?;
        let mut added = BTreeMap::new();
        for ((to, before), answer) in asked.into_iter().zip(&answers) {
            let nothing = status_of(&answers, &before.name).is_some_and(|status| match before.told {
                _ if status.uid_validity != before.target.validity => false,
                (Some(uid_next), _) => status.uid_next == Some(uid_next),
                (None, Some(messages)) => status.messages == Some(messages),
                (None, None) => false,
            });
            // What is not there, nothing was added to.
            let nothing =
                nothing || mutant!("nothing_arrived") || answer.refusal().is_some_and(|code| is_missing(&code));
            added.insert(to, if nothing { Added::Nothing } else { Added::Maybe });
        }
        Ok(added)
    }

    /// Sends commands of several batches in one flight. Tells of each batch whether all its commands were answered.
    async fn send(
        &mut self,
        planned: Vec<(usize, Planned)>,
        proofs: &mut [Proof],
    ) -> (BTreeMap<usize, bool>, Result<(), ReplayError>) {
        let (meanings, commands): (Vec<_>, Vec<_>) = planned
            .into_iter()
            .map(|(index, planned)| ((index, planned.purpose, planned.uids), planned.command))
            .unzip();
        let (answers, outcome) = exchange(self.session, commands).await;
        let told: Vec<Untagged> = answers.iter().flatten().flat_map(|answer| &answer.data).cloned().collect();
        proofs.iter_mut().for_each(|proof| proof.add_data(&told));
        let mut complete = BTreeMap::new();
        for ((index, purpose, uids), answer) in meanings.into_iter().zip(answers) {
            let whole = complete.entry(index).or_insert(true);
            match answer {
                Some(answer) => proofs[index].add(purpose, &uids, &answer, &told),
                None => *whole = mutant!("unanswered_is_answered"),
            }
        }
        (complete, outcome)
    }

    /// Settles what was answered. What was not, stays noted as under way: the next run asks.
    async fn conclude(
        &mut self,
        batches: Vec<Batch>,
        mut proofs: Vec<Proof>,
        complete: Vec<bool>,
        targets: &Targets,
        connected: bool,
    ) -> Result<(), ReplayError> {
        if connected {
            let mut looks = Vec::new();
            for (index, (batch, proof)) in batches.iter().zip(&proofs).enumerate() {
                let unproved = self.judge(batch, proof).unproved();
                for uids in command::split_for_command(&unproved) {
                    looks.push((index, commands::look(&uids)?));
                }
            }
            if !looks.is_empty() && !mutant!("no_is_believed") {
                self.send(looks, &mut proofs).await.1?;
            }
        }
        let added = if connected { self.added(&batches, &proofs, targets).await? } else { BTreeMap::new() };
        let added = |to: &MailboxId| added.get(to).copied().unwrap_or(Added::Maybe);
        let server = self.session.capabilities().clone();
        let mut verdicts = Verdicts::default();
        let mut halves: Vec<(Batch, MailboxId, Copies)> = Vec::new();
        for ((batch, proof), complete) in batches.into_iter().zip(proofs).zip(complete) {
            let judge = self.judge(&batch, &proof);
            judge.flags(&mut verdicts);
            if !complete {
                continue;
            }
            match batch.then {
                Then::Stay => judge.stay(&mut verdicts),
                Then::Move(to) | Then::Discard(to) => {
                    let copies = if commands::moves_at_once(&server) {
                        judge.moved(to, added(&to), server.uidplus(), &mut verdicts)
                    } else {
                        judge.halves(added(&to), &mut verdicts)
                    };
                    copies.iter().for_each(|(item, _)| judge.settle_flags(item, &mut verdicts));
                    halves.push((batch, to, copies));
                }
                Then::Copy(to) => judge.copied(to, added(&to), &mut verdicts),
                Then::Delete => judge.deleted(server.uidplus(), &mut verdicts),
            }
        }
        self.commit(verdicts).await?;
        if connected { self.second_half(halves, targets).await } else { Ok(()) }
    }

    /// The second half of moves made of two commands: what was copied goes from where it was. That it was copied is noted
    /// before, so that whatever happens no second copy is made.
    async fn second_half(
        &mut self,
        halves: Vec<(Batch, MailboxId, Copies)>,
        targets: &Targets,
    ) -> Result<(), ReplayError> {
        let (mut noted, mut begun) = (Vec::new(), Verdicts::default());
        let mut planned = Vec::new();
        for (index, (batch, to, copies)) in halves.iter().enumerate() {
            for (item, at) in copies {
                half(batch, *to, item, *at, &[]).begins(&mut begun);
                let evidence = Evidence {
                    source: self.sources.get(&batch.mailbox).map(|validity| Source {
                        mailbox: batch.mailbox,
                        validity: *validity,
                        uid: item.uid,
                    }),
                    target: targets.get(to).map(|before| before.target.clone()),
                    copied: Some(Copied { at: *at }),
                    ..Evidence::default()
                };
                noted.extend(place_steps(item).map(|key| (key, evidence.clone())));
            }
            let uids: UidSet = copies.iter().map(|(item, _)| item.uid).collect();
            for uids in command::split_for_command(&uids) {
                let expunge = commands::expunge(self.session.capabilities(), &uids)?;
                planned.extend(expunge.into_iter().map(|planned| (index, planned)));
            }
        }
        if noted.is_empty() {
            return Ok(());
        }
        if !mutant!("half_is_not_noted") {
            self.store.replay(move |tx| tx.note_evidence(&noted).and_then(|()| begun.write(tx))).await?;
        }
        let mut proofs: Vec<Proof> = halves.iter().map(|_| Proof::default()).collect();
        let (complete, mut outcome) = self.send(planned, &mut proofs).await;
        if outcome.is_ok() {
            let mut looks = Vec::new();
            for (index, (_, _, copies)) in halves.iter().enumerate() {
                let uids: UidSet = copies.iter().map(|(item, _)| item.uid).collect();
                for uids in command::split_for_command(&uids) {
                    looks.push((index, commands::look(&uids)?));
                }
            }
            outcome = self.send(looks, &mut proofs).await.1;
        }
        let can_expunge = self.session.capabilities().uidplus();
        let mut verdicts = Verdicts::default();
        let refuse =
            |key: StepKey, code: Option<&str>| settle::refused(code, key.operation, (self.attempts)(key), self.now);
        for (index, (batch, to, copies)) in halves.iter().enumerate() {
            if !complete.get(&index).copied().unwrap_or(false) {
                continue;
            }
            for (item, at) in copies {
                let steps: Vec<StepKey> = place_steps(item).collect();
                let half = half(batch, *to, item, *at, &steps);
                halves::finish(&half, &proofs[index], can_expunge, refuse, &mut verdicts);
            }
        }
        let settled = self.commit(verdicts).await;
        outcome.and(settled)
    }

    fn judge<'j>(&'j self, batch: &'j Batch, proof: &'j Proof) -> Judge<'j> {
        Judge { batch, proof, attempts: &*self.attempts, now: self.now }
    }
}

/// The second half of a move.
fn half<'s>(
    batch: &Batch,
    to: MailboxId,
    item: &Item,
    at: Option<(UidValidity, Uid)>,
    steps: &'s [StepKey],
) -> halves::Half<'s> {
    let (place, mailbox, uid) = (item.place, batch.mailbox, item.uid);
    halves::Half { steps, place, mailbox, uid, to, at, arrives: settle::arrived(batch) }
}

/// The steps of an item that are about where its message lies.
fn place_steps(item: &Item) -> impl Iterator<Item = StepKey> {
    item.steps.iter().copied().filter(|key| !item.flags.contains_key(key))
}

/// What STATUS told of a mailbox.
pub(super) fn status_of<'a>(answers: &'a [Answer], name: &[u8]) -> Option<&'a StatusEntry> {
    told(answers).find_map(|data| match data {
        Untagged::Status(status) if status.name == name => Some(status),
        _ => None,
    })
}

/// Whether a refusal with this response code says that the mailbox is not there.
pub(super) fn is_missing(code: &str) -> bool {
    matches!(classify(Some(code), 0), Refusal::NotThere(_) | Refusal::NoTarget(_))
}

/// Where the messages of a batch go.
pub(super) fn target_of(batch: &Batch) -> Option<MailboxId> {
    match batch.then {
        Then::Move(to) | Then::Copy(to) | Then::Discard(to) => Some(to),
        Then::Stay | Then::Delete => None,
    }
}
