//! What became of the second half of moves that are made of two commands.

use super::breaks::in_between;
use super::commands::Purpose;
use super::evidence::Proof;
use super::settle::{Verdicts, Write};
use crate::journal::StepKey;
use crate::model::{MailboxId, PlaceId, Uid, UidSet, UidValidity};
use crate::mutants::mutant;
use crate::store::Outcome;

/// What became of messages that were copied away, by what is proved of their originals. Where one is still there, that it was
/// copied stays noted, so that it is only the second half that is tried again.
pub(super) fn finish(
    half: &Half<'_>,
    proof: &Proof,
    can_expunge: bool,
    refuse: impl Fn(StepKey, Option<&str>) -> Outcome,
    verdicts: &mut Verdicts,
) {
    let mut settle = |outcome: &Outcome| verdicts.outcomes.extend(half.steps.iter().map(|key| (*key, outcome.clone())));
    let remnant = match proof.is_there(half.uid) {
        Some(true) if !can_expunge && proof.is_done(Purpose::Mark, half.uid) => true,
        Some(false) => false,
        Some(true) => {
            let code = proof.refusal(half.uid, &[Purpose::Mark, Purpose::Expunge]).flatten();
            for key in half.steps {
                let outcome = in_between(refuse(*key, code));
                half.waits(&outcome, verdicts);
                verdicts.outcomes.push((*key, outcome));
            }
            return;
        }
        None => return settle(&Outcome::Unknown),
    };
    settle(&half.arrives);
    if remnant {
        verdicts.writes.push(Write::Original(half.place, half.mailbox, half.uid, true));
    }
    if half.arrives != Outcome::Done {
        verdicts.writes.push(Write::Landed(half.place, half.to, half.at));
    }
    if !remnant {
        // It may have been left behind out of sight.
        verdicts.writes.push(Write::Expunged(half.mailbox, UidSet::range(half.uid, half.uid)));
    }
}

/// A message that was copied and is to go from where it was.
pub(super) struct Half<'s> {
    pub(super) steps: &'s [StepKey],
    pub(super) place: PlaceId,
    pub(super) mailbox: MailboxId,
    pub(super) uid: Uid,
    pub(super) to: MailboxId,
    pub(super) at: Option<(UidValidity, Uid)>,
    /// What became of its steps once it is only there.
    pub(super) arrives: Outcome,
}

impl Half<'_> {
    /// The first half is proved: whatever becomes of the second, the message is shown where it was to go, and nowhere else.
    pub(super) fn begins(&self, verdicts: &mut Verdicts) {
        if self.arrives == Outcome::Done && !mutant!("halves_show_late") {
            verdicts.writes.push(Write::Original(self.place, self.mailbox, self.uid, false));
            verdicts.writes.push(Write::Landed(self.place, self.to, self.at));
        }
    }

    /// The second half is set aside: the original stays, and is in sight.
    pub(super) fn waits(&self, outcome: &Outcome, verdicts: &mut Verdicts) {
        if matches!(outcome, Outcome::Parked(_)) {
            verdicts.writes.push(Write::InSight(self.mailbox, self.uid));
        }
    }
}
