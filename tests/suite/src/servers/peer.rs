//! Someone else at the account: the same deeds on any server, so that one scenario runs on all of them.

use std::collections::BTreeMap;

use super::raw_client::quoted;
use super::raw_response::values;
use super::{RawClient, RawError, RawMessage, Value};

/// What happens to flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// They are added.
    Add,
    /// They are taken away.
    Remove,
    /// They replace what was there.
    Replace,
}

/// A mail in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mail {
    /// Its Message-ID with the angle brackets, or `content:` and a hash of its bytes where it has none.
    pub id: String,
    /// Its flags, sorted, without `\Recent`.
    pub flags: Vec<String>,
}

/// What an account holds: each mailbox that can hold mail, by its path with `/` between the parts and without the
/// server's prefix, and its mails in order of their ids.
pub type Snapshot = BTreeMap<String, Vec<Mail>>;

/// Another client of the account, in whole deeds. Mailboxes are named by paths as in [`Snapshot`], in modified UTF-7
/// where a name is not ASCII; mails by their ids there, so that a script needs no UIDs. A deed on mails takes every
/// mail of the mailbox with one of the ids, and none where there is none.
pub trait Peer {
    /// Puts a mail into a mailbox.
    ///
    /// # Errors
    /// [`RawError`], as in every other deed.
    fn deliver(&mut self, mailbox: &str, flags: &[&str], mail: &[u8]) -> Result<(), RawError>;

    /// Changes the flags of mails.
    ///
    /// # Errors
    /// [`RawError`].
    fn set_flags(&mut self, mailbox: &str, ids: &[&str], change: FlagChange, flags: &[&str]) -> Result<(), RawError>;

    /// Removes mails for good.
    ///
    /// # Errors
    /// [`RawError`].
    fn expunge(&mut self, mailbox: &str, ids: &[&str]) -> Result<(), RawError>;

    /// Copies mails to another mailbox.
    ///
    /// # Errors
    /// [`RawError`].
    fn copy(&mut self, mailbox: &str, ids: &[&str], to: &str) -> Result<(), RawError>;

    /// Moves mails to another mailbox.
    ///
    /// # Errors
    /// [`RawError`].
    fn move_to(&mut self, mailbox: &str, ids: &[&str], to: &str) -> Result<(), RawError>;

    /// Makes a mailbox.
    ///
    /// # Errors
    /// [`RawError`].
    fn create(&mut self, mailbox: &str) -> Result<(), RawError>;

    /// Renames a mailbox, and with it those below.
    ///
    /// # Errors
    /// [`RawError`].
    fn rename(&mut self, mailbox: &str, to: &str) -> Result<(), RawError>;

    /// Deletes a mailbox with its mails.
    ///
    /// # Errors
    /// [`RawError`].
    fn delete(&mut self, mailbox: &str) -> Result<(), RawError>;

    /// What the account holds now.
    ///
    /// # Errors
    /// [`RawError`].
    fn snapshot(&mut self) -> Result<Snapshot, RawError>;
}

/// A peer on whatever IMAP server the raw client is logged in to.
pub struct ImapPeer {
    client: RawClient,
    delimiter: Option<char>,
    prefix: String,
}

impl ImapPeer {
    /// Asks the server how it names mailboxes.
    ///
    /// # Errors
    /// [`RawError`].
    pub fn new(mut client: RawClient) -> Result<Self, RawError> {
        let delimiter = client.list()?.iter().find_map(|mailbox| mailbox.delimiter);
        let prefix = if client.can("NAMESPACE") { personal_prefix(&client.run("NAMESPACE")?) } else { None };
        Ok(Self { client, delimiter, prefix: prefix.unwrap_or_default() })
    }

    /// The client below, for what no deed covers.
    pub fn client(&mut self) -> &mut RawClient {
        &mut self.client
    }

    /// The name on the server of a mailbox by its path.
    pub fn server_name(&self, path: &str) -> String {
        if path.eq_ignore_ascii_case("INBOX") {
            return "INBOX".to_owned();
        }
        let path =
            self.delimiter.map_or_else(|| path.to_owned(), |delimiter| path.replace('/', &delimiter.to_string()));
        format!("{}{path}", self.prefix)
    }

    fn path(&self, name: &str) -> String {
        let name = name.strip_prefix(&self.prefix).filter(|rest| !rest.is_empty()).unwrap_or(name);
        self.delimiter.map_or_else(|| name.to_owned(), |delimiter| name.replace(delimiter, "/"))
    }

    /// The mails of a mailbox with their ids.
    fn mails(&mut self, name: &str) -> Result<Vec<(String, RawMessage)>, RawError> {
        let mut mails = Vec::new();
        let mut nameless = false;
        for message in self.client.fetch(name, " BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")? {
            let id = message_id(&message.body).unwrap_or_default();
            nameless |= id.is_empty();
            mails.push((id, message));
        }
        if nameless {
            let full = self.client.bodies(name)?.into_iter().collect::<BTreeMap<_, _>>();
            for (id, message) in mails.iter_mut().filter(|(id, _)| id.is_empty()) {
                *id = content_id(full.get(&message.uid).map_or(&[], Vec::as_slice));
            }
        }
        Ok(mails)
    }

    /// Selects the mailbox; gives the set of UIDs of the mails with these ids, if there are any.
    fn pick(&mut self, mailbox: &str, ids: &[&str]) -> Result<Option<String>, RawError> {
        let name = self.server_name(mailbox);
        let picked = self.mails(&name)?.into_iter().filter(|(id, _)| ids.contains(&id.as_str()));
        let uids: Vec<String> = picked.map(|(_, message)| message.uid.to_string()).collect();
        self.client.select(&name)?;
        Ok((!uids.is_empty()).then(|| uids.join(",")))
    }

    /// Removes from the selected mailbox.
    fn remove(&mut self, uids: &str) -> Result<(), RawError> {
        self.client.run(&format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)"))?;
        let command = if self.client.can("UIDPLUS") { format!("UID EXPUNGE {uids}") } else { "EXPUNGE".to_owned() };
        self.client.run(&command).map(drop)
    }
}

impl Peer for ImapPeer {
    fn deliver(&mut self, mailbox: &str, flags: &[&str], mail: &[u8]) -> Result<(), RawError> {
        let name = self.server_name(mailbox);
        self.client.append(&name, &flags.join(" "), mail)
    }

    fn set_flags(&mut self, mailbox: &str, ids: &[&str], change: FlagChange, flags: &[&str]) -> Result<(), RawError> {
        let Some(uids) = self.pick(mailbox, ids)? else { return Ok(()) };
        let sign = match change {
            FlagChange::Add => "+",
            FlagChange::Remove => "-",
            FlagChange::Replace => "",
        };
        self.client.run(&format!("UID STORE {uids} {sign}FLAGS.SILENT ({})", flags.join(" "))).map(drop)
    }

    fn expunge(&mut self, mailbox: &str, ids: &[&str]) -> Result<(), RawError> {
        let Some(uids) = self.pick(mailbox, ids)? else { return Ok(()) };
        self.remove(&uids)
    }

    fn copy(&mut self, mailbox: &str, ids: &[&str], to: &str) -> Result<(), RawError> {
        let Some(uids) = self.pick(mailbox, ids)? else { return Ok(()) };
        let to = quoted(&self.server_name(to));
        self.client.run(&format!("UID COPY {uids} {to}")).map(drop)
    }

    fn move_to(&mut self, mailbox: &str, ids: &[&str], to: &str) -> Result<(), RawError> {
        let Some(uids) = self.pick(mailbox, ids)? else { return Ok(()) };
        let to = quoted(&self.server_name(to));
        if self.client.can("MOVE") {
            return self.client.run(&format!("UID MOVE {uids} {to}")).map(drop);
        }
        self.client.run(&format!("UID COPY {uids} {to}"))?;
        self.remove(&uids)
    }

    fn create(&mut self, mailbox: &str) -> Result<(), RawError> {
        let name = quoted(&self.server_name(mailbox));
        self.client.run(&format!("CREATE {name}")).map(drop)
    }

    fn rename(&mut self, mailbox: &str, to: &str) -> Result<(), RawError> {
        let (name, to) = (quoted(&self.server_name(mailbox)), quoted(&self.server_name(to)));
        // A server may refuse to touch the mailbox that is selected.
        self.client.select("INBOX")?;
        self.client.run(&format!("RENAME {name} {to}")).map(drop)
    }

    fn delete(&mut self, mailbox: &str) -> Result<(), RawError> {
        let name = quoted(&self.server_name(mailbox));
        self.client.select("INBOX")?;
        self.client.run(&format!("DELETE {name}")).map(drop)
    }

    fn snapshot(&mut self) -> Result<Snapshot, RawError> {
        let mut all = Snapshot::new();
        for mailbox in self.client.list()? {
            if mailbox.is("\\Noselect") || mailbox.is("\\NonExistent") {
                continue;
            }
            let mails = self.mails(&mailbox.name)?;
            let mut mails: Vec<Mail> = mails.into_iter().map(|(id, mail)| Mail { id, flags: mail.flags }).collect();
            mails.sort();
            all.insert(self.path(&mailbox.name), mails);
        }
        Ok(all)
    }
}

/// The prefix of the first personal namespace.
fn personal_prefix(responses: &[Vec<u8>]) -> Option<String> {
    let response = responses.iter().find_map(|response| response.strip_prefix(b"* NAMESPACE "))?;
    let namespaces = values(response)?;
    let first = namespaces.first()?.list()?.first()?.list()?.first().and_then(Value::text)?;
    Some(first)
}

/// The Message-ID of a header, if it has one.
fn message_id(header: &[u8]) -> Option<String> {
    let header = String::from_utf8_lossy(header);
    let start = header.find('<')?;
    let end = header[start..].find('>')?;
    Some(header[start..=start + end].to_owned())
}

/// A name for a mail without a Message-ID (FNV-1a: equal in every run and on every server).
fn content_id(mail: &[u8]) -> String {
    let hash = mail
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("content:{hash:016x}")
}
