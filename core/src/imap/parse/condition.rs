//! Status responses and their codes.

use crate::imap::{Code, Condition, StatusKind};
use crate::model::{ModSeq, Uid, UidValidity};

use super::scanner::{Scanner, decimal};
use super::set::{ordered, uid_set};
use super::{text, words};

/// The longest name of a response code that is taken for one.
const MAX_CODE_NAME: usize = 64;

/// Reads a status response: what stands after `* ` or after a tag, such as `OK [ALERT] text`. `None` where it does not
/// begin with one of the five words.
pub fn condition(line: &[u8]) -> Option<Condition> {
    let line = text::without_line_end(line);
    let len = line.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(line.len());
    let (word, rest) = line.split_at_checked(len)?;
    let kind = status_kind(word)?;
    if !matches!(rest.first(), None | Some(b' ' | b'[' | b'\t')) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let (code, rest) = match code(rest) {
        Some((code, after)) => (Some(code), after.trim_ascii_start()),
        None => (None, rest),
    };
    Some(Condition { kind, code, text: text::shown(rest) })
}

/// A code whose `OK` the server forgot, as Exchange does with `* [COPYUID 55 31 6]`.
pub(super) fn bare_code(line: &[u8]) -> Option<Condition> {
    let (code, rest) = code(line)?;
    Some(Condition { kind: StatusKind::Ok, code: Some(code), text: text::shown(rest.trim_ascii_start()) })
}

fn status_kind(word: &[u8]) -> Option<StatusKind> {
    let kinds = [
        ("OK", StatusKind::Ok),
        ("NO", StatusKind::No),
        ("BAD", StatusKind::Bad),
        ("BYE", StatusKind::Bye),
        ("PREAUTH", StatusKind::PreAuth),
    ];
    kinds.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|(_, kind)| kind)
}

/// A code in brackets and what follows it. `None` where there is none, or none that ends: then all of it is text.
fn code(line: &[u8]) -> Option<(Code, &[u8])> {
    let inner = line.strip_prefix(b"[")?;
    let mut scanner = Scanner::new(inner, &[]);
    scanner.skip_spaces();
    let name = scanner.take_while(|byte| byte.is_ascii_alphanumeric() || b"-_./+".contains(&byte))?;
    if name.len() > MAX_CODE_NAME || !matches!(scanner.peek(), Some(b' ' | b']')) {
        return None;
    }
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    scanner.skip_spaces();
    if let Some(code) = known_code(&name, &mut scanner) {
        scanner.skip_spaces();
        if scanner.eat(b']') {
            return Some((code, scanner.rest()));
        }
    }
    Some((Code::Other(name), after_bracket(inner)?))
}

/// What follows the `]` that ends a code: the first one outside quotes, or else the first.
fn after_bracket(inner: &[u8]) -> Option<&[u8]> {
    let mut quoted = false;
    let end = inner.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b']' && !quoted
    });
    let end = end.or_else(|| memchr::memchr(b']', inner))?;
    inner.get(end + 1..)
}

/// The code by its name, its arguments read up to the bracket. `None` where the name is not known, or an argument is
/// missing or impossible.
fn known_code(name: &str, scanner: &mut Scanner<'_>) -> Option<Code> {
    let code = match name {
        "ALERT" => Code::Alert,
        "CLOSED" => Code::Closed,
        "NOMODSEQ" => Code::NoModSeq,
        "READ-ONLY" => Code::ReadOnly,
        "READ-WRITE" => Code::ReadWrite,
        "UIDNOTSTICKY" => Code::UidNotSticky,
        "CAPABILITY" => Code::Capability(words(scanner.take_while(|byte| byte != b']')?)),
        "UIDNEXT" => Code::UidNext(Uid::new(number32(scanner)?)?),
        "UIDVALIDITY" => Code::UidValidity(UidValidity::new(number32(scanner)?)?),
        "HIGHESTMODSEQ" => match scanner.maybe_parenthesized(Scanner::number)? {
            0 => Code::NoModSeq,
            value => Code::HighestModSeq(ModSeq::new(value)?),
        },
        "PERMANENTFLAGS" => {
            let (flags, any) = scanner.flags()?;
            Code::PermanentFlags(flags, any)
        }
        "MAILBOXID" => Code::MailboxId(text::object_id(scanner.maybe_parenthesized(id)?)?),
        "MODIFIED" => Code::Modified(uid_set(argument(scanner)?)?),
        "APPENDUID" => {
            let validity = UidValidity::new(number32(scanner)?)?;
            Code::AppendUid(validity, ordered(argument(scanner)?)?.into_iter().collect())
        }
        "COPYUID" => copy_uid(scanner)?,
        _ => return None,
    };
    Some(code)
}

/// `validity source destination`. Only a mapping that is beyond doubt is given: as many on both sides, none twice.
fn copy_uid(scanner: &mut Scanner<'_>) -> Option<Code> {
    let validity = UidValidity::new(number32(scanner)?)?;
    let source = ordered(argument(scanner)?)?;
    let destination = ordered(argument(scanner)?)?;
    if source.len() != destination.len() || has_duplicates(&source) || has_duplicates(&destination) {
        return None;
    }
    Some(Code::CopyUid(validity, source.into_iter().zip(destination).collect()))
}

fn has_duplicates(uids: &[Uid]) -> bool {
    let ascending = uids.is_sorted_by(|a, b| a < b);
    let mut sorted = if ascending { Vec::new() } else { uids.to_vec() };
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair.first() == pair.last())
}

fn number32(scanner: &mut Scanner<'_>) -> Option<u32> {
    scanner.skip_spaces();
    let digits = argument(scanner)?;
    decimal(digits)?.try_into().ok()
}

fn argument<'a>(scanner: &mut Scanner<'a>) -> Option<&'a [u8]> {
    scanner.skip_spaces();
    scanner.take_while(|byte| byte > b' ' && byte != b']')
}

fn id<'a>(scanner: &mut Scanner<'a>) -> Option<&'a [u8]> {
    scanner.take_while(|byte| byte > b' ' && !b"()]".contains(&byte))
}
