//! Flags and keywords of a message (RFC 3501 section 2.3.2).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A flag that the standard defines. `\Recent` is none of them: it tells about a session, not about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SystemFlag {
    /// The message was read.
    Seen = 1,
    /// The message was answered.
    Answered = 2,
    /// The message is marked for attention.
    Flagged = 4,
    /// A client wants the message expunged.
    Deleted = 8,
    /// The message is not finished.
    Draft = 16,
}

impl SystemFlag {
    /// Every system flag.
    pub const ALL: [SystemFlag; 5] = [Self::Seen, Self::Answered, Self::Flagged, Self::Deleted, Self::Draft];

    /// The name people use, without backslash, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Answered => "answered",
            Self::Flagged => "flagged",
            Self::Deleted => "deleted",
            Self::Draft => "draft",
        }
    }
}

/// A keyword: a flag that a server or client made up (RFC 3501 `flag-keyword`). Compared without regard to ASCII case,
/// as servers do; shown as it was first seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Keyword(String);

impl From<Keyword> for String {
    fn from(keyword: Keyword) -> Self {
        keyword.0
    }
}

impl TryFrom<String> for Keyword {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("no keyword")
    }
}

impl Keyword {
    /// The longest keyword kept, in bytes. No server known allows more than 255.
    pub const MAX_LEN: usize = 255;

    /// A keyword, or `None` where the text is not an IMAP atom: it could then not be sent back, or would inject.
    pub fn new(text: &str) -> Option<Self> {
        let atom = |byte: u8| byte > b' ' && byte < 0x7f && !b"(){%*\"\\]".contains(&byte);
        let fits = !text.is_empty() && text.len() <= Self::MAX_LEN && text.bytes().all(atom);
        fits.then(|| Self(text.to_owned()))
    }

    /// The keyword as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl PartialOrd for Keyword {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keyword {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The flags and keywords of one message in one mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Flags {
    system: u8,
    keywords: BTreeSet<Keyword>,
}

impl Flags {
    /// The most keywords kept on one message; a server that sends more has the rest ignored.
    pub const MAX_KEYWORDS: usize = 256;

    /// No flag at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// From the store's form: the bits of [`Flags::bits`] and keywords separated by spaces.
    pub fn from_parts(bits: u8, keywords: &str) -> Self {
        let mut flags = Self { system: bits & 0x1f, keywords: BTreeSet::new() };
        for keyword in keywords.split(' ').filter_map(Keyword::new) {
            flags.insert_keyword(keyword);
        }
        flags
    }

    /// Adds what the wire gave, such as `\Seen` or `$Forwarded`. What is neither a system flag nor an atom is ignored,
    /// and so are `\Recent` and `\*`.
    pub fn insert_wire(&mut self, text: &str) {
        if let Some(name) = text.strip_prefix('\\') {
            if let Some(flag) = SystemFlag::ALL.into_iter().find(|flag| flag.as_str().eq_ignore_ascii_case(name)) {
                self.insert(flag);
            }
        } else if let Some(keyword) = Keyword::new(text) {
            self.insert_keyword(keyword);
        }
    }

    /// Sets a system flag.
    pub fn insert(&mut self, flag: SystemFlag) {
        self.system |= flag as u8;
    }

    /// Clears a system flag.
    pub fn remove(&mut self, flag: SystemFlag) {
        self.system &= !(flag as u8);
    }

    /// Whether a system flag is set.
    pub fn contains(&self, flag: SystemFlag) -> bool {
        self.system & flag as u8 != 0
    }

    /// Adds a keyword, unless [`Flags::MAX_KEYWORDS`] are there.
    pub fn insert_keyword(&mut self, keyword: Keyword) {
        if self.keywords.len() < Self::MAX_KEYWORDS {
            self.keywords.insert(keyword);
        }
    }

    /// These and those.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.system |= other.system;
        for keyword in &other.keywords {
            both.insert_keyword(keyword.clone());
        }
        both
    }

    /// These without those.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let keywords = self.keywords.difference(&other.keywords).cloned().collect();
        Self { system: self.system & !other.system, keywords }
    }

    /// Whether these are set, and those are not.
    pub fn are(&self, set: &Self, cleared: &Self) -> bool {
        set.without(self).is_empty() && self.common(cleared).is_empty()
    }

    /// Those that both have.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        self.without(&self.without(other))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The keywords in order.
    pub fn keywords(&self) -> impl Iterator<Item = &Keyword> {
        self.keywords.iter()
    }

    /// The system flags as bits: 1 seen, 2 answered, 4 flagged, 8 deleted, 16 draft.
    pub fn bits(&self) -> u8 {
        self.system
    }

    /// The keywords separated by spaces, in order: the store's form.
    pub fn keyword_text(&self) -> String {
        let words: Vec<&str> = self.keywords.iter().map(Keyword::as_str).collect();
        words.join(" ")
    }

    /// The names people see: system flags in lower case without backslash, then keywords as they are.
    pub fn names(&self) -> Vec<String> {
        let system =
            SystemFlag::ALL.into_iter().filter(|flag| self.contains(*flag)).map(|flag| flag.as_str().to_owned());
        system.chain(self.keywords.iter().map(|keyword| keyword.as_str().to_owned())).collect()
    }
}
