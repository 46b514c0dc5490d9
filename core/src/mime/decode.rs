//! Transfer encodings taken off (RFC 2045 section 6), of bytes that are all there or come piece by piece. Bytes that do not
//! fit an encoding are left out or left as they are: a damaged attachment is better than none.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::uuencode::Uuencoded;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The longest line of quoted-printable that is kept for its end to come, in bytes: they should end at 76 (RFC 2045
/// section 6.7). Of a longer one that comes in pieces, blanks may stay at its end.
const MAX_LINE: usize = 64 * 1024;

/// The bytes without their transfer encoding.
pub fn decode(bytes: &[u8], encoding: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut decoder = Decoder::new(encoding, bytes);
    decoder.push(bytes, &mut out);
    decoder.end(&mut out);
    out
}

/// What takes an encoding off.
pub(super) enum Decoder {
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
    Uuencoded(Uuencoded),
    /// There is none, or none that is known.
    AsItIs,
}

impl Decoder {
    /// For content that begins with these bytes: some only says that it is encoded.
    pub(super) fn new(encoding: &str, start: &[u8]) -> Self {
        match encoding {
            "base64" if !is_prose(start) => Self::Base64(Base64::default()),
            "quoted-printable" => Self::QuotedPrintable(QuotedPrintable::default()),
            "x-uuencode" | "uuencode" | "x-uue" => Self::Uuencoded(Uuencoded::default()),
            _ => Self::AsItIs,
        }
    }

    /// Adds what can be told of the next piece to `out`.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Base64(decoder) => decoder.push(piece, out),
            Self::QuotedPrintable(decoder) => decoder.push(piece, out),
            Self::Uuencoded(decoder) => decoder.push(piece, out),
            Self::AsItIs => out.extend_from_slice(piece),
        }
    }

    /// Adds what is left once all pieces were given.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Base64(decoder) => decoder.end(out),
            Self::QuotedPrintable(decoder) => decoder.end(out),
            Self::Uuencoded(decoder) => decoder.end(out),
            Self::AsItIs => {}
        }
    }
}

/// How much of the beginning tells whether it is what it says, in bytes.
pub(super) const TELLING: usize = 1024;

/// Whether it only says that it is base64: there, no blanks stand within a line.
fn is_prose(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(TELLING)];
    let odd = |byte: &&u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n'));
    start.trim_ascii().iter().filter(odd).count() * 8 > start.len()
}

/// Base64 with whatever junk in it. What follows padding begins anew: some mailers join two texts.
#[derive(Default)]
pub(super) struct Base64 {
    clean: Vec<u8>,
}

impl Base64 {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for (index, piece) in bytes.split(|byte| *byte == b'=').enumerate() {
            if index > 0 {
                self.end(out);
            }
            let clean = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            self.clean.extend(piece.iter().copied().filter(clean));
            self.decode(self.clean.len() / 4 * 4, out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        // A stray character at the end makes a group that cannot be.
        self.decode(if self.clean.len() == 1 { 0 } else { self.clean.len() }, out);
        self.clean.clear();
    }

    fn decode(&mut self, count: usize, out: &mut Vec<u8>) {
        // Nothing but its alphabet is left: it does not fail.
        let _ = BASE64.decode_vec(&self.clean[..count], out);
        self.clean.drain(..count);
    }
}

/// The bytes of base64.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let mut decoder = Base64::default();
    decoder.push(bytes, &mut out);
    decoder.end(&mut out);
    out
}

/// Quoted-printable, line by line: what stands at the end of one is told by its end alone.
#[derive(Default)]
pub(super) struct QuotedPrintable {
    begun: Vec<u8>,
}

impl QuotedPrintable {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let whole = line.ends_with(b"\n");
            if whole && self.begun.is_empty() {
                quoted_printable_line(line, out);
                continue;
            }
            self.begun.extend_from_slice(line);
            if whole {
                self.end(out);
            } else if self.begun.len() > MAX_LINE {
                self.flush(out);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        quoted_printable_line(&self.begun, out);
        self.begun.clear();
    }

    /// Gives out of a line that does not end what its end cannot change.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let begun = self.begun.trim_ascii_end();
        let certain = match begun {
            [.., b'='] => begun.len() - 1,
            [.., b'=', _] => begun.len() - 2,
            _ => begun.len(),
        };
        let certain = if certain == 0 { self.begun.len() } else { certain };
        unquote(&self.begun[..certain], out);
        self.begun.drain(..certain);
    }
}

fn quoted_printable_line(line: &[u8], out: &mut Vec<u8>) {
    let content = line.trim_ascii_end();
    let end = &line[line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..];
    match content.strip_suffix(b"=") {
        Some(content) => unquote(content, out),
        None => {
            unquote(content, out);
            out.extend_from_slice(end);
        }
    }
}

fn unquote(content: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = content.get(at) {
        match hex_pair(content, at) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
}

/// The value of the two hexadecimal digits after an `=` at this place.
pub(super) fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    if bytes.get(at) == Some(&b'=') { hex_pair_after(bytes, at) } else { None }
}

/// The value of the two hexadecimal digits after this place.
pub(super) fn hex_pair_after(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*bytes.get(at + 1)?)? << 4 | digit(*bytes.get(at + 2)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_off_even_where_they_are_damaged() {
        assert_eq!(decode(b"SGVs\r\nbG8=\r\n", "base64"), b"Hello");
        assert_eq!(decode(b"SGVsbG8x!Q", "base64"), b"Hello1");
        assert_eq!(decode(b"a=3Db=\r\nc =\r\nd=ZZ  \r\ne", "quoted-printable"), b"a=bc d=ZZ\r\ne");
        assert_eq!(decode(b"as it is", "8bit"), b"as it is");
    }

    #[test]
    fn what_comes_in_pieces_is_decoded_as_the_whole_is() {
        let texts: [(&[u8], &str); 5] = [
            (b"SGVs\r\nbG8=\r\nSGVsbG8x!QSGk=SG8==\r\nQ", "base64"),
            (b"SGVsbG8sIHdvcmxkI\r\n", "base64"),
            (b"a=3Db=\r\nc =  \r\nd=ZZ  \r\n\r\n=\r\n e=4", "quoted-printable"),
            (b" \t \r\n==3D= \n=3", "quoted-printable"),
            (b"as=3D it\r is", "8bit"),
        ];
        for (text, encoding) in texts {
            let whole = decode(text, encoding);
            for size in 1..=text.len() {
                let (mut decoder, mut out) = (Decoder::new(encoding, text), Vec::new());
                text.chunks(size).for_each(|piece| decoder.push(piece, &mut out));
                decoder.end(&mut out);
                assert_eq!(out.escape_ascii().to_string(), whole.escape_ascii().to_string(), "by {size}");
            }
        }
    }

    #[test]
    fn what_is_uuencoded_comes_out_the_same_in_pieces() {
        let filler = |octets: usize| [&b"x".repeat(octets - 1)[..], b"\n"].concat();
        let file = b"begin 644 a\n#0V%T\r\nM0V%T#\n!00trailing\n\n`\n";
        let content = b"CatCat\x0c\0\0A";
        let late = [&filler(MAX_LINE)[..], file].concat();
        let texts = [
            ([b"so:\r\nbegin\r\nbegin 644 b\r\n", &file[12..], b"end\r\n#0V%T\n"].concat(), content.to_vec()),
            (
                [file, &b"M"[..], &b"#".repeat(1_000), b"\nend"].concat(),
                [&content[..], &b"\x0c\x30\xc3".repeat(15)].concat(),
            ),
            ([&filler(MAX_LINE - 1)[..], file].concat(), content.to_vec()),
            ([&filler(MAX_LINE - 6)[..], b"begi\n", file].concat(), content.to_vec()),
            (late.clone(), late),
            (b"begin 644 a".to_vec(), Vec::new()),
            (b"it only says so\r\nbegin".to_vec(), b"it only says so\r\nbegin".to_vec()),
            ([b"begin ", &b"y".repeat(2 * MAX_LINE)[..], b"\n#0V%T"].concat(), b"Cat".to_vec()),
        ];
        for (text, expected) in texts {
            for size in [1, 2, 3, 7, 61, 1_000, MAX_LINE, text.len()] {
                let (mut decoder, mut out) = (Decoder::new("uuencode", &text), Vec::new());
                text.chunks(size).for_each(|piece| decoder.push(piece, &mut out));
                decoder.end(&mut out);
                assert!(out == expected, "by {size}: {}", out[..out.len().min(99)].escape_ascii());
            }
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let line = b"=3D a=\t".repeat(100_000);
        let (mut decoder, mut out) = (QuotedPrintable::default(), Vec::new());
        for piece in line.chunks(1000) {
            decoder.push(piece, &mut out);
            assert!(decoder.begun.len() <= MAX_LINE + 1000 && decoder.begun.capacity() <= 4 * MAX_LINE);
        }
        decoder.push(b"\r\n", &mut out);
        assert_eq!(out, decode(&[&line[..], b"\r\n"].concat(), "quoted-printable"));
    }
}
