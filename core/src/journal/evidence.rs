//! What is to be believed of a step whose answer was lost.

use serde::{Deserialize, Serialize};

use super::Traits;
use crate::model::{MailboxId, PlaceId, Uid, UidValidity};
use crate::mutants::mutant;

/// What was known before a step left: what a probe compares with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where the message was; `None` where it was nowhere yet.
    pub source: Option<Source>,
    /// Where it was to go, and what was known of that mailbox.
    pub target: Option<Target>,
    /// That it has been copied to the target, where a move is made of two commands.
    pub copied: Option<Copied>,
    /// The mailbox that the step is about, as it was.
    #[serde(default)]
    pub mailbox: Option<Traits>,
    /// The newest place that the store knew: what lies in the target under an id up to this is another message.
    #[serde(default)]
    pub newest: Option<PlaceId>,
}

/// Where a message was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// Under which UIDVALIDITY.
    pub validity: UidValidity,
    /// Under which UID.
    pub uid: Uid,
}

/// A copy that the server said it has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// Under which UIDVALIDITY and UID, where it told.
    pub at: Option<(UidValidity, Uid)>,
}

/// A mailbox that a message was to go to, as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Which.
    pub mailbox: MailboxId,
    /// Its UIDVALIDITY.
    pub validity: Option<UidValidity>,
    /// Its UIDNEXT: what was added since has this UID or a higher one. `None` on servers that do not tell.
    pub uid_next: Option<Uid>,
}

/// Whether a message is somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is not.
    Absent,
    /// It is, by an identity that the server vouches for.
    Surely,
    /// One is that looks the same in all that is known of it.
    Probably,
}

/// What is to be done about a step whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The server did not do it: it goes out again.
    Again,
    /// The server did it.
    Done,
    /// The server did half of it: the message is in both places. What is left is to be expunged.
    Finish,
    /// The message is in both places, and it cannot be proved that they are one: both stay.
    Both,
    /// The message is in neither place.
    Gone,
    /// It was copied, the copy is not there any more, and the message is still where it was: there it stays.
    Stays,
}

/// A move (RFC 6851), by where its message is found.
pub fn resolve_move(source: Found, target: Found) -> Resolution {
    if mutant!("unknown_is_again") {
        return Resolution::Again;
    }
    match (source, target) {
        (Found::Absent, Found::Absent) if mutant!("gone_is_done") => Resolution::Done,
        (Found::Absent, Found::Absent) => Resolution::Gone,
        (Found::Absent, _) => Resolution::Done,
        (_, Found::Absent) => Resolution::Again,
        (_, Found::Surely) => Resolution::Finish,
        (_, Found::Probably) if mutant!("removed_by_looks") => Resolution::Finish,
        (_, Found::Probably) => Resolution::Both,
    }
}

/// A copy or an append, by whether one more message like it is in the target than before.
pub fn resolve_copy(target: Found) -> Resolution {
    match target {
        Found::Absent if !mutant!("unknown_is_done") => Resolution::Again,
        Found::Absent | Found::Surely | Found::Probably => Resolution::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_decided_by_both_mailboxes_and_never_expunges_on_looks_alone() {
        use Found::*;
        for (source, target, expected) in [
            (Surely, Absent, Resolution::Again),
            (Absent, Surely, Resolution::Done),
            (Absent, Probably, Resolution::Done),
            (Surely, Surely, Resolution::Finish),
            (Surely, Probably, Resolution::Both),
            (Absent, Absent, Resolution::Gone),
        ] {
            assert_eq!(resolve_move(source, target), expected, "{source:?} {target:?}");
        }
    }

    #[test]
    fn a_copy_is_made_again_only_where_none_is_found() {
        assert_eq!(resolve_copy(Found::Absent), Resolution::Again);
        assert_eq!(resolve_copy(Found::Probably), Resolution::Done);
    }
}
