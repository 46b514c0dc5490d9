//! Sets of UIDs as servers write them. Ranges stay ranges: `1:4294967295` costs eight bytes.

use crate::model::{Uid, UidSet};

use super::scanner::decimal;

/// The most pairs read of a COPYUID. No command of ours moves as many messages at once.
const MAX_PAIRS: u64 = 100_000;

/// A set such as `1:3,7`, in any order, reversed ranges included. Numbers that are no UID are left out; `None` where
/// anything else is wrong, since a set that was understood by half must not be acted upon.
pub(super) fn uid_set(text: &[u8]) -> Option<UidSet> {
    let mut set = Collector::default();
    for item in text.split(|byte| *byte == b',') {
        let mut bounds = item.splitn(2, |byte| *byte == b':').map(number);
        let low = bounds.next()??;
        match bounds.next() {
            Some(high) => set.add(Uid::new(u32::try_from(low).ok()?)?, Uid::new(u32::try_from(high?).ok()?)?),
            None => set.add_number(low),
        }
    }
    Some(set.finish())
}

/// The members of a set in the order written, where it is written as RFC 4315 asks: no `*`, no reversed range, at most
/// 100,000 members.
pub(super) fn ordered(text: &[u8]) -> Option<Vec<Uid>> {
    let mut ranges = Vec::new();
    let mut count = 0_u64;
    for item in text.split(|byte| *byte == b',') {
        let mut bounds = item.splitn(2, |byte| *byte == b':').map(|bound| u32::try_from(number(bound)?).ok());
        let low = bounds.next()??;
        let high = bounds.next().unwrap_or(Some(low))?;
        count += u64::from(high.checked_sub(low)?) + 1;
        if low == 0 || count > MAX_PAIRS {
            return None;
        }
        ranges.push(low..=high);
    }
    Some(ranges.into_iter().flatten().filter_map(Uid::new).collect())
}

/// Digits as a number; one too large for 64 bits counts as the largest.
fn number(digits: &[u8]) -> Option<u64> {
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all_digits.then(|| decimal(digits).unwrap_or(u64::MAX))
}

/// Builds a set from numbers in any order without the cost of inserting in the middle each time.
#[derive(Default)]
pub(super) struct Collector {
    ascending: UidSet,
    late: Vec<(Uid, Uid)>,
}

impl Collector {
    pub(super) fn add(&mut self, first: Uid, last: Uid) {
        let (low, high) = (first.min(last), first.max(last));
        if self.ascending.last().is_none_or(|end| end < low) {
            self.ascending.insert_range(low, high);
        } else {
            self.late.push((low, high));
        }
    }

    /// Adds a number that should be a UID; one that cannot be is left out.
    pub(super) fn add_number(&mut self, number: u64) {
        if let Some(uid) = u32::try_from(number).ok().and_then(Uid::new) {
            self.add(uid, uid);
        }
    }

    pub(super) fn finish(mut self) -> UidSet {
        if self.late.is_empty() {
            return self.ascending;
        }
        self.late.sort_unstable();
        let mut late = UidSet::new();
        for (low, high) in self.late {
            late.insert_range(low, high);
        }
        self.ascending.union(&late)
    }
}
