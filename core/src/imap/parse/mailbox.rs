//! LIST, LSUB, STATUS and NAMESPACE: the responses that name mailboxes.

use crate::imap::{ListEntry, Namespace, Namespaces, StatusEntry};
use crate::model::{ModSeq, Uid, UidValidity};

use super::scanner::Scanner;
use super::text;

/// The longest mailbox name taken, in bytes. Longer ones are no names but attacks.
const MAX_NAME: usize = 1_000;
/// The most attributes kept of one mailbox, and the longest, in bytes.
const MAX_ATTRIBUTES: usize = 32;
const MAX_ATTRIBUTE: usize = 64;
/// The most namespaces kept of one kind.
const MAX_NAMESPACES: usize = 100;

/// `(\HasNoChildren \Sent) "/" "Sent Items" ("OLDNAME" ("Sent"))`.
pub(super) fn list(scanner: &mut Scanner<'_>) -> Option<ListEntry> {
    let attributes = attributes(scanner)?;
    scanner.skip_spaces();
    let delimiter = delimiter(scanner)?;
    scanner.skip_spaces();
    let name = list_name(scanner)?;
    scanner.skip_spaces();
    let old_name = if scanner.eat(b'(') { old_name(scanner) } else { None };
    Some(ListEntry { name, delimiter, attributes, old_name })
}

/// LSUB names what is subscribed; `\Noselect` there means that only something below it is (RFC 3501 section 6.3.9).
pub(super) fn lsub(scanner: &mut Scanner<'_>) -> Option<ListEntry> {
    let mut entry = list(scanner)?;
    let has = |name: &str| entry.attributes.iter().any(|attribute| attribute == name);
    if !has("\\noselect") && !has("\\subscribed") {
        entry.attributes.push("\\subscribed".to_owned());
    }
    Some(entry)
}

fn attributes(scanner: &mut Scanner<'_>) -> Option<Vec<String>> {
    let mut attributes = Vec::new();
    if !scanner.eat(b'(') {
        return None;
    }
    loop {
        scanner.skip_spaces();
        if scanner.eat(b')') {
            return Some(attributes);
        }
        if matches!(scanner.peek()?, b'(' | b'"' | b'{') {
            scanner.skip_value()?;
            continue;
        }
        let word = scanner.word()?;
        if attributes.len() < MAX_ATTRIBUTES && word.len() <= MAX_ATTRIBUTE && word.is_ascii() {
            attributes.push(String::from_utf8_lossy(word).to_ascii_lowercase());
        }
    }
}

/// The hierarchy delimiter; what is neither one printable character nor NIL counts as NIL.
fn delimiter(scanner: &mut Scanner<'_>) -> Option<Option<char>> {
    let value = scanner.nstring()?;
    Some(match value.as_deref() {
        Some([byte @ b'!'..=b'~']) => Some(char::from(*byte)),
        _ => None,
    })
}

/// A name in any form. One without quotes may hold spaces on some servers: it then goes on to the end of the line.
fn list_name(scanner: &mut Scanner<'_>) -> Option<Vec<u8>> {
    if let Some(name) = quoted_name(scanner) {
        return checked(name?);
    }
    let line = scanner.rest();
    let word = scanner.take_while(|byte| byte > b' ')?;
    if scanner.at_end() || scanner.peek() == Some(b'(') {
        return checked(word.to_vec());
    }
    checked(line.trim_ascii_end().to_vec())
}

/// A name as a quoted string or a literal; `None` where it is in neither form, `Some(None)` where it is broken.
fn quoted_name(scanner: &mut Scanner<'_>) -> Option<Option<Vec<u8>>> {
    let quoted = matches!(scanner.peek()?, b'"' | b'{');
    quoted.then(|| scanner.string().map(|name| name.into_owned()))
}

/// The name, INBOX in its one spelling (RFC 3501 section 5.1: it has no case).
fn checked(name: Vec<u8>) -> Option<Vec<u8>> {
    if name.len() > MAX_NAME {
        return None;
    }
    Some(if name.eq_ignore_ascii_case(b"INBOX") { b"INBOX".to_vec() } else { name })
}

/// The OLDNAME of extended data (RFC 5465 section 5.4): `"OLDNAME" ("Old"))`, after its parenthesis.
fn old_name(scanner: &mut Scanner<'_>) -> Option<Vec<u8>> {
    loop {
        scanner.skip_spaces();
        let tag = scanner.string()?;
        scanner.skip_spaces();
        if tag.eq_ignore_ascii_case(b"OLDNAME") {
            scanner.eat(b'(');
            scanner.skip_spaces();
            return checked(scanner.string()?.into_owned());
        }
        scanner.skip_value()?;
    }
}

/// `"Sent Items" (MESSAGES 231 UIDNEXT 44292)`.
pub(super) fn status(scanner: &mut Scanner<'_>) -> Option<StatusEntry> {
    let mut entry = StatusEntry { name: status_name(scanner)?, ..StatusEntry::default() };
    scanner.skip_spaces();
    if !scanner.eat(b'(') {
        return None;
    }
    while status_item(scanner, &mut entry).is_some() {}
    Some(entry)
}

/// A name in any form. One without quotes goes on to the last parenthesis that opens.
fn status_name(scanner: &mut Scanner<'_>) -> Option<Vec<u8>> {
    if let Some(name) = quoted_name(scanner) {
        return checked(name?);
    }
    let mark = scanner.mark();
    let word = scanner.take_while(|byte| byte > b' ')?;
    scanner.skip_spaces();
    if scanner.peek() == Some(b'(') {
        return checked(word.to_vec());
    }
    scanner.reset(mark);
    let line = scanner.rest();
    let end = memchr::memmem::find(line, b" (").filter(|end| *end <= MAX_NAME)?;
    scanner.advance(end);
    checked(line.get(..end)?.to_vec())
}

/// One attribute and its value; `None` at the end of the list, or where it cannot be read on.
fn status_item(scanner: &mut Scanner<'_>, entry: &mut StatusEntry) -> Option<()> {
    scanner.skip_spaces();
    let name = scanner.word()?.to_ascii_uppercase();
    scanner.skip_spaces();
    let mark = scanner.mark();
    if name == b"MAILBOXID" {
        let id = scanner.maybe_parenthesized(Scanner::string).and_then(|id| text::object_id(&id));
        entry.mailbox_id = id.filter(|_| matches!(scanner.peek(), None | Some(b' ' | b')')));
        scanner.reset(mark);
        return scanner.skip_value();
    }
    let Some(value) = scanner.number() else {
        scanner.reset(mark);
        return scanner.skip_value();
    };
    let small = u32::try_from(value).ok();
    match name.as_slice() {
        b"MESSAGES" => entry.messages = small,
        b"UNSEEN" => entry.unseen = small,
        b"UIDNEXT" => entry.uid_next = small.and_then(Uid::new),
        b"UIDVALIDITY" => entry.uid_validity = small.and_then(UidValidity::new),
        b"HIGHESTMODSEQ" => entry.highest_modseq = ModSeq::new(value),
        b"SIZE" => entry.size = Some(value),
        b"APPENDLIMIT" => entry.append_limit = Some(value),
        _ => {}
    }
    Some(())
}

/// `(("" "/")) NIL (("#shared/" "/"))`.
pub(super) fn namespace(scanner: &mut Scanner<'_>) -> Option<Namespaces> {
    Some(Namespaces { personal: kind(scanner)?, other_users: kind(scanner)?, shared: kind(scanner)? })
}

fn kind(scanner: &mut Scanner<'_>) -> Option<Vec<Namespace>> {
    let mut namespaces = Vec::new();
    scanner.skip_spaces();
    if !scanner.eat(b'(') {
        return scanner.nstring()?.is_none().then_some(namespaces);
    }
    loop {
        scanner.skip_spaces();
        if scanner.eat(b')') {
            return Some(namespaces);
        }
        if !scanner.eat(b'(') {
            return None;
        }
        scanner.skip_spaces();
        let prefix = scanner.nstring()?.unwrap_or_default().into_owned();
        scanner.skip_spaces();
        let delimiter = delimiter(scanner)?;
        scanner.skip_rest_of_list()?;
        if namespaces.len() < MAX_NAMESPACES && prefix.len() <= MAX_NAME {
            namespaces.push(Namespace { prefix, delimiter });
        }
    }
}
