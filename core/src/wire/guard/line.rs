//! What one line is: whether it announces a literal, and which tag it carries.

use memchr::memchr;

use crate::wire::WireError;

/// The longest literal announcement, `~{18446744073709551615+}`.
const MAX_ANNOUNCEMENT: usize = 24;
/// The longest tag. Ours are far shorter.
const MAX_TAG: usize = 32;

/// The size that a line announces at its end, if it does: `{5}`, `{5+}`, `~{5}`.
pub(super) fn announced(line: &[u8]) -> Option<u64> {
    let inner = line.strip_suffix(b"}")?;
    let tail = &inner[inner.len().saturating_sub(MAX_ANNOUNCEMENT)..];
    let start = tail.iter().rposition(|byte| *byte == b'{')?;
    let digits = tail.get(start + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // More digits than a number holds are more octets than anybody sends.
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

/// `* OK …` and its like: text for people, in which a brace announces nothing.
pub(super) fn is_condition(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"*").unwrap_or_default().trim_ascii_start();
    let word = rest.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

/// `* 23 FETCH …`, the one response whose line may be long for good reason: a BODYSTRUCTURE of many parts.
pub(super) fn is_fetch(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"* ").unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits..digits + 7).is_some_and(|word| word.eq_ignore_ascii_case(b" FETCH "))
}

/// A tagged line: its tag, and what stands behind it.
pub(super) fn tagged(line: &[u8]) -> Result<(String, Vec<u8>), WireError> {
    let broken = WireError::Protocol("neither a response nor a status");
    let Some(end) = memchr(b' ', line) else { return Err(broken) };
    let (tag, text) = line.split_at(end);
    if tag.len() > MAX_TAG || !tag.iter().all(u8::is_ascii_alphanumeric) {
        return Err(broken);
    }
    if announced(text).is_some() {
        // What came next could be either: a literal, or lines. Whoever guesses wrong believes a mail to be a server.
        return Err(WireError::Protocol("a literal in a status"));
    }
    Ok((String::from_utf8_lossy(tag).into_owned(), text.trim_ascii().to_vec()))
}
