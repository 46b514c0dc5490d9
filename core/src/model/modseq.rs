//! The numbers a server gives: UID, UIDVALIDITY, mod-sequence. Zero is no value of any of them.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// Unique identifier of a message within one mailbox under one UIDVALIDITY (RFC 3501 section 2.3.1.1). Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Uid(NonZeroU32);

impl Uid {
    /// The highest UID there can be.
    pub const MAX: Uid = Uid(NonZeroU32::MAX);
    /// The lowest UID there can be.
    pub const MIN: Uid = Uid(NonZeroU32::MIN);

    /// A UID, or `None` for zero, which no message may have.
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }

    /// The number as it goes over the wire.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Validity value of a mailbox's UIDs (RFC 3501 section 2.3.1.1): UIDs mean something only together with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UidValidity(NonZeroU32);

impl UidValidity {
    /// A validity value, or `None` for zero, which RFC 3501 excludes and some servers send.
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }

    /// The number as it goes over the wire.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for UidValidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Mod-sequence of a message or mailbox (RFC 7162): a positive 63-bit number, so that it fits SQLite's integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModSeq(u64);

impl ModSeq {
    /// A mod-sequence, or `None` for zero and for what exceeds 63 bits (RFC 7162 section 3.1).
    pub fn new(value: u64) -> Option<Self> {
        (1..=i64::MAX as u64).contains(&value).then_some(Self(value))
    }

    /// The number as it goes over the wire.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
