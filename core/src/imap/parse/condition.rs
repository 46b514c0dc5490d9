//! Status responses and their codes (RFC 3501 section 7.1, RFC 5530).

use super::cursor::Cursor;
use super::{flags, sets, words};
use crate::imap::{Code, Condition, StatusKind};
use crate::model::{ModSeq, Uid, UidValidity};

/// The most pairs of UIDs that a COPYUID is expanded to.
const MAX_PAIRS: u64 = 1_000_000;
/// The longest text for people that is kept, in bytes.
const MAX_TEXT: usize = 1_000;

/// Reads what stands after a tag or a star: `OK [CODE …] text`. `None` where it is no status response.
pub fn condition(text: &[u8]) -> Option<Condition> {
    let mut cursor = Cursor::of_text(text);
    cursor.spaces();
    let kind = match cursor.atom().to_ascii_uppercase().as_slice() {
        b"OK" => StatusKind::Ok,
        b"NO" => StatusKind::No,
        b"BAD" => StatusKind::Bad,
        b"BYE" => StatusKind::Bye,
        b"PREAUTH" => StatusKind::PreAuth,
        _ => return None,
    };
    cursor.spaces();
    let code = if cursor.eat(b'[') {
        let code = code(&mut cursor);
        cursor.take_while(|byte| byte != b']');
        cursor.eat(b']');
        cursor.spaces();
        code
    } else {
        None
    };
    Some(Condition { kind, code, text: shown(cursor.rest()) })
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..MAX_TEXT).unwrap_or(bytes));
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

fn code(cursor: &mut Cursor<'_>) -> Option<Code> {
    let name = cursor.take_while(|byte| !matches!(byte, b' ' | b']' | b'(' | b'\r' | b'\n'));
    let name = String::from_utf8_lossy(name.get(..64).unwrap_or(name)).to_ascii_uppercase();
    cursor.spaces();
    let known = match name.as_str() {
        "ALERT" => Some(Code::Alert),
        "APPENDUID" => append_uid(cursor),
        "COPYUID" => copy_uid(cursor),
        "CAPABILITY" => Some(Code::Capability(words(cursor))),
        "CLOSED" => Some(Code::Closed),
        "HIGHESTMODSEQ" => cursor.number().and_then(ModSeq::new).map(Code::HighestModSeq),
        "NOMODSEQ" => Some(Code::NoModSeq),
        "MAILBOXID" => {
            cursor.eat(b'(');
            let id = cursor.take_while(|byte| !matches!(byte, b')' | b']' | b' '));
            let id = std::str::from_utf8(id).ok().filter(|id| !id.is_empty() && id.len() <= 255);
            id.map(|id| Code::MailboxId(id.to_owned()))
        }
        "MODIFIED" => sets::set(cursor).map(Code::Modified),
        "PERMANENTFLAGS" => {
            let (flags, any) = flags(cursor);
            Some(Code::PermanentFlags(flags, any))
        }
        "READ-ONLY" => Some(Code::ReadOnly),
        "READ-WRITE" => Some(Code::ReadWrite),
        "UIDNEXT" => uid(cursor).map(Code::UidNext),
        "UIDVALIDITY" => validity(cursor).map(Code::UidValidity),
        "UIDNOTSTICKY" => Some(Code::UidNotSticky),
        "" => return None,
        _ => None,
    };
    Some(known.unwrap_or(Code::Other(name)))
}

fn uid(cursor: &mut Cursor<'_>) -> Option<Uid> {
    Uid::new(u32::try_from(cursor.number()?).ok()?)
}

fn validity(cursor: &mut Cursor<'_>) -> Option<UidValidity> {
    UidValidity::new(u32::try_from(cursor.number()?).ok()?)
}

fn append_uid(cursor: &mut Cursor<'_>) -> Option<Code> {
    let validity = validity(cursor)?;
    cursor.spaces();
    Some(Code::AppendUid(validity, sets::set(cursor)?))
}

/// The pairs in the order given: RFC 4315 section 3 maps the sets in order, not sorted.
fn copy_uid(cursor: &mut Cursor<'_>) -> Option<Code> {
    let validity = validity(cursor)?;
    cursor.spaces();
    let sources = sets::pairs(cursor);
    cursor.spaces();
    let targets = sets::pairs(cursor);
    let count =
        |ranges: &[(Uid, Uid)]| -> u64 { ranges.iter().map(|(low, high)| u64::from(high.get() - low.get()) + 1).sum() };
    if sources.is_empty() || count(&sources) != count(&targets) || count(&sources) > MAX_PAIRS {
        return None;
    }
    let each = |ranges: Vec<(Uid, Uid)>| {
        ranges.into_iter().flat_map(|(low, high)| low.get()..=high.get()).filter_map(Uid::new)
    };
    Some(Code::CopyUid(validity, each(sources).zip(each(targets)).collect()))
}
