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
            Err(error) if error.error_len().is_none() => String::from_utf8_lossy(self.value),
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

/// Where the header of a mail ends, and its body begins: after the empty line. A mail that begins with neither a field nor
/// an empty line has no header.
pub(super) fn body_start(mail: &[u8]) -> usize {
    let first = &mail[..line_end(mail, 0)];
    let begins = name(first).is_some() || first.starts_with(b"From ") || first.trim_ascii().is_empty();
    if begins { super::header_end(mail) } else { 0 }
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
}
