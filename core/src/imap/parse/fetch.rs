//! FETCH.

use crate::imap::{BodySection, Fetch};
use crate::model::{ModSeq, Uid};
use crate::wire::Literal;

use super::scanner::Scanner;
use super::{body_structure, date, text};

/// The most Gmail labels kept of one message.
const MAX_LABELS: usize = 1_000;

/// `(UID 7 FLAGS (\Seen) …)`. An item whose value is not understood is stepped over; where not even that can be done,
/// the items before it still count.
pub(super) fn fetch(seq: u32, scanner: &mut Scanner<'_>) -> Option<Fetch> {
    if !scanner.eat(b'(') {
        return None;
    }
    let mut fetch = Fetch { seq, ..Fetch::default() };
    while item(scanner, &mut fetch).is_some() {}
    Some(fetch)
}

/// One item; `None` at the end of the list, or where it cannot be read on.
fn item(scanner: &mut Scanner<'_>, fetch: &mut Fetch) -> Option<()> {
    scanner.skip_spaces();
    let name = scanner.take_while(|byte| byte > b' ' && !matches!(byte, b'(' | b')' | b'[' | b'"'))?;
    if scanner.eat(b'[') {
        let section = section(scanner)?;
        let origin = origin(scanner);
        scanner.skip_spaces();
        if name.eq_ignore_ascii_case(b"BINARY.SIZE") {
            return scanner.skip_value();
        }
        return body(scanner, fetch, section, origin);
    }
    scanner.skip_spaces();
    let mark = scanner.mark();
    if value(name, scanner, fetch).is_none() {
        scanner.reset(mark);
        scanner.skip_value()?;
    }
    Some(())
}

/// The value of an item without a section. `None` where the item is unknown or its value not understood.
fn value(name: &[u8], scanner: &mut Scanner<'_>, fetch: &mut Fetch) -> Option<()> {
    let is = |item: &str| name.eq_ignore_ascii_case(item.as_bytes());
    if is("UID") {
        fetch.uid = Some(Uid::new(u32::try_from(scanner.number()?).ok()?)?);
    } else if is("FLAGS") {
        fetch.flags = Some(scanner.flags()?.0);
    } else if is("MODSEQ") {
        fetch.modseq = Some(ModSeq::new(scanner.maybe_parenthesized(Scanner::number)?)?);
    } else if is("INTERNALDATE") {
        fetch.internal_date = Some(date::internal_date(&scanner.nstring()??)?);
    } else if is("RFC822.SIZE") {
        fetch.size = Some(scanner.number()?);
    } else if is("BODYSTRUCTURE") || is("BODY") {
        structure(scanner, fetch)?;
    } else if is("EMAILID") {
        fetch.email_id = Some(object_id(scanner)?);
    } else if is("THREADID") {
        fetch.thread_id = Some(object_id(scanner)?);
    } else if is("X-GM-MSGID") {
        fetch.gm_msgid = Some(scanner.number()?);
    } else if is("X-GM-THRID") {
        fetch.gm_thrid = Some(scanner.number()?);
    } else if is("X-GM-LABELS") {
        fetch.gm_labels = Some(labels(scanner)?);
    } else if is("PREVIEW") || is("SNIPPET") {
        fetch.preview = Some(preview(scanner)?);
    } else if is("RFC822") {
        body(scanner, fetch, String::new(), None)?;
    } else if is("RFC822.HEADER") || is("RFC822.TEXT") {
        let section = String::from_utf8_lossy(name.get(7..)?).to_ascii_uppercase();
        body(scanner, fetch, section, None)?;
    } else {
        return None;
    }
    Some(())
}

fn structure(scanner: &mut Scanner<'_>, fetch: &mut Fetch) -> Option<()> {
    let structure = body_structure::body_structure(scanner);
    fetch.structure_unreadable = structure.is_none();
    fetch.structure = structure;
    fetch.structure.is_some().then_some(())
}

/// An object id of RFC 8474, within parentheses. NIL is none.
fn object_id(scanner: &mut Scanner<'_>) -> Option<String> {
    text::object_id(&scanner.maybe_parenthesized(Scanner::nstring)??)
}

fn labels(scanner: &mut Scanner<'_>) -> Option<Vec<Vec<u8>>> {
    let mut labels = Vec::new();
    if !scanner.eat(b'(') {
        return scanner.nstring()?.is_none().then_some(labels);
    }
    loop {
        scanner.skip_spaces();
        if scanner.eat(b')') {
            return Some(labels);
        }
        let label = scanner.string()?;
        if labels.len() < MAX_LABELS {
            labels.push(label.into_owned());
        }
    }
}

/// A preview (RFC 8970): a string, or within parentheses after its algorithm, as the drafts had it.
fn preview(scanner: &mut Scanner<'_>) -> Option<String> {
    if !scanner.eat(b'(') {
        return scanner.nstring()?.map(|preview| text::shown(&preview));
    }
    scanner.skip_spaces();
    scanner.word()?;
    scanner.skip_spaces();
    let preview = scanner.nstring()?;
    scanner.skip_rest_of_list()?;
    preview.map(|preview| text::shown(&preview))
}

/// The bytes of a section: literal, quoted or NIL.
fn body(scanner: &mut Scanner<'_>, fetch: &mut Fetch, section: String, origin: Option<u64>) -> Option<()> {
    let data = match scanner.peek()? {
        b'{' | b'~' => Some(scanner.literal()?.clone()),
        b'"' => Some(Literal::Memory(scanner.string()?.into_owned().into())),
        b')' => None,
        _ if scanner.word()?.eq_ignore_ascii_case(b"NIL") => None,
        _ => return None,
    };
    fetch.bodies.push(BodySection { section, origin, data });
    Some(())
}

/// The name of a section up to its `]`, in upper case, field names without quotes and separated by one space.
fn section(scanner: &mut Scanner<'_>) -> Option<String> {
    let mut name = String::with_capacity(memchr::memchr(b']', scanner.rest())?);
    loop {
        match scanner.peek()? {
            b']' => {
                scanner.eat(b']');
                return Some(name);
            }
            b'"' | b'{' => push_upper(&mut name, &scanner.string()?),
            b' ' => {
                scanner.skip_spaces();
                if !name.ends_with('(') && scanner.peek() != Some(b')') {
                    name.push(' ');
                }
            }
            byte @ (b'(' | b')') => {
                scanner.eat(byte);
                name.push(char::from(byte));
            }
            _ => push_upper(
                &mut name,
                scanner.take_while(|byte| byte > b' ' && !matches!(byte, b'(' | b')' | b'"' | b'{' | b']'))?,
            ),
        }
    }
}

fn push_upper(name: &mut String, bytes: &[u8]) {
    name.extend(
        bytes.iter().map(|byte| if byte.is_ascii_graphic() { char::from(byte.to_ascii_uppercase()) } else { '?' }),
    );
}

/// `<0>`; some servers answer with `<0.100>`.
fn origin(scanner: &mut Scanner<'_>) -> Option<u64> {
    if !scanner.eat(b'<') {
        return None;
    }
    let origin = scanner.number();
    scanner.take_while(|byte| byte > b' ' && byte != b'>');
    scanner.eat(b'>');
    origin
}
