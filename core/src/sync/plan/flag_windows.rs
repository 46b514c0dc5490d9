//! Which flags are looked at where the server cannot tell which changed: some in each sync, all in turn. Pure.

use crate::model::{Uid, UidSet};

/// In a mailbox with at most this many messages, all flags are looked at each time.
pub const ALL: u64 = 1_000;
/// The newest messages, whose flags are looked at each time, in a larger one: …
pub const NEWEST: u32 = 500;
/// … and as many older ones, others each time.
pub const IN_TURN: u32 = 500;

/// Whose flags are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagWindows {
    /// The ranges to ask for.
    pub windows: Vec<UidSet>,
    /// Whether that is not everything.
    pub partial: bool,
    /// Where the next sync goes on.
    pub next: Option<Uid>,
}

/// The lowest of so many highest UIDs below one, or `None` where there are fewer.
pub type NthBelow<'a, E> = &'a dyn Fn(Uid, u32) -> Result<Option<Uid>, E>;

/// Chooses them. `last` is the highest UID there may be, `cursor` where the sync before has come to.
///
/// # Errors
/// Those of `nth_below`.
pub fn choose<E>(count: u64, last: Uid, cursor: Option<Uid>, nth_below: NthBelow<'_, E>) -> Result<FlagWindows, E> {
    let after_last = Uid::new(last.get().saturating_add(1)).unwrap_or(Uid::MAX);
    let whole = FlagWindows { windows: vec![UidSet::range(Uid::MIN, last)], ..FlagWindows::default() };
    let newest = match nth_below(after_last, NEWEST)? {
        Some(newest) if count > ALL && newest > Uid::MIN => newest,
        _ => return Ok(whole),
    };
    let end = cursor.filter(|cursor| *cursor < newest && *cursor > Uid::MIN).unwrap_or(newest);
    let next = nth_below(end, IN_TURN)?;
    let older = UidSet::range(next.unwrap_or(Uid::MIN), Uid::new(end.get() - 1).unwrap_or(Uid::MIN));
    Ok(FlagWindows { windows: vec![UidSet::range(newest, last), older], partial: true, next })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn every_flag_has_its_turn_and_the_newest_are_looked_at_each_time() {
        let uids: Vec<u32> = (1..=2_700).map(|n| n * 3).collect();
        let nth = |end: Uid, count: u32| -> Result<Option<Uid>, Infallible> {
            let below: Vec<u32> = uids.iter().copied().filter(|uid| *uid < end.get()).collect();
            Ok(below.len().checked_sub(count as usize).and_then(|at| Uid::new(below[at])))
        };
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        for _ in 0..5 {
            let chosen = choose(2_700, Uid::new(8_200).unwrap(), cursor, &nth).unwrap();
            assert!(chosen.partial);
            assert!(chosen.windows[0].contains(Uid::new(8_100).unwrap()));
            let of = |uid: &&u32| chosen.windows.iter().any(|set| set.contains(Uid::new(**uid).unwrap()));
            let looked: Vec<u32> = uids.iter().filter(of).copied().collect();
            assert!(looked.len() <= 1_000);
            seen.extend(looked);
            cursor = chosen.next;
        }
        assert_eq!((seen.len(), cursor), (2_700, None), "and it begins anew");
        let small = choose(1_000, Uid::new(3_000).unwrap(), None, &nth).unwrap();
        assert_eq!((small.windows[0].to_string().as_str(), small.partial), ("1:3000", false));
    }
}
