//! One part of a mail of any size, read and decoded piece by piece: some hundred kilobytes of it are in memory at once.

use std::io::{self, Read, Seek, Write};

use super::decode::{Decoder, TELLING};
use super::source::{Source, Windowed};
use super::tree;
use crate::model::Part;

/// How much is decoded at once, in bytes.
const PIECE: usize = 32 * 1024;

/// The structure of a whole mail.
///
/// # Errors
/// Where it cannot be read.
pub fn structure(mail: impl Read + Seek) -> io::Result<Part> {
    let mut source = Windowed::new(mail)?;
    let whole = source.whole();
    let tree = tree::read_from(&mut source, whole, None);
    source.finish()?;
    Ok(tree.root.into_part())
}

/// Writes the decoded content of one part of a whole mail, by its specifier. Returns its size in bytes; `None` where there is no
/// such part, and then nothing is written.
///
/// # Errors
/// Where the mail cannot be read, or its part not be written.
pub fn write_part(mail: impl Read + Seek, section: &str, out: &mut dyn Write) -> io::Result<Option<u64>> {
    let mut source = Windowed::new(mail)?;
    let whole = source.whole();
    let root = tree::read_from(&mut source, whole, Some(section)).root;
    let Some(found) = root.walk().find(|node| node.part.section == section && !node.part.is_multipart()) else {
        return source.finish().map(|()| None);
    };
    let decoder = Decoder::new(&found.part.encoding, &source.start(found.body, TELLING));
    let mut pouring = Pouring { decoder, decoded: Vec::new(), written: 0 };
    let (mut at, end) = (found.body.start, found.body.end);
    loop {
        let view = source.view(at, end);
        if view.is_empty() {
            break;
        }
        let piece = &view[..view.len().min(PIECE)];
        pouring.pour(piece, out)?;
        at += piece.len() as u64;
    }
    source.finish()?;
    pouring.end(out).map(Some)
}

/// Writes the content of a part, decoded, from the bytes that IMAP gives for it. Returns its size in bytes.
///
/// # Errors
/// Where these cannot be read, or it not be written.
pub fn write_decoded(mut part: impl Read, encoding: &str, out: &mut dyn Write) -> io::Result<u64> {
    let mut piece = Vec::with_capacity(PIECE);
    let mut pouring = None;
    loop {
        piece.clear();
        part.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        let begun = pouring.get_or_insert_with(|| {
            let decoder = Decoder::new(encoding, &piece);
            Pouring { decoder, decoded: Vec::new(), written: 0 }
        });
        if piece.is_empty() {
            return begun.end(out);
        }
        begun.pour(&piece, out)?;
    }
}

/// The decoded content of one part of a whole mail in memory, by its specifier.
pub fn content_of(raw: &[u8], section: &str) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    write_part(io::Cursor::new(raw), section, &mut content).ok().flatten()?;
    Some(content)
}

struct Pouring {
    decoder: Decoder,
    decoded: Vec<u8>,
    written: u64,
}

impl Pouring {
    fn pour(&mut self, piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        self.decoder.push(piece, &mut self.decoded);
        self.write(out)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<u64> {
        self.decoder.end(&mut self.decoded);
        self.write(out)?;
        Ok(self.written)
    }

    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.decoded)?;
        self.written += self.decoded.len() as u64;
        self.decoded.clear();
        Ok(())
    }
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
