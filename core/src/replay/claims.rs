//! Which of the messages that came to mailboxes are those whose sending was not answered. Some may look the same to the last byte,
//! and still are not the same to the person: what was done to the one was not done to the other. So they are told apart together.

use std::collections::BTreeMap;

use super::ReplayError;
use super::identity::{self, Newcomer, Sought};
use super::probe::Group;
use super::run::Run;
use super::scene::{Scene, target_of};
use crate::journal::{Action, Found, StepKey};
use crate::model::{Flags, Identity, MailboxId, PlaceId, Uid, UidValidity};
use crate::mutants::mutant;
use crate::store::OpenStep;

/// What is known of a message that was sent to a mailbox.
pub(super) enum Sent {
    /// It was looked for.
    Sought(Claim),
    /// Its UID means nothing any more: only the mirror can tell.
    ByMirror {
        /// Where it was to go.
        to: MailboxId,
    },
    /// Where its copy is was noted.
    Noted {
        /// Whether it is still where it was.
        source: Found,
        /// Where the copy is.
        at: Option<(UidValidity, Uid)>,
    },
    /// Only another look, or a sync, can tell.
    Untold,
}

/// A message that was looked for among newcomers.
pub(super) struct Claim {
    /// Where it was to go.
    pub(super) to: MailboxId,
    /// Whether it is still where it was.
    pub(super) source: Found,
    /// Whether the server said that it has copied it.
    pub(super) copied: bool,
    /// Whether it is there.
    pub(super) found: Found,
    /// Under which UID.
    pub(super) uid: Option<Uid>,
    /// The UIDVALIDITY there.
    validity: Option<UidValidity>,
    place: PlaceId,
    identity: Identity,
    flags: Option<Flags>,
    from: Uid,
    newest: Option<PlaceId>,
    is_append: bool,
}

impl Claim {
    /// Where it is, where the mailbox has a UIDVALIDITY.
    pub(super) fn at(&self) -> Option<(UidValidity, Uid)> {
        self.validity.zip(self.uid)
    }

    /// Its size in octets.
    pub(super) fn size(&self) -> Option<u64> {
        self.identity.size
    }

    /// Whether it is nowhere, if it is none of the newcomers: what is still where it was goes out again.
    fn must_be_there(&self) -> bool {
        self.copied || self.source == Found::Absent && !self.is_append
    }

    fn look_among(&mut self, newcomers: &mut [Newcomer], exact: bool) {
        let flags = match (&self.flags, exact) {
            (None, true) => return,
            (flags, _) => flags.as_ref().filter(|_| exact),
        };
        let sought =
            Sought { place: self.place, identity: &self.identity, flags, from: self.from, newest: self.newest };
        let find = if self.is_append && !exact { identity::find_appended } else { identity::find };
        (self.found, self.uid) = find(newcomers, &sought);
    }
}

/// Whether the message is to be there and not where it was.
pub(super) fn is_moved(step: &OpenStep) -> bool {
    matches!(step.action, Action::Move { .. } | Action::Delete)
}

/// Where the message of a step was to go, and which place it then is.
fn goal(step: &OpenStep) -> Option<(MailboxId, PlaceId)> {
    let place = step.key.place;
    match step.action {
        Action::Move { to } => (target_of(step) == Some(to)).then_some((to, place)),
        Action::Copy { to } | Action::Append { to, .. } => Some((to, step.made.unwrap_or(place))),
        Action::Delete => Some((target_of(step)?, place)),
        _ => None,
    }
}

/// What was asked of the flags of a message in one flight with the rest.
type Asked = BTreeMap<PlaceId, Vec<(Flags, Flags)>>;

impl Run<'_> {
    /// Finds the messages of these steps among the newcomers.
    pub(super) async fn tell_apart(
        &mut self,
        groups: &[Group],
        scene: &mut Scene,
    ) -> Result<BTreeMap<StepKey, Sent>, ReplayError> {
        let mut asked = Asked::new();
        for step in groups.iter().map(|group| &group.last) {
            if let Action::Flags { add, remove } = &step.action {
                asked.entry(step.key.place).or_default().push((add.clone(), remove.clone()));
            }
        }
        let mut all = Vec::new();
        for step in groups.iter().map(|group| &group.last) {
            if let Some((to, place)) = goal(step) {
                all.push((step.key, self.sent(step, to, place, &asked, scene).await?));
            }
        }
        // What is nowhere else has the first choice, and those that have the very flags with which they went.
        for (first, exact) in [(true, true), (true, false), (false, true), (false, false)] {
            for (_, sent) in &mut all {
                if let Sent::Sought(claim) = sent
                    && claim.uid.is_none()
                    && claim.must_be_there() == first
                    && let Some((_, newcomers)) = scene.newcomers.get_mut(&claim.to)
                {
                    claim.look_among(newcomers, exact);
                }
            }
        }
        Ok(all.into_iter().collect())
    }

    async fn sent(
        &self,
        step: &OpenStep,
        to: MailboxId,
        place: PlaceId,
        asked: &Asked,
        scene: &Scene,
    ) -> Result<Sent, ReplayError> {
        let Some(evidence) = &step.evidence else { return Ok(Sent::Untold) };
        let source = match &evidence.source {
            Some(source) if scene.validities.get(&source.mailbox) != Some(&source.validity) => {
                return Ok(Sent::ByMirror { to });
            }
            Some(source) if scene.present.contains(&(source.mailbox, source.uid)) => Found::Surely,
            _ => Found::Absent,
        };
        if let Some(copied) = evidence.copied.as_ref().filter(|copied| copied.at.is_some()) {
            return Ok(Sent::Noted { source, at: copied.at });
        }
        let (original, newest) = (step.key.place, evidence.newest);
        let (identity, flags, awaited) = self
            .store
            .read(move |view| {
                let awaited = newest.map(|newest| view.awaits_like(to, place, newest)).transpose()?.unwrap_or(false);
                Ok((view.identity(place)?.unwrap_or_default(), view.mirror_flags(original)?, awaited))
            })
            .await?;
        // Another that looks like it has landed there, and only a sync can tell which of the newcomers that is; and that a mailbox
        // could not be looked into proves nothing.
        let Some((now, _)) = scene.newcomers.get(&to).filter(|_| !awaited) else { return Ok(Sent::Untold) };
        let known = evidence.target.as_ref().and_then(|target| target.validity);
        let renumbered = !mutant!("renumbering_is_missed") && known.is_some() && known != *now;
        let from = evidence.target.as_ref().and_then(|target| target.uid_next).filter(|_| !renumbered);
        Ok(Sent::Sought(Claim {
            to,
            source,
            copied: evidence.copied.is_some(),
            found: Found::Absent,
            uid: None,
            validity: *now,
            place,
            identity,
            flags: flags_of(step, flags, asked),
            from: from.unwrap_or(Uid::MIN),
            newest,
            is_append: matches!(step.action, Action::Append { .. }),
        }))
    }
}

/// The flags with which a message went: what was asked of them in the same flight was done before. What is on its way to be expunged
/// goes as it is.
fn flags_of(step: &OpenStep, before: Option<Flags>, asked: &Asked) -> Option<Flags> {
    match &step.action {
        Action::Append { flags, .. } => Some(flags.clone()),
        Action::Move { .. } => {
            let asked = asked.get(&step.key.place).into_iter().flatten();
            before.map(|before| asked.fold(before, |flags, (add, remove)| flags.without(remove).with(add)))
        }
        _ => before,
    }
}
