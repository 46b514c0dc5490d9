//! A connection: commands framed on the way in, responses buffered and streamed on the way out.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::deflate::Deflate;

/// A byte stream of any kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Output is sent when it has grown to this.
const RELIEF: usize = 32 << 10;
/// A command line (literals not counted) is at most this long.
const LONGEST_LINE: usize = 8 << 20;

/// Why a session ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Closed {
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    #[error("the session is over")]
    Over,
}

/// Which literals may come (RFC 7888, RFC 7889).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literals {
    /// Longest that may come unasked; `None` where none may.
    pub(crate) unasked: Option<u64>,
    /// Longest of all.
    pub(crate) limit: u64,
}

/// What the buffer holds.
#[derive(Debug)]
pub(crate) enum Framed {
    /// A whole command without its last line break.
    Command(Vec<u8>),
    /// More octets are needed.
    Wait,
    /// A literal was announced that is too large; its octets were not asked for. The line so far is given.
    TooBig(Vec<u8>),
    /// What came cannot be a command.
    Bad(&'static str),
}

pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    input: Vec<u8>,
    /// Where the piece of the command being framed starts: after the literals read so far.
    piece: usize,
    /// How far the piece was searched for a line break.
    searched: usize,
    asked: bool,
    output: Vec<u8>,
    capture: Option<Vec<Vec<u8>>>,
    unit: Vec<u8>,
    deflate: Option<Deflate>,
}

impl Wire {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            input: Vec::new(),
            piece: 0,
            searched: 0,
            asked: false,
            output: Vec::new(),
            capture: None,
            unit: Vec::new(),
            deflate: None,
        }
    }

    /// Looks for a whole command in what has arrived; asks for a literal where one is announced.
    pub(crate) fn frame(&mut self, literals: Literals) -> Framed {
        loop {
            let unread = self.input.get(self.searched.max(self.piece)..).unwrap_or_default();
            let Some(found) = unread.iter().position(|byte| *byte == b'\n') else {
                self.searched = self.input.len();
                let too_long = self.input.len() - self.piece > LONGEST_LINE;
                return if too_long { Framed::Bad("the line is too long") } else { Framed::Wait };
            };
            let line_break = self.searched.max(self.piece) + found;
            let line = self.input.get(self.piece..line_break).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some((length, unasked)) = announced(line) else {
                let mut command: Vec<u8> = self.input.drain(..=line_break).collect();
                command.pop();
                if command.last() == Some(&b'\r') {
                    command.pop();
                }
                (self.piece, self.searched, self.asked) = (0, 0, false);
                return Framed::Command(command);
            };
            if unasked && literals.unasked.is_none_or(|longest| length > longest) {
                return Framed::Bad("no such literal without being asked for");
            }
            if length > literals.limit {
                if unasked {
                    return Framed::Bad("the literal is too large");
                }
                let line = self.input.drain(..=line_break).collect();
                (self.piece, self.searched, self.asked) = (0, 0, false);
                return Framed::TooBig(line);
            }
            let end = line_break + 1 + usize::try_from(length).unwrap_or(usize::MAX);
            if !unasked && !self.asked {
                self.asked = true;
                self.output.extend_from_slice(b"+ go on\r\n");
            }
            if self.input.len() < end {
                self.searched = line_break;
                return Framed::Wait;
            }
            (self.piece, self.searched, self.asked) = (end, end, false);
        }
    }

    /// Takes one line without its line break, if one has arrived.
    pub(crate) fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.input.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.input.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(line)
    }

    /// Waits for more octets. Nothing is lost if the future is dropped.
    pub(crate) async fn fill(&mut self) -> Result<(), Closed> {
        let mut buffer = [0_u8; 16 << 10];
        let read = self.stream.read(&mut buffer).await?;
        let received = buffer.get(..read).filter(|octets| !octets.is_empty()).ok_or(Closed::Over)?;
        match &mut self.deflate {
            Some(deflate) => deflate.inflate(received, &mut self.input)?,
            None => self.input.extend_from_slice(received),
        }
        Ok(())
    }

    /// Waits for a line.
    pub(crate) async fn line(&mut self) -> Result<Vec<u8>, Closed> {
        self.flush().await?;
        loop {
            if let Some(line) = self.take_line() {
                return Ok(line);
            }
            self.fill().await?;
        }
    }

    /// Adds to the response being written.
    pub(crate) fn put(&mut self, octets: impl AsRef<[u8]>) {
        let target = if self.capture.is_some() { &mut self.unit } else { &mut self.output };
        target.extend_from_slice(octets.as_ref());
    }

    /// Ends the response being written.
    pub(crate) fn end(&mut self) {
        self.put(b"\r\n");
        if let Some(units) = &mut self.capture {
            units.push(std::mem::take(&mut self.unit));
        }
    }

    /// Adds much to the response being written, sending as it goes.
    pub(crate) async fn put_large(&mut self, octets: &[u8]) -> Result<(), Closed> {
        for chunk in octets.chunks(RELIEF) {
            self.put(chunk);
            self.relief().await?;
        }
        Ok(())
    }

    /// Writes a whole response.
    pub(crate) fn say(&mut self, response: impl AsRef<[u8]>) {
        self.put(response);
        self.end();
    }

    /// Octets as they are, past every capture.
    pub(crate) fn raw(&mut self, octets: &[u8]) {
        self.output.extend_from_slice(octets);
    }

    /// Sends what has gathered, if it is much.
    pub(crate) async fn relief(&mut self) -> Result<(), Closed> {
        if self.capture.is_none() && self.output.len() >= RELIEF { self.flush().await } else { Ok(()) }
    }

    /// Sends what has gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), Closed> {
        if !self.output.is_empty() {
            if let Some(deflate) = &mut self.deflate {
                let packed = deflate.deflate(&self.output)?;
                self.stream.write_all(&packed).await?;
            } else {
                self.stream.write_all(&self.output).await?;
            }
            self.output.clear();
            self.output.shrink_to(2 * RELIEF);
        }
        self.stream.flush().await?;
        Ok(())
    }

    /// From now on keeps whole responses back instead of sending them.
    pub(crate) fn capture(&mut self) {
        self.capture = Some(Vec::new());
    }

    /// The responses kept back; further ones are sent again.
    pub(crate) fn captured(&mut self) -> Vec<Vec<u8>> {
        self.unit.clear();
        self.capture.take().unwrap_or_default()
    }

    /// From now on everything is compressed (RFC 4978).
    pub(crate) fn compress(&mut self) -> Result<(), Closed> {
        let mut deflate = Deflate::new();
        let waiting = std::mem::take(&mut self.input);
        deflate.inflate(&waiting, &mut self.input)?;
        self.deflate = Some(deflate);
        Ok(())
    }

    pub(crate) fn compressed(&self) -> bool {
        self.deflate.is_some()
    }

    /// Whether octets have arrived that nobody has read yet.
    pub(crate) fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// The stream underneath, to put TLS over it.
    pub(crate) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Ends the connection.
    pub(crate) async fn shutdown(&mut self) {
        if self.flush().await.is_ok() {
            // The client may be gone already: then there is nothing left to shut down.
            let _ = self.stream.shutdown().await;
        }
    }
}

/// The length of the literal that a line announces at its end, and whether its octets follow unasked.
fn announced(line: &[u8]) -> Option<(u64, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let (inner, unasked) = inner.strip_suffix(b"+").map_or((inner, false), |inner| (inner, true));
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = inner.get(open + 1..).filter(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))?;
    Some((std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX), unasked))
}
