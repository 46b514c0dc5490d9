//! Sequence sets (RFC 9051 section 9, sequence-set).

use super::cursor::{Cursor, Parsed, Syntax};

/// A set of sequence numbers or UIDs as a client wrote it; `None` is `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set(pub(crate) Vec<(Option<u32>, Option<u32>)>);

impl Set {
    /// The ranges in numbers, where `*` stands for `largest`, each with its lower bound first.
    pub(crate) fn ranges(&self, largest: u32) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().map(move |(first, last)| {
            let (first, last) = (first.unwrap_or(largest), last.unwrap_or(largest));
            (first.min(last), first.max(last))
        })
    }

    /// Whether a number is in the set.
    pub(crate) fn contains(&self, number: u32, largest: u32) -> bool {
        self.ranges(largest).any(|(first, last)| (first..=last).contains(&number))
    }

    /// Members of an ascending list that are in the set, ascending and once each.
    pub(crate) fn select(&self, all: &[u32], largest: u32) -> Vec<u32> {
        let mut chosen = Vec::new();
        for (first, last) in self.ranges(largest) {
            let from = all.partition_point(|number| *number < first);
            let to = all.partition_point(|number| *number <= last);
            chosen.extend_from_slice(all.get(from..to).unwrap_or_default());
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }
}

impl Cursor<'_> {
    pub(crate) fn set(&mut self) -> Parsed<Set> {
        let mut ranges = Vec::new();
        loop {
            let first = self.bound()?;
            let last = if self.take(b':') { self.bound()? } else { first };
            ranges.push((first, last));
            if !self.take(b',') {
                return Ok(Set(ranges));
            }
        }
    }

    fn bound(&mut self) -> Parsed<Option<u32>> {
        if self.take(b'*') {
            return Ok(None);
        }
        match self.number32()? {
            0 => Err(Syntax("0 is no message number")),
            number => Ok(Some(number)),
        }
    }
}

/// Writes an ascending list of numbers as a set.
pub(crate) fn compact(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut text = String::new();
    let mut open: Option<(u32, u32)> = None;
    let mut write = |range: Option<(u32, u32)>| {
        let Some((first, last)) = range else { return };
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&first.to_string());
        if last > first {
            text.push(':');
            text.push_str(&last.to_string());
        }
    };
    for number in numbers {
        match &mut open {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => write(open.replace((number, number))),
        }
    }
    write(open);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_compactly_and_read_in_any_order() {
        assert_eq!(compact([1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
        assert_eq!(compact([]), "");
        let set = Cursor::new(b"5:3,9:*").set();
        assert_eq!(set.map(|set| set.select(&[1, 3, 4, 6, 7], 7)), Ok(vec![3, 4, 7]));
        assert!(Cursor::new(b"0").set().is_err());
    }
}
