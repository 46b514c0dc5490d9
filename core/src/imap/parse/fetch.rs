//! FETCH answers. Items that are unknown or cannot be read are stepped over; the others count.

use super::cursor::{Cursor, Text};
use super::{flags, structure};
use crate::imap::{BodySection, Fetch};
use crate::model::{ModSeq, Timestamp, Uid};

/// Body sections kept of one answer.
const MAX_SECTIONS: usize = 256;
/// The longest object id that is kept, in bytes (RFC 8474 section 7).
const MAX_OBJECT_ID: usize = 255;

/// From after the word FETCH.
pub(super) fn fetch(seq: u32, cursor: &mut Cursor<'_>) -> Fetch {
    let mut fetch = Fetch { seq, ..Fetch::default() };
    cursor.spaces();
    if !cursor.eat(b'(') {
        return fetch;
    }
    loop {
        cursor.spaces();
        if cursor.at_end() || cursor.eat(b')') {
            return fetch;
        }
        let before = cursor.rest().len();
        item(cursor, &mut fetch);
        if cursor.rest().len() == before {
            cursor.skip_value();
            if cursor.rest().len() == before {
                return fetch;
            }
        }
    }
}

fn item(cursor: &mut Cursor<'_>, fetch: &mut Fetch) {
    let name = cursor.take_while(|byte| !matches!(byte, b' ' | b'[' | b'(' | b')' | b'"' | b'\r' | b'\n'));
    let name = name.to_ascii_uppercase();
    if cursor.peek() == Some(b'[') {
        if let Some(section) = section(&name, cursor)
            && fetch.bodies.len() < MAX_SECTIONS
        {
            fetch.bodies.push(section);
        }
        return;
    }
    cursor.spaces();
    match name.as_slice() {
        b"UID" => fetch.uid = number(cursor).and_then(|uid| Uid::new(u32::try_from(uid).ok()?)),
        b"FLAGS" if cursor.peek() == Some(b'(') => fetch.flags = Some(flags(cursor).0),
        b"INTERNALDATE" => fetch.internal_date = text(cursor).and_then(|date| internal_date(&date)),
        b"RFC822.SIZE" => fetch.size = number(cursor),
        b"MODSEQ" => {
            if cursor.eat(b'(') {
                fetch.modseq = cursor.number().and_then(ModSeq::new);
                cursor.leave_list();
            }
        }
        b"EMAILID" => fetch.email_id = object_id(cursor),
        b"THREADID" => fetch.thread_id = object_id(cursor),
        b"X-GM-MSGID" => fetch.gm_msgid = number(cursor),
        b"X-GM-THRID" => fetch.gm_thrid = number(cursor),
        b"X-GM-LABELS" => fetch.gm_labels = labels(cursor),
        b"PREVIEW" => fetch.preview = text(cursor).filter(|preview| preview.len() <= 4096),
        b"BODYSTRUCTURE" | b"BODY" => {
            fetch.structure = structure::structure(cursor);
            fetch.structure_unreadable = fetch.structure.is_none();
        }
        _ => cursor.skip_value(),
    }
}

fn number(cursor: &mut Cursor<'_>) -> Option<u64> {
    let number = cursor.number();
    if number.is_none() {
        cursor.skip_value();
    }
    number
}

fn text(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.string().and_then(|text| text.string())
}

/// `(id)` or NIL.
fn object_id(cursor: &mut Cursor<'_>) -> Option<String> {
    if !cursor.eat(b'(') {
        cursor.skip_value();
        return None;
    }
    let id = text(cursor).filter(|id| !id.is_empty() && id.len() <= MAX_OBJECT_ID);
    cursor.leave_list();
    id
}

fn labels(cursor: &mut Cursor<'_>) -> Option<Vec<Vec<u8>>> {
    if !cursor.eat(b'(') {
        cursor.skip_value();
        return None;
    }
    let mut labels = Vec::new();
    loop {
        cursor.spaces();
        if cursor.at_end() || cursor.eat(b')') {
            return Some(labels);
        }
        let Some(label) = cursor.string() else {
            cursor.leave_list();
            return Some(labels);
        };
        labels.extend(label.bytes());
    }
}

/// `BODY[section]<origin> value`, from the bracket on.
fn section(name: &[u8], cursor: &mut Cursor<'_>) -> Option<BodySection> {
    cursor.eat(b'[');
    // Header names may be quoted, and a quoted name may hold a bracket.
    let mut spec = Vec::new();
    loop {
        match cursor.peek()? {
            b']' => break,
            b'"' => spec.extend(cursor.string()?.bytes()?),
            byte => {
                spec.push(byte);
                cursor.eat(byte);
            }
        }
    }
    cursor.eat(b']');
    let mut origin = None;
    if cursor.eat(b'<') {
        origin = cursor.number();
        cursor.take_while(|byte| byte != b'>' && byte != b' ');
        cursor.eat(b'>');
    }
    cursor.spaces();
    let value = cursor.string()?;
    if !name.starts_with(b"BODY") && !(name.starts_with(b"BINARY") && name != b"BINARY.SIZE") {
        return None;
    }
    let data = match value {
        Text::Nil => None,
        Text::Literal(literal) => Some(literal.clone()),
        other => other.bytes().map(crate::wire::Literal::Memory),
    };
    Some(BodySection { section: String::from_utf8_lossy(&spec).to_ascii_uppercase(), origin, data })
}

/// `17-Jul-1996 02:44:25 -0700`, the day perhaps with one digit or a space before it.
fn internal_date(text: &str) -> Option<Timestamp> {
    let mut fields = text.split_whitespace();
    let (date, time, zone) = (fields.next()?, fields.next()?, fields.next().unwrap_or("+0000"));
    let mut date = date.split('-');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = months.iter().position(|name| month.to_ascii_lowercase().starts_with(name))? + 1;
    let mut time = time.split(':').map(str::parse::<i8>);
    let (hour, minute) = (time.next()?.ok()?, time.next()?.ok()?);
    let second = time.next().and_then(Result::ok).unwrap_or(0).min(59);
    let moment = jiff::civil::DateTime::new(
        year.parse().ok()?,
        i8::try_from(month).ok()?,
        day.parse().ok()?,
        hour,
        minute,
        second,
        0,
    )
    .ok()?;
    let seconds = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(Timestamp(seconds - zone_seconds(zone)?))
}

fn zone_seconds(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let number: i64 = digits.parse().ok().filter(|_| digits.len() == 4 && digits.is_ascii())?;
    Some(sign * ((number / 100) * 3600 + (number % 100) * 60))
}
