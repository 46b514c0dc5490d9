//! Header fields, decoded (RFC 5322 section 3.6, RFC 2047).

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::address::{self, List};
use super::fields::{Field, fields, line_ends};
use super::{date, words};
use crate::model::{Address, Envelope};

/// Addresses kept of one field, and Message-IDs kept of References: the newest.
const MAX_ADDRESSES: usize = 1_000;
const MAX_IDS: usize = 100;
/// The longest Message-ID kept, in bytes: RFC 5322 lines end at 998.
const MAX_ID: usize = 998;
/// The longest subject, name or address kept, in bytes.
const MAX_TEXT: usize = 8_000;

/// The envelope of a mail, from its header or from some fields of it. Of a field that repeats and must not, addresses are
/// taken from all, everything else from the first.
pub fn envelope(header: &[u8]) -> Envelope {
    // Nothing here panics that is known; where it does, one mail is shown without its fields.
    let read = || {
        let mut found = Found::default();
        fields(&line_ends(header)).for_each(|field| found.take(&field));
        found.finish()
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Envelope { sender_unclear: true, ..Envelope::default() })
}

#[derive(Default)]
struct Found {
    envelope: Envelope,
    subject: bool,
    date: bool,
    authors: usize,
    unclear: bool,
}

impl Found {
    fn take(&mut self, field: &Field<'_>) {
        let envelope = &mut self.envelope;
        // Most fields are told apart by their length alone.
        match field.name.len() {
            2 if field.is("To") => drop(add(&mut envelope.to, field)),
            2 if field.is("Cc") => drop(add(&mut envelope.cc, field)),
            3 if field.is("Bcc") => drop(add(&mut envelope.bcc, field)),
            4 if field.is("From") => {
                self.authors += 1;
                self.unclear |= add(&mut envelope.from, field);
            }
            4 if field.is("Date") && !self.date => {
                self.date = true;
                envelope.date = date::parse(&field.text());
            }
            6 if field.is("Sender") => drop(add(&mut envelope.sender, field)),
            7 if field.is("Subject") && !self.subject => {
                self.subject = true;
                envelope.subject = subject(field);
            }
            8 if field.is("Reply-To") => drop(add(&mut envelope.reply_to, field)),
            10 if field.is("Message-ID") && envelope.message_id.is_none() => {
                envelope.message_id = ids(field.value).into_iter().next();
            }
            10 if field.is("References") && envelope.references.is_empty() => envelope.references = ids(field.value),
            11 if field.is("In-Reply-To") && envelope.in_reply_to.is_empty() => envelope.in_reply_to = ids(field.value),
            _ => {}
        }
    }

    fn finish(mut self) -> Envelope {
        self.envelope.sender_unclear = self.authors != 1 || self.unclear || self.envelope.from.is_empty();
        self.envelope
    }
}

/// Adds the addresses of one more field. RFC 5322 allows one of each name, mails have more. Returns whether it is unclear.
fn add(to: &mut Vec<Address>, field: &Field<'_>) -> bool {
    let mut list = List { addresses: std::mem::take(to), unclear: false };
    address::parse(&field.text(), MAX_ADDRESSES, &mut list);
    *to = list.addresses;
    list.unclear
}

/// The subject of a mail alone, from its header.
pub(super) fn subject_of(header: &[u8]) -> Option<String> {
    fields(header).find(|field| field.is("Subject")).map(|field| subject(&field)).filter(|subject| !subject.is_empty())
}

fn subject(field: &Field<'_>) -> String {
    text(&words::decode(&field.text()))
}

/// Message-IDs without brackets, the last ones where there are too many. Without any brackets, the whole is one.
fn ids(value: &[u8]) -> Vec<String> {
    let value = String::from_utf8_lossy(value);
    let mut found = Vec::new();
    let mut rest = value.trim();
    let clean = |id: &str| {
        // Nearly all are: a copy is quicker than a look at each character.
        let is_clean = id.bytes().all(|byte| byte.is_ascii_graphic());
        if is_clean { id.to_owned() } else { id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect() }
    };
    let whole = if rest.contains('<') { String::new() } else { clean(rest.trim_end_matches('>')) };
    while let Some(start) = rest.find('<') {
        let inner = &rest[start + 1..];
        let end = inner.find(['>', '<']).unwrap_or(inner.len());
        found.push(clean(&inner[..end]));
        rest = &inner[end..];
    }
    found.push(whole);
    found.retain(|id| !id.is_empty() && id.len() <= MAX_ID);
    found.drain(..found.len().saturating_sub(MAX_IDS));
    found
}

/// One line of bounded length, without characters that are not seen or change the direction of others.
pub(super) fn text(value: &str) -> String {
    // Nearly all are clean but for the blank before them and the line break after.
    let trimmed = value.trim_ascii();
    if is_clean(trimmed) {
        return trimmed.to_owned();
    }
    let mut out = String::with_capacity(value.len().min(MAX_TEXT));
    let mut space = false;
    for c in value.chars() {
        if c.is_whitespace() || c.is_control() && c != '\0' {
            space = !out.is_empty();
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        if out.len() + c.len_utf8() >= MAX_TEXT {
            break;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// As [`text`], of a text that is already a string of its own.
pub(super) fn owned_text(value: String) -> String {
    if is_clean(&value) { value } else { text(&value) }
}

/// Whether a text is of visible ASCII with single blanks between.
fn is_clean(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut before = b' ';
    let clean = bytes.iter().all(|byte| {
        let fits = matches!(byte, b'!'..=b'~') || *byte == b' ' && before != b' ';
        before = *byte;
        fits
    });
    clean && before != b' ' && bytes.len() < MAX_TEXT || bytes.is_empty()
}

/// Characters that are not seen, or change the direction of what is: made for text, used to make one name look like another.
pub(super) fn is_unseen(c: char) -> bool {
    c == '\0'
        || matches!(
            c,
            '\u{00ad}'
                | '\u{034f}'
                | '\u{061c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
        )
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
