//! Header fields of a message or a part (RFC 5322 section 2.2).

use std::ops::Range;

/// A header block, as positions in the octets it was read from.
pub(crate) struct Headers<'a> {
    bytes: &'a [u8],
    fields: Vec<Field>,
    /// Where the body starts: after the empty line, or at the end where there is none.
    pub(crate) body: usize,
}

struct Field {
    name: Range<usize>,
    value: Range<usize>,
    whole: Range<usize>,
}

impl<'a> Headers<'a> {
    /// Reads the header at the start of `bytes`.
    pub(crate) fn parse(bytes: &'a [u8]) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let end = line_end(bytes, at);
            let line = trim_end(bytes.get(at..end).unwrap_or_default());
            if line.is_empty() {
                return Self { bytes, fields, body: end };
            }
            if matches!(line.first(), Some(b' ' | b'\t'))
                && let Some(last) = fields.last_mut()
            {
                last.value.end = at + line.len();
                last.whole.end = end;
            } else {
                let colon = line.iter().position(|byte| *byte == b':');
                let name = colon.unwrap_or(0);
                let value = at + colon.map_or(0, |colon| colon + 1);
                fields.push(Field { name: at..at + name, value: value..at + line.len(), whole: at..end });
            }
            at = end;
        }
        Self { bytes, fields, body: bytes.len() }
    }

    /// The unfolded value of the first field of this name.
    pub(crate) fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.values(name).next()
    }

    /// The unfolded values of all fields of this name.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = Vec<u8>> {
        let wanted = name.to_owned();
        self.fields
            .iter()
            .filter(move |field| self.slice(&field.name).trim_ascii_end().eq_ignore_ascii_case(wanted.as_bytes()))
            .map(|field| unfold(self.slice(&field.value)))
    }

    /// The fields a selection of names gives (or all but those), as they stand, with the closing empty line.
    pub(crate) fn subset(&self, names: &[Vec<u8>], without: bool) -> Vec<u8> {
        let mut chosen = Vec::new();
        for field in &self.fields {
            let own = self.slice(&field.name).trim_ascii_end();
            let named = names.iter().any(|name| name.eq_ignore_ascii_case(own));
            if named != without {
                chosen.extend_from_slice(self.slice(&field.whole));
            }
        }
        chosen.extend_from_slice(b"\r\n");
        chosen
    }

    fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// Position after the line break that ends the line at `from`.
pub(super) fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| from + at + 1)
}

/// The line without its line break.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn unfold(value: &[u8]) -> Vec<u8> {
    let joined: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect();
    joined.trim_ascii().to_vec()
}
