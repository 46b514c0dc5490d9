//! A session: reads commands, does them, tells the news.

mod input;
mod news;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::imap::handlers::{Upgrade, Watch};
use crate::imap::parse::{Command, Parsed, Syntax};
use crate::imap::reply::{Outcome, bad, ok};
use crate::imap::view::View;
use crate::imap::wire::{Closed, Stream, Wire};
use crate::imap::write;

use crate::fault::Play;
use crate::profile::{Profile, StatusItem};
use crate::server::{Seat, Shared, Tls};
use crate::world::{Account, Actor, Place, State, Uid, name};

/// The selected mailbox was deleted, or has another UIDVALIDITY.
const LOST: &str = "* BYE the mailbox is no longer what it was";

/// What a client enabled (RFC 5161).
#[derive(Debug, Default)]
pub(crate) struct Enabled {
    pub(crate) condstore: bool,
    pub(crate) qresync: bool,
    pub(crate) utf8: bool,
}

pub(crate) struct Session {
    pub(crate) io: Wire,
    pub(crate) server: Arc<Shared>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) connection: u64,
    pub(crate) tag: String,
    pub(crate) tls: Tls,
    pub(crate) user: Option<String>,
    pub(crate) seat: Option<Seat>,
    pub(crate) view: Option<View>,
    /// Whether the last attempt to open a mailbox failed: what only reads may already be on its way behind it.
    pub(crate) opened_in_vain: bool,
    pub(crate) enabled: Enabled,
    pub(crate) watch: Option<Watch>,
    pub(crate) changes: watch::Receiver<u64>,
    /// STATUS as it was at login, for servers whose answers are stale.
    pub(crate) old_status: BTreeMap<(Vec<u8>, StatusItem), u64>,
    /// What happens to the connection after the reply.
    pub(crate) upgrade: Option<Upgrade>,
    /// The client has asked to end.
    pub(crate) over: bool,
}

impl Session {
    pub(crate) fn new(stream: Box<dyn Stream>, server: Arc<Shared>, connection: u64, tls: Tls) -> Self {
        Self {
            io: Wire::new(stream),
            profile: server.profile(),
            changes: server.world.changes(),
            server,
            connection,
            tag: "*".to_owned(),
            tls,
            user: None,
            seat: None,
            view: None,
            opened_in_vain: false,
            enabled: Enabled::default(),
            watch: None,
            old_status: BTreeMap::new(),
            upgrade: None,
            over: false,
        }
    }

    /// Serves the connection until it ends.
    pub(crate) async fn run(mut self) {
        let ended = self.serve().await;
        tracing::debug!(connection = self.connection, broken = matches!(ended, Err(Closed::Io(_))), "session ended");
        self.io.shutdown().await;
    }

    async fn serve(&mut self) -> Result<(), Closed> {
        let mut play = self.server.script.play(self.connection, "GREETING", b"");
        if let Some(delay) = play.delay() {
            tokio::time::sleep(delay).await;
        }
        play.before(&mut self.io)?;
        self.greet();
        self.settle(play).await?;
        while !self.over {
            let command = self.next_command().await?;
            self.obey(&command).await?;
        }
        Ok(())
    }

    fn greet(&mut self) {
        let capabilities = if self.profile.quirks.bare_greeting {
            String::new()
        } else {
            format!("[CAPABILITY {}] ", self.capabilities())
        };
        match self.profile.quirks.preauth.clone() {
            Some(user) => {
                self.enter(user);
                self.io.say(format!("* PREAUTH {capabilities}you are expected"));
            }
            None => self.io.say(format!("* OK {capabilities}{} at your service", self.profile.name)),
        }
    }

    pub(crate) fn capabilities(&self) -> String {
        self.profile.capabilities(self.user.is_some(), self.tls.starttls.is_some(), self.tls.secure).join(" ")
    }

    /// Sends the responses to a command, with the faults that it meets.
    async fn settle(&mut self, play: Play) -> Result<(), Closed> {
        let silent = play.is_silent();
        play.after(&mut self.io)?;
        if !silent {
            return self.io.flush().await;
        }
        loop {
            self.io.fill().await?;
        }
    }

    /// Whether the selected mailbox is no longer what it was.
    fn is_lost(&self) -> bool {
        let Some(view) = &self.view else { return false };
        let same = self.with_account(|account| {
            account.by_id(view.mailbox).is_some_and(|found| found.uidvalidity == view.uidvalidity && !found.noselect)
        });
        same != Some(true)
    }

    async fn obey(&mut self, line: &[u8]) -> Result<(), Closed> {
        let parsed = Parsed::read(line);
        self.tag.clone_from(&parsed.tag);
        let connection = self.connection;
        if parsed.command.is_ok() {
            tracing::debug!(connection, command = parsed.name, "received");
        }
        self.server.world.with(|state| state.note_command(connection, || for_log(&parsed, line)));
        let mut play = self.server.script.play(self.connection, &parsed.name, line);
        if let Some(delay) = play.delay() {
            tokio::time::sleep(delay).await;
        }
        if let Some(refusal) = play.refusal() {
            self.io.say(format!("{} {refusal}", self.tag));
            return self.io.flush().await;
        }
        while play.is_deaf() {
            self.io.fill().await?;
        }
        play.before(&mut self.io)?;
        let expunges = expunges_allowed(&parsed.name);
        let reply = self.checked(parsed).await?;
        self.tell_news(expunges)?;
        self.tell_watched(false).await?;
        for noise in &self.profile.quirks.noise {
            self.io.say(noise);
        }
        self.io.say(format!("{} {} {}", self.tag, reply.status, reply.text));
        self.settle(play).await?;
        self.upgrade_connection().await
    }

    /// Does the command if it is offered and allowed in this state.
    async fn checked(&mut self, parsed: Parsed) -> Outcome {
        let command = match parsed.command {
            Ok(command) => command,
            Err(Syntax("BADCHARSET")) => {
                return crate::imap::reply::no("[BADCHARSET (US-ASCII UTF-8)] no such charset");
            }
            Err(Syntax(why)) => {
                self.violation(why);
                return bad(why);
            }
        };
        if let Some(missing) = parsed.needs.iter().find(|needed| !self.profile.has(**needed)) {
            self.violation("an extension was used that is not offered");
            return bad(format!("{} is not offered", missing.capability()));
        }
        self.opened_in_vain &= command.only_reads();
        let anytime = matches!(command, Command::Capability | Command::Noop | Command::Logout | Command::Id);
        let before_login = matches!(command, Command::StartTls | Command::Login { .. } | Command::Authenticate { .. });
        if !anytime && before_login == self.user.is_some() {
            self.violation("the command is not allowed in this state");
            return bad("not in this state");
        }
        if self.is_lost() {
            self.io.say(LOST);
            return Err(Closed::Over);
        }
        if self.view.is_none() && command.needs_mailbox() {
            if !(self.opened_in_vain && command.only_reads()) {
                self.violation("no mailbox is selected");
            }
            return bad("no mailbox is selected");
        }
        self.dispatch(command).await
    }

    async fn dispatch(&mut self, command: Command) -> Outcome {
        match command {
            Command::Capability => {
                self.io.say(format!("* CAPABILITY {}", self.capabilities()));
                ok("done")
            }
            Command::Noop | Command::Check => ok("done"),
            Command::Logout => {
                self.io.say("* BYE until next time");
                self.over = true;
                ok("bye")
            }
            Command::StartTls => self.starttls(),
            Command::Id => self.id(),
            Command::Login { user, password } => self.login(&user, &password),
            Command::Authenticate { mechanism, initial } => self.authenticate(&mechanism, initial).await,
            Command::Enable(words) => self.enable(&words),
            Command::Select(select) => self.select(select).await,
            Command::Create { mailbox, uses } => self.create(&mailbox, &uses),
            Command::Delete(mailbox) => self.delete(&mailbox),
            Command::Rename { from, to } => self.rename(&from, &to),
            Command::Subscribe { mailbox, on } => self.subscribe(&mailbox, on),
            Command::List(list) => self.list(&list).await,
            Command::Status { mailbox, items } => self.status(&mailbox, &items),
            Command::Append { mailbox, mails } => self.append(&mailbox, mails),
            Command::Replace { uid, target, mailbox, mail } => self.replace(uid, &target, &mailbox, mail),
            Command::Namespace => self.namespace(),
            Command::Close => self.close(true),
            Command::Unselect => self.close(false),
            Command::Expunge => self.expunge(None),
            Command::UidExpunge(set) => self.expunge(Some(&set)),
            Command::Search(search) => self.search(search).await,
            Command::Fetch(fetch) => self.fetch(fetch).await,
            Command::Store(store) => self.store(&store).await,
            Command::Copy { uid, set, mailbox } => self.copy(uid, &set, &mailbox),
            Command::Move { uid, set, mailbox } => self.move_messages(uid, &set, &mailbox),
            Command::Idle => self.idle().await,
            Command::Compress => self.compress(),
            Command::Notify(notify) => self.notify(notify),
            Command::GetQuota(root) => self.quota(&root),
            Command::GetQuotaRoot(mailbox) => self.quota_root(&mailbox),
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::Session { connection: self.connection, tag: self.tag.clone() }
    }

    pub(crate) fn violation(&self, why: &str) {
        let (connection, tag) = (self.connection, self.tag.clone());
        self.server.world.with(|state| state.note_violation(connection, &tag, why));
    }

    /// The name as it is kept, from the name as the client wrote it.
    pub(crate) fn raw_name(&self, given: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(given) {
            Ok(text) if self.enabled.utf8 => name::encode(text),
            _ => given.to_vec(),
        }
    }

    /// Writes a mailbox name.
    pub(crate) fn put_name(&mut self, raw: &[u8]) {
        let plain = name::decode(raw).filter(|_| self.enabled.utf8);
        let octets = plain.as_ref().map_or(raw, |text| text.as_bytes());
        let mut out = Vec::new();
        write::astring(&mut out, octets, self.profile.quirks.names, self.enabled.utf8);
        self.io.put(out);
    }

    /// Looks at or changes the world as this session's user.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State, &str) -> T) -> T {
        let user = self.user.as_deref().unwrap_or_default();
        self.server.world.with(|state| act(state, user))
    }

    /// Looks at the account.
    pub(crate) fn with_account<T>(&self, look: impl FnOnce(&Account) -> T) -> Option<T> {
        self.with(|state, user| state.account(user).map(look))
    }

    /// Messages of the selected mailbox by UID, with their numbers.
    pub(crate) fn places(&self, uids: &[Uid]) -> Vec<(u32, Uid, Option<Arc<Place>>)> {
        let Some(view) = &self.view else { return Vec::new() };
        let numbered = |uid: Uid, place| view.number(uid).map(|number| (number, uid, place));
        self.with_account(|account| {
            let mailbox = account.by_id(view.mailbox).filter(|mailbox| mailbox.uidvalidity == view.uidvalidity);
            uids.iter().filter_map(|uid| numbered(*uid, mailbox.and_then(|mailbox| mailbox.place(*uid)))).collect()
        })
        .unwrap_or_default()
    }
}

/// EXPUNGE must not be told while FETCH, STORE or SEARCH speak in sequence numbers.
fn expunges_allowed(command: &str) -> bool {
    !matches!(command, "FETCH" | "STORE" | "SEARCH")
}

/// The command as it may be kept in a log: no credentials, no contents of literals.
fn for_log(parsed: &Parsed, line: &[u8]) -> Vec<u8> {
    let secret = matches!(parsed.name.as_str(), "LOGIN" | "AUTHENTICATE");
    if secret {
        return format!("{} {} ...", parsed.tag, parsed.name).into_bytes();
    }
    line.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default().to_vec()
}
