//! Responses that are sets of numbers, the only ones without a natural bound: cut into several of the same form.

/// Cuts `line` so that what stays is at most `limit` long; what is returned is the first part, a response of its own.
/// `None` where the line is no set, or holds no place to cut.
///
/// It is cut between two numbers only: `(MODSEQ 7)` and ranges stay whole, so that no part reads as a smaller set of
/// something else.
pub(super) fn split(line: &mut Vec<u8>, limit: usize) -> Option<Vec<u8>> {
    let upper = line.get(..24)?.to_ascii_uppercase();
    let (separator, prefix): (u8, &[u8]) = if upper.starts_with(b"* SEARCH ") {
        (b' ', b"* SEARCH ")
    } else if upper.starts_with(b"* VANISHED (EARLIER) ") {
        (b',', b"* VANISHED (EARLIER) ")
    } else if upper.starts_with(b"* VANISHED ") {
        (b',', b"* VANISHED ")
    } else if upper.starts_with(b"* ESEARCH ") {
        (b',', b"* ESEARCH UID ALL ")
    } else {
        return None;
    };
    let between_numbers = |at: &usize| {
        let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
        line.get(*at) == Some(&separator) && digit(at - 1) && digit(at + 1)
    };
    let cut = (prefix.len()..line.len().min(limit)).rev().find(between_numbers)?;
    let rest = [prefix, line.get(cut + 1..)?].concat();
    let mut first = std::mem::replace(line, rest);
    first.truncate(cut);
    Some(first)
}
