//! Sets of UIDs, kept as ranges and never expanded: `1:4294967295` costs eight bytes.

use std::fmt;
use std::ops::RangeInclusive;

use super::Uid;

/// A set of UIDs as ascending ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet {
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// All UIDs from `first` to `last`, in whichever order they are named, as `5:1` means `1:5` (RFC 3501 section 9).
    pub fn range(first: Uid, last: Uid) -> Self {
        let (low, high) = (first.min(last).get(), first.max(last).get());
        Self { ranges: vec![(low, high)] }
    }

    /// Adds one UID. Ascending order is cheapest.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid, uid);
    }

    /// Adds all UIDs from `first` to `last`, in whichever order they are named.
    pub fn insert_range(&mut self, first: Uid, last: Uid) {
        let (low, high) = (first.min(last).get(), first.max(last).get());
        match self.ranges.last_mut() {
            Some(end) if low >= end.0 && low <= end.1.saturating_add(1) => end.1 = end.1.max(high),
            Some(end) if low <= end.1 => self.merge(low, high),
            _ => self.ranges.push((low, high)),
        }
    }

    fn merge(&mut self, low: u32, high: u32) {
        let start = self.ranges.partition_point(|range| range.1.saturating_add(1) < low);
        let end = self.ranges.partition_point(|range| range.0 <= high.saturating_add(1));
        let mut merged = (low, high);
        if let (Some(first), Some(last)) = (self.ranges[start..end].first(), self.ranges[start..end].last()) {
            merged = (low.min(first.0), high.max(last.1));
        }
        self.ranges.splice(start..end, [merged]);
    }

    /// Whether the UID is in the set.
    pub fn contains(&self, uid: Uid) -> bool {
        let at = self.ranges.partition_point(|range| range.1 < uid.get());
        self.ranges.get(at).is_some_and(|range| range.0 <= uid.get())
    }

    /// How many UIDs the set holds.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|range| u64::from(range.1 - range.0) + 1).sum()
    }

    /// Whether the set holds nothing.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The lowest UID.
    pub fn first(&self) -> Option<Uid> {
        self.ranges.first().and_then(|range| Uid::new(range.0))
    }

    /// The highest UID.
    pub fn last(&self) -> Option<Uid> {
        self.ranges.last().and_then(|range| Uid::new(range.1))
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> impl DoubleEndedIterator<Item = RangeInclusive<u32>> + '_ {
        self.ranges.iter().map(|range| range.0..=range.1)
    }

    /// Every UID, ascending. Only for sets that are known to be small or real: a hostile range is long.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Uid> + '_ {
        self.ranges().flatten().filter_map(Uid::new)
    }

    /// What is in either set.
    pub fn union(&self, other: &Self) -> Self {
        let mut result = Self { ranges: Vec::with_capacity(self.ranges.len() + other.ranges.len()) };
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if b < a => right.next(),
                (Some(_), _) => left.next(),
                (None, _) => right.next(),
            };
            let Some(&(low, high)) = next else { return result };
            match result.ranges.last_mut() {
                Some(end) if low <= end.1.saturating_add(1) => end.1 = end.1.max(high),
                _ => result.ranges.push((low, high)),
            }
        }
    }

    /// What is in both sets.
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        let mut ranges = Vec::new();
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                ranges.push((low, high));
            }
            if a.1 < b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        Self { ranges }
    }

    /// What is in this set but not in the other.
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut at = 0;
        for &(mut low, high) in &self.ranges {
            while other.ranges.get(at).is_some_and(|cut| cut.1 < low) {
                at += 1;
            }
            let mut next = at;
            let mut done = false;
            while let Some(cut) = other.ranges.get(next).filter(|cut| cut.0 <= high) {
                if cut.0 > low {
                    ranges.push((low, cut.0 - 1));
                }
                if cut.1 >= high {
                    done = true;
                    break;
                }
                low = cut.1 + 1;
                next += 1;
            }
            if !done {
                ranges.push((low, high));
            }
        }
        Self { ranges }
    }

    /// Takes the highest `count` UIDs out of the set.
    pub fn split_highest(&mut self, count: u64) -> Self {
        let mut taken = Vec::new();
        let mut left = count;
        while left > 0 {
            let Some((low, high)) = self.ranges.pop() else { break };
            let size = u64::from(high - low) + 1;
            if size <= left {
                taken.push((low, high));
                left -= size;
            } else {
                // `left` is below the size of a range of u32, so it fits.
                let cut = high - (left as u32 - 1);
                taken.push((cut, high));
                self.ranges.push((low, cut - 1));
                left = 0;
            }
        }
        taken.reverse();
        Self { ranges: taken }
    }
}

impl fmt::Display for UidSet {
    /// The set as IMAP writes it: `1:3,7,9:12`. Empty for the empty set, which IMAP cannot write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if low == high {
                write!(f, "{low}")?;
            } else {
                write!(f, "{low}:{high}")?;
            }
        }
        Ok(())
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = Self::new();
        for uid in uids {
            set.insert(uid);
        }
        set
    }
}

#[cfg(test)]
#[path = "uid_set_tests.rs"]
mod tests;
