//! Header fields as they stand (RFC 5322 section 2.2): one pass over the bytes, nothing copied.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// How many fields of a header are looked at, and how much of each, in bytes.
const MAX_FIELDS: usize = 1_000;
const MAX_VALUE: usize = 64 * 1024;

/// One field: its name, and its value with the line breaks in it.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

impl<'a> Field<'a> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value as text: UTF-8, or where it is not, the charset that most raw fields are in. Breaks are still in it.
    pub(super) fn text(&self) -> Cow<'a, str> {
        match std::str::from_utf8(self.value) {
            Ok(text) => Cow::Borrowed(text),
            // A cut in the middle of a character is no other charset.
            Err(error) if error.error_len().is_none() || is_cut_utf_8(self.value) => {
                String::from_utf8_lossy(self.value)
            }
            Err(_) => WINDOWS_1252.decode(self.value).0,
        }
    }
}

/// The fields of a header, to the empty line or the end. Lines that are none are passed over: the `From ` of a mailbox
/// file, and garbage. A field that repeats is given as often as it is there.
pub(super) fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < header.len() {
            let start = at;
            let mut end = line_end(header, start);
            at = end;
            if header[start..end].trim_ascii().is_empty() {
                if matches!(&header[start..end], b"\n" | b"\r\n") {
                    at = header.len();
                    return None;
                }
                continue;
            }
            while header.get(end).is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                let next = line_end(header, end);
                // White space alone ends the header for many; nothing is lost where it does not.
                end = next;
            }
            at = end;
            if let Some(name) = name(&header[start..end]) {
                let from =
                    start + name.len() + header[start + name.len()..end].iter().take_while(|b| **b != b':').count() + 1;
                let value = &header[from.min(end)..end];
                return Some(Field { name, value: &value[..value.len().min(MAX_VALUE)] });
            }
        }
        None
    })
    .take(MAX_FIELDS)
}

/// The bytes with line ends that the rest knows: where CR is all there is, it is one.
pub(super) fn line_ends(mail: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', mail).is_some() || memchr::memchr(b'\r', mail).is_none() {
        return Cow::Borrowed(mail);
    }
    Cow::Owned(mail.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// Whether there are many characters of UTF-8 and few bytes that are none: a name cut in the middle of one by its mailer.
fn is_cut_utf_8(value: &[u8]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in value.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += chunk.invalid().len();
    }
    whole >= 4 * broken
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at + 1)
}

/// The name of the field that a line begins, `None` where it begins none.
pub(super) fn name(line: &[u8]) -> Option<&[u8]> {
    // The longest name taken: a line of garbage is not searched for a colon to its end.
    let len = line.iter().take(256).position(|byte| !(33..=126).contains(byte) || *byte == b':')?;
    let after = line[len..].trim_ascii_start();
    (len > 0 && after.first() == Some(&b':')).then(|| &line[..len])
}

/// Where the header of a mail or part ends, and its body begins: after the empty line. Where that line was forgotten, or has
/// blanks in it, the body begins with the first line that no field follows before an empty one: what stands there was
/// meant to be read. Garbage between fields is no body. What begins with neither a field nor an empty line has no header.
pub(super) fn body_start(mail: &[u8]) -> usize {
    let first = &mail[..line_end(mail, 0)];
    if name(first).is_none() && !first.starts_with(b"From ") && !first.trim_ascii().is_empty() {
        return 0;
    }
    // The start of the latest run of lines that are none of a header.
    let (mut at, mut garbage) = (0, None);
    while at < mail.len() {
        let end = line_end(mail, at);
        let line = &mail[at..end];
        if matches!(line, b"\n" | b"\r\n") {
            return garbage.unwrap_or(end);
        }
        let blank = line.trim_ascii().is_empty();
        if blank && mail[end..].starts_with(b"--") {
            // A delimiter: nobody folds a field in such a way.
            return garbage.unwrap_or(end);
        }
        if name(line).is_some() {
            garbage = None;
        } else if at > 0 && !blank && !matches!(line[0], b' ' | b'\t') {
            garbage = garbage.or(Some(at));
        }
        at = end;
    }
    garbage.unwrap_or(mail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_stands_between_them() {
        let header = b"From someone\nA: 1\r\nb : 2\r\n  more\r\nno field\r\n: none\r\nC:\r\n\r\nD: body";
        let found: Vec<(&[u8], &[u8])> = fields(header).map(|field| (field.name, field.value)).collect();
        let expected: [(&[u8], &[u8]); 3] = [(b"A", b" 1\r\n"), (b"b", b" 2\r\n  more\r\n"), (b"C", b"\r\n")];
        assert_eq!(found, expected);
        assert_eq!(body_start(b"hello\r\n\r\nworld"), 0);
        assert_eq!(body_start(b"\r\nworld"), 2);
        assert_eq!(body_start(b"A: b\n\nworld"), 6);
    }

    #[test]
    fn a_body_begins_where_the_empty_line_was_forgotten() {
        for (mail, body) in [
            (&b"A: b\nno field\n\nworld"[..], &b"no field\n\nworld"[..]),
            (b"A: b\r\nJSFQUy1BZG9iZS0y\r\nIEFk\r\n", b"JSFQUy1BZG9iZS0y\r\nIEFk\r\n"),
            (b"A: b\n <p>folded\n<p>not\n", b"<p>not\n"),
            (b"A: b\n \n--B\nC: d\n\nworld", b"--B\nC: d\n\nworld"),
            (b"A: b\n \nC: d\n\nworld", b"world"),
            (b"A: b\ngarbage\nC: d\n\nworld", b"world"),
            (b"From ann\nA: b\n\nworld", b"world"),
            (b"From ann\n\nworld", b"world"),
            (b"A: b\n", b""),
        ] {
            assert_eq!(mail[body_start(mail)..].escape_ascii().to_string(), body.escape_ascii().to_string());
        }
    }

    #[test]
    fn one_character_cut_makes_no_other_charset_of_a_field() {
        let text = |value| Field { name: b"A", value }.text().into_owned();
        assert_eq!(text(b"\"\xd0\x9a\xd0\xb0\xd1\x80\xd1\x82\xd0\""), "\"\u{41a}\u{430}\u{440}\u{442}\u{fffd}\"");
        assert_eq!(text(b"Gr\xfc\xdfe"), "Gr\u{fc}\u{df}e");
        assert_eq!(text(b"caf\xc3\xa9 \xe9t\xe9s"), "caf\u{c3}\u{a9} \u{e9}t\u{e9}s");
    }
}
