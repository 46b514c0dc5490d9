//! SEARCH, ESEARCH and VANISHED: the responses that are sets of UIDs.

use crate::imap::Untagged;
use crate::model::{ModSeq, UidSet};

use super::scanner::Scanner;
use super::set::{Collector, uid_set};

/// `2 5 7 (MODSEQ 917162500)`. One word that is no number spoils all of it: a set with members missing would read as
/// messages gone.
pub(super) fn search(scanner: &mut Scanner<'_>) -> Option<Untagged> {
    let mut uids = Collector::default();
    let mut modseq = None;
    while !scanner.at_end() {
        if scanner.eat(b'(') {
            modseq = modseq.or(search_modseq(scanner)?);
        } else {
            let number = scanner.take_while(|byte| byte.is_ascii_digit())?;
            uids.add_number(super::scanner::decimal(number).unwrap_or(u64::MAX));
        }
    }
    Some(Untagged::Search { uids: uids.finish(), count: None, modseq })
}

/// `MODSEQ 7)`, after its parenthesis.
fn search_modseq(scanner: &mut Scanner<'_>) -> Option<Option<ModSeq>> {
    scanner.skip_spaces();
    let is_modseq = scanner.word()?.eq_ignore_ascii_case(b"MODSEQ");
    scanner.skip_spaces();
    let value = if is_modseq { scanner.number().and_then(ModSeq::new) } else { None };
    scanner.skip_rest_of_list()?;
    Some(value)
}

/// `(TAG "A1") UID ALL 1:3,5 COUNT 4 MODSEQ 7` (RFC 4731). Numbers of messages without `UID` before them are sequence
/// numbers, which nobody here asked for: such a response is not understood.
pub(super) fn esearch(scanner: &mut Scanner<'_>) -> Option<Untagged> {
    let mut uids = UidSet::new();
    let (mut count, mut modseq, mut by_uid) = (None, None, false);
    if scanner.peek() == Some(b'(') {
        scanner.skip_value()?;
    }
    while !scanner.at_end() {
        let name = scanner.word()?.to_ascii_uppercase();
        scanner.skip_spaces();
        match name.as_slice() {
            b"UID" => by_uid = true,
            b"ALL" | b"MIN" | b"MAX" if by_uid => uids = uids.union(&uid_set(scanner.word()?)?),
            b"ALL" | b"MIN" | b"MAX" => return None,
            b"COUNT" => count = Some(u32::try_from(scanner.number()?).ok()?),
            b"MODSEQ" => modseq = scanner.maybe_parenthesized(Scanner::number).and_then(ModSeq::new),
            _ => scanner.skip_value()?,
        }
    }
    Some(Untagged::Search { uids, count, modseq })
}

/// `(EARLIER) 41,43:116` (RFC 7162 section 3.2.10).
pub(super) fn vanished(scanner: &mut Scanner<'_>) -> Option<Untagged> {
    let mut earlier = false;
    if scanner.eat(b'(') {
        scanner.skip_spaces();
        earlier = scanner.word()?.eq_ignore_ascii_case(b"EARLIER");
        scanner.skip_rest_of_list()?;
        scanner.skip_spaces();
    }
    let uids = uid_set(scanner.word()?)?;
    scanner.at_end().then_some(Untagged::Vanished { earlier, uids })
}
