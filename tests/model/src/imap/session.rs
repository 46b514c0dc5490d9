//! A session: reads commands, does them, tells the news.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::handlers::Watch;
use super::parse::{Command, Parsed, Syntax, compact};
use super::reply::{Outcome, Reply, bad, ok};
use super::view::{News, View};
use super::wire::{Closed, Framed, Literals, Stream, Wire};
use super::write;

use crate::profile::{Extension, Profile, StatusItem};
use crate::server::{Seat, Shared, Tls};
use crate::world::{Account, Actor, Place, State, Uid, name};

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
    pub(crate) enabled: Enabled,
    pub(crate) watch: Option<Watch>,
    pub(crate) changes: watch::Receiver<u64>,
    /// STATUS as it was at login, for servers whose answers are stale.
    pub(crate) old_status: BTreeMap<(Vec<u8>, StatusItem), u64>,
    /// The client has asked to end.
    pub(crate) over: bool,
    /// Messages that FETCH left out since they are gone.
    pub(crate) missing: bool,
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
            enabled: Enabled::default(),
            watch: None,
            old_status: BTreeMap::new(),
            over: false,
            missing: false,
        }
    }

    /// Serves the connection until it ends.
    pub(crate) async fn run(mut self) {
        let ended = self.serve().await;
        tracing::debug!(connection = self.connection, broken = matches!(ended, Err(Closed::Io(_))), "session ended");
        self.io.shutdown().await;
    }

    async fn serve(&mut self) -> Result<(), Closed> {
        self.greet();
        self.io.flush().await?;
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

    /// The next command. Meanwhile, news that NOTIFY asked for are told at once.
    async fn next_command(&mut self) -> Result<Vec<u8>, Closed> {
        loop {
            match self.io.frame(self.literals()) {
                Framed::Command(command) => return Ok(command),
                Framed::TooBig(line) => {
                    let tag = Parsed::read(&line).tag;
                    self.io.say(format!("{tag} NO [TOOBIG] the message is too large"));
                }
                Framed::Bad(why) => {
                    self.violation(why);
                    self.io.say(format!("* BYE {why}"));
                    return Err(Closed::Over);
                }
                Framed::Wait => {
                    self.io.flush().await?;
                    if self.watch.is_some() {
                        tokio::select! {
                            biased;
                            filled = self.io.fill() => filled?,
                            changed = self.changes.changed() => {
                                changed.map_err(|_| Closed::Over)?;
                                self.tell_watched(true).await?;
                            }
                        }
                    } else {
                        self.io.fill().await?;
                    }
                }
            }
        }
    }

    fn literals(&self) -> Literals {
        let unasked = if self.profile.has(Extension::LiteralPlus) {
            Some(u64::MAX)
        } else {
            self.profile.has(Extension::LiteralMinus).then_some(4096)
        };
        let limit = if self.user.is_some() { self.profile.append_limit.unwrap_or(256 << 20) } else { 64 << 10 };
        Literals { unasked, limit }
    }

    async fn obey(&mut self, line: &[u8]) -> Result<(), Closed> {
        let parsed = Parsed::read(line);
        self.tag.clone_from(&parsed.tag);
        let connection = self.connection;
        self.server.world.with(|state| state.note_command(connection, || for_log(&parsed, line)));
        let mut play = self.server.script.play(self.connection, &parsed.name);
        if let Some(delay) = play.delay() {
            tokio::time::sleep(delay).await;
        }
        if let Some(refusal) = play.refusal() {
            self.io.say(format!("{} {refusal}", self.tag));
            return self.io.flush().await;
        }
        if let Some(last) = play.before(&mut self.io) {
            return last;
        }
        let quiet = self.expunges_allowed(&parsed);
        let reply = self.checked(parsed).await?;
        if let Some(view_news) = self.news(quiet) {
            self.tell(view_news)?;
        }
        if self.watch.is_some() {
            self.tell_watched(false).await?;
        }
        for noise in &self.profile.quirks.noise {
            self.io.say(noise);
        }
        self.io.say(format!("{} {} {}", self.tag, reply.status, reply.text));
        play.after(&mut self.io)?;
        self.io.flush().await?;
        self.after_reply(&reply).await
    }

    /// EXPUNGE must not be told while FETCH, STORE or SEARCH speak in sequence numbers.
    fn expunges_allowed(&self, parsed: &Parsed) -> bool {
        !matches!(parsed.name.as_str(), "FETCH" | "STORE" | "SEARCH")
    }

    /// Does the command if it is offered and allowed in this state.
    async fn checked(&mut self, parsed: Parsed) -> Outcome {
        let command = match parsed.command {
            Ok(command) => command,
            Err(Syntax("BADCHARSET")) => return super::reply::no("[BADCHARSET (US-ASCII UTF-8)] no such charset"),
            Err(Syntax(why)) => {
                self.violation(why);
                return bad(why);
            }
        };
        if let Some(missing) = parsed.needs.iter().find(|needed| !self.profile.has(**needed)) {
            self.violation("an extension was used that is not offered");
            return bad(format!("{} is not offered", missing.capability()));
        }
        let anytime = matches!(command, Command::Capability | Command::Noop | Command::Logout | Command::Id);
        let before_login = matches!(command, Command::StartTls | Command::Login { .. } | Command::Authenticate { .. });
        if !anytime && before_login == self.user.is_some() {
            self.violation("the command is not allowed in this state");
            return bad("not in this state");
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

    /// What happened in the selected mailbox.
    pub(crate) fn news(&mut self, expunges: bool) -> Option<News> {
        let user = self.user.clone()?;
        let view = self.view.as_mut()?;
        Some(self.server.world.with(|state| view.catch_up(state, &user, expunges)))
    }

    /// Tells what happened in the selected mailbox.
    pub(crate) fn tell(&mut self, news: News) -> Result<(), Closed> {
        if news.lost {
            self.io.say("* BYE the mailbox is no longer what it was");
            self.over = true;
            self.view = None;
            return Ok(());
        }
        if self.enabled.qresync && !news.vanished.is_empty() {
            self.io.say(format!("* VANISHED {}", compact(news.vanished)));
        } else {
            for number in news.expunged {
                self.io.say(format!("* {number} EXPUNGE"));
            }
        }
        if let Some(exists) = news.exists {
            self.io.say(format!("* {exists} EXISTS"));
            let recent = self.view.as_ref().filter(|_| self.profile.quirks.recent).map_or(0, View::recent);
            self.io.say(format!("* {recent} RECENT"));
        }
        for (number, place) in news.changed {
            self.say_flags(number, &place, self.enabled.qresync);
        }
        Ok(())
    }

    /// `* n FETCH (FLAGS ...)`, with what the client wants to know besides.
    pub(crate) fn say_flags(&mut self, number: u32, place: &Place, with_uid: bool) {
        self.io.put(format!("* {number} FETCH ("));
        if with_uid {
            self.io.put(format!("UID {} ", place.uid));
        }
        self.put_flags(place);
        if self.tells_modseq() {
            self.io.put(format!(" MODSEQ ({})", place.modseq));
        }
        self.io.put(")");
        self.io.end();
    }

    pub(crate) fn put_flags(&mut self, place: &Place) {
        let recent = self.profile.quirks.recent && self.view.as_ref().is_some_and(|view| place.uid >= view.recent_from);
        let space = if place.flags.is_empty() || !recent { "" } else { " " };
        let mark = if recent { "\\Recent" } else { "" };
        self.io.put(format!("FLAGS ({}{space}{mark})", place.flags));
    }

    /// Mod-sequences are told in this session and for this mailbox.
    pub(crate) fn tells_modseq(&self) -> bool {
        self.enabled.condstore && self.view.as_ref().is_some_and(|view| !view.nomodseq)
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
            let mailbox = account.by_id(view.mailbox);
            uids.iter().filter_map(|uid| numbered(*uid, mailbox.and_then(|mailbox| mailbox.place(*uid)))).collect()
        })
        .unwrap_or_default()
    }

    async fn after_reply(&mut self, reply: &Reply) -> Result<(), Closed> {
        match reply.text.as_str() {
            super::handlers::BEGIN_TLS => self.begin_tls().await,
            super::handlers::BEGIN_DEFLATE => self.io.compress(),
            _ => Ok(()),
        }
    }
}

/// The command as it may be kept in a log: no credentials, no contents of literals.
fn for_log(parsed: &Parsed, line: &[u8]) -> Vec<u8> {
    let secret = matches!(parsed.name.as_str(), "LOGIN" | "AUTHENTICATE");
    if secret {
        return format!("{} {} ...", parsed.tag, parsed.name).into_bytes();
    }
    line.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default().to_vec()
}
