//! Bytes as text, in whatever charset they say or seem to be.

use std::borrow::Cow;

use super::shifted;
use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Where a text is shown. UTF-7 hides markup from whoever looks for it, so that in HTML it is never what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    AsText,
    AsHtml,
}

/// How much of an HTML text is looked at for the charset that it names itself, in bytes.
const META: usize = 1024;

/// The text that bytes are. What a charset does not have becomes U+FFFD; a charset nobody knows is guessed.
pub(super) fn decode<'a>(bytes: &'a [u8], label: Option<&str>, shown: Shown) -> Cow<'a, str> {
    let label = label.map(|label| label.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')));
    let ascii = label.is_none_or(|label| label.is_empty() || is_ascii_label(label));
    if ascii && let Ok(text) = std::str::from_utf8(bytes) {
        // Seven bits are enough for it, and not to be told from ASCII but by what follows the escapes.
        if memchr::memmem::find(bytes, b"\x1b$").is_none() {
            return Cow::Borrowed(text.trim_start_matches('\u{feff}'));
        }
    }
    match label.filter(|_| !ascii) {
        Some(label) => named(bytes, label, shown).unwrap_or_else(|| guessed(bytes, shown)),
        None => guessed(bytes, shown),
    }
}

fn is_ascii_label(label: &str) -> bool {
    ["us-ascii", "ascii", "ansi_x3.4-1968"].iter().any(|ascii| label.eq_ignore_ascii_case(ascii))
}

fn named<'a>(bytes: &'a [u8], label: &str, shown: Shown) -> Option<Cow<'a, str>> {
    if label.eq_ignore_ascii_case("utf-16") && !bytes.starts_with(b"\xff\xfe") && !bytes.starts_with(b"\xfe\xff") {
        return Some(utf_16_without_mark(bytes));
    }
    if let Some(text) = shifted::decode(bytes, label) {
        return Some(Cow::Owned(text));
    }
    let encoding = Encoding::for_label(label.as_bytes()).or_else(|| by_code_page(label));
    if let Some(encoding) = encoding.filter(|encoding| *encoding != REPLACEMENT) {
        let (text, _, broken) = encoding.decode(bytes);
        // Says UTF-8 and is not: most often an old mailer that only thinks so.
        let whole = !(broken && encoding == UTF_8 && shown == Shown::AsText && mostly_latin(bytes));
        return whole.then_some(text);
    }
    let is_utf_7 = label.to_ascii_lowercase().contains("utf-7") || label.to_ascii_lowercase().contains("utf7");
    if is_utf_7 && shown == Shown::AsHtml {
        return Some(String::from_utf8_lossy(bytes));
    }
    charset_decoder(label.as_bytes()).filter(|_| encoding != Some(REPLACEMENT)).map(|decode| Cow::Owned(decode(bytes)))
}

/// Names of code pages that the standard does not list.
fn by_code_page(label: &str) -> Option<&'static Encoding> {
    let digits = label.trim_start_matches(|c: char| !c.is_ascii_digit());
    match digits {
        "932" => Some(SHIFT_JIS),
        "936" => Some(GB18030),
        "949" => Some(EUC_KR),
        "950" => Some(BIG5),
        _ => None,
    }
}

/// Whether no byte above ASCII begins a character of UTF-8.
fn mostly_latin(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().all(|chunk| chunk.valid().is_ascii())
}

fn utf_16_without_mark(bytes: &[u8]) -> Cow<'_, str> {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).take(500).filter(|byte| **byte == 0).count();
    // RFC 2781 section 4.3: big-endian, where nothing speaks against it.
    let encoding = if zeros(1) > zeros(0) { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE };
    encoding.decode_without_bom_handling(bytes).0
}

fn guessed(bytes: &[u8], shown: Shown) -> Cow<'_, str> {
    if memchr::memmem::find(bytes, b"\x1b$").is_some() {
        return ISO_2022_JP.decode(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let encoding = (shown == Shown::AsHtml).then(|| meta(bytes)).flatten().unwrap_or(WINDOWS_1252);
    encoding.decode(bytes).0
}

/// The charset that an HTML text names in itself.
fn meta(html: &[u8]) -> Option<&'static Encoding> {
    let head = html[..META.min(html.len())].to_ascii_lowercase();
    let at = memchr::memmem::find(&head, b"charset=")? + b"charset=".len();
    let rest = head[at..].trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end =
        rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_:".contains(byte)).unwrap_or(rest.len());
    Encoding::for_label(&rest[..end]).filter(|encoding| encoding.is_ascii_compatible())
}
