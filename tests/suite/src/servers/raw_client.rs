//! A second IMAP client that shares nothing with the core: a socket, lines, literals. It blocks, and it trusts its server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::raw_response::{Value, values};

/// Why the second client could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server said NO or BAD.
    #[error("the server refused {command}: {reply}")]
    Refused {
        /// The command's verb.
        command: String,
        /// The server's words, from the status on.
        reply: String,
    },
    /// The server sent what this client cannot read.
    #[error("the server's response cannot be read: {0}")]
    Unreadable(String),
}

/// A message as the server tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMessage {
    /// Its UID.
    pub uid: u32,
    /// Its flags, sorted, without `\Recent`, which no client can set.
    pub flags: Vec<String>,
    /// Its size in bytes by the server's word.
    pub size: u64,
    /// Its bytes, if they were asked for.
    pub body: Vec<u8>,
}

/// A mailbox as LIST tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name on the server, in modified UTF-7.
    pub name: String,
    /// The hierarchy delimiter, if there is a hierarchy.
    pub delimiter: Option<char>,
    /// The attributes in the server's spelling.
    pub attributes: Vec<String>,
}

impl Listed {
    /// Whether it has this attribute, in whatever case.
    pub fn is(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|own| own.eq_ignore_ascii_case(attribute))
    }
}

/// A connection, logged in.
pub struct RawClient {
    reader: BufReader<TcpStream>,
    tag: u32,
    capabilities: Vec<String>,
}

impl RawClient {
    /// Connects to 127.0.0.1 and logs in.
    ///
    /// # Errors
    /// [`RawError`]: the connection fails or the login is refused.
    pub fn log_in(port: u16, user: &str, password: &str) -> Result<Self, RawError> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        let mut client = Self { reader: BufReader::new(stream), tag: 0, capabilities: Vec::new() };
        client.line()?;
        client.run(&format!("LOGIN {} {}", quoted(user), quoted(password)))?;
        for response in client.run("CAPABILITY")? {
            if let Some(list) = response.strip_prefix(b"* CAPABILITY ") {
                let list = String::from_utf8_lossy(list).to_ascii_uppercase();
                client.capabilities = list.split_whitespace().map(str::to_owned).collect();
            }
        }
        Ok(client)
    }

    /// Whether the server announced this after the login.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|own| own.eq_ignore_ascii_case(capability))
    }

    /// Runs a command; gives its untagged responses, each with its literals in place.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn run(&mut self, command: &str) -> Result<Vec<Vec<u8>>, RawError> {
        let tag = self.start(command)?;
        self.finish(&tag, command)
    }

    /// Selects a mailbox for reading and writing.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn select(&mut self, mailbox: &str) -> Result<(), RawError> {
        self.run(&format!("SELECT {}", quoted(mailbox))).map(drop)
    }

    /// Puts a mail into a mailbox; flags with spaces between.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn append(&mut self, mailbox: &str, flags: &str, mail: &[u8]) -> Result<(), RawError> {
        let command = format!("APPEND {} ({flags}) {{{}}}", quoted(mailbox), mail.len());
        let tag = self.start(&command)?;
        loop {
            let response = self.response()?;
            if response.starts_with(b"+") {
                break;
            }
            if response.starts_with(tag.as_bytes()) {
                return Err(refusal(&command, &response[tag.len()..]));
            }
        }
        self.reader.get_mut().write_all(&[mail, b"\r\n"].concat())?;
        self.finish(&tag, &command).map(drop)
    }

    /// Every mailbox that the user can list.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn list(&mut self) -> Result<Vec<Listed>, RawError> {
        let responses = self.run("LIST \"\" \"*\"")?;
        responses.iter().filter_map(|response| response.strip_prefix(b"* LIST ")).map(listed).collect()
    }

    /// UIDs, flags and sizes of a mailbox's messages, in UID order. Changes nothing.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn messages(&mut self, mailbox: &str) -> Result<Vec<RawMessage>, RawError> {
        self.fetch(mailbox, "")
    }

    /// The messages of a mailbox with their exact bytes. Changes nothing.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn full_messages(&mut self, mailbox: &str) -> Result<Vec<RawMessage>, RawError> {
        self.fetch(mailbox, " BODY.PEEK[]")
    }

    /// The exact bytes of each mail of a mailbox, by UID.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn bodies(&mut self, mailbox: &str) -> Result<Vec<(u32, Vec<u8>)>, RawError> {
        Ok(self.full_messages(mailbox)?.into_iter().map(|message| (message.uid, message.body)).collect())
    }

    /// The messages of a mailbox, each with one more item as its body.
    pub(super) fn fetch(&mut self, mailbox: &str, item: &str) -> Result<Vec<RawMessage>, RawError> {
        self.run(&format!("EXAMINE {}", quoted(mailbox)))?;
        let mut found = Vec::new();
        for response in self.run(&format!("UID FETCH 1:* (UID FLAGS RFC822.SIZE{item})"))? {
            let unreadable = || RawError::Unreadable(String::from_utf8_lossy(&response).into_owned());
            let parsed = values(response.strip_prefix(b"* ").unwrap_or_default());
            if let Some([_, Value::Atom(kind), Value::List(items)]) = parsed.as_deref()
                && kind.eq_ignore_ascii_case("FETCH")
            {
                found.extend(message(items).ok_or_else(unreadable)?);
            }
        }
        found.sort_by_key(|message| message.uid);
        Ok(found)
    }

    /// Sends a command; gives its tag with a space.
    fn start(&mut self, command: &str) -> Result<String, RawError> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.reader.get_mut().write_all(format!("{tag}{command}\r\n").as_bytes())?;
        Ok(tag)
    }

    fn finish(&mut self, tag: &str, command: &str) -> Result<Vec<Vec<u8>>, RawError> {
        let mut responses = Vec::new();
        loop {
            let response = self.response()?;
            match response.strip_prefix(tag.as_bytes()) {
                Some(done) if done.starts_with(b"OK") => return Ok(responses),
                Some(done) => return Err(refusal(command, done)),
                None => responses.push(response),
            }
        }
    }

    /// One response, with its literals.
    fn response(&mut self) -> Result<Vec<u8>, RawError> {
        let mut whole = Vec::new();
        loop {
            let line = self.line()?;
            whole.extend_from_slice(&line);
            let Some(size) = announced(&line) else { return Ok(whole) };
            (&mut self.reader).take(size).read_to_end(&mut whole)?;
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, RawError> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line)?;
        if line.ends_with(b"\n") { Ok(line) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
    }
}

/// A string as IMAP quotes it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The size of the literal that a line announces at its end.
fn announced(line: &[u8]) -> Option<u64> {
    let rest = line.strip_suffix(b"}\r\n")?;
    let start = rest.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(&rest[start + 1..]).ok()?.parse().ok()
}

fn refusal(command: &str, reply: &[u8]) -> RawError {
    let verb = command.split(' ').next().unwrap_or_default().to_owned();
    RawError::Refused { command: verb, reply: String::from_utf8_lossy(reply).trim_end().to_owned() }
}

fn listed(response: &[u8]) -> Result<Listed, RawError> {
    let unreadable = || RawError::Unreadable(String::from_utf8_lossy(response).into_owned());
    let parsed = values(response).ok_or_else(unreadable)?;
    let [attributes, delimiter, name, ..] = parsed.as_slice() else { return Err(unreadable()) };
    let attributes = attributes.list().ok_or_else(unreadable)?.iter().filter_map(Value::text).collect();
    let delimiter = delimiter.bytes().and_then(|text| text.first()).map(|byte| char::from(*byte));
    Ok(Listed { name: name.text().ok_or_else(unreadable)?, delimiter, attributes })
}

/// A message from its items; nothing where they name no UID, as in an unasked change of flags.
fn message(items: &[Value]) -> Option<Option<RawMessage>> {
    let mut message = RawMessage { uid: 0, flags: Vec::new(), size: 0, body: Vec::new() };
    for pair in items.chunks(2) {
        let [name, value] = pair else { return None };
        match name.text()?.to_ascii_uppercase().as_str() {
            "UID" => message.uid = value.number()?,
            "RFC822.SIZE" => message.size = value.number()?,
            "FLAGS" => {
                let flags = value.list()?.iter().filter_map(Value::text);
                message.flags = flags.filter(|flag| !flag.eq_ignore_ascii_case("\\Recent")).collect();
                message.flags.sort();
            }
            section if section.starts_with("BODY[") => message.body = value.bytes().unwrap_or_default().to_vec(),
            _ => {}
        }
    }
    Some((message.uid != 0).then_some(message))
}
