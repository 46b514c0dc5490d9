//! The parser of what a server says. Total: any bytes give an answer, in linear time, in memory of the order of the
//! input, without deep recursion. What cannot be understood is left out, never guessed.
//!
//! Real servers bend the grammar, so this reads what they mean where that is beyond doubt: extra spaces, missing
//! parameters, eight-bit bytes, names without quotes. Where a doubt would touch mail (a UID, a set of UIDs), the item
//! or the whole response is dropped instead.

mod body_structure;
mod condition;
mod date;
mod fetch;
mod file_name;
mod mailbox;
mod scanner;
mod search;
mod set;
mod text;

#[cfg(test)]
mod tests;

pub use condition::condition;

use self::scanner::Scanner;
use super::{Capabilities, Untagged};
use crate::wire::Frame;

/// The most words kept of one CAPABILITY or ENABLED response, and the most pairs of one ID response.
const MAX_WORDS: usize = Capabilities::MAX;

/// Reads one untagged response: a frame whose text begins with `* `.
///
/// A response that is unknown, or broken where it matters, is [`Untagged::Other`].
pub fn untagged(frame: &Frame) -> Untagged {
    let line = text::without_line_end(&frame.text);
    let line = line.strip_prefix(b"*").unwrap_or(line);
    let mut scanner = Scanner::new(line, &frame.literals);
    scanner.skip_spaces();
    let response = match scanner.peek() {
        Some(b'0'..=b'9') => numbered(&mut scanner),
        _ => named(&mut scanner),
    };
    response.unwrap_or(Untagged::Other)
}

/// What stands after the `+` of a continuation request (RFC 3501 section 7.5): a challenge in base64, or text. `None`
/// where the line is no continuation request.
pub fn continuation(line: &[u8]) -> Option<&[u8]> {
    let rest = text::without_line_end(line).strip_prefix(b"+")?;
    Some(rest.strip_prefix(b" ").unwrap_or(rest))
}

/// `* 23 EXISTS` and its kind.
fn numbered(scanner: &mut Scanner<'_>) -> Option<Untagged> {
    let number = u32::try_from(scanner.number()?).ok()?;
    scanner.skip_spaces();
    let name = scanner.word()?;
    scanner.skip_spaces();
    if name.eq_ignore_ascii_case(b"FETCH") {
        fetch::fetch(number, scanner).map(|fetch| Untagged::Fetch(Box::new(fetch)))
    } else if name.eq_ignore_ascii_case(b"EXISTS") {
        Some(Untagged::Exists(number))
    } else if name.eq_ignore_ascii_case(b"EXPUNGE") {
        Some(Untagged::Expunge(number))
    } else {
        None
    }
}

/// `* SEARCH 1 2 3` and its kind.
fn named(scanner: &mut Scanner<'_>) -> Option<Untagged> {
    if let Some(condition) = condition(scanner.rest()) {
        return Some(Untagged::Condition(condition));
    }
    let name = scanner.word()?.to_ascii_uppercase();
    scanner.skip_spaces();
    match name.as_slice() {
        b"LIST" => mailbox::list(scanner).map(Untagged::List),
        b"LSUB" => mailbox::lsub(scanner).map(Untagged::List),
        b"STATUS" => mailbox::status(scanner).map(Untagged::Status),
        b"NAMESPACE" => mailbox::namespace(scanner).map(Untagged::Namespace),
        b"SEARCH" => search::search(scanner),
        b"ESEARCH" => search::esearch(scanner),
        b"VANISHED" => search::vanished(scanner),
        b"FLAGS" => scanner.flags().map(|(flags, _)| Untagged::Flags(flags)),
        b"CAPABILITY" => Some(Untagged::Capability(words(scanner.rest()))),
        b"ENABLED" => Some(Untagged::Enabled(words(scanner.rest()))),
        b"ID" => id(scanner).map(Untagged::Id),
        _ => None,
    }
}

/// Words separated by spaces, in upper case, each once or more often as the server gave them.
fn words(text: &[u8]) -> Vec<String> {
    let words = text.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    words.take(MAX_WORDS).map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()).collect()
}

/// `NIL` or `("name" "value" …)`; fields whose value is NIL are left out.
fn id(scanner: &mut Scanner<'_>) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    if !scanner.eat(b'(') {
        return scanner.nstring()?.is_none().then_some(fields);
    }
    while fields.len() < MAX_WORDS {
        scanner.skip_spaces();
        if scanner.eat(b')') {
            break;
        }
        let name = scanner.nstring()?;
        scanner.skip_spaces();
        let value = scanner.nstring()?;
        if let (Some(name), Some(value)) = (name, value) {
            fields.push((text::shown(&name), text::shown(&value)));
        }
    }
    Some(fields)
}
