//! Flags of a message: system flags and keywords (RFC 9051 section 2.3.2).

use std::fmt;

/// System flags in the spelling the RFC uses.
const SYSTEM: [&str; 6] = ["\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen", "\\Recent"];

/// A set of flags, in a fixed order, compared without regard to ASCII case; the first spelling is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flags(Vec<String>);

impl Flags {
    /// No flags.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The set of the given flags.
    pub fn of<I, S>(flags: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut set = Self::new();
        for flag in flags {
            set.insert(flag.as_ref());
        }
        set
    }

    /// Adds a flag; tells whether it was new.
    pub fn insert(&mut self, flag: &str) -> bool {
        let spelled = SYSTEM.iter().find(|known| known.eq_ignore_ascii_case(flag)).map_or(flag, |known| known);
        match self.position(spelled) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, spelled.to_owned());
                true
            }
        }
    }

    /// Removes a flag; tells whether it was there.
    pub fn remove(&mut self, flag: &str) -> bool {
        match self.position(flag) {
            Ok(at) => {
                self.0.remove(at);
                true
            }
            Err(_) => false,
        }
    }

    /// Adds all flags of another set.
    pub fn extend(&mut self, others: &Self) {
        for flag in others.iter() {
            self.insert(flag);
        }
    }

    /// Whether all flags of another set are in this one.
    pub fn contains_all(&self, others: &Self) -> bool {
        others.iter().all(|flag| self.contains(flag))
    }

    /// Whether the flag is set.
    pub fn contains(&self, flag: &str) -> bool {
        self.position(flag).is_ok()
    }

    /// The flags in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether no flag is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, flag: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|have| compare(have, flag))
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl<S: AsRef<str>> FromIterator<S> for Flags {
    fn from_iter<I: IntoIterator<Item = S>>(flags: I) -> Self {
        Self::of(flags)
    }
}

fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    let lower = |text: &str| text.as_bytes().to_ascii_lowercase();
    if left == right { std::cmp::Ordering::Equal } else { lower(left).cmp(&lower(right)) }
}

/// How a set of flags changes a message's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagChange {
    /// Add to what is there.
    Add,
    /// Take away from what is there.
    Remove,
    /// Replace what is there.
    Replace,
}

impl FlagChange {
    /// What `flags` become.
    pub fn apply(self, flags: &Flags, given: &Flags) -> Flags {
        let mut changed = if self == Self::Replace { Flags::new() } else { flags.clone() };
        for flag in given.iter() {
            match self {
                Self::Remove => changed.remove(flag),
                Self::Add | Self::Replace => changed.insert(flag),
            };
        }
        changed
    }
}
