//! Which of the messages that came to mailboxes are those whose sending was not answered. Some may look the same to the last byte,
//! and still are not the same to the person: what was done to the one was not done to the other. So they are told apart together.

use std::collections::{BTreeMap, BTreeSet};

use super::ReplayError;
use super::compare::Bytes;
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
    Sought(Box<Claim>),
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
    /// Its copy was there and is not any more, while it is still where it was.
    Lost,
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
    uid: Option<Uid>,
    validity: Option<UidValidity>,
    place: PlaceId,
    /// Of which place it is a copy.
    copy_of: Option<PlaceId>,
    identity: Identity,
    flags: Option<Flags>,
    from: Uid,
    newest: Option<PlaceId>,
    is_append: bool,
    /// Where it is, where it would be expunged if the newcomer is it.
    original: Option<(MailboxId, Uid)>,
    /// Newcomers that it is not.
    not: BTreeSet<Uid>,
}

impl Claim {
    /// Where it is, where the mailbox has a UIDVALIDITY.
    pub(super) fn at(&self) -> Option<(UidValidity, Uid)> {
        self.validity.zip(self.uid)
    }

    /// Whether its copy was there and is not any more, while it is still where it was. A newcomer of its size may be it, whatever
    /// else that is taken for.
    fn has_lost_its_copy(&self, scene: &Scene) -> bool {
        let may_be = |newcomer: &Newcomer| newcomer.uid >= self.from && newcomer.may_have_size(self.identity.size);
        let any_may_be = || scene.newcomers.get(&self.to).is_some_and(|(_, newcomers)| newcomers.iter().any(may_be));
        self.copied && self.source == Found::Surely && self.found == Found::Absent && !any_may_be()
    }

    /// Whether it is nowhere, if it is none of the newcomers: what is still where it was goes out again.
    fn must_be_there(&self) -> bool {
        self.copied || self.source == Found::Absent && !self.is_append
    }

    /// Looks for it among newcomers that were not looked at in vain before, and takes the first that it may be.
    fn look_among(&mut self, newcomers: &mut [Newcomer], exact: Exact) {
        if exact.flags && self.flags.is_none() || exact.date && self.identity.internal_date.is_none() {
            return;
        }
        let sought = Sought {
            place: self.place,
            original: self.copy_of.filter(|_| self.source == Found::Absent),
            identity: &self.identity,
            flags: self.flags.as_ref().filter(|_| exact.flags),
            date: exact.date,
            from: self.from,
            newest: self.newest,
            not: &self.not,
        };
        let find = if self.is_append && exact == Exact::NOTHING { identity::find_appended } else { identity::find };
        (self.found, self.uid) = find(newcomers, &sought);
    }
}

/// In what a newcomer is to be as the message was, besides that by which it is known: more than that not every server keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Exact {
    flags: bool,
    date: bool,
}

impl Exact {
    const NOTHING: Self = Self { flags: false, date: false };
    /// From the most to the least.
    const ALL: [Self; 4] = [
        Self { flags: true, date: true },
        Self { flags: true, date: false },
        Self { flags: false, date: true },
        Self::NOTHING,
    ];
}

/// Whether the message is to be there and not where it was.
pub(super) fn is_moved(step: &OpenStep) -> bool {
    matches!(step.action, Action::Move { .. } | Action::Delete)
}

/// Where the message of a step was to go, and which place it then is.
pub(super) fn goal(step: &OpenStep) -> Option<(MailboxId, PlaceId)> {
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
        // As they left: what one command sends arrives in the order of its UIDs.
        let mut steps: Vec<&OpenStep> = groups.iter().map(|group| &group.last).collect();
        let uid =
            |step: &OpenStep| step.evidence.as_ref().and_then(|known| known.source.as_ref()).map(|source| source.uid);
        steps.sort_by_key(|step| (step.key.operation, uid(step), step.key.place));
        let mut all = Vec::new();
        for step in steps {
            if let Some((to, place)) = goal(step) {
                all.push((step.key, self.sent(step, to, place, &asked, scene).await?));
            }
        }
        take(&mut all, scene);
        // What turns out to be another message may be what somebody else looks for.
        while self.compare(&mut all, scene).await? {
            take(&mut all, scene);
        }
        for (_, sent) in &mut all {
            if matches!(sent, Sent::Sought(claim) if claim.has_lost_its_copy(scene)) {
                *sent = Sent::Lost;
            }
        }
        Ok(all.into_iter().collect())
    }

    /// Before anything is expunged, bytes are compared. Returns whether any newcomer is not what it was taken for.
    async fn compare(&mut self, all: &mut [(StepKey, Sent)], scene: &mut Scene) -> Result<bool, ReplayError> {
        let mut any = false;
        for (_, sent) in all {
            let Sent::Sought(claim) = sent else { continue };
            let (Some(original), Some(uid)) = (claim.original, claim.uid) else { continue };
            if claim.found != Found::Probably || claim.source != Found::Surely || claim.copied {
                continue;
            }
            match self.same_bytes(original, (claim.to, uid), claim.identity.size).await? {
                Bytes::Same => claim.found = Found::Surely,
                Bytes::Large => {}
                Bytes::Untold => *sent = Sent::Untold,
                Bytes::Other => {
                    any = true;
                    claim.not.insert(uid);
                    (claim.found, claim.uid) = (Found::Absent, None);
                    let newcomers = scene.newcomers.get_mut(&claim.to).map(|(_, newcomers)| newcomers);
                    for newcomer in newcomers.into_iter().flatten().filter(|newcomer| newcomer.uid == uid) {
                        newcomer.taken = false;
                    }
                }
            }
        }
        Ok(any)
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
            Some(source) if scene.gone.contains(&source.mailbox) => Found::Absent,
            Some(source) if scene.validities.get(&source.mailbox) != Some(&source.validity) => {
                return Ok(Sent::ByMirror { to });
            }
            Some(source) if scene.present.contains(&(source.mailbox, source.uid)) => Found::Surely,
            _ => Found::Absent,
        };
        if let Some((validity, uid)) = evidence.copied.as_ref().and_then(|copied| copied.at) {
            let now = self.store.read(move |view| view.mirror_location(place)).await?;
            let was = evidence.source.as_ref().map(|source| (source.mailbox, Some(source.uid)));
            let moved_on = now.is_some_and(|now| now.0 != to && Some(now) != was);
            // What it was copied to is believed only as long as it is there: its original is to go.
            match scene.newcomers.get(&to) {
                _ if source != Found::Surely || moved_on => {
                    return Ok(Sent::Noted { source, at: Some((validity, uid)) });
                }
                None => return Ok(Sent::Untold),
                Some((Some(now), newcomers)) if *now == validity => {
                    let is_there =
                        newcomers.iter().any(|newcomer| newcomer.uid == uid) || mutant!("copy_is_not_looked_at");
                    let noted = Sent::Noted { source, at: Some((validity, uid)) };
                    return Ok(if is_there { noted } else { Sent::Lost });
                }
                Some((None, _)) => return Ok(Sent::Lost),
                // Its UID means nothing any more.
                Some(_) => {}
            }
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
        Ok(Sent::Sought(Box::new(Claim {
            to,
            source,
            copied: evidence.copied.is_some(),
            found: Found::Absent,
            uid: None,
            validity: *now,
            place,
            copy_of: matches!(step.action, Action::Copy { .. }).then_some(original),
            identity,
            flags: flags_of(step, flags, asked),
            from: from.unwrap_or(Uid::MIN),
            newest,
            is_append: matches!(step.action, Action::Append { .. }),
            original: evidence.source.as_ref().filter(|_| is_moved(step)).map(|source| (source.mailbox, source.uid)),
            not: BTreeSet::new(),
        })))
    }
}

/// Gives each claim the newcomer that it is. What is nowhere else has the first choice, and those that are as they were when they
/// went.
fn take(all: &mut [(StepKey, Sent)], scene: &mut Scene) {
    for (first, exact) in [true, false].into_iter().flat_map(|first| Exact::ALL.map(|exact| (first, exact))) {
        for (_, sent) in all.iter_mut() {
            if let Sent::Sought(claim) = sent
                && claim.uid.is_none()
                && claim.must_be_there() == first
                && let Some((_, newcomers)) = scene.newcomers.get_mut(&claim.to)
            {
                claim.look_among(newcomers, exact);
            }
        }
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
