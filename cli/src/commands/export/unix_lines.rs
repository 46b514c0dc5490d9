//! The lines of a mail with LF at their ends, quoted as an mbox wants it where asked for. Streaming: no line is held.

use std::io::{self, Write};

/// Where in a line the filter is.
#[derive(Clone, Copy)]
enum At {
    /// At its beginning, after that many `>`; they are not written yet.
    Quotes(usize),
    /// After the quotes and that many bytes of `From `; none of them is written yet.
    From { quotes: usize, matched: usize },
    /// Further on.
    Inside,
}

const FROM: &[u8] = b"From ";

/// Writes lines with LF in place of CRLF; with one more `>` before every line of the form `>*From ` (mboxrd), where
/// `quoting`.
pub(super) struct UnixLines<W> {
    to: W,
    quoting: bool,
    at: At,
    carriage_return: bool,
}

impl<W: Write> UnixLines<W> {
    pub(super) fn new(to: W, quoting: bool) -> Self {
        Self { to, quoting, at: At::Quotes(0), carriage_return: false }
    }

    /// Writes what was held back, and ends the last line where the mail did not.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.carriage_return {
            self.put(b'\r')?;
        }
        let at_start = matches!(self.at, At::Quotes(0));
        self.release()?;
        if at_start { Ok(()) } else { self.to.write_all(b"\n") }
    }

    fn byte(&mut self, byte: u8) -> io::Result<()> {
        let held = std::mem::replace(&mut self.carriage_return, byte == b'\r');
        if held && byte != b'\n' {
            self.put(b'\r')?;
        }
        if byte == b'\r' { Ok(()) } else { self.put(byte) }
    }

    fn put(&mut self, byte: u8) -> io::Result<()> {
        match (self.at, byte) {
            (At::Quotes(quotes), b'>') if self.quoting => {
                self.at = At::Quotes(quotes + 1);
                return Ok(());
            }
            (At::Quotes(quotes), b'F') if self.quoting => {
                self.at = At::From { quotes, matched: 1 };
                return Ok(());
            }
            (At::From { quotes, matched }, _) if FROM.get(matched) == Some(&byte) => {
                self.at = At::From { quotes, matched: matched + 1 };
                if matched + 1 == FROM.len() {
                    self.to.write_all(b">")?;
                    self.release()?;
                    self.at = At::Inside;
                }
                return Ok(());
            }
            _ => self.release()?,
        }
        self.to.write_all(&[byte])?;
        self.at = if byte == b'\n' { At::Quotes(0) } else { At::Inside };
        Ok(())
    }

    /// Writes the beginning of the line that was held back.
    fn release(&mut self) -> io::Result<()> {
        let (quotes, matched) = match self.at {
            At::Quotes(quotes) => (quotes, 0),
            At::From { quotes, matched } => (quotes, matched),
            At::Inside => (0, 0),
        };
        for _ in 0..quotes {
            self.to.write_all(b">")?;
        }
        self.to.write_all(FROM.get(..matched).unwrap_or_default())
    }
}

impl<W: Write> Write for UnixLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        bytes.iter().try_for_each(|&byte| self.byte(byte))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filtered(text: &str, quoting: bool) -> String {
        let mut outcomes = Vec::new();
        // However the pieces are cut, the outcome is the same.
        for size in [1, 2, 3, text.len().max(1)] {
            let mut written = Vec::new();
            let mut lines = UnixLines::new(&mut written, quoting);
            text.as_bytes().chunks(size).for_each(|piece| lines.write_all(piece).unwrap());
            lines.finish().unwrap();
            outcomes.push(String::from_utf8(written).unwrap());
        }
        outcomes.dedup();
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    #[test]
    fn lines_that_look_like_the_beginning_of_a_mail_are_quoted_once_more() {
        let mail = "From: a\r\n\r\nFrom here\r\n>From there\r\n>>From\r\n>Fro\r\nSo From x\r\n> From y";
        assert_eq!(filtered(mail, true), "From: a\n\n>From here\n>>From there\n>>From\n>Fro\nSo From x\n> From y\n");
        assert_eq!(filtered(mail, false), mail.replace("\r\n", "\n") + "\n");
    }

    #[test]
    fn only_the_pair_of_cr_and_lf_is_a_line_end() {
        assert_eq!(filtered("a\rb\r\r\nc\n\r", false), "a\rb\r\nc\n\r\n");
        assert_eq!(filtered("a\r\n", true), "a\n");
        assert_eq!(filtered("", true), "");
        assert_eq!(filtered(">>", true), ">>\n");
        assert_eq!(filtered("x\r\n\rFrom y", true), "x\n\rFrom y\n");
    }
}
