//! Charsets of seven bits that shift into one of eight: HZ (RFC 1843) and ISO-2022-KR (RFC 1557). Browsers gave them up, since
//! scripts can hide in them; in mail they are still met, and only text is made of them here.

use encoding_rs::{EUC_KR, Encoding, GBK};

/// The text of bytes in one of these charsets, `None` where the label names none of them.
pub(super) fn decode(bytes: &[u8], label: &str) -> Option<String> {
    let is = |names: &[&str]| names.iter().any(|name| label.eq_ignore_ascii_case(name));
    if is(&["hz", "hz-gb-2312"]) {
        Some(hz(bytes))
    } else if is(&["iso-2022-kr", "csiso2022kr"]) {
        Some(iso_2022_kr(bytes))
    } else {
        None
    }
}

/// What was read so far, in the charset of eight bits, and whether bytes are shifted into it.
struct Shifting {
    out: Vec<u8>,
    shifted: bool,
}

impl Shifting {
    fn push(&mut self, byte: u8) {
        // A line end shifts back, whatever is forgotten before it.
        self.shifted &= byte != b'\n';
        let is_half = self.shifted && (0x21..=0x7e).contains(&byte);
        self.out.push(if is_half { byte | 0x80 } else { byte });
    }

    fn text(self, encoding: &'static Encoding) -> String {
        encoding.decode_without_bom_handling(&self.out).0.into_owned()
    }
}

fn hz(bytes: &[u8]) -> String {
    let mut found = Shifting { out: Vec::with_capacity(bytes.len()), shifted: false };
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = match after {
            [b'{', after @ ..] if *byte == b'~' && !found.shifted => {
                found.shifted = true;
                after
            }
            [b'}', after @ ..] if *byte == b'~' && found.shifted => {
                found.shifted = false;
                after
            }
            [b'~', after @ ..] if *byte == b'~' && !found.shifted => {
                found.push(b'~');
                after
            }
            // A line that goes on.
            [b'\n', after @ ..] | [b'\r', b'\n', after @ ..] if *byte == b'~' => after,
            _ => {
                found.push(*byte);
                after
            }
        };
    }
    found.text(GBK)
}

fn iso_2022_kr(bytes: &[u8]) -> String {
    let mut found = Shifting { out: Vec::with_capacity(bytes.len()), shifted: false };
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x0e => found.shifted = true,
            0x0f => found.shifted = false,
            // The designator, at the beginning of the text.
            0x1b if after.starts_with(b"$)C") => rest = &after[3..],
            _ => found.push(*byte),
        }
    }
    found.text(EUC_KR)
}
