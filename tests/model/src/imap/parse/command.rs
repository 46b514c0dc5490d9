//! The commands.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Syntax};
use super::fetch::Fetch;
use super::list::List;
use super::mailbox::{NewMail, Select, Store};
use super::search::Search;
use super::set::Set;
use crate::profile::{Extension, StatusItem};

/// A command as understood.
#[derive(Debug)]
pub(crate) enum Command {
    Capability,
    Noop,
    Logout,
    StartTls,
    Id,
    Login { user: Vec<u8>, password: Vec<u8> },
    Authenticate { mechanism: String, initial: Option<Vec<u8>> },
    Enable(Vec<String>),
    Select(Select),
    Create { mailbox: Vec<u8>, uses: Vec<String> },
    Delete(Vec<u8>),
    Rename { from: Vec<u8>, to: Vec<u8> },
    Subscribe { mailbox: Vec<u8>, on: bool },
    List(List),
    Status { mailbox: Vec<u8>, items: Vec<StatusItem> },
    Append { mailbox: Vec<u8>, mails: Vec<NewMail> },
    Replace { uid: bool, target: Set, mailbox: Vec<u8>, mail: NewMail },
    Namespace,
    Check,
    Close,
    Unselect,
    Expunge,
    UidExpunge(Set),
    Search(Search),
    Fetch(Fetch),
    Store(Store),
    Copy { uid: bool, set: Set, mailbox: Vec<u8> },
    Move { uid: bool, set: Set, mailbox: Vec<u8> },
    Idle,
    Compress,
    Notify(Option<Notify>),
    GetQuota(Vec<u8>),
    GetQuotaRoot(Vec<u8>),
}

impl Command {
    /// Whether it is about the messages of the selected mailbox, and changes nothing of them.
    pub(crate) const fn only_reads(&self) -> bool {
        matches!(self, Self::Search(_) | Self::Fetch(_) | Self::Unselect)
    }

    /// Whether it is about the messages of the selected mailbox.
    pub(crate) const fn needs_mailbox(&self) -> bool {
        matches!(
            self,
            Self::Check
                | Self::Close
                | Self::Unselect
                | Self::Expunge
                | Self::UidExpunge(_)
                | Self::Search(_)
                | Self::Fetch(_)
                | Self::Store(_)
                | Self::Copy { .. }
                | Self::Move { .. }
                | Self::Replace { .. }
        )
    }
}

/// NOTIFY SET: which mailboxes, which events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notify {
    pub(crate) status: bool,
    pub(crate) groups: Vec<(NotifyFilter, NotifyEvents)>,
}

/// The mailboxes an event group is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotifyFilter {
    Selected { delayed: bool },
    Inboxes,
    Personal,
    Subscribed,
    Subtree(Vec<Vec<u8>>),
    Mailboxes(Vec<Vec<u8>>),
}

/// The events of a group; all off is NONE.
#[derive(Debug, Clone, Default)]
pub(crate) struct NotifyEvents {
    pub(crate) new: bool,
    pub(crate) expunge: bool,
    pub(crate) flags: bool,
    pub(crate) names: bool,
    pub(crate) subscriptions: bool,
}

/// A tagged command, or what could be told of it.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) tag: String,
    /// The command's words in capitals (`UID FETCH`), for logs and fault scripts.
    pub(crate) name: String,
    pub(crate) command: Result<Command, Syntax>,
    pub(crate) needs: BTreeSet<Extension>,
}

impl Parsed {
    /// Reads one whole command without its final line break.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut cursor = Cursor::new(bytes);
        let tag = match cursor.run(|byte| super::cursor::is_atom(byte) && byte != b'+', "the tag is missing") {
            Ok(tag) => String::from_utf8_lossy(tag).into_owned(),
            Err(syntax) => {
                return Self { tag: "*".to_owned(), name: String::new(), command: Err(syntax), needs: BTreeSet::new() };
            }
        };
        let mut name = String::new();
        let command = cursor.space().and_then(|()| cursor.command(&mut name));
        Self { tag, name, command, needs: cursor.needs }
    }
}

impl Cursor<'_> {
    fn command(&mut self, name: &mut String) -> Result<Command, Syntax> {
        *name = self.atom()?.to_ascii_uppercase();
        let uid = name == "UID";
        if uid {
            self.space()?;
            let second = self.atom()?.to_ascii_uppercase();
            name.push(' ');
            name.push_str(&second);
        }
        let command = self.arguments(name, uid)?;
        self.end()?;
        Ok(command)
    }

    fn arguments(&mut self, name: &str, uid: bool) -> Result<Command, Syntax> {
        if uid && name == "UID EXPUNGE" {
            self.needs(Extension::UidPlus);
            self.space()?;
            return self.set().map(Command::UidExpunge);
        }
        match name.strip_prefix("UID ").unwrap_or(name) {
            "SEARCH" => self.search(uid).map(Command::Search),
            "FETCH" => self.fetch(uid).map(Command::Fetch),
            "STORE" => self.store(uid).map(Command::Store),
            "COPY" => self.set_and_mailbox().map(|(set, mailbox)| Command::Copy { uid, set, mailbox }),
            "MOVE" => {
                self.needs(Extension::Move);
                self.set_and_mailbox().map(|(set, mailbox)| Command::Move { uid, set, mailbox })
            }
            "REPLACE" => {
                self.needs(Extension::Replace);
                let (target, mailbox) = self.set_and_mailbox()?;
                Ok(Command::Replace { uid, target, mailbox, mail: self.new_mail()? })
            }
            _ if uid => Err(Syntax("no such command by UID")),
            "CAPABILITY" => Ok(Command::Capability),
            "NOOP" => Ok(Command::Noop),
            "LOGOUT" => Ok(Command::Logout),
            "STARTTLS" => Ok(Command::StartTls),
            "CHECK" => Ok(Command::Check),
            "CLOSE" => Ok(Command::Close),
            "EXPUNGE" => Ok(Command::Expunge),
            "UNSELECT" => self.extension(Extension::Unselect, Command::Unselect),
            "IDLE" => self.extension(Extension::Idle, Command::Idle),
            "NAMESPACE" => self.extension(Extension::Namespace, Command::Namespace),
            _ => self.more_arguments(name),
        }
    }

    fn more_arguments(&mut self, name: &str) -> Result<Command, Syntax> {
        self.space()?;
        match name {
            "LOGIN" => {
                let user = self.astring()?;
                self.space()?;
                Ok(Command::Login { user, password: self.astring()? })
            }
            "AUTHENTICATE" => self.authenticate(),
            "ID" => self.id(),
            "ENABLE" => self.enable(),
            "SELECT" => self.select(false).map(Command::Select),
            "EXAMINE" => self.select(true).map(Command::Select),
            "CREATE" => self.create(),
            "DELETE" => self.astring().map(Command::Delete),
            "SUBSCRIBE" => self.astring().map(|mailbox| Command::Subscribe { mailbox, on: true }),
            "UNSUBSCRIBE" => self.astring().map(|mailbox| Command::Subscribe { mailbox, on: false }),
            "RENAME" => {
                let from = self.astring()?;
                self.space()?;
                Ok(Command::Rename { from, to: self.astring()? })
            }
            "LIST" => self.list_command().map(Command::List),
            "LSUB" => self.lsub().map(Command::List),
            "STATUS" => {
                let mailbox = self.astring()?;
                self.space()?;
                Ok(Command::Status { mailbox, items: self.status_items()? })
            }
            "APPEND" => self.append(),
            "COMPRESS" => {
                self.needs(Extension::Compress);
                if self.word("DEFLATE") { Ok(Command::Compress) } else { Err(Syntax("no such compression")) }
            }
            "NOTIFY" => self.notify(),
            "GETQUOTA" => {
                self.needs(Extension::Quota);
                self.astring().map(Command::GetQuota)
            }
            "GETQUOTAROOT" => {
                self.needs(Extension::Quota);
                self.astring().map(Command::GetQuotaRoot)
            }
            _ => Err(Syntax("no such command")),
        }
    }

    fn extension(&mut self, extension: Extension, command: Command) -> Result<Command, Syntax> {
        self.needs(extension);
        Ok(command)
    }
}
