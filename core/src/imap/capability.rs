//! What a server can do (RFC 3501 section 7.2.1).

use std::collections::BTreeSet;

/// Extensions that IMAP4rev2 contains (RFC 9051 appendix E).
const REV2: &[&str] = &[
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "ESEARCH",
    "ENABLE",
    "IDLE",
    "SASL-IR",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "MOVE",
    "LITERAL-",
    "SPECIAL-USE",
    "STATUS=SIZE",
];

/// The capabilities of a server, compared without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    words: BTreeSet<String>,
}

impl Capabilities {
    /// Whether the server names this one, given in upper case, or one that contains it.
    pub fn has(&self, word: &str) -> bool {
        self.words.contains(word) || self.words.contains("IMAP4REV2") && REV2.contains(&word)
    }

    /// Whether it takes this SASL mechanism, given in upper case.
    pub fn auth(&self, mechanism: &str) -> bool {
        self.words.iter().any(|word| word.strip_prefix("AUTH=") == Some(mechanism))
    }

    /// Whether mod-sequences can be had (RFC 7162; QRESYNC contains it).
    pub fn condstore(&self) -> bool {
        self.has("CONDSTORE") || self.qresync()
    }

    /// Whether a quick resync can be had (RFC 7162).
    pub fn qresync(&self) -> bool {
        self.has("QRESYNC") && self.has("ENABLE")
    }

    /// The largest literal, in octets, that may be sent without waiting (RFC 7888).
    pub fn literal_without_waiting(&self) -> u64 {
        if self.has("LITERAL+") {
            u64::MAX
        } else if self.has("LITERAL-") {
            4096
        } else {
            0
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

impl<'a> FromIterator<&'a str> for Capabilities {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        Self { words: words.into_iter().map(str::to_ascii_uppercase).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rev2_contains_its_extensions_and_case_does_not_matter() {
        let server: Capabilities = ["imap4rev2", "Auth=Plain"].into_iter().collect();
        assert!(server.has("LIST-STATUS") && server.auth("PLAIN"));
        assert!(!server.has("QRESYNC") && !server.condstore());
        assert_eq!(server.literal_without_waiting(), 4096);
    }
}
