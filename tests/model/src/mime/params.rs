//! Content-Type and other fields with parameters (RFC 2045 section 5.1).

/// Parameters in order, names in capitals.
pub(crate) type Parameters = Vec<(Vec<u8>, Vec<u8>)>;

/// A media type, in the spelling of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentType {
    pub(crate) kind: Vec<u8>,
    pub(crate) subtype: Vec<u8>,
    pub(crate) parameters: Parameters,
}

impl ContentType {
    pub(crate) fn plain() -> Self {
        let parameters = vec![(b"CHARSET".to_vec(), b"us-ascii".to_vec())];
        Self { kind: b"text".to_vec(), subtype: b"plain".to_vec(), parameters }
    }

    pub(crate) fn message() -> Self {
        Self { kind: b"message".to_vec(), subtype: b"rfc822".to_vec(), parameters: Vec::new() }
    }

    /// Reads a field value; `None` where it names no type.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let (full, parameters) = disposition(value);
        let slash = full.iter().position(|byte| *byte == b'/')?;
        let (kind, subtype) = full.split_at_checked(slash)?;
        let (kind, subtype) = (kind.trim_ascii().to_vec(), subtype.get(1..)?.trim_ascii().to_vec());
        (!kind.is_empty() && !subtype.is_empty()).then_some(Self { kind, subtype, parameters })
    }

    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes()) && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&[u8]> {
        let found = self.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.as_slice())
    }
}

/// Splits `value; name=value; ...`.
pub(crate) fn disposition(value: &[u8]) -> (Vec<u8>, Parameters) {
    let pieces = split_unquoted(&strip_comments(value), b';');
    let mut pieces = pieces.into_iter();
    let head = pieces.next().unwrap_or_default().trim_ascii().to_vec();
    let mut parameters = Parameters::new();
    for piece in pieces {
        let Some(equals) = piece.iter().position(|byte| *byte == b'=') else { continue };
        let (name, rest) = piece.split_at(equals);
        let name = name.trim_ascii().to_ascii_uppercase();
        if !name.is_empty() {
            parameters.push((name, unquote(rest.get(1..).unwrap_or_default().trim_ascii())));
        }
    }
    (head, parameters)
}

/// A quoted string without its quotes and backslashes; anything else as it stands.
pub(super) fn unquote(text: &[u8]) -> Vec<u8> {
    let Some(inner) = text.strip_prefix(b"\"") else { return text.to_vec() };
    let mut plain = Vec::new();
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => plain.extend(bytes.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// Splits at each `separator` that stands in no quoted string.
pub(super) fn split_unquoted(text: &[u8], separator: u8) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.iter().copied() {
        if byte == separator && !quoted {
            pieces.push(Vec::new());
            continue;
        }
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = byte == b'\\' && !escaped;
        if let Some(last) = pieces.last_mut() {
            last.push(byte);
        }
    }
    pieces
}

/// The text without `(comments)`, which may nest.
pub(super) fn strip_comments(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.iter().copied() {
        if escaped {
            escaped = false;
        } else {
            match byte {
                b'\\' => escaped = true,
                b'"' if depth == 0 => quoted = !quoted,
                b'(' if !quoted => {
                    depth += 1;
                    continue;
                }
                b')' if !quoted && depth > 0 => {
                    depth -= 1;
                    continue;
                }
                _ => {}
            }
        }
        if depth == 0 {
            kept.push(byte);
        }
    }
    kept
}
