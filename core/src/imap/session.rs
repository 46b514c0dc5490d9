//! One conversation: commands in, events out, in order. async-imap writes the tags and checks that they come back; the
//! guard below it keeps the server's own words for our parser.

use std::collections::VecDeque;

use async_imap::imap_proto::{RequestId, Response};

use super::command::{Command, Piece};
use super::{Capabilities, Code, Condition, ImapError, StatusKind, Untagged, parse};
use crate::wire::{Guard, Incoming, Outgoing};

/// Names a command of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(u64);

/// What the server said.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An untagged response.
    Data(Untagged),
    /// A command is done.
    Done {
        /// Which.
        id: CommandId,
        /// How it went.
        condition: Condition,
    },
    /// The server asks for more.
    Continue,
}

/// A session. After any error it is of no use; dropping it closes the connection.
#[derive(Debug)]
pub struct Session {
    imap: async_imap::Session<Guard>,
    queued: VecDeque<(CommandId, Command)>,
    pending: VecDeque<Pending>,
    last: u64,
    capabilities: Capabilities,
    capabilities_known: bool,
    pub(super) secure: bool,
    pub(super) logged_in: bool,
    failed: bool,
    /// Set while `next` runs: where it is dropped half-way, the session cannot go on.
    busy: bool,
}

#[derive(Debug)]
struct Pending {
    id: CommandId,
    tag: RequestId,
    name: &'static str,
}

impl Session {
    /// Over a guarded connection on which nothing was said yet.
    pub(super) async fn over(guard: Guard, secure: bool) -> Result<Self, ImapError> {
        let client = async_imap::Client::new(guard);
        let imap = client.login("-", "-").await.map_err(|_| ImapError::Protocol("no session"))?;
        let mut session = Self {
            imap,
            queued: VecDeque::new(),
            pending: VecDeque::new(),
            last: 0,
            capabilities: Capabilities::default(),
            capabilities_known: false,
            secure,
            logged_in: false,
            failed: false,
            busy: false,
        };
        session.guard().close_door();
        Ok(session)
    }

    pub(super) fn guard(&mut self) -> &mut Guard {
        self.imap.as_mut()
    }

    /// What the server can do, as it last said.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether it has said so since the connection was made, protected, or logged in.
    pub fn capabilities_known(&self) -> bool {
        self.capabilities_known
    }

    pub(super) fn forget_capabilities(&mut self) {
        self.capabilities = Capabilities::default();
        self.capabilities_known = false;
    }

    /// Whether the login was accepted.
    pub fn is_logged_in(&self) -> bool {
        self.logged_in
    }

    /// Whether the connection is protected by TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Queues a command. It leaves, with all others queued, when [`Session::next`] is called.
    pub fn submit(&mut self, command: Command) -> CommandId {
        self.last += 1;
        let id = CommandId(self.last);
        self.queued.push_back((id, command));
        id
    }

    /// How many commands are not done.
    pub fn pending(&self) -> usize {
        self.queued.len() + self.pending.len()
    }

    /// Sends what is queued in one write and waits for the server's next word. Responses come in the order in which the
    /// server gave them, none is left out.
    ///
    /// # Errors
    /// [`ImapError`]. The session is of no use then, and so it is where this future is dropped before it is ready and
    /// anything was queued.
    pub async fn next(&mut self) -> Result<Event, ImapError> {
        if self.failed {
            return Err(ImapError::Ended);
        }
        if std::mem::replace(&mut self.busy, true) {
            self.failed = true;
            return Err(ImapError::Ended);
        }
        let outcome = self.next_event().await;
        self.busy = false;
        self.failed = outcome.is_err();
        outcome
    }

    async fn next_event(&mut self) -> Result<Event, ImapError> {
        self.hand_over().await?;
        loop {
            match self.guard().front() {
                Some(Incoming::Untagged(_) | Incoming::Continue(_)) => {
                    if let Some(event) = self.take_untagged()? {
                        return Ok(event);
                    }
                }
                Some(Incoming::Tagged { .. }) => return self.take_tagged().await,
                None => self.read().await.map(|_| ())?,
            }
        }
    }

    /// Gives queued commands to async-imap, which only writes them into the guard: nothing waits here.
    async fn hand_over(&mut self) -> Result<(), ImapError> {
        while let Some((id, command)) = self.queued.pop_front() {
            let outgoing = self.outgoing(&command);
            self.guard().prepare(outgoing);
            let tag = self.imap.run_command(command.name()).await.map_err(|_| ImapError::Ended)?;
            self.pending.push_back(Pending { id, tag, name: command.name() });
        }
        Ok(())
    }

    fn outgoing(&self, command: &Command) -> Vec<Outgoing> {
        let at_once = match (self.capabilities.literal_plus(), self.capabilities.literal_minus()) {
            (true, _) => u64::MAX,
            (_, true) => 4096,
            _ => 0,
        };
        let mut out = Vec::new();
        for piece in command.pieces() {
            match piece {
                Piece::Text(text) => out.push(Outgoing::Bytes(text.clone())),
                Piece::Literal(bytes) => {
                    if bytes.len() as u64 <= at_once {
                        out.push(Outgoing::Bytes(format!("{{{}+}}\r\n", bytes.len()).into_bytes()));
                    } else {
                        out.push(Outgoing::Bytes(format!("{{{}}}\r\n", bytes.len()).into_bytes()));
                        out.push(Outgoing::AwaitContinuation);
                    }
                    out.push(Outgoing::Bytes(bytes.clone()));
                }
                Piece::Answer(line) => {
                    out.push(Outgoing::Bytes(b"\r\n".to_vec()));
                    out.push(Outgoing::AwaitContinuation);
                    out.push(Outgoing::Bytes(line.clone()));
                }
            }
        }
        out
    }

    /// Lets async-imap read: what it gets to see is the guard's own writing.
    async fn read(&mut self) -> Result<Option<RequestId>, ImapError> {
        match self.imap.read_response().await {
            Ok(Some(response)) => Ok(match response.parsed() {
                Response::Done { tag, .. } => Some(tag.clone()),
                _ => None,
            }),
            Ok(None) => Err(crate::wire::WireError::Closed.into()),
            Err(_) => Err(self.guard().failure().map_or(ImapError::Protocol("unreadable"), ImapError::Wire)),
        }
    }

    fn take_untagged(&mut self) -> Result<Option<Event>, ImapError> {
        match self.guard().pop() {
            Some(Incoming::Untagged(frame)) => {
                let data = parse::untagged(&frame);
                match &data {
                    Untagged::Capability(words) => self.learn(words),
                    Untagged::Condition(condition) => self.condition(condition)?,
                    _ => {}
                }
                Ok(Some(Event::Data(data)))
            }
            Some(Incoming::Continue(_)) => {
                // A challenge where everything was said already is the server's way to tell why not; an empty answer
                // makes it say NO (RFC 7628 section 3.2.3).
                if self.pending.front().is_some_and(|pending| pending.name == "AUTHENTICATE") {
                    self.guard().answer(b"");
                    return Ok(None);
                }
                Ok(Some(Event::Continue))
            }
            _ => Ok(None),
        }
    }

    fn condition(&mut self, condition: &Condition) -> Result<(), ImapError> {
        if let Some(Code::Capability(words)) = &condition.code {
            self.learn(words);
        }
        if condition.kind == StatusKind::Bye && self.pending.front().is_none_or(|pending| pending.name != "LOGOUT") {
            let unavailable = matches!(&condition.code, Some(Code::Other(code)) if code == "UNAVAILABLE");
            return Err(ImapError::Bye { unavailable });
        }
        Ok(())
    }

    async fn take_tagged(&mut self) -> Result<Event, ImapError> {
        let tag = loop {
            if let Some(tag) = self.read().await? {
                break tag;
            }
        };
        let Some(Incoming::Tagged { tag: said, text }) = self.guard().pop() else {
            return Err(ImapError::Protocol("a status out of order"));
        };
        let pending = self.pending.pop_front().ok_or(ImapError::Protocol("a status that answers nothing"))?;
        if pending.tag != tag || said != tag.0 {
            return Err(ImapError::Protocol("a status for another command"));
        }
        let condition = parse::condition(&text).ok_or(ImapError::Protocol("a status without its word"))?;
        if !matches!(condition.kind, StatusKind::Ok | StatusKind::No | StatusKind::Bad) {
            return Err(ImapError::Protocol("a status that cannot be tagged"));
        }
        if condition.kind != StatusKind::Ok && self.guard().not_continued() && !self.pending.is_empty() {
            return Err(ImapError::Protocol("a literal was refused with commands behind it"));
        }
        self.condition(&condition)?;
        Ok(Event::Done { id: pending.id, condition })
    }

    fn learn(&mut self, words: &[String]) {
        self.capabilities = Capabilities::new(words);
        self.capabilities_known = true;
    }

    /// Sends one command and waits for its end; what comes before it is dropped.
    pub(super) async fn run(&mut self, command: Command) -> Result<Condition, ImapError> {
        let id = self.submit(command);
        loop {
            if let Event::Done { id: done, condition } = self.next().await?
                && done == id
            {
                return Ok(condition);
            }
        }
    }
}
