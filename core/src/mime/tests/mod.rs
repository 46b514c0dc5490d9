//! Mails of our own writing, of every kind that real ones come in, with what must be read in them.
#![allow(clippy::unwrap_used)]

mod broken;
mod charsets;
mod hostile;
mod kinds;
mod senders;

use super::{Parsed, display_text, parse, preview};

/// A mail from lines: each ends as lines of mail do.
fn mail(lines: &[&str]) -> Vec<u8> {
    let mut raw = lines.join("\r\n").into_bytes();
    raw.extend_from_slice(b"\r\n");
    raw
}

fn parsed(lines: &[&str]) -> Parsed {
    parse(&mail(lines))
}

/// What a person reads, without the line breaks at the end.
fn read(lines: &[&str]) -> String {
    display_text(&parsed(lines)).replace("\r\n", "\n").trim_end().to_owned()
}

fn shape(parsed: &Parsed) -> Vec<(String, String)> {
    parsed.structure.walk().map(|part| (part.section.clone(), part.media_type.clone())).collect()
}

/// The names of what is an attachment, as they are saved.
fn attachments(parsed: &Parsed) -> Vec<String> {
    super::attachment_names(&parsed.structure.attachments())
}
