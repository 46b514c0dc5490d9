//! What goes to the server: commands in full, of which async-imap sees only a stand-in, so that no secret passes through
//! it or its log.

use std::collections::VecDeque;

use crate::wire::WireError;

/// A stretch of a command.
#[derive(Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Bytes.
    Bytes(Vec<u8>),
    /// What follows is sent when the server asked for it.
    AwaitContinuation,
    /// What follows is sent when the server asked for more and [`super::Guard::finish_idle`] was called.
    Idle,
}

/// What a continuation request meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The rest of a command, which goes out now.
    Rest,
    /// Nothing that was waiting here.
    Else,
}

/// How many bytes are gathered for one write.
const WRITE: usize = 256 * 1024;

struct Sending {
    tag: String,
    pieces: VecDeque<Outgoing>,
    /// AUTHENTICATE, in which the server may ask for more at any time.
    converses: bool,
    begun: bool,
    /// Its answer is here already: what waits for the server to ask is not wanted any more.
    answered: bool,
}

/// Bytes that wait to be written.
#[derive(Default)]
pub(super) struct Queue {
    /// Commands whose stand-in has not come by yet.
    prepared: VecDeque<Vec<Outgoing>>,
    /// What async-imap wrote of a line that has not ended.
    line: Vec<u8>,
    commands: VecDeque<Sending>,
    /// Being written; `written` bytes of it are.
    current: Vec<u8>,
    written: usize,
    /// Commands that left, in order.
    sent: VecDeque<Sent>,
    /// How much had been received when the server was told to ask.
    told_at: Option<u64>,
    idling: bool,
}

struct Sent {
    tag: String,
    /// How much had been received by then: no answer can be older.
    received: u64,
    converses: bool,
}

impl Queue {
    pub(super) fn prepare(&mut self, command: Vec<Outgoing>) {
        self.prepared.push_back(command);
    }

    /// Takes what async-imap writes: `TAG stand-in`.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let tag = line.split(|byte| *byte == b' ').next().unwrap_or_default();
            if let Some(command) = self.prepared.pop_front() {
                let converses =
                    matches!(command.first(), Some(Outgoing::Bytes(text)) if text.starts_with(b"AUTHENTICATE "));
                let mut pieces = VecDeque::with_capacity(command.len() + 2);
                pieces.push_back(Outgoing::Bytes([tag, b" "].concat()));
                pieces.extend(command);
                pieces.push_back(Outgoing::Bytes(b"\r\n".to_vec()));
                let tag = String::from_utf8_lossy(tag).into_owned();
                self.commands.push_back(Sending { tag, pieces, converses, begun: false, answered: false });
            }
        }
    }

    /// Queues a line that is no command and has no answer of its own: it goes before all commands that have not begun.
    pub(super) fn answer(&mut self, line: &[u8]) {
        let at = self.commands.iter().take_while(|command| command.begun).count();
        let pieces = VecDeque::from([Outgoing::Bytes([line, b"\r\n"].concat())]);
        let tag = String::new();
        self.commands.insert(at, Sending { tag, pieces, converses: false, begun: true, answered: false });
    }

    /// The server asked for more, at this position of all that it sent.
    pub(super) fn continued(&mut self, at: u64) -> Asked {
        let waits = self.told_at.is_some_and(|told| at >= told) && self.written == self.current.len();
        match self.commands.front_mut().filter(|_| waits) {
            Some(command) if command.pieces.front() == Some(&Outgoing::AwaitContinuation) => {
                command.pieces.pop_front();
                self.told_at = None;
                Asked::Rest
            }
            Some(command) if command.pieces.front() == Some(&Outgoing::Idle) => {
                self.idling = true;
                Asked::Else
            }
            _ => Asked::Else,
        }
    }

    /// IDLE ends now, or as soon as it has begun.
    pub(super) fn finish_idle(&mut self) {
        for piece in self.commands.iter_mut().flat_map(|command| &mut command.pieces) {
            if *piece == Outgoing::Idle {
                *piece = if self.idling { Outgoing::Bytes(Vec::new()) } else { Outgoing::AwaitContinuation };
            }
        }
        self.idling = false;
    }

    /// Whether the server has taken IDLE and may be silent now.
    pub(super) fn is_idling(&self) -> bool {
        self.idling
    }

    /// A status with this tag began at this position of all that the server sent.
    pub(super) fn answered(&mut self, tag: &str, at: u64) -> Result<(), WireError> {
        // In any order: servers may finish first what makes no difference to the rest (RFC 3501 section 5.5), and
        // Dovecot does.
        let found = self.sent.iter().position(|sent| sent.tag == tag);
        let sent = found.and_then(|found| self.sent.remove(found));
        let sent = sent.ok_or(WireError::Protocol("a status that answers no command"))?;
        if at < sent.received {
            return Err(WireError::Protocol("a status before its command"));
        }
        if let Some(command) = self.commands.iter_mut().find(|command| command.begun && command.tag == tag) {
            command.answered = true;
        }
        self.drop_unwanted();
        Ok(())
    }

    /// Drops what waits to be asked for by a server that has answered already.
    fn drop_unwanted(&mut self) {
        if self.commands.front().is_some_and(|command| command.answered && waits(command.pieces.front())) {
            self.commands.pop_front();
            self.told_at = None;
            self.idling = false;
        }
    }

    /// What can be written now, as much as may go at once. `received` is how much has come so far.
    pub(super) fn current(&mut self, received: u64) -> &[u8] {
        if self.written == self.current.len() {
            self.written = 0;
            self.current.clear();
            self.gather(received);
        }
        self.current.get(self.written..).unwrap_or_default()
    }

    fn gather(&mut self, received: u64) {
        while self.current.len() < WRITE {
            self.drop_unwanted();
            let Some(command) = self.commands.front_mut() else { return };
            if !command.begun {
                // Were both to wait, a request would not tell which of the two it means.
                let may_wait = command.pieces.iter().any(|piece| waits(Some(piece)));
                if may_wait && self.sent.iter().any(|sent| sent.converses) {
                    return;
                }
                command.begun = true;
                self.sent.push_back(Sent { tag: command.tag.clone(), received, converses: command.converses });
            }
            match command.pieces.front_mut() {
                None => {
                    self.commands.pop_front();
                }
                Some(Outgoing::Bytes(bytes)) => {
                    if self.current.is_empty() {
                        self.current = std::mem::take(bytes);
                    } else {
                        self.current.extend_from_slice(bytes);
                    }
                    command.pieces.pop_front();
                }
                Some(_) => {
                    if self.current.is_empty() {
                        self.told_at.get_or_insert(received);
                    }
                    return;
                }
            }
        }
    }

    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
    }
}

fn waits(piece: Option<&Outgoing>) -> bool {
    matches!(piece, Some(Outgoing::AwaitContinuation | Outgoing::Idle))
}
