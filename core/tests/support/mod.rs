//! A server whose every byte the test writes, on the other end of a connection in memory.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod deflated;
pub mod stall;
pub mod tls;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use postrider::imap::command::{Command, append};
use postrider::imap::{Condition, Deadlines, Endpoint, Event, ImapError, Session};
use postrider::model::Flags;
use postrider::wire::{BoxStream, Limits, Network, Security, Spool, Traffic, Trust, WireError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Hands out prepared connections, one after the other.
#[derive(Clone, Default)]
pub struct Prepared {
    ends: Arc<Mutex<VecDeque<BoxStream>>>,
    hosts: Arc<Mutex<Vec<String>>>,
}

impl Prepared {
    /// The hosts that were asked for.
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.lock().unwrap().clone()
    }
}

impl Network for Prepared {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        self.hosts.lock().unwrap().push(host.to_owned());
        let end = self.ends.lock().unwrap().pop_front();
        Box::pin(async move { end.ok_or(WireError::Refused) })
    }
}

/// The server's end.
pub struct Peer {
    stream: Option<BoxStream>,
    unread: Vec<u8>,
    /// All that the client sent, after any TLS.
    pub heard: Vec<u8>,
}

/// A network with one connection, and the server's end of it.
pub fn connection() -> (Prepared, Peer) {
    connection_with_room(1024 * 1024)
}

/// The same, with room for so many bytes on their way.
pub fn connection_with_room(room: usize) -> (Prepared, Peer) {
    let (client, server) = tokio::io::duplex(room);
    let network = Prepared::default();
    network.ends.lock().unwrap().push_back(Box::new(client));
    (network, Peer { stream: Some(Box::new(server)), unread: Vec::new(), heard: Vec::new() })
}

impl Peer {
    fn stream(&mut self) -> &mut BoxStream {
        self.stream.as_mut().unwrap()
    }

    /// Sends bytes as they are. A client that is gone is no failure of the server.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        if self.stream().write_all(bytes.as_ref()).await.is_ok() {
            let _ = self.stream().flush().await;
        }
    }

    /// The next line of the client without its end; `None` when it has gone.
    pub async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The tag of the next command, which must be this one.
    pub async fn command(&mut self, expected: &str) -> String {
        let line = self.line().await.unwrap_or_else(|| panic!("the client went before {expected}"));
        let (tag, command) = line.split_once(' ').unwrap();
        assert!(command.starts_with(expected), "{command} is not {expected}");
        tag.to_owned()
    }

    /// The tag of the command that the session is about to send.
    pub async fn command_when_sent(&mut self, session: &mut Session, expected: &str) -> String {
        let polled = tokio::time::timeout(std::time::Duration::from_millis(1), session.next()).await;
        assert!(polled.is_err(), "{polled:?}");
        self.command(expected).await
    }

    /// Exactly so many bytes.
    pub async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(self.more().await, "the client went");
        }
        self.unread.drain(..count).collect()
    }

    /// Answers a command.
    pub async fn ok(&mut self, expected: &str) {
        let tag = self.command(expected).await;
        self.send(format!("{tag} OK done\r\n")).await;
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 8192];
        match self.stream().read(&mut buffer).await {
            Ok(count) if count > 0 => {
                self.unread.extend_from_slice(&buffer[..count]);
                self.heard.extend_from_slice(&buffer[..count]);
                true
            }
            _ => false,
        }
    }

    /// Lets only so many more bytes through to the client. The rest is lost, and nobody notices.
    pub fn stall_after(&mut self, bytes: usize) {
        let stream = self.stream.take().unwrap();
        self.stream = Some(Box::new(stall::Stalling::new(stream, bytes)));
    }

    /// Says no more, but goes on to listen.
    pub async fn hang_up(&mut self) {
        let _ = self.stream().shutdown().await;
    }

    /// Reads until the client has gone: returns all that it ever sent.
    pub async fn gone(mut self) -> Vec<u8> {
        while self.more().await {}
        self.heard
    }

    /// Whether nothing of the client waits to be read.
    pub async fn is_quiet(&mut self) -> bool {
        let waited = std::time::Duration::from_millis(20);
        self.unread.is_empty() && tokio::time::timeout(waited, self.more()).await.is_err()
    }
}

/// A spool that keeps all in memory.
#[derive(Clone, Default)]
pub struct Kept(pub Arc<Mutex<Vec<Literal>>>);

/// One literal of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Literal {
    pub bytes: Vec<u8>,
    pub ended: bool,
}

impl Spool for Kept {
    fn begin(&mut self, _len: u64, _before: &[u8]) -> std::io::Result<u64> {
        let mut kept = self.0.lock().unwrap();
        kept.push(Literal::default());
        Ok(kept.len() as u64 - 1)
    }

    fn write(&mut self, token: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.0.lock().unwrap()[usize::try_from(token).unwrap()].bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self, token: u64) -> std::io::Result<()> {
        self.0.lock().unwrap()[usize::try_from(token).unwrap()].ended = true;
        Ok(())
    }
}

/// The endpoint of the tests.
pub fn endpoint(security: Security, trust: Trust) -> Endpoint {
    Endpoint { host: "mail.example.org".to_owned(), port: 143, security, trust }
}

/// Connects without TLS, as a person may ask for in so many words.
pub async fn plain(network: &Prepared) -> Result<Session, ImapError> {
    plain_with(network, Limits::default(), Box::new(Kept::default())).await
}

/// The same with limits and a spool.
pub async fn plain_with(network: &Prepared, limits: Limits, spool: Box<dyn Spool>) -> Result<Session, ImapError> {
    let endpoint = endpoint(Security::Plaintext, Trust::Platform);
    Session::connect(network, &endpoint, Arc::default(), limits, spool, Deadlines::default()).await
}

/// Connects with these means.
pub async fn connect(network: &Prepared, endpoint: &Endpoint) -> Result<Session, ImapError> {
    let spool = Box::new(Kept::default());
    Session::connect(network, endpoint, Arc::new(Traffic::default()), Limits::default(), spool, Deadlines::default())
        .await
}

/// A session that has got its greeting, and the server's end.
pub async fn greeted() -> (Session, Peer) {
    greeted_with(Limits::default(), Kept::default()).await
}

/// The same with limits and a spool.
pub async fn greeted_with(limits: Limits, spool: Kept) -> (Session, Peer) {
    let (network, mut peer) = connection();
    peer.send("* OK hello\r\n").await;
    (plain_with(&network, limits, Box::new(spool)).await.unwrap(), peer)
}

/// A session after a server that sends `answer` when asked for something; returns what came of it until the command was
/// done or the session failed.
pub async fn answered(answer: impl Into<Vec<u8>>) -> (Vec<Event>, Result<Condition, ImapError>) {
    let (mut session, mut peer) = greeted().await;
    let answer = answer.into();
    let server = tokio::spawn(async move {
        let tag = peer.command("NOOP").await;
        peer.send(&answer).await;
        peer.send(format!("{tag} OK done\r\n")).await;
        peer.gone().await
    });
    session.submit(postrider::imap::command::noop());
    let outcome = until_done(&mut session).await;
    drop(session);
    server.await.unwrap();
    outcome
}

/// Events until a command is done or the session fails.
pub async fn until_done(session: &mut Session) -> (Vec<Event>, Result<Condition, ImapError>) {
    let mut events = Vec::new();
    loop {
        match session.next().await {
            Ok(Event::Done { condition, .. }) => return (events, Ok(condition)),
            Ok(event) => events.push(event),
            Err(error) => return (events, Err(error)),
        }
    }
}

/// What `Peer::ok` answers.
pub fn done() -> Condition {
    Condition { kind: postrider::imap::StatusKind::Ok, code: None, text: "done".to_owned() }
}

/// An APPEND, the command with a literal of the caller's.
pub fn append_of(bytes: &[u8]) -> Command {
    append(b"Sent", &Flags::new(), None, bytes.to_vec()).unwrap()
}
