//! What the answers to a batch prove, message by message. Pure.

use std::collections::BTreeMap;

use super::commands::Purpose;
use super::exchange::Answer;
use crate::imap::{Code, Untagged};
use crate::journal::is_missing;
use crate::model::{Flags, ModSeq, Uid, UidSet, UidValidity};
use crate::mutants::mutant;

/// What the answers to the commands of one batch prove.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The flags that the server last told, by UID.
    pub(super) flags: BTreeMap<Uid, (Flags, Option<ModSeq>)>,
    /// Where copies are, by the UID of the original (COPYUID, RFC 4315).
    pub(super) copies: BTreeMap<Uid, (UidValidity, Uid)>,
    /// Whether a COPYUID came: what it does not name was not copied.
    pub(super) told_copies: bool,
    /// Messages that were there when they were last looked for.
    pub(super) present: UidSet,
    /// Messages that were looked for last.
    pub(super) looked_for: UidSet,
    /// UIDs that the server said went.
    pub(super) vanished: UidSet,
    /// How many messages it said went, without their UIDs.
    pub(super) expunged: usize,
    /// Purposes of commands that were refused, with their response codes.
    pub(super) refused: Vec<(Purpose, UidSet, Option<String>)>,
    /// Purposes of commands that were carried out.
    done: Vec<(Purpose, UidSet)>,
}

impl Proof {
    /// Takes in how one command ended. Where it was a look, what `data` tells is all that is there: it must have been in a flight
    /// with nothing but looks.
    pub(super) fn add(&mut self, purpose: Purpose, uids: &UidSet, answer: &Answer, data: &[Untagged]) {
        if answer.is_ok() || mutant!("refusal_is_done") {
            self.done.push((purpose, uids.clone()));
        } else {
            self.refused.push((purpose, uids.clone(), answer.refusal()));
        }
        if let Some(Code::CopyUid(validity, pairs)) = &answer.condition.code {
            self.add_copies(*validity, pairs);
        }
        if purpose == Purpose::Look && answer.is_ok() {
            let told: UidSet = data.iter().filter_map(fetched).map(|(uid, _)| uid).collect();
            self.present = self.present.difference(uids).union(&told.intersection(uids));
            self.looked_for = self.looked_for.union(uids);
        }
    }

    /// Takes in what was told in a flight. To which of its commands it belongs is not to be known: servers end commands later
    /// than they answer them (Dovecot). All of a flight is about one mailbox.
    pub(super) fn add_data(&mut self, data: &[Untagged]) {
        for data in data {
            match data {
                Untagged::Fetch(fetch) => {
                    let Some((uid, flags)) = fetched(data) else { continue };
                    // An answer may come late: what is older than what is known counts for nothing.
                    let known = self.flags.get(&uid).and_then(|(_, modseq)| *modseq);
                    let late = known.zip(fetch.modseq).is_some_and(|(known, told)| told < known);
                    if let Some(flags) = flags.filter(|_| !late) {
                        self.flags.insert(uid, (flags.clone(), fetch.modseq));
                    }
                }
                Untagged::Vanished { earlier: false, uids } => self.vanished = self.vanished.union(uids),
                Untagged::Expunge(_) => self.expunged += 1,
                Untagged::Condition(condition) => {
                    if let Some(Code::CopyUid(validity, pairs)) = &condition.code {
                        self.add_copies(*validity, pairs);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_copies(&mut self, validity: UidValidity, pairs: &[(Uid, Uid)]) {
        self.told_copies = true;
        if mutant!("copyuid_is_shifted") {
            let shifted = pairs.iter().map(|(from, _)| *from).zip(pairs.iter().map(|(_, to)| *to).skip(1));
            return self.copies.extend(shifted.map(|(from, to)| (from, (validity, to))));
        }
        self.copies.extend(pairs.iter().map(|(from, to)| (*from, (validity, *to))));
    }

    /// Whether the message was there when it was last looked for. Where it was not looked for, it is gone if the server carried out
    /// what was to take it away and named it among those that went: these are two proofs. Else `None`.
    pub(super) fn is_there(&self, uid: Uid) -> Option<bool> {
        if self.looked_for.contains(uid) {
            return Some(self.present.contains(uid));
        }
        let taken = self.is_done(Purpose::Move, uid) || self.is_done(Purpose::Expunge, uid);
        (taken && self.vanished.contains(uid)).then_some(false)
    }

    /// Whether the message was copied, by the server's word for its copy.
    pub(super) fn is_copied(&self, uid: Uid) -> bool {
        self.is_done(Purpose::Copy, uid) && self.copies.contains_key(&uid)
    }

    /// Whether a command for this message was carried out.
    pub(super) fn is_done(&self, purpose: Purpose, uid: Uid) -> bool {
        self.done.iter().any(|(done, uids)| *done == purpose && uids.contains(uid))
    }

    /// The response code with which a command for this message was refused.
    pub(super) fn refusal(&self, uid: Uid, purposes: &[Purpose]) -> Option<Option<&str>> {
        let refused = self.refused.iter().find(|(purpose, uids, _)| purposes.contains(purpose) && uids.contains(uid));
        refused.map(|(_, _, code)| code.as_deref())
    }

    /// Whether the mailbox that messages were to go to was not there.
    pub(super) fn lacks_target(&self) -> bool {
        let sends = |purpose: &Purpose| matches!(purpose, Purpose::Copy | Purpose::Move);
        self.refused.iter().any(|(purpose, _, code)| sends(purpose) && code.as_deref().is_some_and(is_missing))
    }

    /// Whether the flags are as wanted, by the server's last word; `None` where it said none.
    pub(super) fn has_flags(&self, uid: Uid, add: &Flags, remove: &Flags) -> Option<bool> {
        let (flags, _) = self.flags.get(&uid)?;
        Some(flags.are(add, remove))
    }
}

fn fetched(data: &Untagged) -> Option<(Uid, Option<&Flags>)> {
    match data {
        Untagged::Fetch(fetch) => Some((fetch.uid?, fetch.flags.as_ref())),
        _ => None,
    }
}
