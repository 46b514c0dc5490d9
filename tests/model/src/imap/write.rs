//! How values are written.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::profile::StringForm;
use crate::world::InternalDate;

/// A string: quoted where the grammar allows it, else a literal.
pub(crate) fn string(out: &mut Vec<u8>, octets: &[u8], form: StringForm, utf8: bool) {
    let quotable = octets.len() < 1000
        && octets.iter().all(|byte| (b' '..=b'~').contains(byte) || utf8 && *byte >= 0x80)
        && (octets.is_ascii() || std::str::from_utf8(octets).is_ok());
    if form == StringForm::Literal || !quotable {
        out.extend_from_slice(format!("{{{}}}\r\n", octets.len()).as_bytes());
        out.extend_from_slice(octets);
        return;
    }
    out.push(b'"');
    for byte in octets {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// A string, or NIL.
pub(crate) fn nstring(out: &mut Vec<u8>, octets: Option<&[u8]>, form: StringForm, utf8: bool) {
    match octets {
        Some(octets) => string(out, octets, form, utf8),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// A mailbox name or other astring.
pub(crate) fn astring(out: &mut Vec<u8>, octets: &[u8], form: StringForm, utf8: bool) {
    let atom = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$&'+,-./:;<=>?@[]^_`|}~".contains(byte);
    let is_nil = octets.eq_ignore_ascii_case(b"NIL");
    if form == StringForm::Atom && !octets.is_empty() && !is_nil && octets.iter().all(atom) {
        out.extend_from_slice(octets);
    } else {
        string(out, octets, form, utf8);
    }
}

/// `"dd-Mmm-yyyy hh:mm:ss +zzzz"`, the day padded by a space.
pub(crate) fn internal_date(date: InternalDate) -> String {
    let offset = Offset::from_seconds(date.offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
    let moment = Timestamp::from_second(date.seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    offset.to_datetime(moment).to_zoned(offset.to_time_zone()).map_or_else(
        |_| "\" 1-Jan-1970 00:00:00 +0000\"".to_owned(),
        |zoned| format!("\"{}\"", zoned.strftime("%e-%b-%Y %H:%M:%S %z")),
    )
}
