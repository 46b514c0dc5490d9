//! The set's algebra against a plain set of numbers.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn uid(value: u32) -> Uid {
    Uid::new(value).unwrap()
}

fn built(numbers: &[u32]) -> UidSet {
    numbers.iter().map(|n| uid(*n)).collect()
}

fn plain(set: &UidSet) -> BTreeSet<u32> {
    set.iter().map(Uid::get).collect()
}

#[test]
fn inserting_in_any_order_gives_the_shortest_ranges() {
    assert_eq!(built(&[5, 1, 3, 2, 9, 4]).to_string(), "1:5,9");
}

#[test]
fn the_whole_range_is_held_without_being_expanded() {
    let all = UidSet::range(Uid::MIN, Uid::MAX);
    assert_eq!(all.len(), u64::from(u32::MAX));
    assert_eq!(all.intersection(&built(&[7, 8, 20])).to_string(), "7:8,20");
    assert_eq!(built(&[7]).difference(&all).to_string(), "");
}

#[test]
fn reversed_bounds_mean_the_same_range() {
    assert_eq!(UidSet::range(uid(5), uid(1)).to_string(), "1:5");
}

#[test]
fn the_highest_are_split_off_first() {
    let mut set = built(&[1, 2, 3, 10, 11, 12, 13]);
    assert_eq!(set.split_highest(5).to_string(), "3,10:13");
    assert_eq!(set.to_string(), "1:2");
    assert_eq!(set.split_highest(9).to_string(), "1:2");
    assert!(set.is_empty());
}

proptest! {
    #[test]
    fn algebra_agrees_with_plain_sets(
        a in prop::collection::vec(1u32..60, 0..40),
        b in prop::collection::vec(1u32..60, 0..40),
        count in 0u64..40,
    ) {
        let (sa, sb) = (built(&a), built(&b));
        let (pa, pb): (BTreeSet<u32>, BTreeSet<u32>) = (a.into_iter().collect(), b.into_iter().collect());
        prop_assert_eq!(plain(&sa.union(&sb)), &pa | &pb);
        prop_assert_eq!(plain(&sa.intersection(&sb)), &pa & &pb);
        prop_assert_eq!(plain(&sa.difference(&sb)), &pa - &pb);
        prop_assert_eq!(sa.len() as usize, pa.len());
        for n in 1..60 {
            prop_assert_eq!(sa.contains(uid(n)), pa.contains(&n));
        }
        let mut rest = sa.clone();
        let taken = rest.split_highest(count);
        prop_assert_eq!(plain(&rest.union(&taken)), pa.clone());
        prop_assert_eq!(taken.len(), count.min(pa.len() as u64));
        prop_assert!(taken.first().is_none_or(|low| rest.last().is_none_or(|high| high < low)));
    }
}
