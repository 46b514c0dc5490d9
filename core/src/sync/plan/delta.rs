//! What to ask of one mailbox, and whether to believe the answer. Pure.

use std::cmp::Ordering;

use crate::imap::StatusEntry;
use crate::model::{ModSeq, Uid, UidSet, UidValidity};

/// How many UIDs beyond the last known one are asked for before it is known whether mail arrived: enough for a day's
/// mail in the same flight, few enough that a flood still comes newest first.
pub const SPECULATIVE_UIDS: u32 = 250;

/// After so many seconds of showing an older state, a server is believed: it was put back, and does not lag.
pub const STALE_SECONDS: i64 = 600;

/// What the mirror holds of one mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// UIDVALIDITY under which its UIDs mean something; `None` before the first visit.
    pub uid_validity: Option<UidValidity>,
    /// Every UID below it that was there is mirrored once `complete`.
    pub uid_next: Option<Uid>,
    /// Every change up to it is mirrored.
    pub highest_modseq: Option<ModSeq>,
    /// Whether all older mail was filled in.
    pub complete: bool,
    /// How many messages are mirrored under this UIDVALIDITY, and those that the server did not give and that are not asked for now.
    pub count: u64,
    /// Whether some UIDs wait to be asked for again.
    pub gaps: bool,
}

/// What the server told when the mailbox was selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// EXISTS.
    pub exists: Option<u32>,
    /// UIDVALIDITY; `None` also where the server sent zero.
    pub uid_validity: Option<UidValidity>,
    /// UIDNEXT.
    pub uid_next: Option<Uid>,
    /// HIGHESTMODSEQ.
    pub highest_modseq: Option<ModSeq>,
    /// Whether the server says that the UIDs will not hold (UIDNOTSTICKY, RFC 4315).
    pub uid_not_sticky: bool,
}

/// How changes of known messages are learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Nothing is known yet.
    First,
    /// Flags and removals come with the EXAMINE (RFC 7162 section 3.2).
    Qresync {
        /// The UIDVALIDITY and mod-sequence to start from.
        from: (UidValidity, ModSeq),
    },
    /// Flags by CHANGEDSINCE (RFC 7162 section 3.1.4.1).
    Condstore {
        /// The mod-sequence to start from.
        since: ModSeq,
    },
    /// Flags by fetching them in windows.
    Plain,
}

/// What the server can do for a resync.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    /// QRESYNC is enabled.
    pub qresync: bool,
    /// CONDSTORE.
    pub condstore: bool,
}

/// The best way to learn what changed in a mailbox.
pub fn method(mirror: &Mirror, abilities: Abilities) -> Method {
    match (mirror.uid_validity, mirror.highest_modseq) {
        (None, _) => Method::First,
        (Some(validity), Some(modseq)) if abilities.qresync => Method::Qresync { from: (validity, modseq) },
        (Some(_), Some(modseq)) if abilities.condstore => Method::Condstore { since: modseq },
        (Some(_), _) => Method::Plain,
    }
}

/// Whether STATUS proves that nothing happened in the mailbox since the mirror was written. Without mod-sequences it
/// never does: flags may have changed.
pub fn untouched(mirror: &Mirror, status: &StatusEntry) -> bool {
    mirror.complete
        && !mirror.gaps
        && mirror.uid_validity.is_some()
        && mirror.uid_validity == status.uid_validity
        && mirror.uid_next.is_some()
        && mirror.uid_next == status.uid_next
        && mirror.highest_modseq.is_some()
        && mirror.highest_modseq == status.highest_modseq
        && status.messages.map(u64::from) == Some(mirror.count)
}

/// What selecting the mailbox showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same mailbox, going on from where the mirror stands.
    Continues,
    /// The UIDs have lost their meaning: bind the mirror's rows anew.
    NewValidity,
    /// What the server tells contradicts the mirror or itself, or is too little: compare everything.
    Compare,
    /// The server shows an older state than before: a replica that lags, most likely, and not to be believed yet.
    Stale,
    /// No UIDVALIDITY: nothing can be mirrored safely.
    Unusable,
}

/// Judges a selected mailbox.
pub fn judge(mirror: &Mirror, selected: &Selected) -> Verdict {
    let Some(validity) = selected.uid_validity else { return Verdict::Unusable };
    if selected.exists.is_none() {
        return Verdict::Unusable;
    }
    if mirror.uid_validity.is_some_and(|known| known != validity) || selected.uid_not_sticky {
        return if mirror.uid_validity.is_some() { Verdict::NewValidity } else { Verdict::Continues };
    }
    let moved = |known: Option<u64>, now: Option<u64>| Some(now?.cmp(&known?));
    let moves = [
        moved(mirror.uid_next.map(|u| u.get().into()), selected.uid_next.map(|u| u.get().into())),
        moved(mirror.highest_modseq.map(ModSeq::get), selected.highest_modseq.map(ModSeq::get)),
    ];
    if moves.contains(&Some(Ordering::Less)) {
        // A replica that lags is behind in everything; figures that go apart show a server that counts otherwise.
        return if moves.contains(&Some(Ordering::Greater)) { Verdict::Compare } else { Verdict::Stale };
    }
    let lost_modseq = mirror.highest_modseq.is_some() && selected.highest_modseq.is_none();
    if lost_modseq || (selected.uid_next.is_none() && mirror.uid_validity.is_some()) {
        return Verdict::Compare;
    }
    Verdict::Continues
}

/// The UIDs to ask for in the same flight as the EXAMINE: what may have arrived.
pub fn speculative(mirror: &Mirror) -> Option<UidSet> {
    let from = mirror.uid_next?;
    let to = Uid::new(from.get().saturating_add(SPECULATIVE_UIDS - 1))?;
    Some(UidSet::range(from, to))
}

/// Whether a set of removals is proved: the count that the server tells must be the one that is left. `known` counts what
/// is mirrored, arrivals included, before the removal.
pub fn removal_agrees(known: u64, removed: u64, exists: u32) -> bool {
    known.checked_sub(removed) == Some(u64::from(exists))
}

/// Whether a removal is so large that it is told to the person: a mailbox suddenly empty, or most of it gone.
pub fn is_mass_removal(known: u64, removed: u64) -> bool {
    removed > 20 && removed.saturating_mul(2) > known
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mirror() -> Mirror {
        Mirror {
            uid_validity: UidValidity::new(5),
            uid_next: Uid::new(100),
            highest_modseq: ModSeq::new(900),
            complete: true,
            count: 40,
            gaps: false,
        }
    }

    fn status() -> StatusEntry {
        StatusEntry {
            messages: Some(40),
            uid_next: Uid::new(100),
            uid_validity: UidValidity::new(5),
            highest_modseq: ModSeq::new(900),
            ..StatusEntry::default()
        }
    }

    fn selected() -> Selected {
        Selected {
            exists: Some(40),
            uid_validity: UidValidity::new(5),
            uid_next: Uid::new(100),
            highest_modseq: ModSeq::new(900),
            uid_not_sticky: false,
        }
    }

    #[test]
    fn a_mailbox_is_untouched_only_when_every_figure_agrees() {
        assert!(untouched(&mirror(), &status()));
        let changes: [fn(&mut Mirror, &mut StatusEntry); 8] = [
            |_, status| status.messages = Some(41),
            |_, status| status.uid_next = Uid::new(101),
            |_, status| status.uid_validity = UidValidity::new(6),
            |_, status| status.highest_modseq = ModSeq::new(901),
            |mirror, status| {
                mirror.highest_modseq = None;
                status.highest_modseq = None;
            },
            |mirror, _| mirror.complete = false,
            |mirror, _| mirror.gaps = true,
            |_, status| status.messages = None,
        ];
        for change in changes {
            let (mut mirror, mut status) = (mirror(), status());
            change(&mut mirror, &mut status);
            assert!(!untouched(&mirror, &status));
        }
    }

    #[test]
    fn case_045_and_048_any_other_uidvalidity_is_a_new_one() {
        for validity in [4, 6] {
            let selected = Selected { uid_validity: UidValidity::new(validity), ..selected() };
            assert_eq!(judge(&mirror(), &selected), Verdict::NewValidity);
        }
    }

    #[test]
    fn case_047_uids_that_do_not_hold_are_bound_anew_each_time() {
        let selected = Selected { uid_not_sticky: true, ..selected() };
        assert_eq!(judge(&mirror(), &selected), Verdict::NewValidity);
        assert_eq!(judge(&Mirror::default(), &selected), Verdict::Continues);
    }

    #[test]
    fn case_049_and_051_a_figure_that_is_missing_or_fell_alone_asks_for_a_comparison() {
        let rose = ModSeq::new(901);
        for (uid_next, highest_modseq) in
            [(None, ModSeq::new(900)), (Uid::new(100), None), (Uid::new(99), rose), (Uid::new(101), ModSeq::new(899))]
        {
            let selected = Selected { uid_next, highest_modseq, ..selected() };
            assert_eq!(judge(&mirror(), &selected), Verdict::Compare);
        }
    }

    #[test]
    fn case_055_a_server_that_is_behind_in_what_it_tells_is_stale() {
        for (uid_next, modseq) in [(99, 900), (100, 899), (99, 899)] {
            let selected = Selected { uid_next: Uid::new(uid_next), highest_modseq: ModSeq::new(modseq), ..selected() };
            assert_eq!(judge(&mirror(), &selected), Verdict::Stale);
        }
    }

    #[test]
    fn case_029_without_a_uidvalidity_nothing_is_mirrored() {
        let selected = Selected { uid_validity: None, ..selected() };
        assert_eq!(judge(&mirror(), &selected), Verdict::Unusable);
    }

    #[test]
    fn the_best_method_that_server_and_mirror_allow_is_taken() {
        let all = Abilities { qresync: true, condstore: true };
        let condstore = Abilities { qresync: false, condstore: true };
        assert_eq!(method(&Mirror::default(), all), Method::First);
        let from = (UidValidity::new(5).unwrap(), ModSeq::new(900).unwrap());
        assert_eq!(method(&mirror(), all), Method::Qresync { from });
        assert_eq!(method(&mirror(), condstore), Method::Condstore { since: from.1 });
        assert_eq!(method(&mirror(), Abilities::default()), Method::Plain);
        assert_eq!(method(&Mirror { highest_modseq: None, ..mirror() }, all), Method::Plain);
    }

    #[test]
    fn removals_count_only_when_the_server_tells_the_same_number() {
        assert!(removal_agrees(40, 3, 37));
        assert!(!removal_agrees(40, 3, 38));
        assert!(!removal_agrees(2, 3, 0));
    }
}
