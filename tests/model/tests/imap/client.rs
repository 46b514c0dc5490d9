//! A raw client: lines out, whole responses in.

use postrider_model::ModelServer;
use postrider_model::profile::Profile;
use postrider_model::world::{NewMessage, Rival, World};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(crate) struct Client {
    pub(crate) stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    serial: u32,
    pub(crate) greeting: String,
}

/// What a command brought.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) untagged: Vec<String>,
    pub(crate) tagged: String,
}

impl Answer {
    /// The one untagged response that holds the text.
    pub(crate) fn line(&self, text: &str) -> &str {
        let found: Vec<&String> = self.untagged.iter().filter(|line| line.contains(text)).collect();
        assert_eq!(found.len(), 1, "{text} in {self:?}");
        found[0]
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.untagged.iter().any(|line| line.contains(text))
    }
}

impl Client {
    pub(crate) async fn over(stream: impl Stream + 'static) -> Self {
        let mut client = Self { stream: Box::new(stream), buffer: Vec::new(), serial: 0, greeting: String::new() };
        client.greeting = client.response().await.unwrap_or_default();
        client
    }

    /// A client in the middle of a session.
    pub(crate) fn resume(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::new(), serial: 100, greeting: String::new() }
    }

    /// A logged-in client.
    pub(crate) async fn login(server: &ModelServer) -> Self {
        let mut client = Self::over(server.connect_in_memory()).await;
        client.ok("LOGIN jo secret").await;
        client
    }

    /// A logged-in client with INBOX selected.
    pub(crate) async fn inbox(server: &ModelServer) -> Self {
        let mut client = Self::login(server).await;
        client.ok("SELECT INBOX").await;
        client
    }

    pub(crate) async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends a command and reads on to its tagged response, or to the end of the connection.
    pub(crate) async fn run(&mut self, command: impl AsRef<[u8]>) -> Answer {
        let tag = self.begin(command).await;
        self.finish(&tag).await
    }

    pub(crate) async fn begin(&mut self, command: impl AsRef<[u8]>) -> String {
        self.serial += 1;
        let tag = format!("a{}", self.serial);
        self.send([tag.as_bytes(), b" ", command.as_ref(), b"\r\n"].concat()).await;
        tag
    }

    pub(crate) async fn finish(&mut self, tag: &str) -> Answer {
        let mut untagged = Vec::new();
        while let Some(response) = self.response().await {
            if let Some(rest) = response.strip_prefix(tag)
                && rest.starts_with(' ')
            {
                return Answer { untagged, tagged: rest[1..].to_owned() };
            }
            untagged.push(response);
        }
        Answer { untagged, tagged: "the connection ended".to_owned() }
    }

    /// As `run`, and the command must succeed.
    pub(crate) async fn ok(&mut self, command: impl AsRef<[u8]>) -> Answer {
        let shown = String::from_utf8_lossy(command.as_ref()).into_owned();
        let answer = self.run(command).await;
        assert!(answer.tagged.starts_with("OK"), "{shown}: {answer:?}");
        answer
    }

    /// A whole response without its last line break, literals included; `None` at the end of the connection.
    pub(crate) async fn response(&mut self) -> Option<String> {
        let mut from = 0;
        loop {
            if let Some(at) = self.buffer[from..].windows(2).position(|pair| pair == b"\r\n") {
                let end = from + at;
                let literal = String::from_utf8_lossy(&self.buffer[from..end])
                    .strip_suffix('}')
                    .and_then(|head| head.rsplit_once('{').and_then(|(_, digits)| digits.parse::<usize>().ok()));
                match literal {
                    Some(length) if self.buffer.len() >= end + 2 + length => {
                        from = end + 2 + length;
                        continue;
                    }
                    Some(_) => {}
                    None => {
                        let response = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                        self.buffer.drain(..end + 2);
                        return Some(response);
                    }
                }
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }
}

/// A server with one account `jo` of this profile.
pub(crate) fn server(profile: Profile) -> (ModelServer, Rival) {
    let world = World::new();
    let rival = profile.layout.furnish(&world, "jo", "secret").unwrap();
    (ModelServer::new(world, profile), rival)
}

/// The same with `count` messages in INBOX.
pub(crate) fn with_mail(profile: Profile, count: u32) -> (ModelServer, Rival) {
    let (server, rival) = server(profile);
    for number in 1..=count {
        rival.deliver("INBOX", mail(number)).unwrap();
    }
    (server, rival)
}

pub(crate) fn mail(number: u32) -> NewMessage {
    NewMessage::new(format!(
        "From: Ann <ann@a.example>\r\nTo: jo@b.example\r\nSubject: number {number}\r\n\
         Date: Mon, 13 Nov 2023 10:00:00 +0100\r\nMessage-ID: <{number}@a.example>\r\n\r\nbody {number}\r\n"
    ))
}
