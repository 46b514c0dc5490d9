//! What became of steps whose answer was lost: asked, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::ReplayError;
use super::breaks::{after_break, after_break_in_between};
use super::claims::{Sent, goal, is_moved};
use super::halves::Half;
use super::run::Run;
use super::scene::target_of;
use super::settle::{Verdicts, Write, gone};
use crate::journal::{
    Action, Copied, Evidence, Found, Reason, Resolution, Source, StepKey, StepState, resolve_copy, resolve_move,
};
use crate::model::{MailboxId, PlaceId, Uid, UidValidity};
use crate::store::{OpenStep, Outcome};

/// Steps that left as one: the last says where the message was to go.
pub(super) struct Group {
    pub(super) last: OpenStep,
    pub(super) steps: Vec<StepKey>,
}

impl Group {
    /// Several moves of one message leave as one, under the same evidence.
    fn all(open: Vec<OpenStep>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for step in open {
            let is_move = |step: &OpenStep| matches!(step.action, Action::Move { .. });
            let same = groups.iter_mut().find(|group| {
                is_move(&step)
                    && is_move(&group.last)
                    && group.last.key.place == step.key.place
                    && group.last.evidence == step.evidence
            });
            match same {
                Some(group) => {
                    group.steps.push(step.key);
                    group.last = step;
                }
                None => groups.push(Self { steps: vec![step.key], last: step }),
            }
        }
        groups
    }

    /// Whether it is noted that the message was copied: then it was shown in its target, and may lie elsewhere by now.
    fn has_landed(&self) -> bool {
        self.last.evidence.as_ref().is_some_and(|evidence| evidence.copied.is_some())
    }

    pub(super) fn settle(&self, outcome: &Outcome, verdicts: &mut Verdicts) {
        verdicts.outcomes.extend(self.steps.iter().map(|key| (*key, outcome.clone())));
    }
}

/// What a step came to, and under which UID its message lies in its target.
type Resolved = (Option<Resolution>, Option<(UidValidity, Uid)>);

impl Run<'_> {
    /// Resolves what is unknown. What only the mirror can tell after the next sync stays so.
    pub(super) async fn probe(&mut self) -> Result<(), ReplayError> {
        let (account, now) = (self.account, self.now);
        let mut open = self.store.read(move |view| view.open_steps(account, now)).await?;
        // Once in a run: what stays unknown waits for a sync.
        open.retain(|step| !self.probed.contains(&step.key));
        // What is half done and waits for its time is known; to end it, more is sent.
        open.retain(|step| !self.only_asks || step.state.is_open());
        if open.is_empty() {
            return Ok(());
        }
        self.probed.extend(open.iter().map(|step| step.key));
        let mut verdicts = Verdicts::default();
        verdicts.outcomes.extend(open.iter().map(|step| (step.key, Outcome::Probing)));
        let cut_off = open.iter().filter(|step| step.state == StepState::InFlight).map(|step| step.key);
        let cut_off: Vec<StepKey> = cut_off.collect();
        self.store.replay(move |tx| tx.cut_off(&cut_off).and_then(|()| verdicts.write(tx))).await?;
        let (about_mailboxes, open): (Vec<OpenStep>, Vec<OpenStep>) =
            open.into_iter().partition(|step| step.action.is_about_mailbox());
        for step in about_mailboxes {
            self.probe_mailbox(step).await?;
        }
        let mut scene = self.look_around(&open).await?;
        let broke: BTreeMap<StepKey, Outcome> =
            open.iter().filter_map(|step| Some((step.key, after_break(step, now)?))).collect();
        let (mut verdicts, mut landed, mut copied) = (Verdicts::default(), Verdicts::default(), Vec::new());
        let groups = Group::all(open);
        let mut sent = self.tell_apart(&groups, &mut scene).await?;
        let there = self.store.read(move |view| Ok(view.mailboxes(account)?.iter().map(|one| one.id).collect()));
        let there: BTreeSet<MailboxId> = there.await?;
        let mut nowhere = BTreeSet::new();
        for group in groups {
            let step = &group.last;
            if goal(step).is_some_and(|(to, _)| !there.contains(&to)) {
                nowhere.extend(group.steps.iter().copied());
            }
            match &step.action {
                Action::Move { .. } | Action::Copy { .. } | Action::Append { .. } if step.evidence.is_none() => {
                    let reason = Reason::new("damaged", "what was noted of it cannot be read: it may have been done");
                    group.settle(&Outcome::NeedsUser(reason), &mut verdicts);
                }
                // It left with something else that was asked of the message, and asked for no move of its own.
                Action::Move { to } if target_of(step) != Some(*to) => group.settle(&Outcome::Again, &mut verdicts),
                Action::Move { to } => {
                    let to = *to;
                    let (resolution, at) = self.resolve(step, sent.remove(&step.key)).await?;
                    let source = step.evidence.as_ref().and_then(|evidence| evidence.source.clone());
                    match (resolution, source) {
                        (None, _) => group.settle(&Outcome::Unknown, &mut verdicts),
                        // Nothing goes whose copy went with its mailbox.
                        (Some(Resolution::Finish), Some(_)) if !there.contains(&to) => {
                            moved(&group, to, Resolution::Stays, None, &mut verdicts);
                        }
                        (Some(Resolution::Finish), Some(source)) => {
                            let broke = after_break_in_between(step, now);
                            let unfinished = Unfinished { group, source, to, at };
                            if !unfinished.group.has_landed() {
                                unfinished.half().begins(&mut landed);
                                copied.extend(unfinished.copied());
                            }
                            match broke {
                                _ if self.only_asks => unfinished.group.settle(&Outcome::Unknown, &mut landed),
                                Some(outcome) => {
                                    unfinished.half().waits(&outcome, &mut landed);
                                    unfinished.group.settle(&outcome, &mut landed);
                                }
                                None => self.unfinished.push(unfinished),
                            }
                        }
                        // Two looks that did not find it are no proof: that is the mirror's, once it was synced.
                        (Some(Resolution::Gone), Some(source)) => {
                            let place = step.key.place;
                            // Where it was before it was moved there, it is no newcomer.
                            match self.store.read(move |view| view.label_in(place, to)).await? {
                                Some(at) => moved(&group, to, Resolution::Done, Some(at), &mut verdicts),
                                None => {
                                    let outcome = self.where_mirrored(place, &source, to).await?;
                                    group.settle(&outcome, &mut verdicts);
                                }
                            }
                        }
                        (Some(resolution), _) => moved(&group, to, resolution, at, &mut verdicts),
                    }
                }
                Action::Copy { to } | Action::Append { to, .. } => {
                    let lands = step.made.unwrap_or(step.key.place);
                    let (resolution, at) = self.resolve(step, sent.remove(&step.key)).await?;
                    match resolution {
                        None => group.settle(&Outcome::Unknown, &mut verdicts),
                        Some(Resolution::Again) => group.settle(&Outcome::Again, &mut verdicts),
                        Some(_) => {
                            verdicts.writes.push(Write::Landed(lands, *to, at));
                            group.settle(&Outcome::Done, &mut verdicts);
                        }
                    }
                }
                // On its way to the trash, where it is to be expunged.
                Action::Delete if let Some(to) = target_of(step) => {
                    let (resolution, at) = self.resolve(step, sent.remove(&step.key)).await?;
                    let arrived = matches!(resolution, Some(Resolution::Done | Resolution::Finish | Resolution::Both));
                    let outcome = if resolution.is_some() { Outcome::Again } else { Outcome::Unknown };
                    if arrived {
                        landed.writes.push(Write::Landed(step.key.place, to, at));
                    }
                    group.settle(&outcome, if arrived { &mut landed } else { &mut verdicts });
                }
                Action::Flags { add, remove } if let Some(told) = scene.has_flags(step, add, remove) => {
                    landed.writes.push(told);
                    group.settle(&Outcome::Done, &mut landed);
                }
                // These may be said twice: the same again makes it so.
                _ => group.settle(&Outcome::Again, &mut verdicts),
            }
        }
        for (key, outcome) in verdicts.outcomes.iter_mut().filter(|(_, outcome)| *outcome == Outcome::Again) {
            if let Some(broke) = broke.get(key) {
                outcome.clone_from(broke);
            }
        }
        verdicts.writes.append(&mut landed.writes);
        verdicts.outcomes.append(&mut landed.outcomes);
        // What was sent to a mailbox that is gone since went with it.
        verdicts.writes.retain(|write| !matches!(write, Write::Landed(_, to, _) if !there.contains(to)));
        for (_, outcome) in verdicts.outcomes.iter_mut().filter(|(key, _)| nowhere.contains(key)) {
            match outcome {
                Outcome::Done => *outcome = Outcome::Moot(gone()),
                Outcome::Again => *outcome = Outcome::Parked(Reason::no_mailbox()),
                _ => {}
            }
        }
        self.store.replay(move |tx| tx.note_evidence(&copied).and_then(|()| verdicts.write(tx))).await?;
        Ok(())
    }

    /// Where the message of a step is, and what follows. `None`: only another look, or a sync, can tell.
    async fn resolve(&mut self, step: &OpenStep, sent: Option<Sent>) -> Result<Resolved, ReplayError> {
        let claim = match sent {
            Some(Sent::Sought(claim)) => claim,
            Some(Sent::ByMirror { to }) => return self.by_mirror(step, to).await,
            Some(Sent::Noted { source, at }) => return Ok((Some(resolve_move(source, Found::Surely)), at)),
            Some(Sent::Lost) => return Ok((Some(Resolution::Stays), None)),
            Some(Sent::Untold) | None => return Ok((None, None)),
        };
        let at = claim.at();
        let resolution = match claim.found {
            _ if claim.copied => resolve_move(claim.source, Found::Surely),
            found if is_moved(step) => resolve_move(claim.source, found),
            found => resolve_copy(found),
        };
        Ok((Some(resolution), at))
    }

    /// What became of a move whose message was found nowhere: unknown for as long as the mirror has it where it was.
    async fn where_mirrored(&self, place: PlaceId, source: &Source, to: MailboxId) -> Result<Outcome, ReplayError> {
        let at = self.store.read(move |view| view.mirror_location(place)).await?;
        Ok(match at {
            Some((mailbox, _)) if mailbox == to => Outcome::Done,
            // Somebody took it away and put it back.
            Some((mailbox, Some(uid))) if mailbox == source.mailbox && uid != source.uid => Outcome::Again,
            Some((mailbox, _)) if mailbox == source.mailbox => Outcome::Unknown,
            _ => Outcome::Moot(gone()),
        })
    }

    /// After a change of UIDVALIDITY: where the mirror has the message, once it was synced.
    async fn by_mirror(&mut self, step: &OpenStep, to: MailboxId) -> Result<Resolved, ReplayError> {
        let (place, source) = (step.key.place, step.evidence.as_ref().and_then(|evidence| evidence.source.clone()));
        let Some(source) = source else { return Ok((None, None)) };
        let (at, synced) = self
            .store
            .read(move |view| {
                let mailbox = view.mailbox(source.mailbox)?;
                let synced = mailbox.as_ref().is_none_or(|mailbox| {
                    mailbox.state.uid_validity.is_some_and(|validity| validity != source.validity)
                        && mailbox.detached == 0
                });
                Ok((view.mirror_location(place)?, synced))
            })
            .await?;
        let copied = step.evidence.as_ref().and_then(|evidence| evidence.copied.clone());
        Ok(match (at, copied) {
            _ if !synced => (None, None),
            (Some((mailbox, _)), _) if mailbox == to => (Some(Resolution::Done), None),
            (None, Some(copied)) => (Some(Resolution::Done), copied.at),
            // Which of the messages there is the original, nothing proves any more.
            (Some(_), Some(copied)) => (Some(Resolution::Both), copied.at),
            (Some(_), None) => (Some(Resolution::Again), None),
            (None, None) => (Some(Resolution::Gone), None),
        })
    }
}

/// A move of which the second half is missing.
pub(super) struct Unfinished {
    pub(super) group: Group,
    pub(super) source: Source,
    pub(super) to: MailboxId,
    pub(super) at: Option<(UidValidity, Uid)>,
}

impl Unfinished {
    pub(super) fn half(&self) -> Half<'_> {
        Half {
            steps: &self.group.steps,
            place: self.group.last.key.place,
            mailbox: self.source.mailbox,
            uid: self.source.uid,
            to: self.to,
            at: self.at,
            arrives: Outcome::Done,
        }
    }

    /// What is noted of it: whatever comes, what was copied is not copied again.
    pub(super) fn copied(&self) -> impl Iterator<Item = (StepKey, Evidence)> {
        let evidence = self.group.last.evidence.clone().unwrap_or_default();
        let evidence = Evidence { copied: Some(Copied { at: self.at }), ..evidence };
        self.group.steps.iter().map(move |key| (*key, evidence.clone()))
    }
}

/// A move that is resolved.
fn moved(
    group: &Group,
    to: MailboxId,
    resolution: Resolution,
    at: Option<(UidValidity, Uid)>,
    verdicts: &mut Verdicts,
) {
    match resolution {
        Resolution::Again => group.settle(&Outcome::Again, verdicts),
        Resolution::Gone => group.settle(&Outcome::Moot(gone()), verdicts),
        Resolution::Stays => {
            let reason = Reason::new("gone", "its copy is not there any more: it stays where it was");
            group.settle(&Outcome::Moot(reason), verdicts);
        }
        Resolution::Done | Resolution::Finish | Resolution::Both => {
            if !group.has_landed() {
                verdicts.writes.push(Write::Landed(group.last.key.place, to, at));
            }
            group.settle(&Outcome::Done, verdicts);
        }
    }
}
