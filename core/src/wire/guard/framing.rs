//! Bytes into frames: lines joined over their literals, within limits, in time linear in what arrives.

use std::collections::VecDeque;
use std::task::Poll;

use bytes::buf::Limit;
use bytes::{BufMut, Bytes};
use memchr::memchr;

use super::{Limits, line, sets};
use crate::wire::{Frame, Literal, Spool, WireError};

/// What came from the server, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// An untagged response.
    Untagged(Frame),
    /// A tagged one: its tag, and what stands behind it.
    Tagged {
        /// The tag.
        tag: String,
        /// From the status word on.
        text: Vec<u8>,
    },
    /// A continuation request, without its plus.
    Continue(Vec<u8>),
}

/// A response that was cut off: what its last literal brought before the connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialLiteral {
    /// The response up to and with the literal's announcement: tells which message and which section it is.
    pub before: Vec<u8>,
    /// How many octets were announced.
    pub announced: u64,
    /// Those that arrived, in order from the first. A spooled one counts in its `len` only what arrived.
    pub data: Literal,
}

/// Frames of a run: when so many wait to be taken, no more bytes are looked at.
pub(super) const MAX_WAITING: usize = 256;
/// And when they hold so many bytes.
const MAX_WAITING_BYTES: usize = 1024 * 1024;
/// The most literals in one response.
const MAX_LITERALS: usize = 1024;
/// Of a literal of which at least so many bytes are missing, the rest is read to its place directly.
const WORTH_FILLING: usize = 4096;
/// The most empty lines in a row: they are nothing, but some servers slip one in.
const MAX_EMPTY_LINES: u32 = 1000;

pub(super) struct Framing {
    limits: Limits,
    spool: Box<dyn Spool>,
    /// With each the position of its first byte in all that was received.
    ready: VecDeque<(u64, Incoming)>,
    ready_bytes: usize,
    frame: Frame,
    in_memory: u64,
    /// The line that has not ended yet.
    line: Vec<u8>,
    state: State,
    position: u64,
    began: u64,
    empty_lines: u32,
    pause: Pause,
}

enum State {
    Line,
    Memory { left: u64, bytes: Vec<u8> },
    Spool { left: u64, token: u64 },
}

/// What follows some tagged responses is no IMAP: TLS, or deflated bytes.
#[derive(PartialEq, Eq)]
enum Pause {
    No,
    AfterTagged,
    Now,
}

impl Framing {
    pub(super) fn new(limits: Limits, spool: Box<dyn Spool>) -> Self {
        Self {
            limits,
            spool,
            ready: VecDeque::new(),
            ready_bytes: 0,
            frame: Frame::default(),
            in_memory: 0,
            line: Vec::new(),
            state: State::Line,
            position: 0,
            began: 0,
            empty_lines: 0,
            pause: Pause::No,
        }
    }

    /// The next response, with the position of its first byte.
    pub(super) fn pop(&mut self) -> Option<(u64, Incoming)> {
        let item = self.ready.pop_front()?;
        if self.ready.is_empty() {
            self.ready_bytes = 0;
        }
        Some(item)
    }

    pub(super) fn front(&self) -> Option<&Incoming> {
        self.ready.front().map(|(_, item)| item)
    }

    pub(super) fn is_full(&self) -> bool {
        self.ready.len() >= MAX_WAITING || self.ready_bytes >= MAX_WAITING_BYTES || self.pause == Pause::Now
    }

    /// Whether the last byte ended a response.
    pub(super) fn between_responses(&self) -> bool {
        self.line.is_empty() && self.frame.text.is_empty() && matches!(self.state, State::Line)
    }

    /// Looks at no byte behind the next tagged response until [`Framing::resume`].
    pub(super) fn pause_after_tagged(&mut self) {
        self.pause = Pause::AfterTagged;
    }

    pub(super) fn resume(&mut self) {
        self.pause = Pause::No;
    }

    /// Takes bytes; returns how many. It takes less than all where enough frames wait.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_full() {
            if self.between_responses() {
                self.began = self.position;
            }
            let count = self.step(&bytes[taken..])?;
            taken += count;
            self.position += count as u64;
        }
        Ok(taken)
    }

    /// Lets the closure append to a long literal that is being held in memory, no more than is missing of it: without a
    /// buffer between, its bytes are copied once less. `None` where no such literal is under way; else how many bytes came.
    pub(super) fn fill_literal<E>(
        &mut self,
        read: impl FnOnce(&mut Limit<&mut Vec<u8>>) -> Poll<Result<usize, E>>,
    ) -> Option<Poll<Result<usize, E>>> {
        let State::Memory { left, bytes } = &mut self.state else { return None };
        let room = usize::try_from(*left).ok().filter(|room| *room >= WORTH_FILLING)?;
        let outcome = read(&mut bytes.limit(room));
        if let Poll::Ready(Ok(count)) = &outcome {
            *left -= *count as u64;
            self.position += *count as u64;
            self.end_literal_in_memory();
        }
        Some(outcome)
    }

    /// The connection has ended: nothing more comes for what is half here.
    pub(super) fn cut(&mut self) -> Option<PartialLiteral> {
        let frame = std::mem::take(&mut self.frame);
        self.line.clear();
        let mut literals = frame.literals;
        let (left, data) = match std::mem::replace(&mut self.state, State::Line) {
            State::Line => (0, literals.pop()?),
            State::Memory { left, bytes } => (left, Literal::Memory(bytes.into())),
            State::Spool { left, token } => {
                // What arrived stays usable whatever the spool says to this.
                let _ = self.spool.end(token);
                let arrived = match literals.pop()? {
                    Literal::Spooled { len, .. } => len - left,
                    Literal::Memory(_) => return None,
                };
                (left, Literal::Spooled { token, len: arrived })
            }
        };
        let arrived = match &data {
            Literal::Memory(bytes) => bytes.len() as u64,
            Literal::Spooled { len, .. } => *len,
        };
        Some(PartialLiteral { before: frame.text, announced: arrived + left, data })
    }

    fn step(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        match &mut self.state {
            State::Line => self.line_bytes(bytes),
            State::Memory { left, bytes: held } => {
                let count = fitting(*left, bytes);
                held.extend_from_slice(&bytes[..count]);
                *left -= count as u64;
                self.end_literal_in_memory();
                Ok(count)
            }
            State::Spool { left, token } => {
                let (count, token) = (fitting(*left, bytes), *token);
                self.spool.write(token, &bytes[..count]).map_err(spool_error)?;
                *left -= count as u64;
                if *left == 0 {
                    self.state = State::Line;
                    self.spool.end(token).map_err(spool_error)?;
                }
                Ok(count)
            }
        }
    }

    fn end_literal_in_memory(&mut self) {
        if let State::Memory { left: 0, bytes } = &mut self.state {
            let bytes = std::mem::take(bytes);
            self.frame.literals.push(Literal::Memory(bytes.into()));
            self.state = State::Line;
        }
    }

    fn line_bytes(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let Some(end) = memchr(b'\n', bytes) else {
            self.line.extend_from_slice(bytes);
            // A return may be the half of the line's end, which is not counted.
            self.bound_line(usize::from(self.line.last() == Some(&b'\r')))?;
            return Ok(bytes.len());
        };
        self.line.extend_from_slice(&bytes[..end]);
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.bound_line(0)?;
        self.end_line()?;
        Ok(end + 1)
    }

    fn bound_line(&mut self, uncounted: usize) -> Result<(), WireError> {
        while self.frame.text.len() + self.line.len() - uncounted > self.limits.line {
            let is_first = self.frame.text.is_empty();
            if is_first && let Some(text) = sets::split(&mut self.line, self.limits.line) {
                self.push(Incoming::Untagged(Frame { text, literals: Vec::new() }));
                continue;
            }
            let begin = if is_first { &self.line } else { &self.frame.text };
            let within = self.frame.text.len() + self.line.len() - uncounted <= self.limits.fetch;
            return if within && line::is_fetch(begin) { Ok(()) } else { Err(WireError::LineTooLong) };
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), WireError> {
        let line = std::mem::take(&mut self.line);
        let is_first = self.frame.text.is_empty();
        let may_hold_literals = !is_first || line.first() == Some(&b'*') && !line::is_condition(&line);
        if let Some(len) = line::announced(&line).filter(|_| may_hold_literals) {
            self.frame.text.extend_from_slice(&line);
            self.frame.text.extend_from_slice(b"\r\n");
            return self.begin_literal(len);
        }
        if !is_first {
            let mut frame = std::mem::take(&mut self.frame);
            frame.text.extend_from_slice(&line);
            self.in_memory = 0;
            self.push(Incoming::Untagged(frame));
            return Ok(());
        }
        match line.first() {
            Some(b'*') => self.push(Incoming::Untagged(Frame { text: line, literals: Vec::new() })),
            // Exchange says a code of its own accord without the `* OK` that belongs before it.
            Some(b'[') if line.last() == Some(&b']') => {
                let text = [b"* OK ", line.as_slice()].concat();
                self.push(Incoming::Untagged(Frame { text, literals: Vec::new() }));
            }
            Some(b'+') => {
                let text = line.get(1..).unwrap_or_default().trim_ascii().to_vec();
                self.push(Incoming::Continue(text));
            }
            _ if line.iter().all(u8::is_ascii_whitespace) => {
                self.empty_lines += 1;
                if self.empty_lines > MAX_EMPTY_LINES {
                    return Err(WireError::Protocol("nothing but empty lines"));
                }
            }
            _ => {
                let (tag, text) = line::tagged(&line)?;
                self.push(Incoming::Tagged { tag, text });
                if self.pause == Pause::AfterTagged {
                    self.pause = Pause::Now;
                }
            }
        }
        Ok(())
    }

    fn begin_literal(&mut self, len: u64) -> Result<(), WireError> {
        if len > self.limits.literal {
            return Err(WireError::LiteralTooLarge(len));
        }
        if self.frame.literals.len() >= MAX_LITERALS {
            return Err(WireError::Protocol("more literals than a response can need"));
        }
        if len == 0 {
            self.frame.literals.push(Literal::Memory(Bytes::new()));
        } else if len <= self.limits.literal_in_memory && self.in_memory + len <= self.limits.response_in_memory {
            self.in_memory += len;
            // At once: it is bounded by the limits, and growing it would copy each literal several times.
            let bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
            self.state = State::Memory { left: len, bytes };
        } else {
            let token = self.spool.begin(len, &self.frame.text).map_err(spool_error)?;
            self.frame.literals.push(Literal::Spooled { token, len });
            self.state = State::Spool { left: len, token };
        }
        Ok(())
    }

    fn push(&mut self, item: Incoming) {
        self.empty_lines = 0;
        self.ready_bytes += match &item {
            Incoming::Untagged(frame) => {
                let held = |literal: &Literal| if let Literal::Memory(bytes) = literal { bytes.len() } else { 0 };
                frame.text.len() + frame.literals.iter().map(held).sum::<usize>()
            }
            Incoming::Tagged { text, .. } | Incoming::Continue(text) => text.len(),
        };
        self.ready.push_back((self.began, item));
    }
}

impl Drop for Framing {
    /// A literal that was being written comes to an end for the spool too.
    fn drop(&mut self) {
        let _ = self.cut();
    }
}

fn fitting(left: u64, bytes: &[u8]) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len())
}

fn spool_error(error: std::io::Error) -> WireError {
    WireError::Spool(error.kind())
}

#[cfg(test)]
#[path = "framing_tests.rs"]
mod tests;
