//! The search language: `from:ann subject:"two words" is:unread before:2026-01-01 has:attachment in:inbox -draft`. Pure: a
//! query becomes alternatives of terms, and their texts an expression for the full-text index; what a server is asked is
//! made of the same terms where servers are known.

mod combine;
mod fulltext;
mod parse;
mod value;
mod words;

pub use fulltext::{Matching, is_cjk, matching};
pub use parse::{Field, Query, Term, Terms};

/// The query makes no sense, in words for whoever typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// It is too long.
    #[error("the query is too long")]
    TooLong,
    /// It asks for nothing.
    #[error("the query is empty")]
    Empty,
    /// It, or a part of it in parentheses, holds nothing that can be looked for.
    #[error("there is no word to look for")]
    NoWord,
    /// A quotation mark has no partner.
    #[error("a quotation mark is not closed")]
    Quote,
    /// A parenthesis has no partner.
    #[error("a parenthesis is not closed")]
    Parenthesis,
    /// A key that is none.
    #[error("{0}: is not known. Known are {known}. In quotation marks it is looked for as text", known = known_keys())]
    UnknownKey(String),
    /// The value of a key cannot be.
    #[error("{operator}: must be followed by {expected}")]
    Value {
        /// The key.
        operator: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// `OR` or `NOT` stands where it cannot.
    #[error("OR must stand between two words, and NOT before one")]
    Or,
    /// It has too many combinations.
    #[error("the query is too complex: it has too many parentheses or combinations")]
    TooComplex,
}

fn known_keys() -> String {
    let keys: Vec<String> = words::KEYS.iter().map(|key| format!("{key}:")).collect();
    keys.join(", ")
}
