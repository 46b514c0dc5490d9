//! One run: a server, a phone, and the truth about both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use postrider::api::{
    AccountId, AccountSettings, BodyPolicy, Core, CoreOptions, ListFilter, MailboxId, MessageRow, SyncHandle,
};
use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{BrokenMove, Extension, Profile};
use postrider_model::world::{NewMessage, Rival, World};
use tempfile::TempDir;

use super::doom::Doom;
use super::fold::Folder;
use super::ghost::Ghost;
use super::hash::Hash;
use super::ledger::Ledger;
use super::net::SimNetwork;
use super::situations::Situations;
use super::tape::{Deed, Fault, Reply, Schedule, ServerSpec, Tape};
use crate::phone::{OnePassword, PASSWORD, USER};

/// The mailboxes in which things happen.
pub(super) const MAILBOXES: [&str; 3] = ["INBOX", "Work", "Aside"];

/// What a run gives up with: why the product is wrong.
pub(super) type Checked<T = ()> = Result<T, String>;

pub(super) struct Sim {
    pub(super) server: ModelServer,
    pub(super) rival: Rival,
    pub(super) ledger: Ledger,
    pub(super) ghost: Ghost,
    pub(super) doom: Doom,
    pub(super) network: SimNetwork,
    pub(super) core: Core,
    pub(super) account: AccountId,
    pub(super) folder: Folder,
    pub(super) sync: Option<SyncHandle>,
    pub(super) mailboxes: BTreeMap<String, MailboxId>,
    /// Mails that the phone has shown in this life.
    pub(super) seen: BTreeSet<u32>,
    pub(super) next_mail: u32,
    pub(super) hash: Hash,
    /// Commands told of, where the run is traced.
    pub(super) told: usize,
    pub(super) situations: Situations,
    /// Whether the server says NO to what it has done.
    pub(super) denies: bool,
    /// Whether nobody interferes and nothing is refused: whatever else breaks, everything is done then.
    pub(super) quiet: bool,
    /// Whether the server tells where copies are (COPYUID).
    pub(super) tells_copies: bool,
    /// How often the phone has died.
    pub(super) deaths: u32,
    /// Why the last sync failed.
    pub(super) last_error: String,
    profile: Profile,
    dir: PathBuf,
    _root: TempDir,
}

/// The profile of a spec.
fn profile(spec: &ServerSpec) -> Profile {
    let mut profile = Profile::preset(&spec.preset).unwrap_or_else(Profile::bare);
    for name in &spec.with {
        if let Some(extension) = Extension::from_capability(name) {
            profile = profile.with(extension);
        }
    }
    for name in &spec.without {
        if let Some(extension) = Extension::from_capability(name) {
            profile = profile.without(extension);
        }
    }
    // The form of LIST that LIST-STATUS adds to is that of LIST-EXTENDED (RFC 5819).
    if profile.has(Extension::ListStatus) {
        profile = profile.with(Extension::ListExtended);
    }
    // QRESYNC builds on these (RFC 7162).
    if profile.has(Extension::Qresync) {
        profile = profile.with(Extension::Condstore).with(Extension::Enable);
    }
    profile
}

fn rule(command: &str, skip: u8, reply: &Reply) -> Rule {
    let act = match reply {
        Reply::Refuse(text) => Act::Refuse(text.clone()),
        Reply::Deny(text) => Act::Deny(text.clone()),
        Reply::Bye => Act::Bye("see you".to_owned()),
        Reply::ByeAfter => Act::ByeAfter("see you".to_owned()),
        Reply::Cut => Act::Cut,
        Reply::CutAfter => Act::CutAfter,
        Reply::Silence => Act::Silence,
    };
    Rule::once(command, act).after(usize::from(skip))
}

/// A folder in memory where the system has one.
fn root() -> std::io::Result<TempDir> {
    let memory = std::path::Path::new("/dev/shm");
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("postrider-sim-");
        builder
    };
    if memory.is_dir() { builder().tempdir_in(memory) } else { builder().tempdir() }
}

pub(super) fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Sim {
    pub(super) async fn new(tape: &Tape, traced: bool) -> Checked<Self> {
        let root = root().map_err(in_words)?;
        let dir = root.path().join("life-0");
        let doom = Doom::new(dir.clone());
        let clock = doom.clone();
        let world = World::with_clock(move || clock.now());
        let profile = profile(&tape.server);
        profile.layout.furnish(&world, USER, PASSWORD).map_err(in_words)?;
        let mut served = profile.clone();
        served.quirks.broken_move = tape.server.move_stops.then_some(BrokenMove::StopsAfter(1));
        let server = ModelServer::new(world.clone(), served);
        let delimiter = profile.layout.delimiter.map_or('/', char::from);
        let prefix = String::from_utf8_lossy(&profile.layout.prefix).into_owned();
        let ledger = Ledger::new(delimiter, &prefix);
        let rival = world.rival(USER);
        for name in &MAILBOXES[1..] {
            rival.create(ledger.raw(name), &[]).map_err(in_words)?;
        }
        world.with(|state| {
            state.take_effects();
            state.record_commands(traced);
        });
        for fault in &tape.faults {
            match fault {
                Fault::Answer { command, skip, reply } => server.script().add(rule(command, *skip, reply)),
                Fault::Transaction { number, power } => doom.at_transaction(*number, *power),
                Fault::Link { .. } => {}
            }
        }
        let network = SimNetwork::new(server.clone(), doom.clone(), tape.faults.clone(), tape.schedule.clone());
        furnish(&dir, &server).await?;
        let core = open(&dir, &network, &doom)?;
        let mut settings = AccountSettings::new("test", USER);
        settings.imap = Some("imap+plain://model.example".parse().map_err(in_words)?);
        settings.bodies = BodyPolicy::None;
        let account = core.add_account(settings).await.map_err(in_words)?;
        let folder = Folder::open(&dir).map_err(in_words)?;
        doom.live(core.clone(), dir.clone());
        let breaks = |fault: &Fault| matches!(fault, Fault::Link { .. } | Fault::Transaction { .. });
        let quiet = !tape.server.move_stops
            && tape.faults.iter().all(breaks)
            && !tape.workload.iter().any(|deed| matches!(deed, Deed::Rival(_)));
        let denies = tape.server.move_stops
            || tape.faults.iter().any(|fault| matches!(fault, Fault::Answer { reply: Reply::Deny(_), .. }));
        let mut sim = Self {
            server,
            rival,
            ledger,
            ghost: Ghost::default(),
            doom,
            network,
            core,
            account,
            folder,
            sync: None,
            mailboxes: BTreeMap::new(),
            seen: BTreeSet::new(),
            next_mail: 0,
            hash: Hash::new(traced),
            told: 0,
            situations: Situations::default(),
            denies,
            quiet,
            tells_copies: profile.has(Extension::UidPlus),
            deaths: 0,
            last_error: String::new(),
            profile,
            dir,
            _root: root,
        };
        for (is_so, name) in [
            (
                !sim.profile.has(Extension::Move) && !sim.profile.has(Extension::UidPlus),
                "a server with neither MOVE nor UIDPLUS",
            ),
            (
                !sim.profile.has(Extension::Condstore) && !sim.profile.has(Extension::Qresync),
                "a server without mod-sequences",
            ),
            (sim.profile.has(Extension::Qresync), "a server with QRESYNC"),
            (sim.profile.has(Extension::ObjectId), "a server that names mails"),
            (tape.server.move_stops, "a MOVE that stops in the middle"),
        ] {
            sim.situations.met_if(is_so, name);
        }
        for number in 0..tape.server.mails {
            sim.deliver(if number % 3 == 2 { "Work" } else { "INBOX" })?;
        }
        Ok(sim)
    }

    pub(super) fn deliver(&mut self, mailbox: &str) -> Checked {
        let number = self.next_mail;
        self.next_mail += 1;
        let filler = "All work and no play. ".repeat((number % 4) as usize);
        let mail = NewMessage::new(format!(
            "From: Ann <ann@example.org>\r\nTo: {USER}\r\nSubject: Mail {number}\r\n\
             Date: Tue, 24 Nov 2026 10:{:02}:00 +0000\r\nMessage-ID: <m{number}@example.org>\r\n\r\n{filler}\r\n",
            number % 60
        ));
        self.follow()?;
        let uid = self.rival.deliver(self.ledger.raw(mailbox), mail).map_err(in_words)?;
        self.ledger.announce(mailbox, uid, number);
        self.follow()
    }

    /// Nothing breaks any more.
    pub(super) fn calm(&self) {
        self.network.calm();
        self.doom.spare();
        self.server.script().clear();
        self.server.set_profile(self.profile.clone());
    }

    /// What the phone shows, by mailbox and id.
    pub(super) async fn rows(&self) -> Checked<Vec<MessageRow>> {
        let mut all = Vec::new();
        for mailbox in self.mailboxes.values() {
            let page = self.core.messages(*mailbox, ListFilter::default(), None, 1000).await.map_err(in_words)?;
            all.extend(page.messages);
        }
        all.sort_by_key(|row| (row.mailbox_id, row.id));
        Ok(all)
    }

    pub(super) async fn learn_mailboxes(&mut self) -> Checked {
        let listed = self.core.mailboxes(self.account).await.map_err(in_words)?;
        self.mailboxes = listed.into_iter().filter(|one| one.selectable).map(|one| (one.name, one.id)).collect();
        Ok(())
    }

    /// The phone's next life begins, after it died or was closed.
    pub(super) async fn begin_anew(&mut self) -> Checked {
        self.sync = None;
        let left = self.doom.left();
        let old = self.doom.bury();
        // What the dead do to their files counts no more.
        let closed = self.core.close().await;
        drop(old);
        if let Some(left) = left {
            let _ = std::fs::remove_dir_all(&self.dir);
            self.dir = left;
            self.seen = (0..self.next_mail).filter(|mail| self.ghost.steps_on(*mail).next().is_some()).collect();
        } else {
            closed.map_err(|error| format!("closing: {error}"))?;
        }
        self.core = open(&self.dir, &self.network, &self.doom)?;
        self.folder = Folder::open(&self.dir).map_err(in_words)?;
        self.doom.live(self.core.clone(), self.dir.clone());
        let health = self.core.check(false).await.map_err(|error| format!("I8, opened again: {error}"))?;
        let stray = postrider::api::ProblemKind::StrayFiles;
        if let Some(problem) = health.problems.iter().find(|problem| problem.kind != stray) {
            return Err(format!("I8, opened again: {}", problem.text));
        }
        self.learn_mailboxes().await
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // The clock and the network hold the core that holds them.
        drop(self.doom.bury());
    }
}

/// Puts an empty store where a phone is to begin: made once, for making it takes as long as many a life.
async fn furnish(dir: &std::path::Path, server: &ModelServer) -> Checked {
    static EMPTY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    const DATABASE: &str = "postrider.db";
    std::fs::create_dir_all(dir).map_err(in_words)?;
    let empty = match EMPTY.get() {
        Some(empty) => empty,
        None => {
            let made = root().map_err(in_words)?;
            let doom = Doom::new(made.path().to_owned());
            let network = SimNetwork::new(server.clone(), doom.clone(), Vec::new(), Schedule::default());
            open(made.path(), &network, &doom)?.close().await.map_err(in_words)?;
            let bytes = std::fs::read(made.path().join(DATABASE)).map_err(in_words)?;
            EMPTY.get_or_init(|| bytes)
        }
    };
    std::fs::write(dir.join(DATABASE), empty).map_err(in_words)
}

fn open(dir: &std::path::Path, network: &SimNetwork, doom: &Doom) -> Checked<Core> {
    Core::open_inline(CoreOptions {
        dir: dir.to_owned(),
        secrets: Arc::new(OnePassword),
        tokens: None,
        network: Some(Arc::new(network.for_this_life())),
        clock: Some(Arc::new(doom.clone())),
    })
    .map_err(|error| format!("I8, opening: {error}"))
}

/// The number of a mail, by its subject.
pub(super) fn number(row: &MessageRow) -> Option<u32> {
    row.subject.strip_prefix("Mail ")?.parse().ok()
}
