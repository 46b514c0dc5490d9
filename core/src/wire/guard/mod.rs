//! The stream under `async_imap`: it frames what the server sends, keeps the raw responses for our own parser, and shows
//! async-imap one short line for each run of them, so that its parser never meets what a server wrote.

mod framing;
mod limits;
mod outgoing;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::{BoxStream, Spool, Traffic, WireError};
use framing::Framing;
use outgoing::Queue;

pub use framing::Incoming;
pub use limits::Limits;
pub use outgoing::Outgoing;

/// What async-imap reads in place of untagged responses and continuation requests.
const MARKER: &[u8] = b"* OK more\r\n";
const READ_BUFFER: usize = 64 * 1024;

/// A guarded connection.
pub struct Guard {
    stream: Option<BoxStream>,
    traffic: Arc<Traffic>,
    limits: Limits,
    framing: Framing,
    queue: Queue,
    /// Bytes read and not yet framed, from `consumed` on.
    buffer: Vec<u8>,
    consumed: usize,
    /// What async-imap shall read next.
    shown: Vec<u8>,
    marked: bool,
    /// Until async-imap believes to be logged in, the guard answers it.
    door: bool,
    received_since_flight: bool,
    unflushed: bool,
    deadline: Pin<Box<Sleep>>,
    line_since: Option<Instant>,
    failure: Option<WireError>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl Guard {
    /// Guards a connection.
    pub fn new(stream: BoxStream, traffic: Arc<Traffic>, limits: Limits, spool: Box<dyn Spool>) -> Self {
        Self {
            stream: Some(stream),
            traffic,
            limits,
            framing: Framing::new(limits, spool),
            queue: Queue::default(),
            buffer: Vec::new(),
            consumed: 0,
            shown: Vec::new(),
            marked: false,
            door: true,
            received_since_flight: true,
            unflushed: false,
            deadline: Box::pin(tokio::time::sleep(limits.silence)),
            line_since: None,
            failure: None,
        }
    }

    /// Closes the door: from now on commands go to the server.
    pub fn close_door(&mut self) {
        self.door = false;
    }

    /// The next command that async-imap writes is this one.
    pub fn prepare(&mut self, command: Vec<Outgoing>) {
        self.queue.prepare(command);
    }

    /// Sends a line that is no command: the answer to a continuation request.
    pub fn answer(&mut self, line: &[u8]) {
        self.queue.push(Outgoing::Bytes([line, b"\r\n"].concat()));
    }

    /// Drops what waited for a continuation request that was answered with a refusal. Returns whether anything did.
    pub fn not_continued(&mut self) -> bool {
        self.queue.not_continued()
    }

    /// The next response that was framed.
    pub fn pop(&mut self) -> Option<Incoming> {
        let mut item = self.framing.pop();
        // What a literal or a SASL response waited for is nobody else's business.
        while matches!(item, Some(Incoming::Continue(_))) && self.queue.continued() {
            item = self.framing.pop();
        }
        if self.framing.front().is_none() {
            self.marked = false;
        }
        item
    }

    /// The next response, left where it is.
    pub fn front(&self) -> Option<&Incoming> {
        self.framing.front()
    }

    /// Why reading or writing failed.
    pub fn failure(&self) -> Option<WireError> {
        self.failure.clone()
    }

    /// Takes the connection out, to put TLS over it. Fails where the server has said more than was asked: it came
    /// before TLS, and must not be believed after it.
    ///
    /// # Errors
    /// [`WireError::Protocol`].
    pub fn take_stream(&mut self) -> Result<BoxStream, WireError> {
        let left = self.consumed < self.buffer.len() || self.framing.front().is_some();
        if left || !self.framing.between_responses() {
            return Err(WireError::Protocol("data before TLS that was not asked for"));
        }
        self.stream.take().ok_or(WireError::Closed)
    }

    /// Puts the connection back.
    pub fn put_stream(&mut self, stream: BoxStream) {
        self.stream = Some(stream);
        self.buffer.clear();
        self.consumed = 0;
    }

    fn fail<T>(&mut self, error: WireError) -> Poll<io::Result<T>> {
        self.failure.get_or_insert(error);
        self.stream = None;
        Poll::Ready(Err(io::Error::other("the guard gave the connection up")))
    }

    /// Writes what waits, as far as the connection takes it.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<(), WireError> {
        let Some(stream) = &mut self.stream else { return Err(WireError::Closed) };
        loop {
            let bytes = self.queue.current();
            if bytes.is_empty() {
                break;
            }
            match Pin::new(&mut *stream).poll_write(cx, bytes) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => return Err(WireError::Closed),
                Poll::Ready(Ok(count)) => {
                    self.queue.wrote(count);
                    self.traffic.sent(count);
                    self.unflushed = true;
                    if std::mem::take(&mut self.received_since_flight) {
                        self.traffic.flight();
                        self.deadline.as_mut().reset(Instant::now() + self.limits.silence);
                    }
                }
                Poll::Ready(Err(error)) => return Err(error.into()),
            }
        }
        if self.unflushed {
            match Pin::new(&mut *stream).poll_flush(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads until at least one response is framed.
    fn poll_frames(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        loop {
            self.frame_buffered()?;
            if self.framing.front().is_some() {
                return Poll::Ready(Ok(()));
            }
            let Some(stream) = &mut self.stream else { return Poll::Ready(Err(WireError::Closed)) };
            self.buffer.resize(READ_BUFFER, 0);
            self.consumed = READ_BUFFER;
            let mut space = ReadBuf::new(&mut self.buffer);
            match Pin::new(stream).poll_read(cx, &mut space) {
                Poll::Ready(Ok(())) => {
                    let count = space.filled().len();
                    self.buffer.truncate(count);
                    self.consumed = 0;
                    if count == 0 {
                        return Poll::Ready(Err(WireError::Closed));
                    }
                    self.traffic.received(count);
                    self.received_since_flight = true;
                    self.deadline.as_mut().reset(Instant::now() + self.limits.silence);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => {
                    self.buffer.clear();
                    self.consumed = 0;
                    ready!(self.deadline.as_mut().poll(cx));
                    return Poll::Ready(Err(WireError::TimedOut));
                }
            }
        }
    }

    fn frame_buffered(&mut self) -> Result<(), WireError> {
        while self.consumed < self.buffer.len() && !self.framing.is_full() {
            self.consumed += self.framing.feed(&self.buffer[self.consumed..])?;
        }
        self.bound_line_time()
    }

    /// A line that grows by a byte now and then is as good as silence.
    fn bound_line_time(&mut self) -> Result<(), WireError> {
        if !self.framing.is_within_line() {
            self.line_since = None;
            return Ok(());
        }
        let since = *self.line_since.get_or_insert_with(Instant::now);
        if since.elapsed() > self.limits.line_time { Err(WireError::TimedOut) } else { Ok(()) }
    }

    /// What async-imap reads for the responses at the front.
    fn show(&mut self) {
        match self.framing.front() {
            Some(Incoming::Tagged { tag, text }) => {
                let status = match text.get(..2).unwrap_or_default().to_ascii_uppercase().as_slice() {
                    b"OK" => "OK",
                    b"NO" => "NO",
                    _ => "BAD",
                };
                self.shown.extend_from_slice(format!("{tag} {status} done\r\n").as_bytes());
            }
            Some(_) if !self.marked => {
                self.marked = true;
                self.shown.extend_from_slice(MARKER);
            }
            _ => {}
        }
    }
}

impl AsyncRead for Guard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let guard = &mut *self;
        while guard.shown.is_empty() {
            if let Err(error) = guard.poll_send(cx) {
                return guard.fail(error);
            }
            match guard.poll_frames(cx) {
                Poll::Ready(Ok(())) => guard.show(),
                Poll::Ready(Err(error)) => return guard.fail(error),
                Poll::Pending => return Poll::Pending,
            }
        }
        let count = buf.remaining().min(guard.shown.len());
        buf.put_slice(&guard.shown[..count]);
        guard.shown.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guard {
    fn poll_write(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.door {
            // async-imap hands out a session only for a login: here it gets one from the guard itself.
            if bytes.ends_with(b"\n") {
                self.shown = b"A0001 OK done\r\n".to_vec();
            }
        } else {
            self.queue.take(bytes);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    /// Nothing leaves here: what is queued goes out in one write with the next read.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
