//! Faults in responses: what a rule does to a command it meets.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::imap::{Closed, Wire};

/// A change of a command's responses, each with its line break; the tagged one is the last.
pub type Rewrite = dyn Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>> + Send + Sync;

/// What happens to a command. Faults in its responses hold them back until they are complete.
#[derive(Clone)]
pub enum Act {
    /// It is not done; the tagged response is this, without the tag (`NO [OVERQUOTA] full`).
    Refuse(String),
    /// It is done, but the tagged response is this, without the tag.
    Deny(String),
    /// It is not done; the session ends with `* BYE` and this text.
    Bye(String),
    /// It is done, but instead of responses the session ends with `* BYE` and this text.
    ByeAfter(String),
    /// It is not done; the connection closes.
    Cut,
    /// It is done; the connection closes before any response.
    CutAfter,
    /// It is done; nothing is answered to it or to anything that follows.
    Silence,
    /// The same, but it is not done.
    Deafness,
    /// It is done after this time.
    Delay(Duration),
    /// Responses that hold this text are left out; the tagged one, too.
    Omit(String),
    /// Responses that hold this text come twice.
    Duplicate(String),
    /// Untagged responses come in reverse order.
    Reverse,
    /// In each response one text is replaced by another.
    Replace(String, String),
    /// These octets come before the responses.
    Before(Vec<u8>),
    /// These octets come between the untagged responses and the tagged one.
    Between(Vec<u8>),
    /// These octets come after the responses.
    After(Vec<u8>),
    /// Any change.
    Rewrite(Arc<Rewrite>),
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Refuse(_) => "Refuse",
            Self::Deny(_) => "Deny",
            Self::Bye(_) => "Bye",
            Self::ByeAfter(_) => "ByeAfter",
            Self::Cut => "Cut",
            Self::CutAfter => "CutAfter",
            Self::Silence => "Silence",
            Self::Deafness => "Deafness",
            Self::Delay(_) => "Delay",
            Self::Omit(_) => "Omit",
            Self::Duplicate(_) => "Duplicate",
            Self::Reverse => "Reverse",
            Self::Replace(..) => "Replace",
            Self::Before(_) => "Before",
            Self::Between(_) => "Between",
            Self::After(_) => "After",
            Self::Rewrite(_) => "Rewrite",
        };
        f.write_str(name)
    }
}

/// Picks commands by their lines.
#[derive(Clone)]
pub struct Lines(Arc<Pick>);

type Pick = dyn Fn(&[u8]) -> bool + Send + Sync;

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

/// Which commands meet a fault, and which fault.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The command in capitals (`UID FETCH`), or `GREETING`; any where `None`.
    pub command: Option<String>,
    /// The connection by its number from 1; any where `None`.
    pub connection: Option<u64>,
    /// Only commands with such a line; any where `None`.
    pub lines: Option<Lines>,
    /// How many such commands go by unharmed first.
    pub skip: usize,
    /// How many meet the fault after that.
    pub times: usize,
    /// The fault.
    pub act: Act,
}

impl Rule {
    /// The next such command meets the fault, and no further one.
    pub fn once(command: &str, act: Act) -> Self {
        Self { command: Some(command.to_ascii_uppercase()), connection: None, lines: None, skip: 0, times: 1, act }
    }

    /// Every such command meets the fault.
    pub fn always(command: &str, act: Act) -> Self {
        Self { times: usize::MAX, ..Self::once(command, act) }
    }

    /// The same for commands alone of which the line, without its line break, is picked.
    #[must_use]
    pub fn where_line(mut self, picked: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        self.lines = Some(Lines(Arc::new(picked)));
        self
    }

    /// The same after this many such commands.
    #[must_use]
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }
}

/// The rules of a server; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Script {
    rules: Arc<Mutex<Vec<Rule>>>,
}

impl Script {
    /// Adds a rule.
    pub fn add(&self, rule: Rule) {
        self.lock().push(rule);
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// How many rules still wait for a command.
    pub fn waiting(&self) -> usize {
        self.lock().iter().filter(|rule| rule.times > 0 && rule.times < usize::MAX).count()
    }

    /// The faults that this command meets.
    pub(crate) fn play(&self, connection: u64, command: &str, line: &[u8]) -> Play {
        let mut acts = Vec::new();
        for rule in self.lock().iter_mut() {
            let named = rule.command.as_deref().is_none_or(|wanted| wanted == command);
            let picked = rule.lines.as_ref().is_none_or(|lines| (lines.0)(line));
            if !named || !picked || rule.connection.is_some_and(|wanted| wanted != connection) || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times < usize::MAX {
                rule.times -= 1;
            }
            acts.push(rule.act.clone());
        }
        Play { acts }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The faults of one command.
pub(crate) struct Play {
    acts: Vec<Act>,
}

impl Play {
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.acts.iter().find_map(|act| if let Act::Delay(delay) = act { Some(*delay) } else { None })
    }

    /// The tagged response without its tag, where the command is not to be done.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.acts.iter().find_map(|act| if let Act::Refuse(text) = act { Some(text.as_str()) } else { None })
    }

    /// Whether nothing is to be answered.
    pub(crate) fn is_silent(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Silence))
    }

    /// Whether the command and all that follows are not heard.
    pub(crate) fn is_deaf(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Deafness))
    }

    /// What is to be done before the command; an error ends the session.
    pub(crate) fn before(&mut self, io: &mut Wire) -> Result<(), Closed> {
        for act in &self.acts {
            match act {
                Act::Bye(text) => {
                    io.say(format!("* BYE {text}"));
                    return Err(Closed::Over);
                }
                Act::Cut => return Err(Closed::Over),
                Act::Before(octets) => io.raw(octets),
                _ => {}
            }
        }
        let harmless = |act: &Act| matches!(act, Act::Delay(_) | Act::Before(_) | Act::After(_));
        if !self.acts.iter().all(harmless) {
            io.capture();
        }
        Ok(())
    }

    /// What is to be done with the responses.
    pub(crate) fn after(self, io: &mut Wire) -> Result<(), Closed> {
        let mut responses = io.captured();
        let mut last = Vec::new();
        for act in self.acts {
            match act {
                Act::Silence => return Ok(()),
                Act::CutAfter => return Err(Closed::Over),
                Act::ByeAfter(text) => {
                    io.say(format!("* BYE {text}"));
                    return Err(Closed::Over);
                }
                Act::After(octets) => last.extend(octets),
                act => responses = changed(responses, &act),
            }
        }
        for response in responses {
            io.raw(&response);
        }
        io.raw(&last);
        Ok(())
    }
}

fn changed(mut responses: Vec<Vec<u8>>, act: &Act) -> Vec<Vec<u8>> {
    match act {
        Act::Deny(text) => {
            if let Some(tagged) = responses.pop() {
                let tag = tagged.split(|byte| *byte == b' ').next().unwrap_or_default();
                responses.push([tag, b" ", text.as_bytes(), b"\r\n"].concat());
            }
        }
        Act::Omit(text) => responses.retain(|response| !holds(response, text)),
        Act::Duplicate(text) => {
            let twice = |response: Vec<u8>| {
                let again = holds(&response, text).then(|| response.clone());
                std::iter::once(response).chain(again)
            };
            responses = responses.into_iter().flat_map(twice).collect();
        }
        Act::Reverse => {
            let tagged = responses.pop();
            responses.reverse();
            responses.extend(tagged);
        }
        Act::Replace(from, to) => {
            for response in &mut responses {
                *response = replaced(response, from.as_bytes(), to.as_bytes());
            }
        }
        Act::Between(octets) => responses.insert(responses.len().saturating_sub(1), octets.clone()),
        Act::Rewrite(rewrite) => responses = rewrite(responses),
        _ => {}
    }
    responses
}

fn holds(response: &[u8], text: &str) -> bool {
    text.is_empty() || response.windows(text.len()).any(|here| here == text.as_bytes())
}

fn replaced(response: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = Vec::new();
    let mut rest = response;
    while let Some((&byte, tail)) = rest.split_first() {
        match rest.strip_prefix(from).filter(|_| !from.is_empty()) {
            Some(after) => {
                changed.extend_from_slice(to);
                rest = after;
            }
            None => {
                changed.push(byte);
                rest = tail;
            }
        }
    }
    changed
}
