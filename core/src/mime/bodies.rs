//! Which parts of a mail are read, and their text.

use std::borrow::Cow;

use super::tree::Entity;
use super::{content, decode, flowed, html_to_text};
use crate::model::Disposition;

/// The most text of one mail that is kept for reading, and again for search, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// Which parts are read, by the rules of JMAP (RFC 8621 section 4.1.4): a part that has no plain form is in both lists, and
/// so is one that has no HTML.
#[derive(Default)]
pub(super) struct Bodies<'t, 'a> {
    text: Vec<&'t Entity<'a>>,
    html: Vec<&'t Entity<'a>>,
}

impl<'t, 'a> Bodies<'t, 'a> {
    /// The parts of this mail that are read.
    pub(super) fn of(root: &'t Entity<'a>) -> Self {
        let mut bodies = Self::default();
        bodies.collect(root, None, false);
        if bodies.text.is_empty() && bodies.html.is_empty() && is_other_text(root) {
            bodies.text.push(root);
        }
        bodies
    }

    /// All text parts that are not attachments, in order. Empty where there is HTML only.
    pub(super) fn plain(&self) -> String {
        let mut plain = String::new();
        let has_plain = self.text.iter().any(|entity| !is_html(entity));
        for entity in self.text.iter().filter(|_| has_plain) {
            append(&mut plain, &as_plain(entity));
        }
        plain
    }

    /// All HTML parts that are not attachments, as they stand.
    pub(super) fn html(&self) -> String {
        let mut html = String::new();
        for entity in self.html.iter().filter(|entity| is_html(entity)) {
            append(&mut html, &text(entity));
        }
        html
    }

    /// The text of all text parts that are not read: the HTML beside plain text, attached texts, mails within the mail.
    pub(super) fn further(&self, root: &Entity<'a>, read_as_html: bool) -> String {
        let read = if read_as_html { &self.html } else { &self.text };
        let is_read = |entity: &Entity<'a>| read.iter().any(|other| std::ptr::eq(*other, entity));
        let mut further = String::new();
        for entity in root.walk().filter(|entity| entity.children.is_empty() && !is_read(entity)) {
            if is_text(entity) {
                append(&mut further, &as_plain(entity));
            }
        }
        further
    }

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

/// The text of a text part. A damaged end is read with the rest.
fn text<'a>(entity: &Entity<'a>) -> Cow<'a, str> {
    // Encodings make text at most shorter, charsets at most three times as long.
    let body = &entity.body[..entity.body.len().min(4 * MAX_TEXT)];
    let text = match entity.part.encoding.as_str() {
        "base64" | "quoted-printable" | "x-uuencode" => {
            Cow::Owned(content::text_of(&decode(body, &entity.part.encoding), &entity.part).into_owned())
        }
        _ => content::text_of(body, &entity.part),
    };
    match entity.flowed {
        Some(del_sp) => Cow::Owned(flowed::unflow(&text, del_sp)),
        None => text,
    }
}

/// The same, for reading as it is: HTML as text.
fn as_plain<'a>(entity: &Entity<'a>) -> Cow<'a, str> {
    let text = text(entity);
    if is_html(entity) { Cow::Owned(html_to_text(&text)) } else { text }
}

fn is_html(entity: &Entity<'_>) -> bool {
    entity.part.media_type == "text/html"
}

/// Whether it is text for people, if need be: also what programs report (RFC 3464, RFC 8098, RFC 5965).
fn is_text(entity: &Entity<'_>) -> bool {
    let kind = entity.part.media_type.as_str();
    let reports = ["message/delivery-status", "message/disposition-notification", "message/feedback-report"];
    kind.starts_with("text/") || reports.contains(&kind)
}

fn is_other_text(root: &Entity<'_>) -> bool {
    is_text(root) && root.part.disposition != Disposition::Attachment
}

fn append(all: &mut String, body: &str) {
    if !all.is_empty() && !body.is_empty() {
        all.push_str("\n\n");
    }
    let room = MAX_TEXT.saturating_sub(all.len());
    all.push_str(&body[..body.floor_char_boundary(room)]);
}
