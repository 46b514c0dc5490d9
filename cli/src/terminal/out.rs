//! Standard output and standard error. Whoever reads may go away at any time (`postrider list | head`): what is written
//! then goes nowhere, and the command still ends in order.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Style, Term};
use serde_json::{Value, json};

use super::text::wrap;
use crate::exit::Failure;

/// Where a command writes.
pub(crate) struct Out {
    json: bool,
    quiet: bool,
    stdout: Mutex<Pipe>,
}

struct Pipe {
    to: BufWriter<Stdout>,
    closed: bool,
}

impl Out {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, stdout: Mutex::new(Pipe { to: BufWriter::new(io::stdout()), closed: false }) }
    }

    /// Whether a machine reads.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress may be shown.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.json && !self.quiet && Term::stderr().is_term()
    }

    /// Whether a person looks at standard output.
    pub(crate) fn is_terminal(&self) -> bool {
        Term::stdout().is_term()
    }

    /// How many columns there are; `None` where nobody counts them.
    pub(crate) fn width(&self) -> Option<usize> {
        Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
    }

    /// A line of text.
    pub(crate) fn line(&self, text: impl fmt::Display) -> Result<(), Failure> {
        self.write(|to| writeln!(to, "{text}"))
    }

    /// Words: as long as the line is elsewhere, broken between them on a terminal.
    pub(crate) fn words(&self, text: &str) -> Result<(), Failure> {
        match self.width() {
            Some(width) => self.line(wrap(text, width.max(20))),
            None => self.line(text),
        }
    }

    /// An object on a line of its own. Each is sent on at once, for whoever waits for it.
    pub(crate) fn object(&self, value: &Value) -> Result<(), Failure> {
        self.write(|to| writeln!(to, "{value}").and_then(|()| to.flush()))
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(|to| to.write_all(bytes))
    }

    /// Standard output for who writes to a stream.
    pub(crate) fn writer(&self) -> Writer<'_> {
        Writer(self)
    }

    /// A hint for people, on standard error.
    pub(crate) fn hint(&self, text: impl fmt::Display) {
        if !self.json && !self.quiet {
            self.complain(&Style::new().for_stderr().dim(), &text);
        }
    }

    /// Something that the person should know, on standard error. Scripts find it in the object of the command: what
    /// stands on standard error for them is one error.
    pub(crate) fn warning(&self, text: impl fmt::Display) {
        if !self.json && !self.quiet {
            self.complain(&Style::new().for_stderr().yellow(), &format_args!("Warning: {text}"));
        }
    }

    /// Why a command failed, on standard error; of one account where one is named.
    pub(crate) fn failure(&self, failure: &Failure, account: Option<&str>) {
        if self.json {
            let mut object = json!({
                "error": failure.kind,
                "message": failure.message,
                "retryable": failure.retryable,
                "needs_user": failure.needs_user,
            });
            if let Some(code) = &failure.server_code {
                object["server_code"] = json!(code);
            }
            if let Some(account) = account {
                object["account"] = json!(account);
            }
            self.complain(&Style::new(), &object);
        } else {
            let of = account.map(|account| format!("{account}: ")).unwrap_or_default();
            let code = failure.server_code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
            self.complain(&Style::new().for_stderr().red(), &format_args!("error: {of}{}{code}", failure.message));
        }
    }

    /// Sends on what is buffered.
    pub(crate) fn flush(&self) -> Result<(), Failure> {
        self.write(|to| to.flush())
    }

    fn complain(&self, style: &Style, text: &dyn fmt::Display) {
        // What was said before stands before.
        let _ = self.flush();
        // Where standard error is gone too there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "{}", style.apply_to(text));
    }

    fn write(&self, action: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) -> Result<(), Failure> {
        self.pipe().write(action).map_err(|error| Failure::io("standard output", &error))
    }

    fn pipe(&self) -> MutexGuard<'_, Pipe> {
        self.stdout.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    fn write(&mut self, action: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        match action(&mut self.to) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            outcome => outcome,
        }
    }
}

/// Standard output as a stream.
pub(crate) struct Writer<'a>(&'a Out);

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.pipe().write(|to| to.write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.pipe().write(|to| to.flush())
    }
}
