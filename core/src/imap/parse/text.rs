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
