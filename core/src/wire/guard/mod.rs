//! The stream under `async_imap`: it frames what the server sends, keeps the raw responses for our own parser, and shows
//! async-imap one short line for each run of them, so that its parser never meets what a server wrote.

mod framing;
mod limits;
mod line;
mod outgoing;
mod pace;
mod sets;

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::transport::Transport;
use super::{BoxStream, Spool, Traffic, WireError};
use framing::Framing;
use outgoing::{Asked, Queue};
use pace::Pace;

pub use framing::{Incoming, PartialLiteral};
pub use limits::Limits;
pub use outgoing::Outgoing;

/// What async-imap reads in place of untagged responses and continuation requests.
const MARKER: &[u8] = b"* OK more\r\n";
/// What it reads in place of the answer to the login that it insists on.
const ADMISSION: &[u8] = b"A0001 OK done\r\n";
const READ: usize = 64 * 1024;

/// A guarded connection.
pub struct Guard {
    transport: Option<Transport>,
    traffic: Arc<Traffic>,
    framing: Framing,
    queue: Queue,
    pace: Pace,
    /// Bytes read: those from `consumed` to `filled` are not framed yet.
    buffer: Box<[u8]>,
    filled: usize,
    consumed: usize,
    received: u64,
    sent: u64,
    /// What async-imap shall read next.
    shown: Vec<u8>,
    /// Until async-imap believes to be logged in, the guard answers it.
    door: bool,
    received_since_flight: bool,
    unflushed: bool,
    /// Nothing can be sent any more. What the server said before may still tell why.
    send_failure: Option<WireError>,
    /// Nothing that comes can be understood any more. What came before is handed out first.
    broken: Option<WireError>,
    failure: Option<WireError>,
    partial: Option<PartialLiteral>,
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
            transport: Some(Transport::new(stream, Arc::clone(&traffic))),
            traffic,
            framing: Framing::new(limits, spool),
            queue: Queue::default(),
            pace: Pace::new(limits),
            buffer: vec![0; READ].into_boxed_slice(),
            filled: 0,
            consumed: 0,
            received: 0,
            sent: 0,
            shown: Vec::new(),
            door: true,
            received_since_flight: true,
            unflushed: false,
            send_failure: None,
            broken: None,
            failure: None,
            partial: None,
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
        self.queue.answer(line);
    }

    /// Ends IDLE by `DONE`, at once or as soon as the server has taken it.
    pub fn finish_idle(&mut self) {
        self.queue.finish_idle();
    }

    /// Whether the server has taken IDLE, and it was not ended yet.
    pub fn is_idling(&self) -> bool {
        self.queue.is_idling()
    }

    /// Whether the server owes an answer: then it has to get on with it.
    pub fn owes(&mut self, owed: bool) {
        self.pace.owes(owed);
    }

    /// The next response that was framed.
    ///
    /// # Errors
    /// [`WireError::Protocol`] for a status that answers no command of ours, or came before it.
    pub fn pop(&mut self) -> Result<Option<Incoming>, WireError> {
        while let Some((at, item)) = self.framing.pop() {
            match &item {
                // What a literal or a SASL response waited for is nobody else's business.
                Incoming::Continue(_) if self.queue.continued(at) == Asked::Rest => continue,
                Incoming::Tagged { tag, .. } => {
                    self.queue.answered(tag, at).inspect_err(|error| self.close(error.clone()))?;
                    self.pace.answered();
                }
                _ => {}
            }
            return Ok(Some(item));
        }
        Ok(None)
    }

    /// The next response, left where it is.
    pub fn front(&self) -> Option<&Incoming> {
        self.framing.front()
    }

    /// How many bytes of commands have left.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Why the connection was given up.
    pub fn failure(&self) -> Option<WireError> {
        self.failure.clone()
    }

    /// What of a literal had arrived when the connection was given up.
    pub fn take_partial(&mut self) -> Option<PartialLiteral> {
        self.partial.take()
    }

    /// Gives the connection up: the socket is closed.
    pub fn close(&mut self, error: WireError) {
        self.failure.get_or_insert(error);
        self.transport = None;
        self.partial = self.framing.cut().or(self.partial.take());
    }

    /// Looks at nothing behind the next status, since what follows may be no IMAP any more.
    pub fn pause_after_tagged(&mut self) {
        self.framing.pause_after_tagged();
    }

    /// Goes on behind a status where nothing has changed.
    pub fn resume(&mut self) {
        self.framing.resume();
    }

    /// Takes the connection out, to put TLS over it. Fails where the server has said more than was asked: it came
    /// before TLS, and must not be believed after it.
    ///
    /// # Errors
    /// [`WireError::Protocol`].
    pub fn take_stream(&mut self) -> Result<BoxStream, WireError> {
        let left = self.consumed < self.filled || self.framing.front().is_some();
        if left || !self.framing.between_responses() {
            return Err(WireError::Protocol("data before TLS that was not asked for"));
        }
        self.transport.take().and_then(Transport::into_stream).ok_or(WireError::Closed)
    }

    /// Puts the connection back.
    pub fn put_stream(&mut self, stream: BoxStream) {
        self.transport = Some(Transport::new(stream, Arc::clone(&self.traffic)));
        self.framing.resume();
        self.pace.answered();
    }

    /// Everything is deflated from here on, in both directions. What came behind the status that agreed to it is so
    /// already.
    pub fn deflate(&mut self) {
        let received = self.buffer.get(self.consumed..self.filled).unwrap_or_default();
        self.transport = self.transport.take().map(|transport| transport.deflated(received));
        self.consumed = self.filled;
        self.framing.resume();
    }

    fn fail<T>(&mut self, error: WireError) -> Poll<io::Result<T>> {
        self.close(error);
        Poll::Ready(Err(io::Error::other("the guard gave the connection up")))
    }

    /// Writes what waits, as far as the connection takes it.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<(), WireError> {
        let Some(transport) = &mut self.transport else { return Err(WireError::Closed) };
        loop {
            let bytes = self.queue.current(self.received);
            if bytes.is_empty() {
                break;
            }
            match transport.poll_write(cx, bytes) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => return Err(WireError::Closed),
                Poll::Ready(Ok(count)) => {
                    self.queue.wrote(count);
                    self.sent += count as u64;
                    self.pace.moved(count);
                    self.unflushed = true;
                    if std::mem::take(&mut self.received_since_flight) {
                        self.traffic.flight();
                    }
                }
                Poll::Ready(Err(error)) => return Err(error.into()),
            }
        }
        if self.unflushed && transport.poll_flush(cx)?.is_ready() {
            self.unflushed = false;
        }
        Ok(())
    }

    /// Reads until at least one response is framed.
    fn poll_frames(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        loop {
            while self.consumed < self.filled && !self.framing.is_full() && self.broken.is_none() {
                match self.framing.feed(&self.buffer[self.consumed..self.filled]) {
                    Ok(count) => self.consumed += count,
                    Err(error) => self.broken = Some(error),
                }
            }
            if self.framing.front().is_some() {
                return Poll::Ready(Ok(()));
            }
            if let Some(error) = self.broken.take() {
                return Poll::Ready(Err(error));
            }
            if self.consumed < self.filled {
                return Poll::Ready(Err(WireError::Protocol("data where none can be")));
            }
            let Some(transport) = &mut self.transport else { return Poll::Ready(Err(WireError::Closed)) };
            let direct = self.framing.fill_literal(|space| pin!(transport.read_buf(space)).poll(cx));
            let is_direct = direct.is_some();
            match direct.unwrap_or_else(|| pin!(transport.read(&mut self.buffer)).poll(cx)) {
                Poll::Ready(Ok(count)) => {
                    if count == 0 {
                        return Poll::Ready(Err(WireError::Closed));
                    }
                    (self.consumed, self.filled) = (0, if is_direct { 0 } else { count });
                    self.received += count as u64;
                    self.received_since_flight = true;
                    self.pace.moved(count);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => {
                    if let Some(error) = self.send_failure.take() {
                        return Poll::Ready(Err(error));
                    }
                    ready!(self.pace.poll_expired(cx));
                    return Poll::Ready(Err(WireError::TimedOut));
                }
            }
        }
    }

    /// What async-imap reads for the response at the front.
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
            Some(_) => self.shown.extend_from_slice(MARKER),
            None => {}
        }
    }
}

impl AsyncRead for Guard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let guard = &mut *self;
        while guard.shown.is_empty() {
            if guard.send_failure.is_none() {
                guard.send_failure = guard.poll_send(cx).err();
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
        if !self.door {
            self.queue.take(bytes);
        } else if bytes.ends_with(b"\n") {
            // async-imap hands out a session only for a login: here it gets one from the guard itself.
            self.shown = ADMISSION.to_vec();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    /// Nothing leaves here: what is queued goes out in one write with the next read.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
