//! UIDs as a server tells them, in whatever order and helpings, gathered into one set whose size has a bound.

use crate::model::{Uid, UidSet};

/// The most ranges that are gathered: a real mailbox of a million messages has fewer. What is told beyond them is dropped:
/// whoever uses the set compares its length with what the server counts.
const MAX_RANGES: usize = 1_000_000;
/// Ranges that wait to be merged, at least.
const HELPING: usize = 4_096;

/// A set that grows.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    set: UidSet,
    ranges: usize,
    full: bool,
    /// Merged into the set many at once: one by one, in an order of the server's choice, each would move all others.
    waiting: Vec<(Uid, Uid)>,
}

impl Gathered {
    /// Adds what the server told.
    pub(super) fn add(&mut self, told: &UidSet) {
        for range in told.ranges() {
            if self.waiting.len() >= HELPING + self.ranges / 2 {
                self.merge();
            }
            if self.full {
                return;
            }
            self.full = self.ranges + self.waiting.len() >= MAX_RANGES;
            if let (Some(first), Some(last)) = (Uid::new(*range.start()), Uid::new(*range.end())) {
                self.waiting.push((first, last));
            }
        }
    }

    /// What was gathered; nothing is left.
    pub(super) fn take(&mut self) -> UidSet {
        self.merge();
        std::mem::take(self).set
    }

    fn merge(&mut self) {
        self.waiting.sort_unstable();
        let mut added = UidSet::new();
        self.waiting.drain(..).for_each(|(first, last)| added.insert_range(first, last));
        self.set = if self.set.is_empty() { added } else { self.set.union(&added) };
        self.ranges = self.set.ranges().count();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn uid(value: u32) -> Uid {
        Uid::new(value).unwrap()
    }

    #[test]
    fn the_order_in_which_uids_are_told_does_not_matter() {
        let mut gathered = Gathered::default();
        let mut expected = UidSet::new();
        for step in 0..5_000_u32 {
            let low = 1 + step * 7919 % 10_000;
            gathered.add(&UidSet::range(uid(low), uid(low + step % 3)));
            expected = expected.union(&UidSet::range(uid(low), uid(low + step % 3)));
        }
        assert_eq!(gathered.take(), expected);
        assert!(gathered.take().is_empty());
    }

    #[test]
    fn case_026_a_set_without_end_is_bounded_and_quick_even_backwards() {
        let mut gathered = Gathered::default();
        for step in 0..1_500_000_u32 {
            gathered.add(&UidSet::range(uid(4_000_000_000 - 2 * step), uid(4_000_000_000 - 2 * step)));
        }
        assert!(gathered.take().len() as usize <= MAX_RANGES + 1);
    }
}
