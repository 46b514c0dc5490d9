//! One conversation: commands in, events out, in order. async-imap writes the tags and checks that they come back; the
//! guard below it keeps the server's own words for our parser.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use async_imap::imap_proto::{RequestId, Response};

use super::command::{self, Command};
use super::{Capabilities, Code, Condition, ImapError, StatusKind, Untagged, login, parse, sending, utf8_names};
use crate::wire::{Guard, Incoming, PartialLiteral, WireError};

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
    /// IDLE has begun: the server tells of changes as they happen until [`Session::idle_done`].
    Continue,
}

/// A session. After any error it is of no use, and its connection is closed; so it is when it is dropped.
#[derive(Debug)]
pub struct Session {
    imap: async_imap::Session<Guard>,
    queued: VecDeque<Queued>,
    pending: VecDeque<Pending>,
    last: u64,
    capabilities: Capabilities,
    capabilities_known: bool,
    /// Whether it said so while a login was under way: what it says then holds after it, as Gmail has it.
    pub(super) told_in_login: bool,
    pub(super) quiet_login: bool,
    pub(super) secure: bool,
    pub(super) logged_in: bool,
    compressed: bool,
    selected: bool,
    enabled: bool,
    /// Whether UTF-8 was asked for (RFC 6855): names go out so from then on; and whether the server agreed.
    utf8_asked: bool,
    utf8: bool,
    /// How long the connection took to be made: about one round trip.
    pub(super) distance: Duration,
    failed: bool,
    pub(super) served: bool,
}

#[derive(Debug)]
struct Queued {
    id: CommandId,
    command: Command,
    /// IDLE that shall end at once.
    brief: bool,
}

#[derive(Debug)]
struct Pending {
    id: CommandId,
    tag: RequestId,
    name: &'static str,
    /// What to say when the server asks for more than there is to say.
    afterword: Option<&'static str>,
    challenges: u32,
    /// How much had left before it.
    sent: u64,
}

/// The most that a server may ask in one AUTHENTICATE after everything was said.
const MAX_CHALLENGES: u32 = 3;

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
            told_in_login: false,
            quiet_login: false,
            secure,
            logged_in: false,
            compressed: false,
            selected: false,
            enabled: false,
            utf8_asked: false,
            utf8: false,
            distance: Duration::ZERO,
            failed: false,
            served: false,
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

    /// Whether the server did not say at the login what it can do after it.
    pub fn is_quiet_at_login(&self) -> bool {
        self.quiet_login
    }

    pub(super) fn forget_capabilities(&mut self) {
        self.told_in_login = false;
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

    /// How far away the server is: about one round trip, or more where its name had to be looked up.
    pub fn distance(&self) -> Duration {
        self.distance
    }

    /// Whether a mailbox is selected, as of the commands that are done.
    pub fn is_selected(&self) -> bool {
        self.selected
    }

    /// Whether ENABLE was ever sent: it has no place once a mailbox was selected (RFC 5161 section 3.1).
    pub fn has_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether the server speaks UTF-8 (RFC 6855). Names of mailboxes are in modified UTF-7 on this side all the same.
    pub fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Queues a command. It leaves, with all others queued, when [`Session::next`] is called. An IDLE before it ends.
    pub fn submit(&mut self, command: Command) -> CommandId {
        self.idle_done();
        self.last += 1;
        let id = CommandId(self.last);
        self.queued.push_back(Queued { id, command, brief: false });
        id
    }

    /// Ends IDLE by `DONE`, now or as soon as the server has taken it; its [`Event::Done`] follows. Where no IDLE is
    /// pending, nothing happens.
    pub fn idle_done(&mut self) {
        self.guard().finish_idle();
        for queued in &mut self.queued {
            queued.brief = true;
        }
    }

    /// How many commands are not done.
    pub fn pending(&self) -> usize {
        self.queued.len() + self.pending.len()
    }

    /// Whether anything has left of what is not done, or was not when the session failed.
    pub fn has_left(&mut self) -> bool {
        let sent = self.guard().sent();
        self.pending.front().is_some_and(|pending| pending.sent < sent)
    }

    /// What of a literal had arrived when the session failed in the middle of it: a body goes on from there in the next
    /// session.
    pub fn take_partial(&mut self) -> Option<PartialLiteral> {
        self.guard().take_partial()
    }

    /// Sends what is queued in one write and waits for the server's next word. Responses come in the order in which the
    /// server gave them, none is left out. Without a command to be done it waits for ever, for whatever the server may
    /// say unasked.
    ///
    /// The future may be dropped before it is ready: nothing is lost, the next call goes on where it stopped.
    ///
    /// # Errors
    /// [`ImapError`]. The session is of no use then. The end of the connection is always an error.
    pub async fn next(&mut self) -> Result<Event, ImapError> {
        if self.failed {
            return Err(ImapError::Ended);
        }
        let outcome = self.next_event().await;
        if outcome.is_err() {
            self.failed = true;
            self.guard().close(WireError::Closed);
        }
        outcome
    }

    async fn next_event(&mut self) -> Result<Event, ImapError> {
        self.hand_over().await?;
        loop {
            let idling = self.guard().is_idling();
            let owed = self.pending.iter().any(|pending| !idling || pending.name != "IDLE");
            self.guard().owes(owed);
            match self.guard().front() {
                Some(Incoming::Tagged { .. }) => return self.take_tagged().await,
                Some(_) => {
                    if let Some(event) = self.take_untagged()? {
                        return Ok(event);
                    }
                }
                None => self.read().await.map(|_| ())?,
            }
        }
    }

    /// Gives queued commands to async-imap, which only writes them into the guard: nothing waits here.
    async fn hand_over(&mut self) -> Result<(), ImapError> {
        while let Some(Queued { id, command, brief }) = self.queued.pop_front() {
            let (name, afterword) = (command.name(), login::afterword(&command));
            self.enabled |= name == "ENABLE";
            self.utf8_asked |= command.asks_for_utf8();
            let form = sending::Form { literals: sending::at_once(&self.capabilities), utf8: self.utf8_asked };
            let outgoing = sending::outgoing(command, brief, form);
            self.guard().prepare(outgoing);
            let tag = self.imap.run_command(name).await.map_err(|_| ImapError::Ended)?;
            let sent = self.guard().sent();
            self.pending.push_back(Pending { id, tag, name, afterword, challenges: 0, sent });
        }
        Ok(())
    }

    /// Lets async-imap read: what it gets to see is the guard's own writing. Returns the tag of a status. Should its
    /// parser panic even so, that ends this session and nothing else.
    async fn read(&mut self) -> Result<Option<RequestId>, ImapError> {
        let outcome = {
            let mut reading = pin!(self.imap.read_response());
            std::future::poll_fn(|cx| {
                let polled = catch_unwind(AssertUnwindSafe(|| reading.as_mut().poll(cx)));
                polled.unwrap_or_else(|_| Err(std::io::Error::other("panic")).into())
            })
            .await
        };
        match outcome {
            Ok(Some(response)) => Ok(match response.parsed() {
                Response::Done { tag, .. } => Some(tag.clone()),
                _ => None,
            }),
            Ok(None) => Err(WireError::Closed.into()),
            Err(_) => Err(self.guard().failure().map_or(ImapError::Protocol("unreadable"), ImapError::Wire)),
        }
    }

    fn take_untagged(&mut self) -> Result<Option<Event>, ImapError> {
        match self.guard().pop()? {
            Some(Incoming::Untagged(frame)) => {
                let mut data = parse::untagged(&frame);
                if self.utf8 {
                    utf8_names::to_utf7(&mut data);
                }
                match &data {
                    Untagged::Enabled(words) => self.utf8 |= words.iter().any(|word| word == "UTF8=ACCEPT"),
                    Untagged::Capability(words) => self.learn(words),
                    Untagged::Condition(condition) => self.condition(condition)?,
                    _ => {}
                }
                Ok(Some(Event::Data(data)))
            }
            Some(Incoming::Continue(_)) => self.challenge(),
            _ => Ok(None),
        }
    }

    /// A continuation request that no literal waited for.
    fn challenge(&mut self) -> Result<Option<Event>, ImapError> {
        if self.guard().is_idling() {
            return Ok(Some(Event::Continue));
        }
        let Some(oldest) = self.pending.front_mut() else {
            return Err(ImapError::Protocol("a continuation request to nothing"));
        };
        // Other than in AUTHENTICATE it asks for something that was sent already, unasked: no harm is done.
        if let Some(afterword) = oldest.afterword {
            oldest.challenges += 1;
            if oldest.challenges > MAX_CHALLENGES {
                return Err(ImapError::Protocol("questions without end"));
            }
            // A challenge where everything was said is the server's way to tell why not; this makes it say NO.
            let answer = if oldest.challenges == 1 { afterword } else { login::GIVE_UP };
            self.guard().answer(answer.as_bytes());
        }
        Ok(None)
    }

    fn condition(&mut self, condition: &Condition) -> Result<(), ImapError> {
        if let Some(Code::Capability(words)) = &condition.code {
            self.learn(words);
        }
        let leaving = self.pending.iter().any(|pending| pending.name == "LOGOUT");
        if condition.kind == StatusKind::Bye && !leaving {
            return Err(ImapError::Bye { unavailable: login::is_busy(condition) });
        }
        Ok(())
    }

    async fn take_tagged(&mut self) -> Result<Event, ImapError> {
        // Shown the status until it has read it. What lies in front of it is a marker at most.
        let tag = loop {
            if let Some(tag) = self.read().await? {
                break tag;
            }
        };
        let Some(Incoming::Tagged { tag: said, text }) = self.guard().pop()? else {
            return Err(ImapError::Protocol("a status out of order"));
        };
        // Not the oldest only: servers may finish first what makes no difference to the rest (RFC 3501 section 5.5).
        let at = self.pending.iter().position(|pending| pending.tag == tag && said == tag.0);
        let pending = at.and_then(|at| self.pending.remove(at));
        let pending = pending.ok_or(ImapError::Protocol("a status that answers no command"))?;
        let condition = parse::condition(&text).ok_or(ImapError::Protocol("a status without its word"))?;
        if !matches!(condition.kind, StatusKind::Ok | StatusKind::No | StatusKind::Bad) {
            return Err(ImapError::Protocol("a status that cannot be tagged"));
        }
        self.condition(&condition)?;
        self.served |= !matches!(pending.name, "CAPABILITY" | "STARTTLS" | "LOGIN" | "AUTHENTICATE");
        if pending.name == "ENABLE" {
            // Whatever was asked for, what was agreed to counts.
            self.utf8_asked = self.utf8;
        }
        if matches!(pending.name, "SELECT" | "EXAMINE" | "UNSELECT") {
            self.selected = condition.kind == StatusKind::Ok && pending.name != "UNSELECT";
        }
        Ok(Event::Done { id: pending.id, condition })
    }

    fn learn(&mut self, words: &[String]) {
        self.capabilities = Capabilities::new(words);
        self.capabilities_known = true;
        self.told_in_login = self.pending.front().is_some_and(|oldest| matches!(oldest.name, "LOGIN" | "AUTHENTICATE"));
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

    /// Compresses the connection in both directions from here on (RFC 4978), where the server can. Returns whether it
    /// is compressed now. Untagged data that comes meanwhile is dropped: to be called before a mailbox is selected.
    ///
    /// # Errors
    /// Where commands are not done, and what the conversation may meet. Dropped half-way, the session is of no use.
    pub async fn compress(&mut self) -> Result<bool, ImapError> {
        if self.compressed || !self.capabilities.compress_deflate() {
            return Ok(self.compressed);
        }
        if self.pending() > 0 {
            return Err(ImapError::Protocol("compression in the middle of a command"));
        }
        self.guard().pause_after_tagged();
        let agreed = self.run(command::compress()).await?.kind == StatusKind::Ok;
        if agreed {
            self.guard().deflate();
        } else {
            self.guard().resume();
        }
        self.compressed = agreed;
        Ok(agreed)
    }
}
