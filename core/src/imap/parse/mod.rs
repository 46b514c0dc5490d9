//! Our own reader of what a server says. Total: whatever the bytes, the answer is an [`Untagged`], at worst
//! [`Untagged::Other`]; nothing recurses without bound and nothing allocates more than a small multiple of its input.

mod condition;
mod cursor;
mod fetch;
mod mailbox;
mod sets;
mod structure;

use crate::imap::Untagged;
use crate::model::Flags;
use crate::wire::Frame;

pub use condition::condition;
use cursor::Cursor;

/// Capabilities kept of one list, and their longest name in bytes: real servers name about fifty.
const MAX_WORDS: usize = 512;
const MAX_WORD: usize = 128;

/// Reads one untagged response, from its `* ` on.
pub fn untagged(frame: &Frame) -> Untagged {
    let mut cursor = Cursor::new(frame);
    cursor.eat(b'*');
    cursor.spaces();
    let first = cursor.atom();
    if first.first().is_some_and(u8::is_ascii_digit) {
        return numbered(first, &mut cursor).unwrap_or(Untagged::Other);
    }
    let word = first.to_ascii_uppercase();
    match word.as_slice() {
        b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH" => {
            let start = frame.text.len() - cursor.rest().len() - first.len();
            condition(frame.text.get(start..).unwrap_or_default()).map_or(Untagged::Other, Untagged::Condition)
        }
        b"LIST" | b"LSUB" | b"XLIST" => mailbox::list(&mut cursor).map_or(Untagged::Other, Untagged::List),
        b"STATUS" => mailbox::status(&mut cursor).map_or(Untagged::Other, Untagged::Status),
        b"NAMESPACE" => Untagged::Namespace(mailbox::namespaces(&mut cursor)),
        b"SEARCH" => sets::search(&mut cursor),
        b"ESEARCH" => sets::esearch(&mut cursor),
        b"VANISHED" => sets::vanished(&mut cursor),
        b"FLAGS" => {
            cursor.spaces();
            Untagged::Flags(flags(&mut cursor).0)
        }
        b"CAPABILITY" => Untagged::Capability(words(&mut cursor)),
        b"ENABLED" => Untagged::Enabled(words(&mut cursor)),
        b"ID" => Untagged::Id(id(&mut cursor)),
        _ => Untagged::Other,
    }
}

fn numbered(digits: &[u8], cursor: &mut Cursor<'_>) -> Option<Untagged> {
    let number: u32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    cursor.spaces();
    let word = cursor.atom().to_ascii_uppercase();
    match word.as_slice() {
        b"EXISTS" => Some(Untagged::Exists(number)),
        b"EXPUNGE" if number > 0 => Some(Untagged::Expunge(number)),
        b"FETCH" if number > 0 => Some(Untagged::Fetch(Box::new(fetch::fetch(number, cursor)))),
        _ => None,
    }
}

/// The words up to the end or to a closing bracket, in upper case.
fn words(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        cursor.spaces();
        let word = cursor.take_while(|byte| !matches!(byte, b' ' | b']' | b'\r' | b'\n' | b'\t'));
        if word.is_empty() || found.len() >= MAX_WORDS {
            return found;
        }
        if word.len() <= MAX_WORD && word.is_ascii() {
            found.push(String::from_utf8_lossy(word).to_ascii_uppercase());
        }
    }
}

/// A parenthesised list of flags, and whether `\*` is among them.
fn flags(cursor: &mut Cursor<'_>) -> (Flags, bool) {
    let mut flags = Flags::new();
    let mut any = false;
    if !cursor.eat(b'(') {
        return (flags, any);
    }
    loop {
        cursor.spaces();
        if cursor.at_end() || cursor.eat(b')') {
            return (flags, any);
        }
        let before = cursor.rest().len();
        match cursor.atom() {
            b"\\*" => any = true,
            word => {
                if let Ok(word) = std::str::from_utf8(word) {
                    flags.insert_wire(word);
                }
            }
        }
        if cursor.rest().len() == before {
            cursor.skip_value();
            if cursor.rest().len() == before {
                return (flags, any);
            }
        }
    }
}

fn id(cursor: &mut Cursor<'_>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    cursor.spaces();
    if !cursor.eat(b'(') {
        return pairs;
    }
    while pairs.len() < 64 {
        cursor.spaces();
        let Some(key) = cursor.string() else { break };
        cursor.spaces();
        let Some(value) = cursor.string() else { break };
        if let (Some(key), Some(value)) = (key.string(), value.string()) {
            pairs.push((key, value));
        }
    }
    pairs
}

#[cfg(test)]
mod tests;
