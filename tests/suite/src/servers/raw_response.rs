//! One untagged response as a tree of values: as much of the grammar as a second client needs, read with no help from
//! the core, so that a mistake of the core cannot hide in both.

/// A piece of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An atom or a number, with a section in brackets as part of it: `BODY[HEADER]`.
    Atom(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// What stands in parentheses.
    List(Vec<Self>),
}

impl Value {
    /// The text of an atom or a string.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Atom(atom) => Some(atom.clone()),
            Self::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            Self::List(_) => None,
        }
    }

    /// The number that an atom is.
    pub fn number<N: std::str::FromStr>(&self) -> Option<N> {
        match self {
            Self::Atom(atom) => atom.parse().ok(),
            _ => None,
        }
    }

    /// The bytes of a string. `NIL` has none.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members of a list.
    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }
}

/// The values of a response, literals in place; `None` where it is no such thing.
pub(super) fn values(response: &[u8]) -> Option<Vec<Value>> {
    let mut rest = response;
    let found = sequence(&mut rest)?;
    rest.is_empty().then_some(found)
}

/// Values up to a closing parenthesis, which stays, or the end.
fn sequence(rest: &mut &[u8]) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    loop {
        *rest = rest.trim_ascii_start();
        match rest.first() {
            None | Some(b')') => return Some(found),
            Some(_) => found.push(value(rest)?),
        }
    }
}

fn value(rest: &mut &[u8]) -> Option<Value> {
    match rest.first()? {
        b'(' => {
            *rest = &rest[1..];
            let list = sequence(rest)?;
            *rest = rest.strip_prefix(b")")?;
            Some(Value::List(list))
        }
        b'"' => quoted(rest).map(Value::Text),
        b'{' => literal(rest).map(Value::Text),
        _ => Some(Value::Atom(atom(rest))),
    }
}

fn quoted(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut bytes = rest[1..].iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                *rest = &rest[at + 2..];
                return Some(text);
            }
            b'\\' => text.push(*bytes.next()?.1),
            byte => text.push(*byte),
        }
    }
    None
}

fn literal(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let size: usize = std::str::from_utf8(&rest[1..end]).ok()?.parse().ok()?;
    let start = end + b"}\r\n".len();
    let text = rest.get(start..start.checked_add(size)?)?.to_vec();
    *rest = &rest[start + size..];
    Some(text)
}

/// Up to a space or a parenthesis, but a section in brackets is one piece with what it contains.
fn atom(rest: &mut &[u8]) -> String {
    let mut depth = 0_u32;
    let mut length = 0;
    for byte in *rest {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' | b'(' | b')' | b'\r' | b'\n' if depth == 0 => break,
            _ => {}
        }
        length += 1;
    }
    let atom = String::from_utf8_lossy(&rest[..length]).into_owned();
    *rest = &rest[length..];
    atom
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(text: &str) -> Value {
        Value::Atom(text.to_owned())
    }

    #[test]
    fn a_fetch_response_is_read_with_its_literal_and_its_section() {
        let response =
            b"1 FETCH (UID 7 FLAGS (\\Seen $Work) BODY[HEADER.FIELDS (MESSAGE-ID)] {4}\r\na) ( X \"q\\\"\")\r\n";
        let flags = Value::List(vec![atom("\\Seen"), atom("$Work")]);
        let inner = vec![
            atom("UID"),
            atom("7"),
            atom("FLAGS"),
            flags,
            atom("BODY[HEADER.FIELDS (MESSAGE-ID)]"),
            Value::Text(b"a) (".to_vec()),
            atom("X"),
            Value::Text(b"q\"".to_vec()),
        ];
        assert_eq!(values(response), Some(vec![atom("1"), atom("FETCH"), Value::List(inner)]));
    }

    #[test]
    fn what_is_cut_short_is_no_response() {
        for cut in ["(", "\"a", "\"a\\", "{5}\r\nabc", "{", "a)"] {
            assert_eq!(values(cut.as_bytes()), None, "{cut}");
        }
    }
}
