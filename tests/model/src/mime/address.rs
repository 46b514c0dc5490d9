//! Addresses of header fields (RFC 5322 section 3.4), in the form ENVELOPE gives them.

use super::params::{split_unquoted, strip_comments, unquote};

/// One entry of an address list. A group starts with an entry that has a mailbox and no host, and ends with one that
/// has neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) mailbox: Option<Vec<u8>>,
    pub(crate) host: Option<Vec<u8>>,
}

/// Reads an address list.
pub(crate) fn addresses(value: &[u8]) -> Vec<Address> {
    let mut list = Vec::new();
    let mut in_group = false;
    for mut piece in split_unquoted(value, b',') {
        if !in_group && let Some(colon) = group_colon(&piece) {
            let name = plain(piece.get(..colon).unwrap_or_default());
            list.push(Address { mailbox: Some(name), ..Address::default() });
            in_group = true;
            piece.drain(..=colon);
        }
        let ends = in_group && split_unquoted(&piece, b';').len() > 1;
        if ends {
            piece = split_unquoted(&piece, b';').into_iter().next().unwrap_or_default();
        }
        list.extend(single(&piece));
        if ends {
            list.push(Address::default());
            in_group = false;
        }
    }
    list
}

/// Position of the colon that opens a group, if there is one before any address.
fn group_colon(piece: &[u8]) -> Option<usize> {
    let head = split_unquoted(piece, b':').into_iter().next()?;
    (head.len() < piece.len() && !head.contains(&b'<') && !head.contains(&b'@')).then_some(head.len())
}

fn single(piece: &[u8]) -> Option<Address> {
    let piece = piece.trim_ascii();
    if piece.is_empty() {
        return None;
    }
    let open = split_unquoted(piece, b'<').into_iter().next().map(|head| head.len()).filter(|at| *at < piece.len());
    let (name, spec) = match open {
        Some(open) => {
            let (name, rest) = piece.split_at_checked(open)?;
            let rest = rest.get(1..)?;
            let close = rest.iter().rposition(|byte| *byte == b'>').unwrap_or(rest.len());
            (plain(name), rest.get(..close)?.to_vec())
        }
        None => (comment(piece), strip_comments(piece)),
    };
    let spec = spec.trim_ascii();
    let spec = if spec.starts_with(b"@") {
        spec.iter().position(|byte| *byte == b':').and_then(|colon| spec.get(colon + 1..)).unwrap_or(spec)
    } else {
        spec
    };
    let at = spec.iter().rposition(|byte| *byte == b'@').unwrap_or(spec.len());
    let host = spec.get(at + 1..).unwrap_or_default().trim_ascii();
    Some(Address {
        name: Some(name).filter(|name| !name.is_empty()),
        mailbox: Some(unquote(spec.get(..at)?.trim_ascii())),
        host: Some(host.to_vec()),
    })
}

/// The words of a display name, without quotes and comments.
fn plain(text: &[u8]) -> Vec<u8> {
    unquote(strip_comments(text).trim_ascii()).trim_ascii().to_vec()
}

/// What stands in the first comment: the old way to give a name.
fn comment(text: &[u8]) -> Vec<u8> {
    let Some(open) = text.iter().position(|byte| *byte == b'(') else { return Vec::new() };
    let rest = text.get(open + 1..).unwrap_or_default();
    let close = rest.iter().rposition(|byte| *byte == b')').unwrap_or(rest.len());
    rest.get(..close).unwrap_or_default().trim_ascii().to_vec()
}
