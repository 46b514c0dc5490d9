//! A second client that shares nothing with the core: a socket, lines, literals. It blocks, and it trusts its server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection, logged in.
pub struct RawClient {
    reader: BufReader<TcpStream>,
    tag: u32,
}

impl RawClient {
    /// Connects to 127.0.0.1 and logs in.
    ///
    /// # Errors
    /// Where the connection fails or the login is refused.
    pub fn log_in(port: u16, user: &str, password: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut client = Self { reader: BufReader::new(stream), tag: 0 };
        client.line()?;
        client.run(&format!("LOGIN {user} {password}"))?;
        Ok(client)
    }

    /// Runs a command; gives its untagged responses, literals in place.
    ///
    /// # Errors
    /// Where the command is refused.
    pub fn run(&mut self, command: &str) -> io::Result<Vec<Vec<u8>>> {
        self.send(command.as_bytes(), &[])
    }

    /// Puts a mail into a mailbox.
    ///
    /// # Errors
    /// Where it is refused.
    pub fn append(&mut self, mailbox: &str, flags: &str, mail: &[u8]) -> io::Result<()> {
        let command = format!("APPEND \"{mailbox}\" ({flags}) {{{}+}}\r\n", mail.len());
        self.send(command.as_bytes(), mail).map(|_| ())
    }

    /// The exact bytes of each mail of a mailbox, by UID.
    ///
    /// # Errors
    /// Where the mailbox cannot be read.
    pub fn bodies(&mut self, mailbox: &str) -> io::Result<Vec<(u32, Vec<u8>)>> {
        self.run(&format!("EXAMINE \"{mailbox}\""))?;
        let mut found = Vec::new();
        for response in self.run("UID FETCH 1:* (UID BODY.PEEK[])")? {
            let Some(start) = find(&response, b"BODY[] {") else { continue };
            let head = String::from_utf8_lossy(&response[..start]).into_owned();
            let Some(uid) = head.split("UID ").nth(1).and_then(|rest| rest.split([' ', ')']).next()) else { continue };
            let rest = &response[start + 8..];
            let end = find(rest, b"}\r\n").ok_or(io::ErrorKind::InvalidData)?;
            let size: usize = parse(&rest[..end])?;
            let body = rest.get(end + 3..end + 3 + size).ok_or(io::ErrorKind::InvalidData)?;
            found.push((uid.parse().map_err(|_| io::ErrorKind::InvalidData)?, body.to_vec()));
        }
        Ok(found)
    }

    fn send(&mut self, command: &[u8], literal: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        let bytes = [tag.as_bytes(), command, literal, b"\r\n"].concat();
        self.reader.get_mut().write_all(&bytes)?;
        let mut responses = Vec::new();
        loop {
            let response = self.response()?;
            match response.strip_prefix(tag.as_bytes()) {
                Some(done) if done.starts_with(b"OK") => return Ok(responses),
                Some(done) => return Err(io::Error::other(String::from_utf8_lossy(done).into_owned())),
                None => responses.push(response),
            }
        }
    }

    /// One response, with its literals.
    fn response(&mut self) -> io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        loop {
            let line = self.line()?;
            whole.extend_from_slice(&line);
            let announced = line.strip_suffix(b"}\r\n").and_then(|rest| {
                let start = rest.iter().rposition(|byte| *byte == b'{')?;
                parse::<u64>(&rest[start + 1..]).ok()
            });
            let Some(size) = announced else { return Ok(whole) };
            (&mut self.reader).take(size).read_to_end(&mut whole)?;
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line)?;
        if line.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(line) }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn parse<T: std::str::FromStr>(digits: &[u8]) -> io::Result<T> {
    std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
