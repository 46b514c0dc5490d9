//! SELECT, EXAMINE, UNSELECT.

use super::encoder::{Encoder, bare};
use super::{Command, InvalidArgument};
use crate::model::{ModSeq, UidSet, UidValidity};

/// The longest list of known UIDs sent with a QRESYNC select, in bytes.
const MAX_KNOWN: usize = 4_000;
/// The longest list of sequence numbers or UIDs sent for matching, in bytes.
const MAX_MATCH: usize = 1_000;

/// What a client knows of a mailbox that it selects again (RFC 7162).
#[derive(Clone, Copy, Debug)]
pub enum Resync<'a> {
    /// Nothing: mod-sequences are to be told from now on.
    Condstore,
    /// Everything up to a mod-sequence: the server tells what changed and went since.
    Qresync {
        /// The UIDVALIDITY under which it was known.
        validity: UidValidity,
        /// The HIGHESTMODSEQ up to which it was known.
        modseq: ModSeq,
        /// The UIDs known, of which those gone are to be told; all where there is `None`. A set too long for a command
        /// is sent as the range from its lowest to its highest.
        known: Option<&'a UidSet>,
        /// Which messages stood where, so that a server without memory of expunged ones can tell what went. Left out
        /// where it is too long for a command.
        matching: Option<SequenceMatch<'a>>,
    },
}

/// Sequence numbers and the UIDs that stood there, as many of one as of the other, ascending (RFC 7162 section 3.2.5.2).
#[derive(Clone, Copy, Debug)]
pub struct SequenceMatch<'a> {
    /// Sequence numbers.
    pub sequence: &'a UidSet,
    /// UIDs.
    pub uids: &'a UidSet,
}

/// SELECT (RFC 3501 section 6.3.1).
///
/// # Errors
/// Where the name holds a NUL.
pub fn select(mailbox: &[u8], resync: Option<Resync<'_>>) -> Result<Command, InvalidArgument> {
    open("SELECT", mailbox, resync)
}

/// EXAMINE: SELECT for reading only (RFC 3501 section 6.3.2).
///
/// # Errors
/// Where the name holds a NUL.
pub fn examine(mailbox: &[u8], resync: Option<Resync<'_>>) -> Result<Command, InvalidArgument> {
    open("EXAMINE", mailbox, resync)
}

/// UNSELECT (RFC 3691): leaves the mailbox and, unlike CLOSE, expunges nothing.
pub fn unselect() -> Command {
    bare("UNSELECT")
}

fn open(name: &'static str, mailbox: &[u8], resync: Option<Resync<'_>>) -> Result<Command, InvalidArgument> {
    let encoder = Encoder::new(name).raw(" ").mailbox(mailbox);
    match resync {
        None => encoder.finish(),
        Some(Resync::Condstore) => encoder.raw(" (CONDSTORE)").finish(),
        Some(Resync::Qresync { validity, modseq, known, matching }) => {
            let encoder = encoder.raw(" (QRESYNC (").number(validity.get()).raw(" ").number(modseq.get());
            let encoder = match known.filter(|known| !known.is_empty()) {
                Some(known) => encoder.raw(" ").set(&bounded(known)),
                None => encoder,
            };
            let fits = |set: &UidSet| !set.is_empty() && set.to_string().len() <= MAX_MATCH;
            let matching = matching.filter(|matching| {
                fits(matching.sequence) && fits(matching.uids) && matching.sequence.len() == matching.uids.len()
            });
            let encoder = match matching {
                Some(matching) => encoder.raw(" (").set(matching.sequence).raw(" ").set(matching.uids).raw(")"),
                None => encoder,
            };
            encoder.raw("))").finish()
        }
    }
}

/// The set, or its hull where it is too long to be sent. VANISHED may name UIDs that never were, so that harms nothing.
fn bounded(set: &UidSet) -> UidSet {
    match (set.first(), set.last()) {
        (Some(first), Some(last)) if set.to_string().len() > MAX_KNOWN => UidSet::range(first, last),
        _ => set.clone(),
    }
}
