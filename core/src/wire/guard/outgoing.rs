//! What goes to the server: commands in full, of which async-imap sees only a stand-in, so that no secret passes through
//! it or its log.

use std::collections::VecDeque;

/// A stretch of what is sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Bytes.
    Bytes(Vec<u8>),
    /// What follows is sent when the server asked for it.
    AwaitContinuation,
}

/// Bytes that wait to be written.
#[derive(Default)]
pub(super) struct Queue {
    /// Commands whose stand-in has not come by yet.
    prepared: VecDeque<Vec<Outgoing>>,
    /// What async-imap wrote of a line that has not ended.
    line: Vec<u8>,
    waiting: VecDeque<Outgoing>,
    /// Being written; `written` bytes of it are.
    current: Vec<u8>,
    written: usize,
}

impl Queue {
    pub(super) fn prepare(&mut self, command: Vec<Outgoing>) {
        self.prepared.push_back(command);
    }

    /// Takes what async-imap writes: `TAG stand-in`. Returns the tag of each command that is complete.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let tag = line.split(|byte| *byte == b' ').next().unwrap_or_default();
            if let Some(command) = self.prepared.pop_front() {
                self.push(Outgoing::Bytes([tag, b" "].concat()));
                for piece in command {
                    self.push(piece);
                }
                self.push(Outgoing::Bytes(b"\r\n".to_vec()));
            }
        }
    }

    /// Queues bytes that are no command: an answer to a continuation request.
    pub(super) fn push(&mut self, piece: Outgoing) {
        match (self.waiting.back_mut(), piece) {
            (Some(Outgoing::Bytes(last)), Outgoing::Bytes(bytes)) => last.extend_from_slice(&bytes),
            (_, piece) => self.waiting.push_back(piece),
        }
    }

    /// The server asked for more. Returns whether anything waited for that.
    pub(super) fn continued(&mut self) -> bool {
        let awaited = self.current().is_empty() && self.waiting.front() == Some(&Outgoing::AwaitContinuation);
        if awaited {
            self.waiting.pop_front();
        }
        awaited
    }

    /// A command that waited for a continuation was answered instead: what it would have sent is dropped.
    pub(super) fn not_continued(&mut self) -> bool {
        if !self.current().is_empty() || self.waiting.front() != Some(&Outgoing::AwaitContinuation) {
            return false;
        }
        self.waiting.pop_front();
        // The rest of that command ends with the next line end that is not within a literal; only the session knows
        // where, so that a conversation with more behind it cannot go on.
        self.waiting.clear();
        true
    }

    /// What can be written now.
    pub(super) fn current(&mut self) -> &[u8] {
        if self.written == self.current.len() {
            self.written = 0;
            self.current.clear();
            if let Some(Outgoing::Bytes(_)) = self.waiting.front()
                && let Some(Outgoing::Bytes(bytes)) = self.waiting.pop_front()
            {
                self.current = bytes;
            }
        }
        self.current.get(self.written..).unwrap_or_default()
    }

    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
    }
}
