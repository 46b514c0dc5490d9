//! Text as mails carry it: encoded words, quoted-printable, base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The longest line of an encoded body (RFC 2045 section 6).
const LINE: usize = 76;

/// For a header field: as encoded words (RFC 2047) where it is not ASCII, each of at most 75 characters, none with half a
/// letter.
pub(super) fn header(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        let quoted: String = match letter {
            ' ' => "_".to_owned(),
            _ if letter.is_ascii_alphanumeric() => letter.to_string(),
            _ => escaped(letter, '='),
        };
        match words.last_mut() {
            Some(word) if word.len() + quoted.len() <= 63 => word.push_str(&quoted),
            _ => words.push(quoted),
        }
    }
    let words: Vec<String> = words.into_iter().map(|word| format!("=?utf-8?q?{word}?=")).collect();
    words.join("\r\n ")
}

/// For the name of a file: quoted, or as RFC 2231 has it.
pub(super) fn parameter(name: &str, value: &str) -> String {
    if value.is_ascii() {
        return format!("{name}=\"{value}\"");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let encoded: String = value.chars().map(|c| if plain(c) { c.to_string() } else { escaped(c, '%') }).collect();
    format!("{name}*=utf-8''{encoded}")
}

/// A part's text with its encoding's name: the one that costs least.
pub(super) fn body(text: &str) -> (&'static str, String) {
    let lines = text.replace('\n', "\r\n");
    let foreign = lines.bytes().filter(|byte| !byte.is_ascii()).count();
    if foreign == 0 && lines.lines().all(|line| line.len() < 900) {
        ("7bit", format!("{lines}\r\n"))
    } else if foreign * 6 > lines.len() {
        ("base64", base64(lines.as_bytes()))
    } else {
        ("quoted-printable", quoted_printable(&lines))
    }
}

/// In lines.
pub(super) fn base64(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    text.as_bytes().chunks(LINE).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split("\r\n") {
        let mut column = 0;
        for letter in line.chars() {
            let piece = if letter.is_ascii() && letter != '=' { letter.to_string() } else { escaped(letter, '=') };
            // Room is left for the sign of a soft line end.
            if column + piece.len() >= LINE {
                out.push_str("=\r\n");
                column = 0;
            }
            column += piece.len();
            out.push_str(&piece);
        }
        out.push_str("\r\n");
    }
    out
}

fn escaped(letter: char, sign: char) -> String {
    let mut bytes = [0; 4];
    letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("{sign}{byte:02X}")).collect()
}
