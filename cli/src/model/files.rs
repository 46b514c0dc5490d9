//! Files drawn from a mail: a page, a picture, an entry for a calendar. Small, and what they claim to be.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::letter::{Attached, DAY, Letter};

/// The media type and the content.
pub(super) fn content(file: &Attached, letter: &Letter, now: i64) -> (&'static str, Vec<u8>) {
    let ending = file.name.rsplit('.').next().unwrap_or_default();
    match (&file.text, ending) {
        (Some(text), "csv") => ("text/csv; charset=utf-8", text.replace('\n', "\r\n").into_bytes()),
        (Some(text), _) => ("text/plain; charset=utf-8", text.replace('\n', "\r\n").into_bytes()),
        (None, "png") => ("image/png", picture(&file.name)),
        (None, "ics") => ("text/calendar; charset=utf-8; method=REQUEST", event(letter, now).into_bytes()),
        (None, _) => ("application/pdf", page(letter)),
    }
}

/// One page of text (ISO 32000), in Latin letters.
fn page(letter: &Letter) -> Vec<u8> {
    let lines =
        std::iter::once(letter.from.name.as_str()).chain([letter.subject.as_str(), ""]).chain(letter.text.lines());
    let shown: String = lines.map(|line| format!("({}) Tj T*\n", latin(line))).collect();
    let drawing = format!("BT /F1 11 Tf 60 780 Td 16 TL\n{shown}ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut table = String::from("0000000000 65535 f \n");
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let at = pdf.len();
    let size = objects.len() + 1;
    pdf += &format!("xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n");
    pdf.into_bytes()
}

/// Escaped for a string of a page; what Latin-1 lacks becomes a question mark.
fn latin(text: &str) -> String {
    let letter = |c: char| match u32::from(c) {
        0x28 | 0x29 | 0x5c => format!("\\{c}"),
        0x20..0x7f => c.to_string(),
        code @ 0xa0..=0xff => format!("\\{code:03o}"),
        _ => "?".to_owned(),
    };
    text.chars().map(letter).collect()
}

/// A moon over hills, in colours that the name decides (PNG, RFC 2083).
fn picture(name: &str) -> Vec<u8> {
    const WIDTH: u32 = 96;
    const HEIGHT: u32 = 64;
    let seed: u32 = name.bytes().map(u32::from).sum();
    let mut rows = Vec::new();
    for y in 0..HEIGHT {
        rows.push(0);
        for x in 0..WIDTH {
            let moon = x.abs_diff(62 + seed % 16).pow(2) + y.abs_diff(18).pow(2) < 120;
            let hill = y > 44 + (x + seed) % 24 / 3;
            let shade = 60 + 2 * y;
            let pixel = match (moon, hill) {
                (_, true) => [20, 30 + seed % 20, 50],
                (true, _) => [245, 235, 200],
                _ => [shade / 3, shade / 2 + seed % 30, 90 + shade / 2],
            };
            rows.extend(pixel.map(|part| u8::try_from(part).unwrap_or(u8::MAX)));
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let packed = packed.write_all(&rows).and_then(|()| packed.finish()).unwrap_or_default();
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", packed), (b"IEND", Vec::new())] {
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(&data);
        png.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
        png.extend(kind);
        png.extend(data);
        png.extend(crc.sum().to_be_bytes());
    }
    png
}

/// An invitation to what the mail is about, nine days from now at ten (RFC 5545).
fn event(letter: &Letter, now: i64) -> String {
    let start = now - now.rem_euclid(DAY) + 9 * DAY + 10 * 3_600;
    let time =
        |seconds| jiff::Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string();
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        format!("PRODID:-//{}//EN", letter.from.domain()),
        "METHOD:REQUEST".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@{}", letter.key, letter.from.domain()),
        format!("DTSTAMP:{}", time(letter.when.seconds(now))),
        format!("DTSTART:{}", time(start)),
        format!("DTEND:{}", time(start + 3_600)),
        format!("SUMMARY:{}", letter.subject.replace(',', "\\,")),
        format!("ORGANIZER:mailto:{}", letter.from.email),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.map(|line| line + "\r\n").concat()
}
