//! How many messages are asked for at once.

use crate::model::UidSet;

/// The most ranges in one command, which keeps its line well under the 8,000 octets that every server takes
/// (RFC 7162 section 4).
const MAX_RANGES: usize = 350;

/// Messages of the first window of a mailbox: what a screen shows, soon.
pub const FIRST: u64 = 250;
/// Messages of later windows.
pub const LATER: u64 = 2_000;

/// Takes the highest UIDs out of a set: at most `size`, fewer where they are so scattered that the command would become
/// too long.
pub fn take(targets: &mut UidSet, size: u64) -> UidSet {
    let mut size = size.max(1);
    loop {
        let mut rest = targets.clone();
        let taken = rest.split_highest(size);
        if taken.ranges().count() <= MAX_RANGES || size == 1 {
            *targets = rest;
            return taken;
        }
        size = (size / 2).min(taken.len() / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::Uid;

    #[test]
    fn the_newest_come_first_and_a_command_stays_short() {
        let mut scattered: UidSet = (1..4_000).map(|n| Uid::new(n * 1_000_003).unwrap_or(Uid::MAX)).collect();
        let before = scattered.len();
        let taken = take(&mut scattered, LATER);
        assert!(taken.to_string().len() < 8_000, "{}", taken.to_string().len());
        assert!(taken.first() > scattered.last());
        assert_eq!(taken.len() + scattered.len(), before);
    }

    #[test]
    fn dense_mailboxes_are_taken_by_the_window() {
        let mut dense = UidSet::range(Uid::MIN, Uid::new(10_000).unwrap());
        assert_eq!(take(&mut dense, FIRST).to_string(), "9751:10000");
        assert_eq!(take(&mut dense, LATER).to_string(), "7751:9750");
    }
}
