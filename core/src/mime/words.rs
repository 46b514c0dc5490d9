//! Encoded words in header fields (RFC 2047), also where mailers got them wrong: characters split over words, spaces within
//! them, words that touch each other or other text.

use std::borrow::Cow;

use super::charset::{self, Shown};
use super::decode::{self as encodings, hex_pair};

/// One encoded word that stands at the beginning of a text.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    payload: &'a str,
    len: usize,
}

/// The text of a field, its encoded words decoded. Neighbours in one charset are decoded together: a character may begin in
/// one and end in the next.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    // Most texts have no `=` at all, and to look for that alone costs least.
    if memchr::memchr(b'=', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let finder = memchr::memmem::Finder::new("=?");
    if finder.find(text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut pending: Option<(&str, Vec<u8>)> = None;
    while let Some(at) = finder.find(rest.as_bytes()) {
        let before = &rest[..at];
        let Some(word) = word(&rest[at..]) else {
            flush(&mut out, &mut pending);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        // White space between encoded words is none (RFC 2047 section 6.2).
        let follows = pending.is_some() && before.trim().is_empty();
        let joins = follows
            && pending.as_ref().is_some_and(|(charset, bytes)| {
                charset.eq_ignore_ascii_case(word.charset) && !has_come_back(charset, bytes)
            });
        if !joins {
            flush(&mut out, &mut pending);
        }
        if !follows {
            out.push_str(before);
        }
        // Characters that stand in it raw are what they are, not what its charset would make of their bytes.
        for piece in word.payload.split_inclusive(|c: char| !c.is_ascii()) {
            let raw = piece.chars().next_back().filter(|c| !c.is_ascii() && !word.base64);
            let encoded = &piece[..piece.len() - raw.map_or(0, char::len_utf8)];
            if !encoded.is_empty() {
                let (_, bytes) = pending.get_or_insert_with(|| (word.charset, Vec::new()));
                bytes.extend(bytes_of(encoded, word.base64));
            }
            if let Some(raw) = raw {
                flush(&mut out, &mut pending);
                out.push(raw);
            }
        }
        rest = &rest[at + word.len..];
    }
    flush(&mut out, &mut pending);
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether a word in a charset with states (ISO 2022) ended in its first state, as it should: what is joined to it then would
/// show the two escape sequences between them as a character that is none.
fn has_come_back(charset: &str, bytes: &[u8]) -> bool {
    charset.get(..8).is_some_and(|name| name.eq_ignore_ascii_case("iso-2022")) && bytes.ends_with(b"\x1b(B")
}

fn flush(out: &mut String, pending: &mut Option<(&str, Vec<u8>)>) {
    if let Some((charset, bytes)) = pending.take() {
        out.push_str(&charset::decode(&bytes, Some(charset), Shown::AsText));
    }
}

/// The length of the encoded word at the beginning of a text, in bytes.
pub(super) fn word_len(text: &str) -> Option<usize> {
    word(text).map(|word| word.len)
}

fn word(text: &str) -> Option<Word<'_>> {
    let inner = text.strip_prefix("=?")?;
    // No charset has a longer name: without a bound, a row of beginnings would cost its square.
    let charset_end = inner.bytes().take(64).position(|byte| byte == b'?')?;
    let charset = &inner[..charset_end];
    if charset.is_empty() || charset.bytes().any(|byte| byte.is_ascii_whitespace() || byte == b'=') {
        return None;
    }
    let base64 = match inner.as_bytes().get(charset_end + 1)? {
        b'b' | b'B' => true,
        b'q' | b'Q' => false,
        _ => return None,
    };
    if inner.as_bytes().get(charset_end + 2) != Some(&b'?') {
        return None;
    }
    let payload = &inner[charset_end + 3..];
    let end = memchr::memmem::find(&payload.as_bytes()[..payload.len().min(MAX_PAYLOAD)], b"?=")?;
    // A word that was never closed does not swallow the next one.
    if memchr::memmem::find(&payload.as_bytes()[..end], b"=?").is_some() {
        return None;
    }
    // The language of RFC 2231 section 5 is of no use here.
    let charset = charset.split('*').next().unwrap_or(charset);
    Some(Word { charset, base64, payload: &payload[..end], len: 2 + charset_end + 3 + end + 2 })
}

/// The longest word decoded, in bytes: the standard ends them at 75, mailers do not.
const MAX_PAYLOAD: usize = 16 * 1024;

fn bytes_of(payload: &str, base64: bool) -> Vec<u8> {
    let bytes = payload.as_bytes();
    if base64 {
        return encodings::base64(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match hex_pair(bytes, at) {
            Some(value) => {
                out.push(value);
                at += 2;
            }
            None => out.push(if *byte == b'_' { b' ' } else { *byte }),
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_forms_are_read_as_they_were_meant() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
            ("=?UTF-8?B?4oI=?= =?utf-8?B?rA==?=", "€"),
            ("=?utf-8?Q?=E2=82?= =?utf-8?B?rA==?=", "€"),
            ("=?utf-8?Q?two words here?=", "two words here"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("(=?utf-8?Q?a?=)", "(a)"),
            ("=?iso-8859-1?Q?=FC?= =?utf-8?Q?=C3=BC?= end", "üü end"),
            ("=?utf-8*de?Q?gr=C3=BCn?=", "grün"),
            ("=?nonsense?Q?a=FC?=", "aü"),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("=?iso-8859-1?Q?Fr\u{f6}sche_=FC?=", "Fr\u{f6}sche ü"),
            ("=?utf-8?Q?open", "=?utf-8?Q?open"),
            ("=?utf-8?Q?open =?utf-8?Q?b?=", "=?utf-8?Q?open b"),
            ("=?utf-8?Q??=", ""),
            ("=?utf-8?B?!!!?=", ""),
            ("=?utf-8?Q?a=ZZ_=4?=", "a=ZZ =4"),
            ("=?ISO-2022-JP?B?GyRCRnxLXDhsGyhC?=", "日本語"),
            ("=?gb18030?B?xOO6ww==?=", "你好"),
            ("=?big5?B?p0GmbqFB?=", "你好，"),
            ("=?ks_c_5601-1987?B?vsiz5w==?=", "안녕"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("=?cp932?B?g26DjQ==?=", "ハロ"),
            ("=?utf-7?Q?+ZeVnLIqe-?=", "日本語"),
            ("a =? b ?= c", "a =? b ?= c"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn case_117_beginnings_without_an_end_cost_no_more_than_their_length() {
        let text = "=?utf-8?Q?".repeat(20_000);
        assert_eq!(decode(&text), text);
    }
}
