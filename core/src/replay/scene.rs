//! What a probe looks at: the mailboxes that messages were in, and those that they were to go to.

use std::collections::{BTreeMap, BTreeSet};

use super::ReplayError;
use super::exchange::{Answer, ask, told};
use super::identity::{self, Newcomer};
use super::run::Run;
use super::settle::Write;
use crate::imap::Untagged;
use crate::imap::command::{self, FetchItem};
use crate::journal::is_missing;
use crate::model::{Flags, MailboxId, ModSeq, Uid, UidSet, UidValidity};
use crate::mutants::mutant;
use crate::store::{Mailbox, OpenStep, StoreError};

/// What a probe found in the mailboxes concerned.
#[derive(Default)]
pub(super) struct Scene {
    /// UIDVALIDITY of the mailboxes that were opened and in which messages were looked for.
    pub(super) validities: BTreeMap<MailboxId, UidValidity>,
    /// Mailboxes that are not there any more, and nothing that was in them.
    pub(super) gone: BTreeSet<MailboxId>,
    /// Messages that are still where they were.
    pub(super) present: BTreeSet<(MailboxId, Uid)>,
    /// The flags of messages that are still where they were.
    pub(super) flags: BTreeMap<(MailboxId, Uid), (Flags, Option<ModSeq>)>,
    /// What was added to mailboxes, under their UIDVALIDITY now.
    pub(super) newcomers: BTreeMap<MailboxId, (Option<UidValidity>, Vec<Newcomer>)>,
}

/// What is looked for in a mailbox that messages were to go to.
struct Wanted {
    /// The lowest UID that may be new.
    from: Uid,
    /// The UIDVALIDITYs under which that holds.
    validities: BTreeSet<UidValidity>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { from: Uid::MIN, validities: BTreeSet::new() }
    }
}

/// Where the message of a step was to go.
pub(super) fn target_of(step: &OpenStep) -> Option<MailboxId> {
    step.evidence.as_ref()?.target.as_ref().map(|target| target.mailbox)
}

impl Scene {
    /// What was told of the message of a step that went out alone, where it was, if its flags are as wanted. Of what left with others,
    /// what one wants may be there while the contrary that was wanted before is not.
    pub(super) fn has_flags(&self, step: &OpenStep, add: &Flags, remove: &Flags) -> Option<Write> {
        if step.breaks == 0 {
            return None;
        }
        let source = step.evidence.as_ref()?.source.as_ref()?;
        let (flags, modseq) = self.flags.get(&(source.mailbox, source.uid))?;
        let same = self.validities.get(&source.mailbox) == Some(&source.validity);
        (same && flags.are(add, remove))
            .then(|| Write::Flags(source.mailbox, vec![(source.uid, flags.clone(), *modseq)]))
    }
}

impl Run<'_> {
    /// Opens every mailbox concerned, for reading only, and looks for what may be there.
    pub(super) async fn look_around(&mut self, open: &[OpenStep]) -> Result<Scene, ReplayError> {
        let mut sources: BTreeMap<MailboxId, UidSet> = BTreeMap::new();
        let mut targets: BTreeMap<MailboxId, Wanted> = BTreeMap::new();
        let goes = |step: &OpenStep| step.action.mailbox().or(target_of(step)).is_some();
        // Flags may be asked for twice: they are looked at where that broke the connection.
        for step in open.iter().filter(|step| goes(step) || step.breaks > 0) {
            let Some(evidence) = &step.evidence else { continue };
            if let Some(source) = &evidence.source {
                sources.entry(source.mailbox).or_default().insert(source.uid);
            }
            if let Some(target) = &evidence.target {
                // Without a UIDNEXT it may be any.
                let from = target.uid_next.filter(|_| !mutant!("anyone_is_a_newcomer")).unwrap_or(Uid::MIN);
                let wanted = targets.entry(target.mailbox).or_insert_with(|| Wanted { from, ..Wanted::default() });
                wanted.from = wanted.from.min(from);
                wanted.validities.extend(target.validity);
            }
        }
        let ids: BTreeSet<MailboxId> = sources.keys().chain(targets.keys()).copied().collect();
        let mailboxes = self.store.read(move |view| {
            ids.into_iter().map(|id| Ok((id, view.mailbox(id)?))).collect::<Result<Vec<_>, StoreError>>()
        });
        let mut scene = Scene::default();
        for (id, mailbox) in mailboxes.await? {
            let (uids, wanted) = (sources.get(&id), targets.get(&id));
            match (mailbox, wanted) {
                (Some(mailbox), _) => self.look_into(&mailbox, uids, wanted, &mut scene).await?,
                // Nothing was added to a mailbox that is not even in the mirror any more.
                (None, _) => {
                    scene.gone.insert(id);
                    scene.newcomers.insert(id, (None, Vec::new()));
                }
            }
        }
        Ok(scene)
    }

    async fn look_into(
        &mut self,
        mailbox: &Mailbox,
        uids: Option<&UidSet>,
        wanted: Option<&Wanted>,
        scene: &mut Scene,
    ) -> Result<(), ReplayError> {
        let mut asked = vec![command::examine(&mailbox.naming.raw_name, None)?];
        let pieces = uids.map(command::split_for_command).unwrap_or_default();
        for uids in &pieces {
            asked.push(command::uid_fetch(uids, &[FetchItem::Uid, FetchItem::Flags], None, false)?);
        }
        if let Some(wanted) = wanted {
            asked.push(identity::ask(self.session.capabilities(), wanted.from)?);
        }
        let answers = ask(self.session, asked).await?;
        let Some((opened, others)) = answers.split_first() else { return Ok(()) };
        if !opened.is_ok() {
            // Under another name it may still be there: the next list tells. Where nothing is, nothing was added.
            if mailbox.missing_since.is_some() && opened.refusal().is_none_or(|code| is_missing(&code)) {
                scene.gone.insert(mailbox.id);
                scene.newcomers.insert(mailbox.id, (None, Vec::new()));
            }
            return Ok(());
        }
        let validity = opened.uid_validity();
        if self.leads_elsewhere(mailbox, &opened.traits()) {
            // What is looked for may lie in the one that had this name: the next list tells where that is.
            return Ok(());
        }
        // That something was not told is believed only where all was answered. To which question an answer belongs is not to be
        // known.
        if others.iter().any(|answer| !answer.is_ok()) {
            return Ok(());
        }
        scene.validities.extend(validity.map(|validity| (mailbox.id, validity)));
        for data in told(others) {
            if let Untagged::Fetch(fetch) = data
                && let Some(uid) = fetch.uid
            {
                scene.present.insert((mailbox.id, uid));
                let flags = fetch.flags.clone().map(|flags| ((mailbox.id, uid), (flags, fetch.modseq)));
                scene.flags.extend(flags);
            }
        }
        let Some(wanted) = wanted else { return Ok(()) };
        let mut newcomers = identity::newcomers(told(others), wanted.from);
        if wanted.from > Uid::MIN && wanted.validities.iter().any(|known| Some(*known) != validity) {
            // UIDs from before mean nothing now.
            let all = ask(self.session, vec![identity::ask(self.session.capabilities(), Uid::MIN)?]).await?;
            if !all.iter().all(Answer::is_ok) {
                return Ok(());
            }
            newcomers = identity::newcomers(told(&all), Uid::MIN);
        }
        let newcomers = if validity == mailbox.state.uid_validity {
            self.with_places(mailbox.id, newcomers).await?
        } else {
            newcomers
        };
        scene.newcomers.insert(mailbox.id, (validity, newcomers));
        Ok(())
    }

    /// Notes which places the mirror has for them.
    async fn with_places(
        &self,
        mailbox: MailboxId,
        mut newcomers: Vec<Newcomer>,
    ) -> Result<Vec<Newcomer>, ReplayError> {
        let noted = self.store.read(move |view| {
            for newcomer in &mut newcomers {
                newcomer.place = view.place_by_uid(mailbox, newcomer.uid)?;
            }
            Ok(newcomers)
        });
        Ok(noted.await?)
    }
}
