//! A whole mail: its envelope, its structure as IMAP counts it, its text. Nothing is decoded but what is read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::bodies::Bodies;
use super::{fields, tree};
use crate::model::{Envelope, Part};

/// What a mail holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its header fields.
    pub envelope: Envelope,
    /// Its structure.
    pub structure: Part,
    /// Its plain text: all text parts that are not attachments, in order. Empty where there is HTML only.
    pub plain: String,
    /// Its HTML, as it stands: not safe to show without a sandbox.
    pub html: String,
    /// Whether readers may disagree on what it holds: a field of its structure repeats, a boundary is missing or wrong, or
    /// it is nested too deep. What is said here of it is one reading: of fields that repeat the first, and what cannot be
    /// taken apart is text.
    pub ambiguous: bool,
}

/// Where the header of a mail ends: after the empty line.
pub fn header_end(raw: &[u8]) -> usize {
    let mut start = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        start += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            return start;
        }
    }
    raw.len()
}

/// Parses a whole mail.
pub fn parse(raw: &[u8]) -> Parsed {
    let parsed = catch_unwind(AssertUnwindSafe(|| read(&fields::line_ends(raw))));
    parsed.unwrap_or_else(|_| Parsed { structure: tree::opaque(raw), ambiguous: true, ..Parsed::default() })
}

fn read(raw: &[u8]) -> Parsed {
    let tree = tree::read(raw);
    let bodies = Bodies::of(&tree.root);
    Parsed {
        envelope: super::envelope(&raw[..fields::body_start(raw)]),
        plain: bodies.plain(),
        html: bodies.html(),
        ambiguous: tree.ambiguous,
        structure: tree.root.into_part(),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
