//! What is to be done to the messages of one mailbox: opened under a known UIDVALIDITY, noted, sent, settled.

use std::collections::BTreeMap;

use super::ReplayError;
use super::commands::{self, Planned, Purpose};
use super::evidence::Proof;
use super::exchange::{Answer, ask, exchange};
use super::halves;
use super::opening::{Ahead, Before, STATUS, Targets, Visit, status_of, target_of};
use super::run::Run;
use super::settle::{self, Added, Copies, Judge, Placed, Verdicts};
use crate::imap::command;
use crate::imap::{ImapError, Untagged};
use crate::journal::{Batch, Copied, Evidence, Item, Source, StepKey, Then, is_missing};
use crate::model::{MailboxId, MailboxRole, Uid, UidSet, UidValidity};
use crate::mutants::mutant;
use crate::store::{Mailbox, Outcome};

/// The mailbox in which something is done.
struct Room<'r> {
    mailbox: &'r Mailbox,
    validity: UidValidity,
    targets: &'r Targets,
}

impl Run<'_> {
    /// Does what is to be done in one mailbox, which may have been opened `ahead`; the `next` is, where its commands are the last.
    pub(super) async fn mailbox(
        &mut self,
        visit: Visit,
        ahead: Option<Vec<Answer>>,
        next: &mut Ahead<'_>,
    ) -> Result<(), ReplayError> {
        let Some((validity, targets)) = self.open(&visit, ahead).await? else { return Ok(()) };
        let Visit { mailbox, mut batches, .. } = visit;
        batches.retain(|batch| target_of(batch).is_none_or(|to| targets.contains_key(&to)));
        if batches.is_empty() {
            return Ok(());
        }
        let (mailbox, batches) = (&mailbox, &batches[..]);
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
        let is_last = !self.looks_again && batches.iter().all(|batch| commands::first_is_last(self.session, batch));
        let (complete, outcome) = self.send(planned, &mut proofs, is_last.then_some(&mut *next)).await;
        let complete: Vec<bool> =
            (0..batches.len()).map(|index| complete.get(&index).copied().unwrap_or(true)).collect();
        let room = Room { mailbox, validity, targets: &targets };
        let settled = self.conclude(&room, batches, proofs, complete, outcome.is_ok().then_some(next)).await;
        outcome.and(settled)
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

    /// Sends commands of several batches in one flight, and behind them what opens the `next` mailbox. Tells of each batch whether
    /// all its commands were answered.
    async fn send(
        &mut self,
        planned: Vec<(usize, Planned)>,
        proofs: &mut [Proof],
        next: Option<&mut Ahead<'_>>,
    ) -> (BTreeMap<usize, bool>, Result<(), ReplayError>) {
        let (meanings, mut commands): (Vec<_>, Vec<_>) = planned
            .into_iter()
            .map(|(index, planned)| ((index, planned.purpose, planned.uids), planned.command))
            .unzip();
        let opening = match next.as_ref().map(|next| next.commands()).transpose() {
            Ok(opening) => opening.unwrap_or_default(),
            Err(error) => return (BTreeMap::new(), Err(error)),
        };
        if let Some(next) = next.as_ref().filter(|_| !opening.is_empty()) {
            // What was to be done before is under way by now.
            self.opening = next.steps().collect();
        }
        let opens = !opening.is_empty();
        commands.extend(opening);
        let (mut answers, outcome) = exchange(self.session, commands).await;
        let opened = answers.split_off(meanings.len());
        if opened.last().is_some_and(|selected| selected.as_ref().is_some_and(|selected| selected.overtook)) {
            // In which of the two mailboxes it did what was asked before is not to be known.
            let unknown = meanings.iter().map(|(index, ..)| (*index, false)).collect();
            return (unknown, Err(ImapError::Protocol("a mailbox was opened too early").into()));
        }
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
        if let Some(next) = next.filter(|_| opens) {
            next.opened(opened.into_iter().flatten().collect(), &told);
        }
        (complete, outcome)
    }

    /// Looks for messages of which nothing is proved, when all that was to be done with them is done. Not where the mailbox is
    /// another by now.
    async fn look(
        &mut self,
        room: &Room<'_>,
        unproved: Vec<UidSet>,
        proofs: &mut [Proof],
        next: &mut Ahead<'_>,
        is_last: bool,
    ) -> Result<(), ReplayError> {
        let mut looks = Vec::new();
        for (index, uids) in unproved.iter().enumerate() {
            for uids in command::split_for_command(uids) {
                looks.push((index, commands::look(&uids)?));
            }
        }
        if looks.is_empty() || !self.is_open(room, next).await? {
            return Ok(());
        }
        self.send(looks, proofs, is_last.then_some(next)).await.1
    }

    /// Selects the mailbox once more where the next one was opened too early. Tells whether it is the one it was.
    async fn is_open(&mut self, room: &Room<'_>, next: &mut Ahead<'_>) -> Result<bool, ReplayError> {
        if !next.close() {
            return Ok(true);
        }
        self.looks_again = true;
        let answers = ask(self.session, vec![command::select(&room.mailbox.naming.raw_name, None)?]).await?;
        let selected = answers.first().filter(|selected| selected.is_ok());
        Ok(selected.and_then(Answer::uid_validity) == Some(room.validity))
    }

    /// Settles what was answered. What was not, stays noted as under way: the next run asks. Without `next`, the conversation has ended.
    async fn conclude(
        &mut self,
        room: &Room<'_>,
        batches: &[Batch],
        mut proofs: Vec<Proof>,
        complete: Vec<bool>,
        mut next: Option<&mut Ahead<'_>>,
    ) -> Result<(), ReplayError> {
        let server = self.session.capabilities().clone();
        let mut added = BTreeMap::new();
        if let Some(next) = next.as_deref_mut() {
            if !mutant!("no_is_believed") {
                let unproved = batches.iter().zip(&proofs).map(|(batch, proof)| self.judge(batch, proof).unproved());
                let unproved = unproved.collect();
                let is_last = batches.iter().all(|batch| !commands::takes_two(&server, batch));
                self.look(room, unproved, &mut proofs, next, is_last).await?;
            }
            added = self.added(batches, &proofs, room.targets).await?;
        }
        self.note_lost_targets(batches, &proofs);
        let added = |to: &MailboxId| added.get(to).copied().unwrap_or(Added::Maybe);
        let mut verdicts = Verdicts::default();
        let mut halves: Vec<(&Batch, MailboxId, Copies)> = Vec::new();
        for ((batch, proof), complete) in batches.iter().zip(&proofs).zip(complete) {
            let judge = self.judge(batch, proof);
            judge.flags(&mut verdicts);
            if !complete {
                continue;
            }
            match batch.then {
                Then::Stay => judge.stay(&mut verdicts),
                Then::Move(to) | Then::Discard(to) => {
                    let mut copies = if commands::moves_at_once(&server) {
                        judge.moved(to, added(&to), server.uidplus(), &mut verdicts)
                    } else {
                        judge.halves(added(&to), &mut verdicts)
                    };
                    // Where labels are, these mailboxes only show what lies elsewhere: nothing is expunged there.
                    let role = room.mailbox.naming.role;
                    let only_shows =
                        matches!(role, Some(MailboxRole::All | MailboxRole::Flagged | MailboxRole::Important));
                    if server.gmail() && only_shows && matches!(batch.then, Then::Move(_)) {
                        for (item, _) in copies.drain(..) {
                            judge.settle(&item, &Placed::Is(Outcome::Done), &mut verdicts);
                        }
                    }
                    copies.iter().for_each(|(item, _)| judge.settle_flags(item, &mut verdicts));
                    halves.push((batch, to, copies));
                }
                Then::Copy(to) => judge.copied(to, added(&to), &mut verdicts),
                Then::Delete => judge.deleted(server.uidplus(), &mut verdicts),
            }
        }
        self.commit(verdicts).await?;
        match next {
            Some(next) => self.second_half(room, halves, next).await,
            None => Ok(()),
        }
    }

    /// The second half of moves made of two commands: what was copied goes from where it was. That it was copied is noted
    /// before, so that whatever happens no second copy is made.
    async fn second_half(
        &mut self,
        room: &Room<'_>,
        halves: Vec<(&Batch, MailboxId, Copies)>,
        next: &mut Ahead<'_>,
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
                    target: room.targets.get(to).map(|before| before.target.clone()),
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
        if !self.is_open(room, next).await? {
            let steps = halves.iter().flat_map(|(_, _, copies)| copies).flat_map(|(item, _)| place_steps(item));
            let outcomes = steps.map(|key| (key, Outcome::Unknown)).collect();
            return self.commit(Verdicts { outcomes, ..Verdicts::default() }).await;
        }
        let mut proofs: Vec<Proof> = halves.iter().map(|_| Proof::default()).collect();
        let is_last = !self.looks_again && commands::tells_what_went(self.session);
        let (complete, mut outcome) = self.send(planned, &mut proofs, is_last.then_some(&mut *next)).await;
        if outcome.is_ok() {
            let unproved = halves.iter().zip(&proofs).map(|((_, _, copies), proof)| {
                let uids = copies.iter().map(|(item, _)| item.uid);
                uids.filter(|uid| proof.is_there(*uid).is_none()).collect()
            });
            let unproved = unproved.collect();
            outcome = self.look(room, unproved, &mut proofs, next, true).await;
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
        let target_is_lost = target_of(batch).is_some_and(|to| self.out_of_reach.contains(&to));
        Judge { batch, proof, attempts: &*self.attempts, now: self.now, target_is_lost }
    }

    /// What goes to a mailbox that has another name by now goes there after the next sync.
    fn note_lost_targets(&mut self, batches: &[Batch], proofs: &[Proof]) {
        if self.listed {
            return;
        }
        let lost = batches.iter().zip(proofs).filter(|(_, proof)| proof.lacks_target());
        self.out_of_reach.extend(lost.filter_map(|(batch, _)| target_of(batch)));
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
