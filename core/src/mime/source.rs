//! The bytes of a mail as the reading of its structure wants them: in memory, or in a file of any size that is looked at
//! through a window.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::marker::PhantomData;

use memchr::memmem::Finder;

use super::fields;

/// How many bytes of a file are in memory at once.
const WINDOW: usize = 64 * 1024;
/// So many bytes of the window are there after the place that is looked at, unless the mail ends before: more than the
/// longest boundary.
const AHEAD: u64 = 4 * 1024;
/// So many before it: a line break.
const BEHIND: u64 = 2;
/// The most of a header in a file that is read, in bytes. The end of a longer one is taken for its body.
const MAX_HEADER: usize = 256 * 1024;

/// The bytes of a mail.
pub(super) trait Source {
    /// Some bytes that follow each other.
    type Span: Copy;

    /// How many bytes.
    fn octets(&self, span: Self::Span) -> u64;

    /// The first bytes, up to so many.
    fn start(&mut self, span: Self::Span, most: usize) -> Cow<'_, [u8]>;

    /// A mail or part as its header and its body.
    fn split(&mut self, span: Self::Span) -> (Cow<'_, [u8]>, Self::Span);

    /// The next line that is a delimiter of this boundary (RFC 2046 section 5.1.1); `--` stands before it in the finder.
    fn next(&mut self, span: Self::Span, finder: &Finder<'_>) -> Option<Delimiter<Self::Span>>;
}

/// A delimiter line and what it parts.
pub(super) struct Delimiter<S> {
    /// The content before it. Its line break is not content.
    pub(super) before: S,
    /// What follows its line.
    pub(super) after: S,
    /// Whether it ends the multipart.
    pub(super) last: bool,
}

/// A mail in memory: spans are its bytes themselves.
#[derive(Default)]
pub(super) struct Memory<'a>(PhantomData<&'a [u8]>);

impl<'a> Source for Memory<'a> {
    type Span = &'a [u8];

    fn octets(&self, span: &'a [u8]) -> u64 {
        span.len() as u64
    }

    fn start(&mut self, span: &'a [u8], most: usize) -> Cow<'_, [u8]> {
        Cow::Borrowed(&span[..span.len().min(most)])
    }

    fn split(&mut self, span: &'a [u8]) -> (Cow<'_, [u8]>, &'a [u8]) {
        let (header, body) = span.split_at(fields::body_start(span));
        (Cow::Borrowed(header), body)
    }

    fn next(&mut self, body: &'a [u8], finder: &Finder<'_>) -> Option<Delimiter<&'a [u8]>> {
        let len = finder.needle().len();
        let mut from = 0;
        while let Some(found) = finder.find(&body[from..]) {
            let start = from + found;
            from = start + len;
            if start > 0 && body[start - 1] != b'\n' {
                continue;
            }
            let line_end = memchr::memchr(b'\n', &body[from..]).map_or(body.len(), |at| from + at + 1);
            let line = &body[from..line_end];
            let last = line.starts_with(b"--");
            let line = if last { &line[2..] } else { line };
            // `--ab` is not a delimiter of the boundary `a`.
            if !line.trim_ascii().is_empty() {
                continue;
            }
            let before = &body[..start];
            let before = before.strip_suffix(b"\r\n").or_else(|| before.strip_suffix(b"\n")).unwrap_or(before);
            return Some(Delimiter { before, after: &body[line_end..], last });
        }
        None
    }
}

/// A mail in a file, looked at through a window. What cannot be read ends it: [`Windowed::finish`] tells.
pub(super) struct Windowed<R> {
    from: R,
    octets: u64,
    /// Whether CR is all there is of line ends: then it is given as LF, as [`fields::line_ends`] does.
    bare_cr: bool,
    window: Vec<u8>,
    /// Where the window begins.
    base: u64,
    failed: Option<io::Error>,
}

/// From here to before there.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl<R: Read + Seek> Windowed<R> {
    pub(super) fn new(mut from: R) -> io::Result<Self> {
        let octets = from.seek(SeekFrom::End(0))?;
        let mut source = Self { from, octets, bare_cr: false, window: Vec::new(), base: 0, failed: None };
        source.bare_cr = source.has_bare_cr_only();
        if source.bare_cr {
            source.window.clear();
        }
        Ok(source)
    }

    pub(super) fn whole(&self) -> Stretch {
        Stretch { start: 0, end: self.octets }
    }

    /// Whether all that was asked for could be read.
    pub(super) fn finish(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    /// Some of the bytes from here on, before `end`: none at the end, and where they cannot be read.
    pub(super) fn view(&mut self, at: u64, end: u64) -> &[u8] {
        let end = end.min(self.octets);
        if at >= end || self.failed.is_some() {
            return &[];
        }
        let known = self.base + self.window.len() as u64;
        if at < self.base || at >= known || known < end.min(at + AHEAD) {
            self.load(at.saturating_sub(BEHIND));
        }
        let place = |offset: u64| (offset.saturating_sub(self.base) as usize).min(self.window.len());
        &self.window[place(at)..place(end)]
    }

    fn load(&mut self, base: u64) {
        self.base = base;
        self.window.clear();
        let want = (self.octets - base).min(WINDOW as u64);
        let read = self.from.seek(SeekFrom::Start(base)).and_then(|_| {
            self.window.reserve_exact(WINDOW);
            self.from.by_ref().take(want).read_to_end(&mut self.window)
        });
        self.failed = match read {
            Ok(count) if count as u64 == want => None,
            // It was longer when it was opened.
            Ok(_) => Some(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => Some(error),
        };
        if self.bare_cr {
            self.window.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
    }

    fn has_bare_cr_only(&mut self) -> bool {
        let (mut at, mut has_cr) = (0, false);
        loop {
            let view = self.view(at, self.octets);
            if view.is_empty() {
                return has_cr;
            }
            if memchr::memchr(b'\n', view).is_some() {
                return false;
            }
            has_cr |= memchr::memchr(b'\r', view).is_some();
            at += view.len() as u64;
        }
    }

    fn byte(&mut self, at: u64, end: u64) -> Option<u8> {
        self.view(at, end).first().copied()
    }

    /// Where the line ends whose boundary ended here, and whether it is the last of its multipart; `None` where more stands in it.
    fn rest_of_delimiter(&mut self, at: u64, end: u64) -> Option<(u64, bool)> {
        let last = self.byte(at, end) == Some(b'-') && self.byte(at + 1, end) == Some(b'-');
        let mut at = if last { at + 2 } else { at };
        loop {
            match self.byte(at, end) {
                None => return Some((end, last)),
                Some(b'\n') => return Some((at + 1, last)),
                Some(byte) if byte.is_ascii_whitespace() => at += 1,
                Some(_) => return None,
            }
        }
    }

    /// Where the content before a delimiter ends.
    fn content_end(&mut self, start: u64, delimiter: u64) -> u64 {
        if delimiter == start {
            return start;
        }
        let end = delimiter - 1;
        if end > start && self.byte(end - 1, end) == Some(b'\r') { end - 1 } else { end }
    }
}

impl<R: Read + Seek> Source for Windowed<R> {
    type Span = Stretch;

    fn octets(&self, span: Stretch) -> u64 {
        span.end - span.start
    }

    fn start(&mut self, span: Stretch, most: usize) -> Cow<'_, [u8]> {
        let end = span.end.min(span.start + most as u64);
        let mut bytes = Vec::with_capacity((end - span.start) as usize);
        loop {
            let view = self.view(span.start + bytes.len() as u64, end);
            if view.is_empty() {
                return Cow::Owned(bytes);
            }
            bytes.extend_from_slice(view);
        }
    }

    fn split(&mut self, span: Stretch) -> (Cow<'_, [u8]>, Stretch) {
        let mut header = self.start(span, MAX_HEADER).into_owned();
        header.truncate(fields::body_start(&header));
        let body = Stretch { start: span.start + header.len() as u64, end: span.end };
        (Cow::Owned(header), body)
    }

    fn next(&mut self, span: Stretch, finder: &Finder<'_>) -> Option<Delimiter<Stretch>> {
        let len = finder.needle().len() as u64;
        let mut from = span.start;
        while from < span.end {
            let view = self.view(from, span.end);
            let seen = view.len() as u64;
            let Some(found) = finder.find(view) else {
                // A boundary may begin in what was seen and end after it.
                if seen < len || from + seen >= span.end {
                    return None;
                }
                from += seen - (len - 1);
                continue;
            };
            let start = from + found as u64;
            from = start + len;
            if start > span.start && self.byte(start - 1, span.end) != Some(b'\n') {
                continue;
            }
            if let Some((after, last)) = self.rest_of_delimiter(from, span.end) {
                let before = Stretch { start: span.start, end: self.content_end(span.start, start) };
                return Some(Delimiter { before, after: Stretch { start: after, end: span.end }, last });
            }
        }
        None
    }
}
