//! BODYSTRUCTURE (RFC 3501 section 7.4.2). `None` where it is nested too deeply or makes no sense: the mail's structure is
//! then learnt from its bytes.

use super::cursor::{Cursor, MAX_DEPTH};
use crate::mime;
use crate::model::{Disposition, Part};

/// Parts kept of one mail.
const MAX_PARTS: usize = 2_000;

pub(super) fn structure(cursor: &mut Cursor<'_>) -> Option<Part> {
    if cursor.peek() != Some(b'(') {
        cursor.skip_value();
        return None;
    }
    let start = cursor.mark();
    let whole = body(cursor, "", true, 0, &mut 0);
    if whole.is_none() {
        // The items after it still count.
        cursor.reset(start);
        cursor.skip_value();
    }
    whole
}

/// One body, from its parenthesis to the one that closes it. `top` tells whether it is the whole mail's or that of a mail
/// within: a single part there counts as `1` (RFC 3501 section 6.4.5).
fn body(cursor: &mut Cursor<'_>, section: &str, top: bool, depth: usize, parts: &mut usize) -> Option<Part> {
    *parts += 1;
    if depth >= MAX_DEPTH || *parts > MAX_PARTS || !cursor.eat(b'(') {
        return None;
    }
    cursor.spaces();
    if cursor.peek() == Some(b'(') {
        multipart(cursor, section, depth, parts)
    } else {
        let own = if top { numbered(section, 1) } else { section.to_owned() };
        single(cursor, own, depth, parts)
    }
}

fn numbered(section: &str, number: usize) -> String {
    if section.is_empty() { number.to_string() } else { format!("{section}.{number}") }
}

fn multipart(cursor: &mut Cursor<'_>, section: &str, depth: usize, parts: &mut usize) -> Option<Part> {
    let mut children = Vec::new();
    while cursor.peek() == Some(b'(') {
        children.push(body(cursor, &numbered(section, children.len() + 1), false, depth + 1, parts)?);
        cursor.spaces();
    }
    let subtype = word(cursor)?;
    cursor.leave_list();
    Some(Part {
        section: section.to_owned(),
        media_type: format!("multipart/{subtype}"),
        encoding: "7bit".to_owned(),
        children,
        ..Part::default()
    })
}

fn single(cursor: &mut Cursor<'_>, section: String, depth: usize, parts: &mut usize) -> Option<Part> {
    let kind = word(cursor)?;
    let subtype = word(cursor)?;
    let parameters = parameters(cursor)?;
    let content_id = nstring(cursor)?;
    nstring(cursor)?;
    let encoding = nstring(cursor)?.map_or_else(|| "7bit".to_owned(), |text| text.to_ascii_lowercase());
    cursor.spaces();
    let octets = cursor.number().unwrap_or_else(|| {
        cursor.skip_value();
        0
    });
    let media_type = format!("{kind}/{subtype}");
    let mut children = Vec::new();
    if matches!(media_type.as_str(), "message/rfc822" | "message/global") {
        cursor.spaces();
        if cursor.peek() == Some(b'(') {
            cursor.skip_value();
            cursor.spaces();
            if cursor.peek() == Some(b'(') {
                children.push(body(cursor, &section, true, depth + 1, parts)?);
            }
            skip_lines(cursor);
        }
    } else if kind == "text" {
        skip_lines(cursor);
    }
    let mut part = Part { section, media_type, encoding, octets, children, ..Part::default() };
    part.content_id = content_id
        .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
        .filter(|id| !id.is_empty());
    part.charset = value_of(&parameters, "charset").map(|charset| charset.to_ascii_lowercase());
    part.name = mime::parameter(&parameters, "name");
    extensions(cursor, &mut part);
    Some(part)
}

/// MD5, disposition, and what nobody needs, up to the closing parenthesis.
fn extensions(cursor: &mut Cursor<'_>, part: &mut Part) {
    cursor.spaces();
    if !matches!(cursor.peek(), None | Some(b')')) {
        cursor.skip_value();
        cursor.spaces();
        if cursor.peek() == Some(b'(') {
            disposition(cursor, part);
        }
    }
    cursor.leave_list();
}

fn disposition(cursor: &mut Cursor<'_>, part: &mut Part) {
    cursor.eat(b'(');
    let Some(kind) = word(cursor) else { return cursor.leave_list() };
    part.disposition = if kind == "inline" { Disposition::Inline } else { Disposition::Attachment };
    if let Some(parameters) = parameters(cursor)
        && let Some(name) = mime::parameter(&parameters, "filename")
    {
        part.name = Some(name);
    }
    cursor.leave_list();
}

fn skip_lines(cursor: &mut Cursor<'_>) {
    cursor.spaces();
    if cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        cursor.number();
    }
}

/// A string in lower case; NIL reads as empty.
fn word(cursor: &mut Cursor<'_>) -> Option<String> {
    Some(nstring(cursor)?.unwrap_or_default().to_ascii_lowercase())
}

fn nstring(cursor: &mut Cursor<'_>) -> Option<Option<String>> {
    cursor.spaces();
    cursor.string().map(|text| text.string())
}

/// `("NAME" "value" …)` or NIL.
fn parameters(cursor: &mut Cursor<'_>) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    cursor.spaces();
    if !cursor.eat(b'(') {
        cursor.skip_value();
        return Some(found);
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(found);
        }
        let name = cursor.string()?.string();
        cursor.spaces();
        let value = cursor.string()?.string();
        if let (Some(name), Some(value), true) = (name, value, found.len() < 64) {
            found.push((name.to_ascii_lowercase(), value));
        }
    }
}

fn value_of(parameters: &[(String, String)], name: &str) -> Option<String> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}
