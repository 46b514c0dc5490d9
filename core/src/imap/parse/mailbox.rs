//! LIST, STATUS and NAMESPACE.

use super::cursor::{Cursor, Text};
use crate::imap::{ListEntry, Namespace, Namespaces, StatusEntry};
use crate::model::{ModSeq, Uid, UidValidity};

/// Attributes and namespaces kept of one line.
const MAX_ITEMS: usize = 64;

/// From after the word LIST.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Option<ListEntry> {
    let mut entry = ListEntry::default();
    cursor.spaces();
    if cursor.eat(b'(') {
        loop {
            cursor.spaces();
            if cursor.at_end() || cursor.eat(b')') {
                break;
            }
            let word = cursor.atom();
            if word.is_empty() {
                cursor.leave_list();
                break;
            }
            if entry.attributes.len() < MAX_ITEMS && word.is_ascii() {
                entry.attributes.push(String::from_utf8_lossy(word).to_ascii_lowercase());
            }
        }
    }
    cursor.spaces();
    entry.delimiter = delimiter(cursor.string()?);
    cursor.spaces();
    entry.name = name(cursor)?;
    cursor.spaces();
    if cursor.eat(b'(') {
        entry.old_name = old_name(cursor);
    }
    Some(entry)
}

/// A mailbox name: NIL is a name like any other here.
fn name(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    match cursor.string()? {
        Text::Nil => Some(b"NIL".to_vec()),
        // An atom ends at a space, but some servers send names with spaces unquoted; nothing can be made of those.
        text => text.bytes(),
    }
}

/// One character, escaped or not; longer ones are no delimiter.
fn delimiter(text: Text<'_>) -> Option<char> {
    let text = text.string()?;
    let mut chars = text.chars();
    chars.next().filter(|c| chars.next().is_none() && !c.is_control())
}

/// OLDNAME within the extended data (RFC 9051 section 6.3.9.7): `("OLDNAME" ("old"))`.
fn old_name(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let mut found = None;
    loop {
        cursor.spaces();
        if cursor.at_end() || cursor.eat(b')') {
            return found;
        }
        let Some(key) = cursor.string() else { return found };
        cursor.spaces();
        if key.string().is_some_and(|key| key.eq_ignore_ascii_case("OLDNAME")) && cursor.eat(b'(') {
            cursor.spaces();
            found = name(cursor);
            cursor.leave_list();
        } else {
            cursor.skip_value();
        }
    }
}

/// From after the word STATUS.
pub(super) fn status(cursor: &mut Cursor<'_>) -> Option<StatusEntry> {
    cursor.spaces();
    let mut entry = StatusEntry { name: name(cursor)?, ..StatusEntry::default() };
    cursor.spaces();
    if !cursor.eat(b'(') {
        return None;
    }
    loop {
        cursor.spaces();
        if cursor.at_end() || cursor.eat(b')') {
            return Some(entry);
        }
        let item = cursor.atom().to_ascii_uppercase();
        if item.is_empty() {
            return Some(entry);
        }
        cursor.spaces();
        match item.as_slice() {
            b"MESSAGES" => entry.messages = small(cursor),
            b"UNSEEN" => entry.unseen = small(cursor),
            b"UIDNEXT" => entry.uid_next = small(cursor).and_then(Uid::new),
            b"UIDVALIDITY" => entry.uid_validity = small(cursor).and_then(UidValidity::new),
            b"HIGHESTMODSEQ" => entry.highest_modseq = cursor.number().and_then(ModSeq::new),
            b"SIZE" => entry.size = cursor.number(),
            b"APPENDLIMIT" => {
                entry.append_limit = cursor.number();
                if entry.append_limit.is_none() {
                    cursor.skip_value();
                }
            }
            b"MAILBOXID" => {
                cursor.eat(b'(');
                entry.mailbox_id = cursor.string().and_then(|text| text.string()).filter(|id| id.len() <= 255);
                cursor.eat(b')');
            }
            _ => cursor.skip_value(),
        }
    }
}

fn small(cursor: &mut Cursor<'_>) -> Option<u32> {
    cursor.number().and_then(|number| u32::try_from(number).ok())
}

/// From after the word NAMESPACE (RFC 2342 section 5).
pub(super) fn namespaces(cursor: &mut Cursor<'_>) -> Namespaces {
    Namespaces { personal: kind(cursor), other_users: kind(cursor), shared: kind(cursor) }
}

fn kind(cursor: &mut Cursor<'_>) -> Vec<Namespace> {
    let mut found = Vec::new();
    cursor.spaces();
    if !cursor.eat(b'(') {
        cursor.skip_value();
        return found;
    }
    loop {
        cursor.spaces();
        if !cursor.eat(b'(') {
            cursor.leave_list();
            return found;
        }
        let prefix = cursor.string().and_then(|text| text.bytes());
        cursor.spaces();
        let delimiter = cursor.string().and_then(delimiter);
        if let (Some(prefix), true) = (prefix, found.len() < MAX_ITEMS) {
            found.push(Namespace { prefix, delimiter });
        }
        cursor.leave_list();
    }
}
