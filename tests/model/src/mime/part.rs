//! The parts of a message (RFC 2046), as positions in its octets.

use std::ops::Range;

use super::headers::{Headers, line_end, trim_end};
use super::params::{ContentType, Parameters, disposition};

/// Parts nested deeper than this are read as leaves.
const DEEPEST: usize = 100;

/// A part: the message itself, or one of its bodies.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its header with the closing empty line.
    pub(crate) header: Range<usize>,
    /// What follows.
    pub(crate) body: Range<usize>,
    pub(crate) content_type: ContentType,
    pub(crate) encoding: Vec<u8>,
    pub(crate) id: Option<Vec<u8>>,
    pub(crate) description: Option<Vec<u8>>,
    pub(crate) md5: Option<Vec<u8>>,
    pub(crate) disposition: Option<(Vec<u8>, Parameters)>,
    pub(crate) language: Option<Vec<u8>>,
    pub(crate) location: Option<Vec<u8>>,
    pub(crate) inner: Body,
}

/// What a part's body is.
#[derive(Debug)]
pub(crate) enum Body {
    Leaf,
    Multipart(Vec<Part>),
    Message(Box<Part>),
}

impl Part {
    /// Reads a whole message.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self::read(bytes, 0..bytes.len(), &ContentType::plain(), 0)
    }

    /// The part with this number (RFC 9051 section 6.4.5.1); an empty one is the message itself.
    pub(crate) fn find(&self, number: &[u32]) -> Option<&Self> {
        let Some((first, rest)) = number.split_first() else { return Some(self) };
        let index = (*first as usize).checked_sub(1)?;
        match &self.inner {
            Body::Multipart(parts) => parts.get(index)?.descend(rest),
            Body::Leaf | Body::Message(_) => (index == 0).then_some(self)?.descend(rest),
        }
    }

    fn descend(&self, number: &[u32]) -> Option<&Self> {
        match &self.inner {
            _ if number.is_empty() => Some(self),
            Body::Message(message) => message.find(number),
            Body::Multipart(_) => self.find(number),
            Body::Leaf => None,
        }
    }

    fn read(bytes: &[u8], range: Range<usize>, default: &ContentType, depth: usize) -> Self {
        let slice = bytes.get(range.clone()).unwrap_or_default();
        let headers = Headers::parse(slice);
        let content_type =
            headers.value("Content-Type").and_then(|value| ContentType::parse(&value)).unwrap_or(default.clone());
        let body = range.start + headers.body..range.end;
        let inner = Self::read_body(bytes, body.clone(), &content_type, depth);
        Self {
            header: range.start..body.start,
            body,
            encoding: headers.value("Content-Transfer-Encoding").unwrap_or_else(|| b"7bit".to_vec()),
            id: headers.value("Content-ID"),
            description: headers.value("Content-Description"),
            md5: headers.value("Content-MD5"),
            disposition: headers.value("Content-Disposition").map(|value| disposition(&value)),
            language: headers.value("Content-Language"),
            location: headers.value("Content-Location"),
            content_type,
            inner,
        }
    }

    fn read_body(bytes: &[u8], body: Range<usize>, content_type: &ContentType, depth: usize) -> Body {
        if depth >= DEEPEST {
            return Body::Leaf;
        }
        if content_type.is("message", "rfc822") || content_type.is("message", "global") {
            return Body::Message(Box::new(Self::read(bytes, body, &ContentType::plain(), depth + 1)));
        }
        let boundary = content_type.parameter("boundary").filter(|boundary| !boundary.is_empty());
        let (true, Some(boundary)) = (content_type.kind.eq_ignore_ascii_case(b"multipart"), boundary) else {
            return Body::Leaf;
        };
        let digest = content_type.subtype.eq_ignore_ascii_case(b"digest");
        let default = if digest { ContentType::message() } else { ContentType::plain() };
        let ranges = split(bytes, body, boundary);
        if ranges.is_empty() {
            return Body::Leaf;
        }
        Body::Multipart(ranges.into_iter().map(|range| Self::read(bytes, range, &default, depth + 1)).collect())
    }
}

/// The ranges between the delimiter lines of a multipart body.
fn split(bytes: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = body.start;
    while at < body.end {
        let end = line_end(bytes, at).min(body.end);
        let line = bytes.get(at..end).unwrap_or_default();
        if let Some(last) = delimiter(line, boundary) {
            if let Some(start) = open {
                ranges.push(start..before_break(bytes, start, at));
            }
            open = (!last).then_some(end);
            if last {
                return ranges;
            }
        }
        at = end;
    }
    ranges.extend(open.map(|start| start..body.end));
    ranges
}

/// Whether the line is a delimiter, and if so whether it is the closing one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = trim_end(line).strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (last, rest) = rest.strip_prefix(b"--").map_or((false, rest), |rest| (true, rest));
    rest.trim_ascii().is_empty().then_some(last)
}

/// The end of a part whose delimiter starts at `at`: the line break before it belongs to the delimiter.
fn before_break(bytes: &[u8], start: usize, at: usize) -> usize {
    let slice = bytes.get(start..at).unwrap_or_default();
    start + trim_end(slice).len()
}
