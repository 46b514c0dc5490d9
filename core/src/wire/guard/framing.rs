//! Bytes into frames: lines joined over their literals, within limits, in time linear in what arrives.

use std::collections::VecDeque;

use memchr::memchr;

use super::Limits;
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

/// Frames of a run: when so many wait to be taken, no more bytes are looked at.
const MAX_WAITING: usize = 256;
/// And when they hold so many bytes.
const MAX_WAITING_BYTES: usize = 1024 * 1024;
/// The longest literal announcement, `~{18446744073709551615+}`.
const MAX_ANNOUNCEMENT: usize = 24;

pub(super) struct Framing {
    limits: Limits,
    spool: Box<dyn Spool>,
    ready: VecDeque<Incoming>,
    ready_bytes: usize,
    frame: Frame,
    in_memory: u64,
    /// The line that has not ended yet.
    line: Vec<u8>,
    state: State,
}

enum State {
    Line,
    Memory { left: u64, bytes: Vec<u8> },
    Spool { left: u64, token: u64 },
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
        }
    }

    pub(super) fn pop(&mut self) -> Option<Incoming> {
        let item = self.ready.pop_front()?;
        if self.ready.is_empty() {
            self.ready_bytes = 0;
        }
        Some(item)
    }

    pub(super) fn front(&self) -> Option<&Incoming> {
        self.ready.front()
    }

    pub(super) fn is_full(&self) -> bool {
        self.ready.len() >= MAX_WAITING || self.ready_bytes >= MAX_WAITING_BYTES
    }

    /// Whether the last byte ended a response.
    pub(super) fn between_responses(&self) -> bool {
        self.line.is_empty() && self.frame.text.is_empty() && matches!(self.state, State::Line)
    }

    /// Whether a line has begun and not ended. Literals are no lines: they bring bytes, and that is progress.
    pub(super) fn is_within_line(&self) -> bool {
        !self.line.is_empty() && matches!(self.state, State::Line)
    }

    /// Takes bytes; returns how many. It takes less than all where enough frames wait.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_full() {
            taken += self.step(&bytes[taken..])?;
        }
        Ok(taken)
    }

    fn step(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        match &mut self.state {
            State::Line => self.line_bytes(bytes),
            State::Memory { left, bytes: held } => {
                let count = fitting(*left, bytes);
                held.extend_from_slice(&bytes[..count]);
                *left -= count as u64;
                if *left == 0 {
                    let held = std::mem::take(held);
                    self.frame.literals.push(Literal::Memory(held));
                    self.state = State::Line;
                }
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

    fn line_bytes(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let Some(end) = memchr(b'\n', bytes) else {
            self.line.extend_from_slice(bytes);
            self.bound_line()?;
            return Ok(bytes.len());
        };
        self.line.extend_from_slice(&bytes[..end]);
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.bound_line()?;
        self.end_line()?;
        Ok(end + 1)
    }

    fn bound_line(&mut self) -> Result<(), WireError> {
        while self.frame.text.len() + self.line.len() > self.limits.line {
            // Between literals a frame's text grows too: that is bounded all the same.
            if !self.frame.text.is_empty() || !self.split_set() {
                return Err(WireError::LineTooLong);
            }
        }
        Ok(())
    }

    /// Hands on the first part of a long set of UIDs as a response of its own. Returns whether it was one.
    fn split_set(&mut self) -> bool {
        let upper = self.line.get(..24).unwrap_or_default().to_ascii_uppercase();
        let (separator, prefix): (u8, &[u8]) = if upper.starts_with(b"* SEARCH ") {
            (b' ', b"* SEARCH ")
        } else if upper.starts_with(b"* VANISHED (EARLIER) ") {
            (b',', b"* VANISHED (EARLIER) ")
        } else if upper.starts_with(b"* VANISHED ") {
            (b',', b"* VANISHED ")
        } else if upper.starts_with(b"* ESEARCH ") {
            (b',', b"* ESEARCH UID ALL ")
        } else {
            return false;
        };
        let Some(cut) = self.line[..self.limits.line].iter().rposition(|byte| *byte == separator) else { return false };
        if cut <= prefix.len() {
            return false;
        }
        let rest = self.line.split_off(cut + 1);
        self.line.pop();
        let first = std::mem::replace(&mut self.line, [prefix, &rest].concat());
        self.push(Incoming::Untagged(Frame { text: first, literals: Vec::new() }));
        true
    }

    fn end_line(&mut self) -> Result<(), WireError> {
        let line = std::mem::take(&mut self.line);
        let first = self.frame.text.is_empty();
        let may_hold_literals = !first || line.starts_with(b"* ") && !is_condition(&line);
        if let Some(len) = announced(&line).filter(|_| may_hold_literals) {
            self.frame.text.extend_from_slice(&line);
            self.frame.text.extend_from_slice(b"\r\n");
            return self.begin_literal(len);
        }
        if !first {
            let mut frame = std::mem::take(&mut self.frame);
            frame.text.extend_from_slice(&line);
            self.in_memory = 0;
            self.push(Incoming::Untagged(frame));
            return Ok(());
        }
        if line.first() == Some(&b'*') {
            self.push(Incoming::Untagged(Frame { text: line, literals: Vec::new() }));
        } else if line.first() == Some(&b'+') {
            let text = line.get(1..).unwrap_or_default().trim_ascii().to_vec();
            self.push(Incoming::Continue(text));
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            self.push(tagged(&line)?);
        }
        Ok(())
    }

    fn begin_literal(&mut self, len: u64) -> Result<(), WireError> {
        if len > self.limits.literal {
            return Err(WireError::LiteralTooLarge(len));
        }
        if self.frame.literals.len() >= 1024 {
            return Err(WireError::Protocol("more literals than a response can need"));
        }
        if len == 0 {
            self.frame.literals.push(Literal::Memory(Vec::new()));
        } else if len <= self.limits.literal_in_memory && self.in_memory + len <= self.limits.response_in_memory {
            self.in_memory += len;
            // Grown by what arrives, not by what is announced.
            self.state = State::Memory { left: len, bytes: Vec::with_capacity(len.min(4096) as usize) };
        } else {
            let token = self.spool.begin(len, &self.frame.text).map_err(spool_error)?;
            self.frame.literals.push(Literal::Spooled { token, len });
            self.state = State::Spool { left: len, token };
        }
        Ok(())
    }

    fn push(&mut self, item: Incoming) {
        self.ready_bytes += match &item {
            Incoming::Untagged(frame) => {
                let held = |literal: &Literal| if let Literal::Memory(bytes) = literal { bytes.len() } else { 0 };
                frame.text.len() + frame.literals.iter().map(held).sum::<usize>()
            }
            Incoming::Tagged { text, .. } | Incoming::Continue(text) => text.len(),
        };
        self.ready.push_back(item);
    }
}

fn fitting(left: u64, bytes: &[u8]) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len())
}

fn spool_error(error: std::io::Error) -> WireError {
    WireError::Spool(error.kind())
}

/// `* OK …` and its like: text for people, in which a brace announces nothing.
fn is_condition(line: &[u8]) -> bool {
    let word = line.get(2..).unwrap_or_default().split(|byte| *byte == b' ').next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

/// The size that a line announces at its end, if it does: `{5}`, `{5+}`, `~{5}`.
fn announced(line: &[u8]) -> Option<u64> {
    let inner = line.strip_suffix(b"}")?;
    let tail = &inner[inner.len().saturating_sub(MAX_ANNOUNCEMENT)..];
    let start = tail.iter().rposition(|byte| *byte == b'{')?;
    let digits = tail.get(start + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // More digits than a number holds are more octets than anybody sends.
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

fn tagged(line: &[u8]) -> Result<Incoming, WireError> {
    let broken = WireError::Protocol("neither a response nor a status");
    let end = memchr(b' ', line).ok_or_else(|| broken.clone())?;
    let (tag, text) = line.split_at(end);
    if tag.len() > 32 || !tag.iter().all(u8::is_ascii_alphanumeric) {
        return Err(broken);
    }
    Ok(Incoming::Tagged { tag: String::from_utf8_lossy(tag).into_owned(), text: text.trim_ascii().to_vec() })
}

#[cfg(test)]
#[path = "framing_tests.rs"]
mod tests;
