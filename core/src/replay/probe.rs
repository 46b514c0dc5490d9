//! What became of steps whose answer was lost: asked, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::ReplayError;
use super::commands;
use super::exchange::{Answer, ask};
use super::identity::{self, Newcomer};
use super::run::Run;
use super::settle::{Verdicts, Write, gone};
use crate::imap::command::{self, FetchItem};
use crate::imap::{Code, Untagged};
use crate::journal::{Action, Found, Resolution, Source, resolve_copy, resolve_move};
use crate::model::{MailboxId, PlaceId, Uid, UidSet, UidValidity};
use crate::store::{Mailbox, OpenStep, Outcome};

/// A move that is half done: where to, and where the message is there.
type Unfinished = (OpenStep, MailboxId, Option<(UidValidity, Uid)>);

/// What a probe found in the mailboxes concerned.
#[derive(Default)]
struct Scene {
    /// UIDVALIDITY of the mailboxes that were opened.
    validities: BTreeMap<MailboxId, UidValidity>,
    /// Messages that are still where they were.
    present: BTreeSet<(MailboxId, Uid)>,
    /// What was added to mailboxes.
    newcomers: BTreeMap<MailboxId, Vec<Newcomer>>,
}

impl Run<'_> {
    /// Resolves what is unknown. What only the mirror can tell after the next sync stays so.
    pub(super) async fn probe(&mut self) -> Result<(), ReplayError> {
        let account = self.account;
        let mut open = self.store.read(move |view| view.open_steps(account)).await?;
        // Once in a run: what stays unknown waits for a sync.
        open.retain(|step| !self.probed.contains(&step.key));
        if open.is_empty() {
            return Ok(());
        }
        self.probed.extend(open.iter().map(|step| step.key));
        let mut verdicts = Verdicts::default();
        verdicts.outcomes.extend(open.iter().map(|step| (step.key, Outcome::Probing)));
        self.commit(verdicts).await?;
        let (about_mailboxes, open): (Vec<OpenStep>, Vec<OpenStep>) =
            open.into_iter().partition(|step| step.action.is_about_mailbox());
        for step in about_mailboxes {
            self.probe_mailbox(step).await?;
        }
        let mut scene = self.look_around(&open).await?;
        let mut verdicts = Verdicts::default();
        let mut unfinished: BTreeMap<MailboxId, Vec<Unfinished>> = BTreeMap::new();
        for step in open {
            match &step.action {
                Action::Move { to } => {
                    let to = *to;
                    let (resolution, at) = self.resolve(&step, to, step.key.place, &mut scene).await?;
                    let source = step.evidence.as_ref().and_then(|evidence| evidence.source.clone());
                    match (resolution, source) {
                        (None, _) => verdicts.outcomes.push((step.key, Outcome::Unknown)),
                        (Some(Resolution::Finish), Some(source)) => {
                            unfinished.entry(source.mailbox).or_default().push((step, to, at));
                        }
                        (Some(resolution), source) => moved(&step, to, resolution, at, source, &mut verdicts),
                    }
                }
                Action::Copy { to } | Action::Append { to, .. } => {
                    let lands = step.made.unwrap_or(step.key.place);
                    let (resolution, at) = self.resolve(&step, *to, lands, &mut scene).await?;
                    match resolution {
                        None => verdicts.outcomes.push((step.key, Outcome::Unknown)),
                        Some(Resolution::Again) => verdicts.outcomes.push((step.key, Outcome::Again)),
                        Some(_) => {
                            verdicts.writes.push(Write::Landed(lands, *to, at));
                            verdicts.outcomes.push((step.key, Outcome::Done));
                        }
                    }
                }
                // On its way to the trash, where it is to be expunged.
                Action::Delete if let Some(to) = target_of(&step) => {
                    let (resolution, at) = self.resolve(&step, to, step.key.place, &mut scene).await?;
                    if matches!(resolution, Some(Resolution::Done | Resolution::Finish | Resolution::Both)) {
                        verdicts.writes.push(Write::Landed(step.key.place, to, at));
                    }
                    let outcome = if resolution.is_some() { Outcome::Again } else { Outcome::Unknown };
                    verdicts.outcomes.push((step.key, outcome));
                }
                // These may be said twice: the same again makes it so.
                _ => verdicts.outcomes.push((step.key, Outcome::Again)),
            }
        }
        self.commit(verdicts).await?;
        for (mailbox, steps) in unfinished {
            self.finish(mailbox, steps).await?;
        }
        Ok(())
    }

    /// Where the message of a step is, and what follows. `None`: only a sync can tell.
    async fn resolve(
        &mut self,
        step: &OpenStep,
        to: MailboxId,
        lands: PlaceId,
        scene: &mut Scene,
    ) -> Result<(Option<Resolution>, Option<(UidValidity, Uid)>), ReplayError> {
        let Some(evidence) = &step.evidence else { return Ok((Some(Resolution::Again), None)) };
        let is_move = matches!(step.action, Action::Move { .. } | Action::Delete);
        let source = match &evidence.source {
            Some(source) if scene.validities.get(&source.mailbox) != Some(&source.validity) => {
                return self.by_mirror(step, to).await;
            }
            Some(source) if scene.present.contains(&(source.mailbox, source.uid)) => Found::Surely,
            _ => Found::Absent,
        };
        if let Some(copied) = &evidence.copied {
            return Ok((Some(resolve_move(source, Found::Surely)), copied.at));
        }
        let known = evidence.target.as_ref().and_then(|target| target.validity);
        let now = scene.validities.get(&to).copied();
        let place = if is_move { step.key.place } else { lands };
        let identity = self.store.read(move |view| view.identity(place)).await?.unwrap_or_default();
        let (target, uid) = match scene.newcomers.get_mut(&to) {
            Some(newcomers) if matches!(step.action, Action::Append { .. }) => {
                identity::find_appended(newcomers, &identity)
            }
            Some(newcomers) => identity::find(newcomers, &identity),
            None => (Found::Absent, None),
        };
        let at = now.zip(uid).filter(|_| known.is_none() || known == now);
        let target = match (target, source, uid, &evidence.source) {
            // Before anything is expunged, bytes are compared.
            (Found::Probably, Found::Surely, Some(copy), Some(original)) if is_move => {
                let same = self.same_bytes((original.mailbox, original.uid), (to, copy), identity.size).await?;
                if same { Found::Surely } else { Found::Probably }
            }
            (target, ..) => target,
        };
        let resolution = if is_move { resolve_move(source, target) } else { resolve_copy(target) };
        Ok((Some(resolution), at))
    }

    /// After a change of UIDVALIDITY: where the mirror has the message, once it was synced.
    async fn by_mirror(
        &mut self,
        step: &OpenStep,
        to: MailboxId,
    ) -> Result<(Option<Resolution>, Option<(UidValidity, Uid)>), ReplayError> {
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
                Ok((view.mirror_mailbox(place)?, synced))
            })
            .await?;
        let resolution = match at {
            _ if !synced => None,
            Some(mailbox) if mailbox == to => Some(Resolution::Done),
            Some(_) => Some(Resolution::Again),
            None => Some(Resolution::Gone),
        };
        Ok((resolution, None))
    }

    /// Opens every mailbox concerned, for reading only, and looks for what may be there.
    async fn look_around(&mut self, open: &[OpenStep]) -> Result<Scene, ReplayError> {
        let mut sources: BTreeMap<MailboxId, UidSet> = BTreeMap::new();
        let mut targets: BTreeMap<MailboxId, Option<Uid>> = BTreeMap::new();
        for step in open.iter().filter(|step| step.action.mailbox().or(target_of(step)).is_some()) {
            let Some(evidence) = &step.evidence else { continue };
            if let Some(source) = &evidence.source {
                sources.entry(source.mailbox).or_default().insert(source.uid);
            }
            if let Some(target) = &evidence.target {
                // Without a UIDNEXT it may be any.
                let from = target.uid_next.unwrap_or(Uid::MIN);
                let first = targets.entry(target.mailbox).or_insert(Some(from));
                *first = (*first).map(|known| known.min(from));
            }
        }
        let ids: BTreeSet<MailboxId> = sources.keys().chain(targets.keys()).copied().collect();
        let mailboxes = self
            .store
            .read(move |view| ids.into_iter().map(|id| view.mailbox(id)).collect::<Result<Vec<_>, _>>())
            .await?;
        let mut scene = Scene::default();
        for mailbox in mailboxes.into_iter().flatten() {
            self.look_into(&mailbox, sources.get(&mailbox.id), targets.get(&mailbox.id).copied().flatten(), &mut scene)
                .await?;
        }
        Ok(scene)
    }

    async fn look_into(
        &mut self,
        mailbox: &Mailbox,
        uids: Option<&UidSet>,
        from: Option<Uid>,
        scene: &mut Scene,
    ) -> Result<(), ReplayError> {
        let mut asked = vec![command::examine(&mailbox.naming.raw_name, None)?];
        let pieces = uids.map(command::split_for_command).unwrap_or_default();
        for uids in &pieces {
            asked.push(command::uid_fetch(uids, &[FetchItem::Uid, FetchItem::Flags], None, false)?);
        }
        if let Some(from) = from {
            asked.push(identity::ask(self.session.capabilities(), from)?);
        }
        let answers = ask(self.session, asked).await?;
        let Some(opened) = answers.first().filter(|answer| answer.is_ok()) else { return Ok(()) };
        let validity = opened.codes().find_map(|code| match code {
            Code::UidValidity(validity) => Some(*validity),
            _ => None,
        });
        scene.validities.extend(validity.map(|validity| (mailbox.id, validity)));
        let there: Vec<&Answer> = answers.iter().skip(1).take(pieces.len()).collect();
        for data in there.iter().flat_map(|answer| &answer.data) {
            if let Untagged::Fetch(fetch) = data
                && let Some(uid) = fetch.uid
            {
                scene.present.insert((mailbox.id, uid));
            }
        }
        if let (Some(from), Some(answer)) = (from, answers.get(pieces.len() + 1)) {
            scene.newcomers.insert(mailbox.id, identity::newcomers(&answer.data, from));
        }
        Ok(())
    }

    /// Expunges what is proved to have been copied.
    async fn finish(&mut self, mailbox: MailboxId, steps: Vec<Unfinished>) -> Result<(), ReplayError> {
        let source = |step: &OpenStep| -> Option<Source> { step.evidence.as_ref()?.source.clone() };
        let Some(found) = self.store.read(move |view| view.mailbox(mailbox)).await? else { return Ok(()) };
        let selected = ask(self.session, vec![command::select(&found.naming.raw_name, None)?]).await?;
        let validity = selected.iter().flat_map(Answer::codes).find_map(|code| match code {
            Code::UidValidity(validity) => Some(*validity),
            _ => None,
        });
        let uids: UidSet = steps
            .iter()
            .filter_map(|(step, ..)| source(step))
            .filter(|source| Some(source.validity) == validity)
            .map(|source| source.uid)
            .collect();
        let mut planned = Vec::new();
        for uids in command::split_for_command(&uids) {
            planned.extend(commands::expunge(self.session.capabilities(), &uids)?);
        }
        let (meanings, asked): (Vec<_>, Vec<_>) =
            planned.into_iter().map(|planned| ((planned.purpose, planned.uids), planned.command)).unzip();
        let answers = ask(self.session, asked).await?;
        let mut proof = super::evidence::Proof::default();
        for ((purpose, uids), answer) in meanings.iter().zip(&answers) {
            proof.add(*purpose, uids, answer);
        }
        let can_expunge = self.session.capabilities().uidplus();
        let mut verdicts = Verdicts::default();
        for (step, to, at) in steps {
            let there = source(&step).and_then(|source| proof.is_there(source.uid));
            let outcome = match there {
                Some(false) => Outcome::Done,
                Some(true) if !can_expunge => {
                    verdicts.writes.push(Write::Remnant(step.key.place));
                    Outcome::Done
                }
                _ => Outcome::Unknown,
            };
            if outcome == Outcome::Done {
                verdicts.writes.push(Write::Landed(step.key.place, to, at));
            }
            verdicts.outcomes.push((step.key, outcome));
        }
        self.commit(verdicts).await
    }
}

/// Where the message of a step was to go.
fn target_of(step: &OpenStep) -> Option<MailboxId> {
    step.evidence.as_ref()?.target.as_ref().map(|target| target.mailbox)
}

/// A move that is resolved.
fn moved(
    step: &OpenStep,
    to: MailboxId,
    resolution: Resolution,
    at: Option<(UidValidity, Uid)>,
    source: Option<Source>,
    verdicts: &mut Verdicts,
) {
    match resolution {
        Resolution::Again => verdicts.outcomes.push((step.key, Outcome::Again)),
        Resolution::Gone => {
            if let Some(source) = source {
                verdicts.writes.push(Write::Gone(source.mailbox, UidSet::range(source.uid, source.uid)));
            }
            verdicts.outcomes.push((step.key, Outcome::Moot(gone())));
        }
        Resolution::Done | Resolution::Finish | Resolution::Both => {
            verdicts.writes.push(Write::Landed(step.key.place, to, at));
            verdicts.outcomes.push((step.key, Outcome::Done));
        }
    }
}
