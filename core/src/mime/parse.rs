//! A whole mail: its envelope, its structure as IMAP counts it, its text.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::envelope::{self, text};
use crate::model::{Disposition, Envelope, Part};

/// How deep mails within mails are looked into, and how many parts of one mail are kept.
const MAX_DEPTH: usize = 32;
const MAX_PARTS: usize = 2_000;
/// The most text of one mail that is kept for reading and search, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// What a mail holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its header fields.
    pub envelope: Envelope,
    /// Its structure.
    pub structure: Part,
    /// Its plain text: all text parts that are not attachments, in order.
    pub plain: String,
    /// Its HTML, as it stands: not safe to show without a sandbox.
    pub html: String,
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

/// The decoded content of one part of a whole mail, by its specifier.
pub fn content_of(raw: &[u8], section: &str) -> Option<Vec<u8>> {
    let find = || MessageParser::default().parse(raw).and_then(|message| bytes_of(&message, section, "", 0));
    catch_unwind(AssertUnwindSafe(find)).ok().flatten()
}

fn bytes_of(message: &Message<'_>, wanted: &str, section: &str, depth: usize) -> Option<Vec<u8>> {
    let root = message.parts.first()?;
    let mut open = match root.body {
        PartType::Multipart(_) => vec![(root, section.to_owned())],
        _ => vec![(root, below(section, 1))],
    };
    while let Some((part, section)) = open.pop() {
        match &part.body {
            PartType::Multipart(ids) => {
                let child =
                    |(index, id): (usize, &u32)| Some((message.parts.get(*id as usize)?, below(&section, index + 1)));
                open.extend(ids.iter().take(MAX_PARTS).enumerate().filter_map(child));
            }
            PartType::Message(inner) if section == wanted => {
                let raw = &inner.raw_message;
                let range = part.offset_body as usize..part.offset_end as usize;
                return Some(raw.get(range).unwrap_or(raw).to_vec());
            }
            PartType::Message(inner) if depth < MAX_DEPTH && wanted.starts_with(&section) => {
                if let Some(found) = bytes_of(inner, wanted, &section, depth + 1) {
                    return Some(found);
                }
            }
            _ if section == wanted => return Some(part.contents().to_vec()),
            _ => {}
        }
    }
    None
}

/// Parses a whole mail.
pub fn parse(raw: &[u8]) -> Parsed {
    let parsed = catch_unwind(AssertUnwindSafe(|| MessageParser::default().parse(raw).map(|message| read(&message))));
    parsed.ok().flatten().unwrap_or_else(|| Parsed {
        structure: Part {
            section: "1".to_owned(),
            media_type: "text/plain".to_owned(),
            encoding: "7bit".to_owned(),
            octets: raw.len() as u64,
            ..Part::default()
        },
        ..Parsed::default()
    })
}

fn read(message: &Message<'_>) -> Parsed {
    let mut parsed = Parsed { envelope: envelope::read(message), ..Parsed::default() };
    parsed.structure = structure(message, "", 0, &mut 0);
    // By the rules of JMAP (RFC 8621 section 4.1.4): a part that has no plain form appears in both lists.
    for part in message.text_bodies() {
        if let PartType::Text(body) = &part.body {
            append(&mut parsed.plain, body);
        }
    }
    let mixed = message.text_bodies().any(|part| matches!(part.body, PartType::Text(_)));
    for part in message.text_bodies().filter(|_| mixed) {
        if let PartType::Html(body) = &part.body {
            append(&mut parsed.plain, &super::html_to_text(body));
        }
    }
    for part in message.html_bodies() {
        if let PartType::Html(body) = &part.body {
            append(&mut parsed.html, body);
        }
    }
    parsed
}

fn append(all: &mut String, body: &str) {
    if !all.is_empty() && !body.is_empty() {
        all.push_str("\n\n");
    }
    let room = MAX_TEXT.saturating_sub(all.len());
    let end = (0..=room.min(body.len())).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
    all.push_str(&body[..end]);
}

fn structure(message: &Message<'_>, section: &str, depth: usize, count: &mut usize) -> Part {
    match message.parts.first() {
        Some(root) if matches!(root.body, PartType::Multipart(_)) => {
            part(message, root, section.to_owned(), depth, count)
        }
        Some(root) => part(message, root, below(section, 1), depth, count),
        None => Part::default(),
    }
}

fn below(section: &str, number: usize) -> String {
    if section.is_empty() { number.to_string() } else { format!("{section}.{number}") }
}

fn part(message: &Message<'_>, of: &MessagePart<'_>, section: String, depth: usize, count: &mut usize) -> Part {
    *count += 1;
    let mut found = described(of, section);
    if depth >= MAX_DEPTH {
        return found;
    }
    match &of.body {
        PartType::Multipart(ids) => {
            for (index, id) in ids.iter().enumerate() {
                if *count >= MAX_PARTS {
                    break;
                }
                if let Some(child) = message.parts.get(*id as usize) {
                    found.children.push(part(message, child, below(&found.section, index + 1), depth + 1, count));
                }
            }
        }
        PartType::Message(inner) => found.children.push(structure(inner, &found.section, depth + 1, count)),
        _ => {}
    }
    found
}

fn described(of: &MessagePart<'_>, section: String) -> Part {
    let (kind, subtype, charset) = match of.content_type() {
        Some(found) => {
            let subtype = found.subtype().unwrap_or(if found.ctype() == "text" { "plain" } else { "octet-stream" });
            (found.ctype().to_ascii_lowercase(), subtype.to_ascii_lowercase(), found.attribute("charset"))
        }
        None if matches!(of.body, PartType::Message(_)) => ("message".into(), "rfc822".into(), None),
        None if matches!(of.body, PartType::Multipart(_)) => ("multipart".into(), "mixed".into(), None),
        None => ("text".into(), "plain".into(), None),
    };
    let disposition = match of.content_disposition() {
        None => Disposition::Unspecified,
        Some(found) if found.ctype().eq_ignore_ascii_case("inline") => Disposition::Inline,
        Some(_) => Disposition::Attachment,
    };
    Part {
        section,
        media_type: format!("{kind}/{subtype}"),
        charset: charset.map(str::to_ascii_lowercase),
        name: of.attachment_name().map(text).filter(|name| !name.is_empty()),
        content_id: of.content_id().map(|id| id.trim_matches(['<', '>']).to_owned()),
        disposition,
        encoding: match of.encoding {
            Encoding::None => "7bit",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Base64 => "base64",
        }
        .to_owned(),
        octets: u64::from(of.offset_end.saturating_sub(of.offset_body)),
        children: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: a@x.example\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
        --B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\n\r\nplain\r\n--C\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--C--\r\n\
        --B\r\nContent-Type: application/pdf; name=\"a b.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n\
        --B\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner\r\n--B--\r\n";

    #[test]
    fn parts_are_numbered_as_imap_does() {
        let parsed = parse(MAIL);
        let found: Vec<(&str, &str)> =
            parsed.structure.walk().map(|part| (part.section.as_str(), part.media_type.as_str())).collect();
        assert_eq!(
            found,
            [
                ("", "multipart/mixed"),
                ("1", "multipart/alternative"),
                ("1.1", "text/plain"),
                ("1.2", "text/html"),
                ("2", "application/pdf"),
                ("3", "message/rfc822"),
                ("3.1", "text/plain"),
            ]
        );
        assert_eq!(parsed.plain.trim(), "plain");
        assert_eq!(parsed.html.trim(), "<p>html");
        let names: Vec<_> = parsed.structure.attachments().iter().map(|part| part.name.clone()).collect();
        assert_eq!(names, [Some("a b.pdf".to_owned()), None]);
    }

    #[test]
    fn anything_is_a_mail() {
        for raw in [&b""[..], b"\0", b"no header at all", &[0xff; 100]] {
            assert_eq!(parse(raw).structure.section, "1");
        }
    }
}
