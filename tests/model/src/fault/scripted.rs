//! A server without any sense: it says what it was told to say, for hostile octets and recorded exchanges.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;

/// A step of a scripted server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Sends these octets; `{tag}` stands for the tag of the last line that was expected.
    Send(Vec<u8>),
    /// Reads a line, which must match: `*` stands for anything, letters match in any case.
    Expect(String),
    /// Reads so many octets, whatever they are.
    Read(usize),
    /// Reads and drops all that comes, until the client closes.
    Drain,
    /// Waits.
    Wait(Duration),
    /// Stays silent until the client closes.
    Silence,
}

/// What happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// Lines and octets received, in order.
    pub received: Vec<Vec<u8>>,
    /// How many steps were done.
    pub steps: usize,
    /// The step that could not be done, in words.
    pub failure: Option<String>,
}

/// A scripted server.
#[derive(Debug, Clone, Default)]
pub struct Scripted {
    steps: Vec<Step>,
}

impl Scripted {
    /// A server that begins with this greeting.
    pub fn greeting(greeting: &str) -> Self {
        Self::default().send(format!("{greeting}\r\n"))
    }

    /// Then it sends this.
    #[must_use]
    pub fn send(mut self, octets: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(octets.into()));
        self
    }

    /// Then it expects this line.
    #[must_use]
    pub fn expect(mut self, pattern: &str) -> Self {
        self.steps.push(Step::Expect(pattern.to_owned()));
        self
    }

    /// Then it expects a command (`LOGIN *`) and sends this.
    #[must_use]
    pub fn answer(self, command: &str, octets: impl Into<Vec<u8>>) -> Self {
        self.expect(&format!("* {command}")).send(octets)
    }

    /// Then this.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Plays to a new connection in memory, as a task of the current tokio runtime. It closes after the last step.
    pub fn connect(self) -> (DuplexStream, JoinHandle<Transcript>) {
        let (client, server) = tokio::io::duplex(64 << 10);
        (client, tokio::spawn(self.play(server)))
    }

    /// Plays to a connection.
    pub async fn play<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S) -> Transcript {
        let mut player = Player { stream, input: Vec::new(), tag: Vec::new(), transcript: Transcript::default() };
        for step in &self.steps {
            if let Err(failure) = player.step(step).await {
                player.transcript.failure = Some(failure);
                break;
            }
            player.transcript.steps += 1;
        }
        player.transcript
    }
}

struct Player<S> {
    stream: S,
    input: Vec<u8>,
    tag: Vec<u8>,
    transcript: Transcript,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Player<S> {
    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Send(octets) => {
                let octets = with_tag(octets, &self.tag);
                let sent = self.stream.write_all(&octets).await;
                sent.map_err(|error| format!("cannot send: {}", error.kind()))?;
                self.stream.flush().await.map_err(|error| format!("cannot send: {}", error.kind()))
            }
            Step::Expect(pattern) => {
                let line = self.line().await?;
                self.tag = line.split(|byte| *byte == b' ').next().unwrap_or_default().to_vec();
                let hit = matches(pattern.as_bytes(), &line);
                self.transcript.received.push(line);
                if hit { Ok(()) } else { Err(format!("expected {pattern}")) }
            }
            Step::Read(length) => {
                while self.input.len() < *length {
                    self.fill().await?;
                }
                let octets = self.input.drain(..*length).collect();
                self.transcript.received.push(octets);
                Ok(())
            }
            Step::Drain => {
                while self.fill().await.is_ok() {}
                let octets = std::mem::take(&mut self.input);
                self.transcript.received.push(octets);
                Ok(())
            }
            Step::Silence => {
                while self.fill().await.is_ok() {}
                Ok(())
            }
            Step::Wait(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, String> {
        loop {
            if let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                return Ok(line.trim_ascii_end().to_vec());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), String> {
        match self.stream.read_buf(&mut self.input).await {
            Ok(0) => Err("the client has closed".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(format!("cannot read: {}", error.kind())),
        }
    }
}

fn with_tag(octets: &[u8], tag: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = octets;
    while let Some((&byte, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"{tag}") {
            out.extend_from_slice(tag);
            rest = after;
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    out
}

/// Whether a line matches a pattern in which `*` stands for anything.
fn matches(pattern: &[u8], line: &[u8]) -> bool {
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let first = pieces.next().unwrap_or_default();
    let same = |here: &[u8], piece: &[u8]| here.eq_ignore_ascii_case(piece);
    let Some(mut rest) = line.get(first.len()..).filter(|_| same(line.get(..first.len()).unwrap_or_default(), first))
    else {
        return false;
    };
    let pieces: Vec<&[u8]> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle.iter().filter(|piece| !piece.is_empty()) {
        let Some(at) = rest.windows(piece.len()).position(|here| same(here, piece)) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.len().checked_sub(last.len()).is_some_and(|at| same(rest.get(at..).unwrap_or_default(), last))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_lines_in_any_case() {
        assert!(matches(b"* login *", b"a1 LOGIN jo secret") && matches(b"DONE", b"done") && matches(b"*", b""));
        assert!(!matches(b"* login", b"a1 LOGIN jo") && !matches(b"done", b"done.") && matches(b"a*b*b", b"abab"));
    }
}
