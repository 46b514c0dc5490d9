//! BODYSTRUCTURE (RFC 3501 section 7.4.2), read leniently: servers leave fields out, and give NIL where none may be.

use std::borrow::Cow;

use crate::model::{Disposition, Part};

use super::file_name::{self, Parameter};
use super::scanner::Scanner;
use super::text;

/// The deepest nesting read. Few mails have ten levels; each costs stack here and wherever the tree is walked.
const MAX_DEPTH: usize = 32;
/// The most parts read of one mail.
const MAX_PARTS: usize = 2_000;

/// A body structure. `None` where it is NIL, too deep, too large or not to be understood; the scanner then stands
/// somewhere within it.
pub(super) fn body_structure(scanner: &mut Scanner<'_>) -> Option<Part> {
    Reader { parts: 0, depth: 0, too_large: false }.body(scanner, String::new(), true)
}

struct Reader {
    parts: usize,
    depth: usize,
    /// Set where a limit was met: then nothing above may go on as if the part were merely odd.
    too_large: bool,
}

impl Reader {
    /// One body. `section` names it, or the message that it is the body of, where it is `of_message`.
    fn body(&mut self, scanner: &mut Scanner<'_>, section: String, of_message: bool) -> Option<Part> {
        self.parts += 1;
        self.too_large |= self.depth == MAX_DEPTH || self.parts > MAX_PARTS;
        if self.too_large || !scanner.eat(b'(') {
            return None;
        }
        self.depth += 1;
        scanner.skip_spaces();
        let part = if scanner.peek() == Some(b'(') {
            self.multipart(scanner, section)
        } else if of_message {
            self.single(scanner, join(&section, 1))
        } else {
            self.single(scanner, section)
        };
        self.depth -= 1;
        part
    }

    fn multipart(&mut self, scanner: &mut Scanner<'_>, section: String) -> Option<Part> {
        let mut children = Vec::new();
        while scanner.peek() == Some(b'(') {
            children.push(self.body(scanner, join(&section, children.len() + 1), false)?);
            scanner.skip_spaces();
        }
        let subtype = field(scanner)?.filter(|subtype| !subtype.is_empty());
        let media_type = media_type(b"multipart", subtype.as_deref().unwrap_or(b"mixed"));
        let mut part = Part { section, media_type, encoding: "7bit".to_owned(), children, ..Part::default() };
        extensions(scanner, &mut part, Vec::new())?;
        part.octets = part.children.iter().fold(0, |sum, child| sum.saturating_add(child.octets));
        Some(part)
    }

    fn single(&mut self, scanner: &mut Scanner<'_>, section: String) -> Option<Part> {
        if scanner.peek()? == b')' {
            return None;
        }
        let main = field(scanner)?;
        scanner.skip_spaces();
        if main.is_some() && matches!(scanner.peek(), Some(b'(' | b')')) {
            return None;
        }
        let subtype = field(scanner)?;
        let media_type = match (main, subtype) {
            (Some(main), Some(subtype)) => media_type(&main, &subtype),
            (Some(_), None) => return None,
            (None, _) => "application/octet-stream".to_owned(),
        };
        let mut part = Part { section, media_type, ..Part::default() };
        let parameters = parameters(scanner)?;
        part.charset = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"charset")).and_then(charset);
        part.content_id = field(scanner)?.as_deref().and_then(content_id);
        field(scanner)?;
        let encoding = field(scanner)?.map(|encoding| text::shown(&encoding).trim().to_ascii_lowercase());
        part.encoding = encoding.filter(|encoding| !encoding.is_empty()).unwrap_or_else(|| "7bit".to_owned());
        part.octets = octets(scanner)?;
        if matches!(part.media_type.as_str(), "message/rfc822" | "message/global") {
            self.message(scanner, &mut part)?;
        }
        extensions(scanner, &mut part, parameters)?;
        Some(part)
    }

    /// Envelope and body of an attached mail. Some servers give neither, as for any other attachment.
    fn message(&mut self, scanner: &mut Scanner<'_>, part: &mut Part) -> Option<()> {
        scanner.skip_spaces();
        if !matches!(scanner.peek()?, b'(' | b'N' | b'n') {
            return Some(());
        }
        scanner.skip_value()?;
        scanner.skip_spaces();
        if scanner.peek()? != b'(' {
            return Some(());
        }
        let mark = scanner.mark();
        match self.body(scanner, part.section.clone(), true) {
            Some(body) => part.children.push(body),
            None if self.too_large => return None,
            None => scanner.reset(mark),
        }
        Some(())
    }
}

/// What stands between the fields that every server gives and the `)`: of it only the disposition matters. It is found
/// by its form, as servers leave out fields before it.
fn extensions<'a>(scanner: &mut Scanner<'a>, part: &mut Part, content_type: Vec<Parameter<'a>>) -> Option<()> {
    let mut disposition = Vec::new();
    loop {
        scanner.skip_spaces();
        if scanner.eat(b')') {
            break;
        }
        let mark = scanner.mark();
        match read_disposition(scanner) {
            Some((kind, parameters)) if part.disposition == Disposition::Unspecified => {
                part.disposition = kind;
                disposition = parameters;
            }
            _ => {
                scanner.reset(mark);
                scanner.skip_value()?;
            }
        }
    }
    if !part.is_multipart() {
        part.name = file_name::file_name(&disposition, &content_type);
    }
    Some(())
}

/// `("attachment" ("filename" "a.pdf"))`, or the bare word.
fn read_disposition<'a>(scanner: &mut Scanner<'a>) -> Option<(Disposition, Vec<Parameter<'a>>)> {
    let in_list = scanner.eat(b'(');
    scanner.skip_spaces();
    let kind = scanner.nstring()??;
    // RFC 2183 section 2.8: an unknown kind is an attachment. Yet only a list with parameters is surely a disposition.
    let known = match kind.to_ascii_lowercase().as_slice() {
        b"inline" => Some(Disposition::Inline),
        b"attachment" => Some(Disposition::Attachment),
        _ => None,
    };
    if !in_list {
        return known.map(|kind| (kind, Vec::new()));
    }
    scanner.skip_spaces();
    let has_parameters = scanner.peek() == Some(b'(');
    let parameters = parameters(scanner)?;
    scanner.skip_rest_of_list()?;
    match known {
        Some(kind) => Some((kind, parameters)),
        None => has_parameters.then_some((Disposition::Attachment, parameters)),
    }
}

/// `("charset" "utf-8" …)` or NIL. Only parameters that this reads are kept.
fn parameters<'a>(scanner: &mut Scanner<'a>) -> Option<Vec<Parameter<'a>>> {
    let mut parameters = Vec::new();
    scanner.skip_spaces();
    if !scanner.eat(b'(') {
        field(scanner)?;
        return Some(parameters);
    }
    loop {
        scanner.skip_spaces();
        if scanner.eat(b')') {
            return Some(parameters);
        }
        let name = field(scanner)?;
        let value = field(scanner)?;
        if let (Some(name), Some(value)) = (name, value)
            && (name.eq_ignore_ascii_case(b"charset") || file_name::is_file_name(&name))
        {
            parameters.push((name, value));
        }
    }
}

/// A string or NIL; a list, or nothing before the `)`, counts as NIL.
fn field<'a>(scanner: &mut Scanner<'a>) -> Option<Option<Cow<'a, [u8]>>> {
    scanner.skip_spaces();
    match scanner.peek()? {
        b')' => Some(None),
        b'(' => scanner.skip_value().map(|()| None),
        _ => scanner.nstring(),
    }
}

fn octets(scanner: &mut Scanner<'_>) -> Option<u64> {
    scanner.skip_spaces();
    if scanner.peek()?.is_ascii_digit() {
        return Some(scanner.number().unwrap_or(u64::MAX));
    }
    // Servers that lost count say -1 or NIL.
    field(scanner)?;
    Some(0)
}

fn media_type(main: &[u8], subtype: &[u8]) -> String {
    let mut media_type = text::guessed(main);
    media_type.push('/');
    media_type.push_str(&text::guessed(subtype));
    media_type.make_ascii_lowercase();
    media_type
}

fn charset((_, value): &Parameter<'_>) -> Option<String> {
    let charset = text::shown(value).trim().to_ascii_lowercase();
    (!charset.is_empty()).then_some(charset)
}

fn content_id(value: &[u8]) -> Option<String> {
    let id = text::guessed(value);
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then(|| id.to_owned())
}

fn join(section: &str, number: usize) -> String {
    if section.is_empty() { number.to_string() } else { format!("{section}.{number}") }
}
