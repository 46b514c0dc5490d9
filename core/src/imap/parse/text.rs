//! Text that people read, made safe to show.

/// The most bytes kept of a text for people.
const MAX_TEXT: usize = 1_000;

/// The bytes without a line end at their end.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// At most 1,000 bytes of text: what is not UTF-8 replaced, control characters removed.
pub(super) fn shown(bytes: &[u8]) -> String {
    // Control characters are removed before the text is cut, yet a megabyte of them need not be looked through.
    let bytes = bytes.get(..4 * MAX_TEXT).unwrap_or(bytes);
    let mut text = String::new();
    for char in String::from_utf8_lossy(bytes).chars().filter(|char| !char.is_control()) {
        if text.len() + char.len_utf8() > MAX_TEXT {
            break;
        }
        text.push(char);
    }
    text
}

/// Text whose charset nobody told: UTF-8 where it is that, else the charset such mail most often has.
pub(super) fn guessed(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    if text.chars().any(char::is_control) {
        text.chars().filter(|char| !char.is_control()).collect()
    } else {
        text.into()
    }
}

/// A word of a protocol (a media type, a charset) in lower case, without spaces around it.
pub(super) fn lower(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    push_lower(&mut text, bytes);
    text
}

/// Appends such a word.
pub(super) fn push_lower(text: &mut String, bytes: &[u8]) {
    let bytes = bytes.trim_ascii();
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        text.extend(bytes.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
    } else {
        text.push_str(&guessed(bytes).to_ascii_lowercase());
    }
}

/// An object id (RFC 8474 section 7: letters, digits, `_` and `-`, at most 255). What is none is as good as not told: in STATUS, some
/// versions of Cyrus send what lies where the id had been in memory.
pub(super) fn object_id(bytes: &[u8]) -> Option<String> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_one = (1..=255).contains(&bytes.len()) && bytes.iter().all(allowed);
    is_one.then(|| String::from_utf8_lossy(bytes).into_owned())
}
