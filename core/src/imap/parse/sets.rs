//! Sets of UIDs: SEARCH, ESEARCH, VANISHED, and those within response codes. Ranges stay ranges.

use super::cursor::Cursor;
use crate::imap::Untagged;
use crate::model::{ModSeq, Uid, UidSet};

/// A sequence set: numbers and ranges between commas, in any order, `*` as the highest UID there can be. `None` where
/// there is none; what cannot be read within it ends it.
pub(super) fn set(cursor: &mut Cursor<'_>) -> Option<UidSet> {
    let pairs = pairs(cursor);
    if pairs.is_empty() {
        return None;
    }
    let mut set = UidSet::new();
    for (low, high) in pairs {
        set.insert_range(low, high);
    }
    Some(set)
}

/// The ranges of a set in the order given, each with its lower bound first.
pub(super) fn pairs(cursor: &mut Cursor<'_>) -> Vec<(Uid, Uid)> {
    let mut pairs = Vec::new();
    loop {
        let Some(first) = bound(cursor) else { return pairs };
        let last = if cursor.eat(b':') { bound(cursor).unwrap_or(first) } else { first };
        pairs.push((first.min(last), first.max(last)));
        if !cursor.eat(b',') {
            return pairs;
        }
    }
}

fn bound(cursor: &mut Cursor<'_>) -> Option<Uid> {
    if cursor.eat(b'*') {
        return Some(Uid::MAX);
    }
    Uid::new(u32::try_from(cursor.number()?).ok()?)
}

pub(super) fn vanished(cursor: &mut Cursor<'_>) -> Untagged {
    cursor.spaces();
    let earlier = cursor.eat(b'(');
    if earlier {
        cursor.leave_list();
        cursor.spaces();
    }
    match set(cursor) {
        Some(uids) => Untagged::Vanished { earlier, uids },
        None => Untagged::Other,
    }
}

pub(super) fn search(cursor: &mut Cursor<'_>) -> Untagged {
    let mut uids = UidSet::new();
    let mut modseq = None;
    loop {
        cursor.spaces();
        match cursor.peek() {
            Some(byte) if byte.is_ascii_digit() => {
                let Some(number) = cursor.number() else { break };
                if let Some(uid) = u32::try_from(number).ok().and_then(Uid::new) {
                    uids.insert(uid);
                }
            }
            Some(b'(') => {
                cursor.eat(b'(');
                if cursor.atom().eq_ignore_ascii_case(b"MODSEQ") {
                    cursor.spaces();
                    modseq = cursor.number().and_then(ModSeq::new);
                }
                cursor.leave_list();
            }
            _ => break,
        }
    }
    Untagged::Search { uids, count: None, modseq }
}

pub(super) fn esearch(cursor: &mut Cursor<'_>) -> Untagged {
    let (mut uids, mut count, mut modseq) = (UidSet::new(), None, None);
    loop {
        cursor.spaces();
        if cursor.at_end() {
            break;
        }
        if cursor.eat(b'(') {
            // The correlator: (TAG "A1").
            cursor.leave_list();
            continue;
        }
        let name = cursor.atom().to_ascii_uppercase();
        cursor.spaces();
        match name.as_slice() {
            b"UID" => {}
            b"ALL" => uids = set(cursor).unwrap_or_default(),
            b"COUNT" => count = cursor.number().and_then(|number| u32::try_from(number).ok()),
            b"MODSEQ" => modseq = cursor.number().and_then(ModSeq::new),
            b"" => break,
            _ => cursor.skip_value(),
        }
    }
    Untagged::Search { uids, count, modseq }
}
