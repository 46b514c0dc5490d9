//! A whole mail: its envelope, its structure as IMAP counts it, its text. Nothing is decoded but what is read.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::tree::{self, Entity};
use super::{content, decode, fields, flowed};
use crate::model::{Disposition, Envelope, Part};

/// The most text of one mail that is kept for reading and search, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;

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
    /// The text of all other text parts, for search alone: the HTML beside plain text, attached texts, mails within the mail.
    pub further: String,
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
    let mut bodies = Bodies::default();
    bodies.collect(&tree.root, None, false);
    if bodies.text.is_empty() && bodies.html.is_empty() && is_other_text(&tree.root) {
        bodies.text.push(&tree.root);
    }
    let mut parsed = Parsed {
        envelope: super::envelope(&raw[..fields::body_start(raw)]),
        ambiguous: tree.ambiguous,
        ..Parsed::default()
    };
    let has_plain = bodies.text.iter().any(|entity| entity.part.media_type != "text/html");
    for entity in bodies.text.iter().filter(|_| has_plain) {
        let text = text(entity);
        match entity.part.media_type.as_str() {
            "text/html" => append(&mut parsed.plain, &super::html_to_text(&text)),
            _ => append(&mut parsed.plain, &text),
        }
    }
    for entity in bodies.html.iter().filter(|entity| entity.part.media_type == "text/html") {
        append(&mut parsed.html, &text(entity));
    }
    let shown = if has_plain { &bodies.text } else { &bodies.html };
    for entity in tree.root.walk().filter(|entity| entity.children.is_empty()) {
        if shown.iter().any(|other| std::ptr::eq(*other, entity)) {
            continue;
        }
        match entity.part.media_type.as_str() {
            "text/html" => append(&mut parsed.further, &super::html_to_text(&text(entity))),
            kind if kind.starts_with("text/") => append(&mut parsed.further, &text(entity)),
            _ => {}
        }
    }
    parsed.structure = tree.root.into_part();
    parsed
}

/// The text of a text part. A damaged end is read with the rest.
fn text<'a>(entity: &Entity<'a>) -> Cow<'a, str> {
    // Encodings make text at most shorter, charsets at most three times as long.
    let body = &entity.body[..entity.body.len().min(4 * MAX_TEXT)];
    let text = match entity.part.encoding.as_str() {
        "base64" | "quoted-printable" => {
            Cow::Owned(content::text_of(&decode(body, &entity.part.encoding), &entity.part).into_owned())
        }
        _ => content::text_of(body, &entity.part),
    };
    match entity.flowed {
        Some(del_sp) => Cow::Owned(flowed::unflow(&text, del_sp)),
        None => text,
    }
}

fn is_other_text(root: &Entity<'_>) -> bool {
    root.part.media_type.starts_with("text/") && root.part.disposition != Disposition::Attachment
}

fn append(all: &mut String, body: &str) {
    if !all.is_empty() && !body.is_empty() {
        all.push_str("\n\n");
    }
    let room = MAX_TEXT.saturating_sub(all.len());
    all.push_str(&body[..body.floor_char_boundary(room)]);
}

/// Which parts are read, by the rules of JMAP (RFC 8621 section 4.1.4): a part that has no plain form is in both lists, and
/// so is one that has no HTML.
#[derive(Default)]
struct Bodies<'t, 'a> {
    text: Vec<&'t Entity<'a>>,
    html: Vec<&'t Entity<'a>>,
}

impl<'t, 'a> Bodies<'t, 'a> {
    fn collect(&mut self, entity: &'t Entity<'a>, within: Option<(&str, usize)>, in_alternative: bool) {
        let media_type = entity.part.media_type.as_str();
        if let Some(kind) = media_type.strip_prefix("multipart/") {
            self.multipart(entity, kind, in_alternative);
            return;
        }
        let is_text = matches!(media_type, "text/plain" | "text/html");
        let (kind, index) = within.unwrap_or(("mixed", 0));
        let first = index == 0 || kind != "related" && entity.part.name.is_none();
        if !is_text || entity.part.disposition == Disposition::Attachment || !first {
            return;
        }
        if kind == "alternative" || in_alternative {
            match media_type {
                "text/html" => self.html.push(entity),
                _ => self.text.push(entity),
            }
        } else {
            self.text.push(entity);
            self.html.push(entity);
        }
    }

    fn multipart(&mut self, entity: &'t Entity<'a>, kind: &str, in_alternative: bool) {
        let (texts, htmls) = (self.text.len(), self.html.len());
        let alternative = in_alternative || kind == "alternative";
        for (index, child) in entity.children.iter().enumerate() {
            self.collect(child, Some((kind, index)), alternative);
        }
        if kind == "alternative" && !in_alternative {
            let (text, html) = (self.text[texts..].to_vec(), self.html[htmls..].to_vec());
            if text.is_empty() {
                self.text.extend(html);
            } else if html.is_empty() {
                self.html.extend(text);
            }
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
