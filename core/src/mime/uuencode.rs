//! What is uuencoded (POSIX, `uuencode`), piece by piece: the file that begins with a line `begin 644 name`, and without such a
//! line the bytes as they are.

/// How many bytes may stand before the file. They are kept until it is known that they are not all there is; it is not
/// looked for in lines that begin later.
const MAX_BEFORE: usize = 64 * 1024;
/// So much of a line is kept, in bytes: it says in its first character how many it holds, 63 at most.
const MAX_LINE: usize = 1 + 84 + 2;

const BEGIN: &[u8] = b"begin ";

/// The decoder.
#[derive(Default)]
pub(super) struct Uuencoded {
    place: Place,
    before: Vec<u8>,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    /// In the line that begins the file.
    Begin,
    Within,
    After,
    /// There is no file.
    AsItIs,
}

impl Uuencoded {
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match self.place {
                Place::AsItIs => out.extend_from_slice(piece),
                Place::After => return,
                Place::Before | Place::Begin | Place::Within => self.within_line(piece, out),
            }
        }
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.end_line(out);
        out.append(&mut self.before);
    }

    fn within_line(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let room = MAX_LINE - self.line.len();
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
        if self.place == Place::Before {
            self.before.extend_from_slice(piece);
            if self.line.starts_with(BEGIN) {
                self.place = Place::Begin;
                self.before = Vec::new();
            } else if self.before.len() >= MAX_BEFORE && !BEGIN.starts_with(&self.line) {
                self.place = Place::AsItIs;
                out.append(&mut self.before);
            }
        }
        if piece.ends_with(b"\n") {
            self.end_line(out);
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.place {
            Place::Begin => self.place = Place::Within,
            Place::Within if line == b"end" => self.place = Place::After,
            Place::Within => decode_line(line, out),
            Place::Before | Place::After | Place::AsItIs => {}
        }
        self.line.clear();
    }
}

/// Adds the bytes of one line. Blanks at its end may have been lost.
fn decode_line(line: &[u8], out: &mut Vec<u8>) {
    let Some((first, rest)) = line.split_first() else { return };
    let value = |byte: u8| byte.wrapping_sub(b' ') & 63;
    let len = out.len() + usize::from(value(*first)).min(rest.len().div_ceil(4) * 3);
    for group in rest.chunks(4) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| value(group.get(at).copied().unwrap_or(b' ')));
        out.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    out.truncate(len);
}
